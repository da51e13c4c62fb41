"""What every bench stands on: a temporary installation, a real web process, one report.

A bench runs on its own embedded database with fsync on, against a reference measured in the same
run, and ends with one document. Knows no domain: rooms seed and measure.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from api.core.embedded import discard_server
from api.core.installation import running_settings
from api.core.migrate import ROOT, migrate
from api.core.settings import Settings

WEB_APP = "branchpulse:web_app"
_START_PATIENCE = 180.0


@contextmanager
def temporary_installation(**changes: Any) -> Iterator[Settings]:
    """Settings of a migrated installation on an embedded database that is thrown away after."""
    with tempfile.TemporaryDirectory(prefix="branchpulse-bench-") as folder:
        home = Path(folder) / "home"
        bare = Settings(_env_file=None)
        wanted = {name: field.default for name, field in Settings.model_fields.items()}
        wanted |= {"shared": bare.shared, "home": home, **changes}
        try:
            with running_settings(Settings.model_validate(wanted)) as settings:
                migrate(settings)
                yield settings
        finally:
            discard_server(home)


@contextmanager
def web_process(settings: Settings, factory: str = WEB_APP, workers: int = 1) -> Iterator[str]:
    """The address of a real web process on loopback, stopped afterwards."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", "--factory", factory, "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(workers), "--no-access-log"),
    ]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment_for(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            if not _answers(process, address):
                output.seek(0)
                raise RuntimeError(f"the web process did not start:\n{output.read().decode()}")
            yield address
        finally:
            _stop(process)


@dataclass(frozen=True)
class Target:
    """One figure that a bench must reach: ``at_least`` or ``at_most``."""

    figure: str
    at_least: float | None = None
    at_most: float | None = None

    def reached(self, figures: Mapping[str, Any]) -> bool:
        """True when the figure was measured and lies within the bounds."""
        value = figures.get(self.figure)
        if value is None:
            return False
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


def report(
    bench: str,
    *,
    full: bool,
    figures: Mapping[str, Any],
    targets: list[Target],
    reference: Mapping[str, Any],
) -> dict[str, Any]:
    """The document a bench ends with; ``ok`` when every target was reached."""
    return {
        "bench": bench,
        "full": full,
        "ok": all(target.reached(figures) for target in targets),
        "figures": dict(figures),
        "targets": [
            {
                "figure": target.figure,
                "at_least": target.at_least,
                "at_most": target.at_most,
                "reached": target.reached(figures),
            }
            for target in targets
        ],
        "reference": dict(reference),
    }


def percentile(seconds: list[float], share: float) -> float:
    """The value below which ``share`` (0…1) of the measurements lie; nearest rank."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment of a process of ours: nothing of Branchpulse from outside."""
    outside = {name: value for name, value in os.environ.items() if "BRANCHPULSE_" not in name}
    return outside | settings.environment()


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(process: subprocess.Popen[bytes], address: str) -> bool:
    deadline = time.monotonic() + _START_PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/healthz", trust_env=False).status_code == 200:
                return True
        except httpx.TransportError:
            time.sleep(0.1)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
