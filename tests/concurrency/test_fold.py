"""Folding while others write, fold, or are killed: nothing is lost, nothing counted twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

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
    deadline = time.monotonic() + 20
    while not folders(office, "wait_event_type = 'Lock'"):
        assert time.monotonic() < deadline, "the folder never came to the locked table"
        time.sleep(0.05)


def until_gone(office: Office) -> None:
    deadline = time.monotonic() + 20
    while folders(office, "state = 'active'"):
        assert time.monotonic() < deadline, "the killed folder's transaction is still there"
        time.sleep(0.05)
