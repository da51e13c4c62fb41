"""Folding while others write, fold, or are killed: nothing is lost, nothing counted twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from answered import (
    MONDAY,
    World,
    days_of,
    expected_cells,
    made_up,
    make_world,
    stored_cells,
    write,
)
from conftest import Office
from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.cells.folding import recount
from api.cells.service import fold, rebuild
from api.core.database import Database

DAYS = days_of(MONDAY, MONDAY + timedelta(days=20))


@pytest.fixture
def world(real_office: Office) -> World:
    return make_world(real_office.owner)


def cells(office: Office) -> dict[tuple[object, ...], tuple[int, list[int]]]:
    with office.worker.database.connection() as connection:
        return stored_cells(connection)


def marks(office: Office) -> int:
    with office.worker.database.connection() as connection:
        return int(connection.execute(text("select count(*) from dirty_mark")).scalar_one())


def test_two_folders_and_four_writers_at_once_count_everything_once(
    real_office: Office, world: World
) -> None:
    written, failures, stop = [], [], threading.Event()
    start = threading.Barrier(6)

    def write_some(seed: int) -> None:
        luck = random.Random(seed)
        start.wait()
        for _ in range(12):
            given = made_up(world, luck, DAYS, 10)
            with real_office.owner.connection() as connection:
                write(connection, given)
            written.extend(given)

    def fold_on() -> None:
        database = Database(real_office.worker.database.url)
        start.wait()
        try:
            while not stop.is_set():
                fold(database)
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    writers = [threading.Thread(target=write_some, args=(seed,)) for seed in range(4)]
    folders = [threading.Thread(target=fold_on) for _ in range(2)]
    for thread in (*writers, *folders):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in folders:
        thread.join()
    fold(real_office.worker.database)
    assert failures == []
    assert len(written) == 480
    assert cells(real_office) == expected_cells(written)


def test_a_rebuild_among_writers_and_a_folder_ends_right(real_office: Office, world: World) -> None:
    written = made_up(world, random.Random(9), DAYS, 200)
    with real_office.owner.connection() as connection:
        write(connection, written)
    rebuilding = threading.Thread(target=rebuild, args=(real_office.worker.database,))
    rebuilding.start()
    for seed in range(10):
        given = made_up(world, random.Random(seed), DAYS, 20)
        with real_office.owner.connection() as connection:
            write(connection, given)
        written.extend(given)
        fold(real_office.worker.database)
    rebuilding.join()
    fold(real_office.worker.database)
    assert cells(real_office) == expected_cells(written)


FOLDING = """
import sys
from api.cells.service import fold
from api.core.database import Database
print("ready", flush=True)
fold(Database(sys.argv[1]))
"""


def test_a_folder_killed_in_the_middle_loses_nothing(real_office: Office, world: World) -> None:
    given = made_up(world, random.Random(10), DAYS, 150)
    with real_office.owner.connection() as connection:
        write(connection, given)
    waiting = marks(real_office)
    with real_office.owner.connection() as connection:
        # The folder has counted days and weeks when it comes to this table, and waits there.
        connection.execute(text("lock table cut_month in access exclusive mode"))
        folder = subprocess.Popen(
            [sys.executable, "-c", FOLDING, real_office.worker.database.url],
            stdout=subprocess.PIPE,
        )
        until_blocked(real_office)
        os.kill(folder.pid, signal.SIGKILL)
        folder.communicate()
    until_gone(real_office)
    assert cells(real_office) == {}
    assert marks(real_office) == waiting
    fold(real_office.worker.database)
    assert cells(real_office) == expected_cells(given)
    assert marks(real_office) == 0


SHARED = FOLDING.replace("print(", "from api.cells import service\nservice.SHARED_FROM = 1\nprint(")


@pytest.mark.parametrize("waits", [0, 1])
def test_of_two_shares_either_may_be_killed(real_office: Office, world: World, waits: int) -> None:
    """The first share holds the lock and ends last; the other one may have committed."""
    given = made_up(world, random.Random(20), DAYS, 150)
    with real_office.owner.connection() as connection:
        write(connection, given)
    fold(real_office.worker.database)
    before = cells(real_office)
    more = made_up(world, random.Random(21), DAYS, 150)
    with real_office.owner.connection() as connection:
        write(connection, more)
    with real_office.owner.connection() as connection:
        lock = "select from cut_month where branch_id % 2 = :waits for update"
        connection.execute(text(lock), {"waits": waits})
        folder = subprocess.Popen(
            [sys.executable, "-c", SHARED, real_office.worker.database.url], stdout=subprocess.PIPE
        )
        until_blocked(real_office)
        if waits == 0:
            until(lambda: of_share(real_office, 1) == 0, "the other share never committed")
        os.kill(folder.pid, signal.SIGKILL)
        folder.communicate()
    until_gone(real_office)
    if waits == 0:
        done = {key: n for key, n in expected_cells([*given, *more]).items() if share_of(key)}
        left = {key: n for key, n in before.items() if not share_of(key)}
        assert cells(real_office) == done | left
    else:
        assert cells(real_office) == before
    assert of_share(real_office, waits) > 0
    fold(real_office.worker.database)
    assert cells(real_office) == expected_cells([*given, *more])
    assert marks(real_office) == 0


def share_of(key: tuple[Any, ...]) -> int:
    """Which share a cell's branch belongs to."""
    return int(key[4]) % 2


def of_share(office: Office, share: int) -> int:
    with office.worker.database.connection() as connection:
        found = "select count(*) from dirty_mark where branch_id % 2 = :share"
        return int(connection.execute(text(found), {"share": share}).scalar_one())


def test_many_marks_are_folded_by_two_at_once(
    real_office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cells.service.SHARED_FROM", 100)
    given = made_up(world, random.Random(22), DAYS, 300)
    with real_office.owner.connection() as connection:
        write(connection, given)
    shares: list[int] = []
    monkeypatch.setattr("api.cells.service.recount", counting(shares, recount))
    assert fold(real_office.worker.database) == len({one.key for one in given})
    assert len(shares) == 2
    assert cells(real_office) == expected_cells(given)
    with real_office.worker.database.connection() as connection:
        versions = text("select count(distinct version), max(version) from metric_day")
        stamped, newest = connection.execute(versions).one()
        assert newest == connection.execute(text("select last_value from data_version")).scalar()
    assert stamped in (1, 2)


def counting(calls: list[int], function: Callable[..., Any]) -> Callable[..., Any]:
    def called(connection: Connection, keys: Any) -> Any:
        calls.append(len(keys.branches))
        return function(connection, keys)

    return called


def folders(office: Office, state: str) -> int:
    with office.owner.connection() as connection:
        found = connection.execute(
            text(
                "select count(*) from pg_stat_activity where datname = current_database() "
                f"and usename = 'bp_worker' and {state}"
            )
        )
        return int(found.scalar_one())


def until_blocked(office: Office) -> None:
    blocked = "wait_event_type = 'Lock'"
    until(lambda: folders(office, blocked) > 0, "the folder never came to what is locked")


def until_gone(office: Office) -> None:
    gone = "state = 'active'"
    until(lambda: not folders(office, gone), "the killed folder's transaction is still there")


def until(happened: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
