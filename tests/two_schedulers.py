"""Two processes that do the same work on a made-up clock, one of which is killed now and then."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from conftest import Office

PATIENCE = 1.0  # seconds
PROCESS = Path(__file__).parent / "scheduler_process.py"


class Schedulers:
    """Both of them; ``work`` are functions of an installation, as ``module:function``."""

    def __init__(self, office: Office, folder: Path, begin: datetime, *work: str) -> None:
        self.clock, self.done, self.work = folder / "clock", folder / "done", work
        path = os.pathsep.join([str(PROCESS.parent), str(PROCESS.parents[1])])
        self.environment = {**os.environ, **office.settings.environment(), "PYTHONPATH": path}
        self.set(begin)
        self.running = [self._start(), self._start()]

    def __enter__(self) -> "Schedulers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(PROCESS), str(self.clock), str(self.done), *self.work]
        return subprocess.Popen(command, env=self.environment)

    def set(self, now: datetime) -> None:
        """Sets the clock, in one step for who reads it."""
        new = self.clock.with_suffix(".new")
        new.write_text(now.astimezone(UTC).isoformat(), encoding="ascii")
        new.replace(self.clock)

    def strike(self, now: datetime, which: int, count: Callable[[], int]) -> None:
        """Sets the clock, kills one as soon as ``count`` says that work is done, starts another.

        Where there is nothing to do it dies idle. One that is only starting is waited for.
        """
        self.ready(which)
        before, end = count(), time.monotonic() + PATIENCE
        self.set(now)
        while count() == before and time.monotonic() < end:
            time.sleep(0.005)
        self.running[which].kill()
        self.running[which].wait()
        self.running[which] = self._start()

    def did(self) -> int:
        """What all finished rounds did; a killed one says nothing of its last."""
        return sum(done for _, done in self._rounds())

    def wait(self, rounds: int, did: int = 0) -> None:
        """Until so much was done, and so many more rounds."""
        _until(lambda: self.did() >= did)
        wanted = len(self._rounds()) + rounds
        _until(lambda: len(self._rounds()) >= wanted)

    def ready(self, *which: int) -> None:
        """Until these have done a round."""
        wanted = {self.running[one].pid for one in which}
        _until(lambda: wanted <= {process for process, _ in self._rounds()})

    def _rounds(self) -> list[tuple[int, int]]:
        """Which process finished a round, and what it did in it."""
        with suppress(FileNotFoundError):
            lines = [line.split() for line in self.done.read_text(encoding="ascii").splitlines()]
            return [(int(process), int(done)) for process, done in lines]
        return []


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 240
    while not true():
        assert time.monotonic() < end, "the schedulers do nothing"
        time.sleep(0.02)
