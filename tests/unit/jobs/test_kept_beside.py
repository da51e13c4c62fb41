"""A process that is kept beside another: started again when it dies, gone when the other ends."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from api.core import processes


def until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_it_is_started_again_when_it_dies_and_ends_with_who_keeps_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def start(*_: Any) -> subprocess.Popen[bytes]:
        waiting = [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
        children.append(subprocess.Popen(waiting, stdin=subprocess.PIPE))
        return children[-1]

    monkeypatch.setattr(processes, "_start", start)
    monkeypatch.setattr(processes, "_REST", 0.01)
    with processes.kept_beside(["work"], {}, 2):
        assert until(lambda: len(children) == 2)
        children[0].kill()
        assert until(lambda: len(children) == 3)
        assert children[1].poll() is children[2].poll() is None
    assert len(children) == 3
    assert None not in {child.poll() for child in children}
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
