"""How long a pack of reports takes: every branch of the network, made by two worker processes.

With ``--full`` one of them is killed on the way and replaced: nothing is lost by it. Memory is that
of the process that lived on, after its first files and at the end.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.bench import Target, environment_for
from api.core.database import Database
from api.core.installation import Installation
from api.core.migrate import ROOT
from api.core.settings import Settings
from api.insights.periods import full_weeks
from api.reports.orders.service import Wish, place_order
from api.security.sessions import viewer_of_account
from scheduler.benches.seeding import owner_of

PROCESSES = 2
PACK_S = 900.0
GROWTH = 1.15  # of memory from a tenth of the pack to its end
PATIENCE = 1500.0
_ADMIN = text("select account_id from access_grant where role = 'hq_admin' order by id limit 1")
_LEFT = text("select status, count(*) from report_item group by status")


def measure_pack(settings: Settings, *, kill: bool) -> dict[str, Any]:
    """Orders a pack of the whole network and waits for its last file.

    With ``kill`` one of the two processes dies on the way: what it had claimed is made by another
    when the lease has passed, which is longer than a small pack takes.
    """
    house, owner = Installation.open(settings, "worker"), owner_of(settings)
    try:
        with house.database.transaction() as session:
            files = _order(session, house)
        began = time.perf_counter()
        with worker(settings, "reports") as lasting, worker(settings, "reports") as dying:
            _until(owner, files // 10)
            early = memory(lasting)
            if kill:
                dying.send_signal(signal.SIGKILL)
            with worker(settings, "reports") if kill else nullcontext():
                _until(owner, files)
                seconds = time.perf_counter() - began
                late = memory(lasting)
        states = _states(owner)
    finally:
        house.close()
        owner.close()
    return {
        "pack_files": states.get("done", 0),
        "pack_lost": files - states.get("done", 0),
        "pack_s": round(seconds, 1),
        "pack_s_per_file": round(seconds / files, 2),
        "pack_megabytes": round(late, 1),
        "pack_memory_growth": round(late / early, 3),
    }


def pack_targets(full: bool) -> list[Target]:
    """What a pack must reach."""
    right = [Target("pack_lost", at_most=0)]
    if not full:
        return right
    return [*right, Target("pack_s", at_most=PACK_S), Target("pack_memory_growth", at_most=GROWTH)]


def _order(session: Session, house: Installation) -> int:
    now = house.clock()
    account: UUID = session.execute(_ADMIN).scalar_one()
    viewer = viewer_of_account(session, account, "bench", "zh", now)
    days = full_weeks(13, now.date())
    assert viewer.home is not None
    wish = Wish(viewer.home.code, days.start, days.end, "zh", ("pdf",), pack=True)
    place_order(session, viewer, wish, now)
    found: int = session.execute(text("select count(*) from report_item")).scalar_one()
    return found


@contextmanager
def worker(settings: Settings, loop: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process of its own for one loop."""
    command = [sys.executable, "-m", "branchpulse", "work", "--only", loop]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment_for(settings), stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def memory(process: subprocess.Popen[bytes]) -> float:
    """Megabytes that a process holds now."""
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _until(owner: Database, wanted: int) -> None:
    """Waits for as many files as are wanted; those that failed count too."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        states = _states(owner)
        if states.get("done", 0) + states.get("failed", 0) >= wanted:
            return
        time.sleep(0.5)
    raise RuntimeError(f"the pack was not made within {PATIENCE:.0f} s: {_states(owner)}")


def _states(owner: Database) -> dict[str, int]:
    with owner.connection() as connection:
        return {str(status): int(count) for status, count in connection.execute(_LEFT)}
