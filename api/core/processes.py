"""Running our own processes together: they start as one, and none outlives the others.

Knows nothing of what the processes do.
"""

import fcntl
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from api.core.embedded import prepare_home

_PATIENCE = 10.0  # seconds a process gets to end by itself
_REST = 2.0  # seconds before a process that died is started again


def rest_collector(*, rare: bool = True) -> None:
    """Leaves what is loaded by now out of garbage collection, and makes it rare.

    Batches and pages are thousands of small values without circles: looking through them finds
    nothing, and took a sixth of the time of a web process at work. Who makes many circles has it
    not ``rare``, so that memory stays flat.
    """
    gc.collect()
    gc.freeze()
    if rare:
        gc.set_threshold(100_000, 20, 50)


@contextmanager
def sole_holder(path: Path) -> Iterator[bool]:
    """True while this process alone holds ``path``; the kernel lets go when it dies."""
    prepare_home(path.parent)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def run_together(
    commands: Sequence[Sequence[str]],
    environment: Mapping[str, str],
    *,
    logs: Path,
    started: Callable[[Callable[[], bool]], None],
) -> int:
    """Runs our commands until one ends or we are told to stop; returns the exit code.

    Each writes to a file of its name in ``logs``. ``started`` is called once they run, with a
    function that says whether all still do. Each child's standard input is a pipe that only this
    process holds: when this process is killed, the children see its end and stop (see
    :func:`end_with_parent`).
    """
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    children = [_start_logged(command, environment, logs) for command in commands]

    def all_run() -> bool:
        return not told.is_set() and all(child.poll() is None for child in children)

    try:
        started(all_run)
        while all_run():
            told.wait(0.2)
        ended = [child.returncode for child in children if child.returncode is not None]
        return ended[0] or 1 if ended else 0
    finally:
        _stop(children)


@contextmanager
def kept_beside(
    command: Sequence[str], environment: Mapping[str, str], copies: int = 1
) -> Iterator[None]:
    """Keeps others of our processes running beside this one; one that dies is started again.

    Each writes where we write, and stops with us (see :func:`end_with_parent`).
    """
    over = threading.Event()

    def keep() -> None:
        while not over.is_set():
            child = _start(command, environment)
            while child.poll() is None and not over.wait(0.2):
                pass
            _stop([child])
            over.wait(_REST)

    keepers = [threading.Thread(target=keep, name="keeper", daemon=True) for _ in range(copies)]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        over.set()
        for keeper in keepers:
            keeper.join(_PATIENCE + 1)


def end_with_parent() -> None:
    """Ends this process when the parent that started it by :func:`run_together` is gone."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def _start_logged(
    command: Sequence[str], environment: Mapping[str, str], logs: Path
) -> subprocess.Popen[bytes]:
    descriptor = os.open(logs / f"{command[0]}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        return _start(command, environment, log)


def _start(
    command: Sequence[str], environment: Mapping[str, str], log: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "branchpulse", *command],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env={**os.environ, **environment},
        start_new_session=True,  # a Ctrl-C reaches us first, and we stop them in order
    )


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + _PATIENCE
    for child in children:
        try:
            child.wait(timeout=max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
