"""A loop that fails rests and goes on; it stops when it is told to."""

import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.core.installation import Installation
from scheduler import runner
from scheduler.jobs import LOOPS, TICKS, Loop, Tick

NOBODY = cast(Installation, SimpleNamespace())


def run_until(loop: Loop, holds: Any, seconds: float = 10) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=runner._work, args=(NOBODY, loop, stop))
    thread.start()
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    stop.set()
    thread.join(timeout=5)
    assert holds()
    assert not thread.is_alive()


def test_a_step_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def step(installation: Installation) -> int:
        calls.append(1)
        if len(calls) < 3:
            raise RuntimeError("not yet")
        return 0

    run_until(Loop("shaky", step, rest=0.01, rest_after_failure=0.01), lambda: len(calls) >= 4)
    assert "shaky failed" in caplog.text


def test_a_step_that_found_work_is_repeated_at_once() -> None:
    calls: list[int] = []

    def step(installation: Installation) -> int:
        calls.append(1)
        return 1 if len(calls) < 50 else 0

    run_until(Loop("busy", step, rest=60), lambda: len(calls) == 50)


def test_every_loop_and_tick_has_a_name_of_its_own() -> None:
    for jobs in (LOOPS, TICKS):
        names = [job.name for job in cast("tuple[Loop | Tick, ...]", jobs)]
        assert len(set(names)) == len(names)
    assert {"decide", "send", "letters", "fold"} <= {loop.name for loop in LOOPS}
    assert {"claims", "expiry", "partitions", "ranking"} <= {tick.name for tick in TICKS}


def test_every_loop_and_tick_names_a_function_that_is_there() -> None:
    assert all(callable(job.step) for job in (*LOOPS, *TICKS))


def test_a_process_that_only_sends_imports_nothing_that_counts() -> None:
    code = (
        "import sys; from scheduler import runner, jobs; "
        "[loop.step for loop in jobs.LOOPS if loop.name == 'send']; "
        "heavy = {'pandas', 'numpy', 'scipy', 'dash', 'fastapi', 'matplotlib'}; "
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
