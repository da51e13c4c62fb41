"""A real worker process for tests to start and to kill: ``python worker_process.py MODE FILE``.

``hang`` claims and then never comes back from the sender; ``lead`` runs the scheduler with one
tick a second. What happened is appended to FILE, a line each.
"""

import logging
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from conftest import NOW

from api.core.installation import Installation
from api.core.settings import Settings
from scheduler import runner
from scheduler.jobs import Tick
from scheduler.jobs.housekeeping import claim_window
from scheduler.jobs.sending import send_due
from scheduler.senders.port import OutgoingMessage
from scheduler.senders.recorder import Only, Recorder


def note(line: str) -> None:
    """Appends a line in one write."""
    with Path(sys.argv[2]).open("a", encoding="utf-8", buffering=1) as file:
        file.write(f"{line}\n")


def hang(installation: Installation) -> None:
    """Claims what is due and is still sending when it is killed."""

    def never(message: OutgoingMessage) -> None:
        note(f"sending {message.id}")
        time.sleep(600)

    send_due(installation, senders=Only(Recorder(before=never)))


def lead(installation: Installation) -> None:
    """Competes for the lead and notes every window it wins."""

    def tick(office: Installation) -> None:
        now = office.clock()
        if claim_window(replace(office, clock=lambda: now), "probe", 1):
            note(f"window {int(now.timestamp())} {os.getpid()}")

    logging.basicConfig(level=logging.INFO)
    watched = logging.getLogger("scheduler.runner")
    watched.addFilter(lambda record: bool(_seen(record)))
    runner.LOOPS, runner.TICKS = (), (Tick("probe", tick, 1),)
    runner.run(installation)


def _seen(record: logging.LogRecord) -> bool:
    if record.getMessage().startswith("leading"):
        note(f"leading {time.time()} {os.getpid()}")
    return True


if __name__ == "__main__":
    opened = Installation.open(Settings(_env_file=None), "worker")
    if sys.argv[1] == "hang":
        hang(Installation(opened.settings, opened.database, opened.vault, lambda: NOW))
    else:
        lead(opened)
