"""The harmless default: nothing leaves the machine.

Logs that there was a message, never what or to whom. Only with made-up data the whole message is
written to a file of the home that nobody else can read, so that its link can be opened.
"""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from scheduler.senders.port import OutgoingMessage, Question, Receipt, Unresolved

CONSOLE = "console"
_log = logging.getLogger(__name__)


class ConsoleSender:
    """Takes every message, and keeps it here."""

    name = CONSOLE
    can_look_up = False

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def send(self, message: OutgoingMessage) -> Receipt:
        """Notes the message; writes it to the folder, if there is one."""
        _log.info("console: %s message %s", message.channel, message.id)
        if self._folder is not None:
            _write(self._folder, message)
        return Receipt()

    def look_up(self, question: Question) -> Receipt | None:
        """Cannot be asked."""
        raise Unresolved("cannot_look_up")


def _write(folder: Path, message: OutgoingMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    day = datetime.now(UTC).date().isoformat()
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
    subject = f"{message.subject}\n" if message.subject else ""
    shown = f"--- {message.channel} {message.id} to {message.to}\n{subject}{message.text}\n\n"
    with os.fdopen(os.open(folder / f"{day}.txt", flags, 0o600), "a", encoding="utf-8") as file:
        file.write(shown)
