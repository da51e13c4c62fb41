"""Who uses the server of a home, and when it starts and ends.

Every user holds a shared lock on ``users.lock``; starting and stopping happen under
``start.lock``; the last one out stops the server. While in use, a server that dies is started
again on its port.
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from api.core.embedded import processes
from api.core.embedded.cluster import Server, ensure_running, find_running
from api.core.embedded.places import forget_data, known_data, like_its_folder, locked, prepare_home
from api.core.embedded.problems import EmbeddedDatabaseError, StillInUseError, named

_log = logging.getLogger(__name__)
_WATCH_EVERY = 0.5
_GIVE_UP_AFTER = 20


@contextmanager
def embedded_server(home: Path) -> Iterator[Server]:
    """Start or join the home's server; the last user to leave stops it."""
    home = prepare_home(home)
    with named(home):
        users = (home / "users.lock").open("a")
    try:
        with named(home):
            like_its_folder(home / "users.lock")
            with locked(home / "start.lock"):
                fcntl.flock(users, fcntl.LOCK_SH)
                server = ensure_running(home)
        enough = threading.Event()
        watch = threading.Thread(
            target=_keep_alive, args=(home, server, enough), name="postgres-watch", daemon=True
        )
        watch.start()
        try:
            yield server
        finally:
            enough.set()
            watch.join()
            _leave(home, server.data, users)
    finally:
        users.close()


def running_server(home: Path) -> Server | None:
    """Return the home's server if it runs, without starting, joining or keeping it."""
    if not home.is_dir():
        return None
    home = home.resolve()
    data = known_data(home)
    return None if data is None else find_running(home, data)


def discard_server(home: Path) -> None:
    """Stop an unused home's server and delete its database, wherever that lies."""
    home = prepare_home(home)
    with (home / "users.lock").open("a") as users, locked(home / "start.lock"):
        if not _is_last(users):
            raise StillInUseError(f"{home} is in use.")
        data = known_data(home)
        if data is not None:
            _stop(data)
            forget_data(home)


def _leave(home: Path, data: Path, users: IO[str]) -> None:
    with locked(home / "start.lock"):
        if _is_last(users):
            _stop(data)


def _is_last(users: IO[str]) -> bool:
    """Say whether nobody else holds the lock; asked only under the start lock."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(data: Path) -> None:
    live = processes.live_postmaster(data)
    if live is not None:
        processes.stop_server(live.pid, data)


def _keep_alive(home: Path, server: Server, enough: threading.Event) -> None:
    """Start the server again, on its port, when it dies while somebody uses it."""
    failures = 0
    while not enough.wait(_WATCH_EVERY * (1 + failures)) and failures < _GIVE_UP_AFTER:
        if processes.live_postmaster(server.data) is not None:
            continue
        try:
            with locked(home / "start.lock"):
                ensure_running(home, port=server.port)
            _log.warning("embedded database had died and was started again")
            failures = 0
        except (EmbeddedDatabaseError, OSError) as error:
            failures += 1
            _log.error("embedded database has died and does not start: %s", error)
