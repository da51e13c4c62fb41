"""What the process table says about a server: alive, ready, left over.

Reads ``postmaster.pid`` and the process table, and sends signals. A zombie counts as dead, and a
number that another program got in the meantime is not taken for the server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.core.embedded.problems import StopFailedError

STOP_PATIENCE = 60.0
_STEP = 0.01
_LINUX = Path("/proc/self/stat").exists()
# Children of this process must be polled, or they stay zombies; keeping them here also keeps
# subprocess from complaining about a server that outlives the user who started it.
children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Postmaster:
    """The lines of ``postmaster.pid`` that we use."""

    pid: int
    port: int
    ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Read ``postmaster.pid``; None when it is missing or not yet written in full."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
        status = lines[7].strip() if len(lines) > 7 else ""
        return Postmaster(int(lines[0]), int(lines[3] or 0), status == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def live_postmaster(data: Path) -> Postmaster | None:
    """Return the running server of this database folder, if there is one."""
    found = read_postmaster(data)
    return found if found and is_server(found.pid, data) else None


def is_server(pid: int, data: Path) -> bool:
    """Say whether the process is alive and a PostgreSQL server on this very folder."""
    if _reaped(pid):
        return False
    if not _LINUX:
        shown = _shown_by_ps(pid)
        return "postgres" in shown and f"-D {data} " in shown
    arguments = _arguments(pid)
    return "postgres" in arguments[0] and str(data) in arguments


def _reaped(pid: int) -> bool:
    """Say whether this was our child and has ended; it is no zombie any more then."""
    child = children.get(pid)
    if child is None or child.poll() is None:
        return False
    children.pop(pid, None)
    return True


def _arguments(pid: int) -> list[str]:
    """Arguments of a living process; one empty string for a dead one and for a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        if state[0] in "ZX":
            return [""]
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
    except (OSError, IndexError):
        return [""]


def _shown_by_ps(pid: int) -> str:
    """The command line of a living process where there is no /proc; empty for a zombie."""
    shown = subprocess.run(
        ["ps", "-ww", "-o", "state=,args=", "-p", str(pid)],
        check=False, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    return "" if shown.startswith("Z") else shown


def strays(data: Path) -> list[int]:
    """Processes that still work in the folder (every one of PostgreSQL's has it as its cwd)."""
    if not _LINUX:
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _works_in(entry, data):
            found.append(int(entry.name))
    return found


def _works_in(entry: Path, data: Path) -> bool:
    try:
        return os.readlink(entry / "cwd") == str(data) and "postgres" in os.readlink(entry / "exe")
    except OSError:
        return False


def end_strays(data: Path) -> None:
    """Kill what a killed server left behind; safe, since the next start replays the log."""
    for pid in strays(data):
        _send(pid, signal.SIGKILL)
    wait_until(lambda: not strays(data), seconds=10)


def stop_server(pid: int, data: Path) -> None:
    """Stop the server: fast shutdown first, then at once, then by force."""
    for sign, patience in (
        (signal.SIGINT, STOP_PATIENCE),
        (signal.SIGQUIT, 10.0),
        (signal.SIGKILL, 10.0),
    ):
        _send(pid, sign)
        if wait_until(lambda: not is_server(pid, data), seconds=patience):
            wait_until(lambda: pid not in children or _reaped(pid), seconds=patience)
            end_strays(data)
            return
    raise StopFailedError(f"Process {pid} does not end.")


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask again and again until the condition holds; False when the time is up."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(_STEP)
    return True


def _send(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return
