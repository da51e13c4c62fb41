"""The demo as a person runs it: one at a time on a home, gone without a trace when it is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.core.embedded import discard_server, running_server

PATIENCE = 120.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start_demo(home: Path, port: int) -> subprocess.Popen[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("BRANCHPULSE_")
    }
    words = ["demo", "--branches", "6", "--months", "1", "--port", str(port)]
    return subprocess.Popen(
        [sys.executable, "-m", "branchpulse", *words],
        env={**environment, "BRANCHPULSE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_up(demo: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert demo.poll() is None, demo.communicate()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the demo did not come up")


def children_of(home: Path) -> list[int]:
    """Processes of ours that were started with this home."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"BRANCHPULSE_HOME={home}".encode() in environment and b"branchpulse" in command:
            found.append(int(folder.name))
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    for process in children_of(folder):
        os.kill(process, signal.SIGKILL)
    discard_server(folder)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_a_demo_lives_alone_and_leaves_nothing_behind(home: Path) -> None:
    port = free_port()
    demo = start_demo(home, port)
    wait_until_up(demo, port)

    second = start_demo(home, free_port())
    out, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 2, (out, err)
    assert "already running" in err
    assert len(err.strip().splitlines()) == 1

    logins = json.loads((home / "demo_logins.json").read_text(encoding="utf-8"))
    demo.send_signal(signal.SIGKILL)
    demo.communicate(timeout=PATIENCE)
    end = time.monotonic() + 20
    while children_of(home) and time.monotonic() < end:
        time.sleep(0.1)
    assert children_of(home) == []

    again = start_demo(home, port)
    wait_until_up(again, port)
    assert json.loads((home / "demo_logins.json").read_text(encoding="utf-8")) == logins
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=PATIENCE)
    assert again.returncode == 0
    assert children_of(home) == []
    assert running_server(home) is None
