"""One process leads the scheduled jobs; when it dies another does, and no window is done twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from conftest import Office, as_role
from sqlalchemy import text

from api.core.database import Database
from api.core.installation import Installation
from scheduler.jobs.housekeeping import claim_window

PROCESS = Path(__file__).parents[1] / "worker_process.py"


def lines(file: Path, kind: str) -> list[tuple[float, int]]:
    """What the processes noted: moment and process."""
    with suppress(FileNotFoundError):
        noted = [line.split() for line in file.read_text().splitlines()]
        return [(float(words[1]), int(words[2])) for words in noted if words[0] == kind]
    return []


def wait_until(holds: object, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_another_process_leads_within_two_seconds_and_no_window_is_doubled(
    real_office: Office, tmp_path: Path
) -> None:
    file = tmp_path / "happened"
    path = os.pathsep.join([str(PROCESS.parent), str(PROCESS.parents[1])])
    environment = {**os.environ, **real_office.settings.environment(), "PYTHONPATH": path}
    command = [sys.executable, str(PROCESS), "lead", str(file)]
    workers = [subprocess.Popen(command, env=environment) for _ in range(3)]
    try:
        wait_until(lambda: len(lines(file, "window")) >= 3, 90)
        ready = "select count(*) >= 3 from pg_stat_activity where application_name = :name"
        wait_until(lambda: _holds(real_office, ready), 90)
        (_, leader) = lines(file, "leading")[0]
        assert {process for _, process in lines(file, "window")} == {leader}
        killed = time.time()
        os.kill(leader, signal.SIGKILL)
        wait_until(lambda: len(lines(file, "leading")) == 2, 10)
        took, successor = lines(file, "leading")[1]
        assert took - killed < 2
        assert successor != leader
        done = len(lines(file, "window"))
        wait_until(lambda: len(lines(file, "window")) >= done + 3, 30)
        assert {process for _, process in lines(file, "window")[done:]} == {successor}
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    windows = Counter(window for window, _ in lines(file, "window"))
    assert set(windows.values()) == {1}


def _holds(office: Office, question: str) -> bool:
    with office.owner.connection() as connection:
        given = {"name": "branchpulse worker"}
        return bool(connection.execute(text(question), given).scalar_one())


def test_of_many_leaders_one_does_a_window(real_office: Office) -> None:
    barrier = threading.Barrier(8)
    won: list[bool] = []

    def claim() -> None:
        database = Database(as_role(real_office.owner.url, "bp_worker"), pool_size=1)
        installation = Installation(
            real_office.settings, database, real_office.worker.vault, real_office.clock
        )
        barrier.wait(timeout=30)
        won.append(claim_window(installation, "probe", 60))
        won.append(claim_window(installation, "probe", 60))
        installation.close()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(won) == [False] * 15 + [True]
