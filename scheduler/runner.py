"""The worker process: loops that take work from tables, and the clock of whoever leads.

Any number of these processes may run on any number of hosts: loops claim rows, and only the
holder of one PostgreSQL advisory lock runs APScheduler. Decides nothing about the work itself.
"""

import logging
import signal
import threading
from collections.abc import Callable, Collection

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from api.core.installation import Installation
from api.core.leadership import keep_leading, try_to_lead
from api.core.processes import rest_collector
from scheduler.jobs import LOOPS, TICKS, Loop, found
from scheduler.senders.choice import check_gateways

_log = logging.getLogger(__name__)


def run(installation: Installation, only: Collection[str] = ()) -> None:
    """Works until the process is told to stop; a gateway that cannot be built stops it at once.

    With ``only`` the process does these loops and never leads: somebody else has to. Loops that
    are apart are done by such a process alone.
    """
    loops = [loop for loop in LOOPS if (loop.name in only if only else not loop.apart)]
    check_gateways(installation)
    for loop in loops:
        found(loop.work)  # imported by now, the collector passes over it
    rest_collector(rare=not any(loop.apart for loop in loops))  # set pages are full of circles
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threads = [
        _thread(loop.name, _work, installation, loop, stop)
        for loop in loops
        for _ in range(loop.threads)
    ]
    if not only:
        threads.append(_thread("leader", _lead, installation, stop))
    _log.info("working: %s", ", ".join(loop.name for loop in loops))
    stop.wait()
    for thread in threads:
        thread.join(timeout=8)


def _thread(name: str, target: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, name=name, daemon=True)
    thread.start()
    return thread


def _work(installation: Installation, loop: Loop, stop: threading.Event) -> None:
    """Repeats one loop's step; rests when there was nothing to do, longer after a failure."""
    while not stop.is_set():
        try:
            done = loop.step(installation)
        except Exception:
            _log.exception("%s failed; trying again in %s s", loop.name, loop.rest_after_failure)
            stop.wait(loop.rest_after_failure)
            continue
        if not done:
            stop.wait(loop.rest)


def _lead(installation: Installation, stop: threading.Event) -> None:
    """Tries to lead, leads while the lock's connection lives, tries again."""
    while not stop.is_set():
        try:
            _lead_while_locked(installation, stop)
        except SQLAlchemyError as error:
            _log.warning("leader's connection lost: %s", type(error).__name__)
        stop.wait(0.5)


def _lead_while_locked(installation: Installation, stop: threading.Event) -> None:
    engine = installation.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not try_to_lead(connection):
            return
        _log.info("leading the scheduled jobs")
        scheduler = _scheduler(installation)
        scheduler.start()
        try:
            while not stop.wait(1):
                keep_leading(connection)
        finally:
            scheduler.shutdown(wait=False)
            connection.invalidate()  # a pooled session would keep the lock


def _scheduler(installation: Installation) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(timezone="UTC")
    for tick in TICKS:
        scheduler.add_job(
            tick.step,
            "interval",
            args=(installation,),
            seconds=tick.seconds,
            id=tick.name,
            max_instances=1,
            coalesce=True,
            next_run_time=installation.clock(),
        )
    return scheduler
