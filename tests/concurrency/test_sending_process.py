"""``branchpulse work`` itself: from a due event to a sent message, and a clean end."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asking import PHONE, add_customer, add_event, make_network, one
from conftest import Office

PROJECT = Path(__file__).parents[2]


def afternoon() -> str:
    """A time zone in which it is about two in the afternoon now."""
    ahead = (14 - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"  # these names count westwards


def test_a_worker_asks_sends_and_ends_when_told_to(real_office: Office, tmp_path: Path) -> None:
    network = make_network(real_office.owner)
    someone = add_customer(
        real_office.owner,
        real_office.worker.vault,
        network.branches[0],
        phone=PHONE,
        timezone=afternoon(),
    )
    add_event(
        real_office.owner, network, someone, occurred_at=datetime.now(UTC) - timedelta(hours=25)
    )
    log = tmp_path / "log"
    with log.open("wb") as written:
        worker = subprocess.Popen(
            [sys.executable, "-m", "branchpulse", "work"],
            env={**os.environ, **real_office.settings.environment()},
            cwd=PROJECT,
            stdout=written,
            stderr=written,
        )
        try:
            end = time.monotonic() + 90
            status = None
            while status != "sent" and time.monotonic() < end:
                time.sleep(0.2)
                found = one(real_office.worker, "select max(status) as status from invitation")
                status = found.status
            worker.send_signal(signal.SIGTERM)
            code = worker.wait(timeout=20)
        finally:
            worker.kill()
            worker.wait()
    said = log.read_text("utf-8")
    assert status == "sent", said
    assert code == 0, said
    assert "working: decide, follow up, send" in said
    assert PHONE[1:] not in said
    assert "/s/" not in said
    made = one(
        real_office.worker,
        "select sender, (select count(*) from survey_token) as tokens from invitation",
    )
    assert (made.sender, made.tokens) == ("console", 1)
