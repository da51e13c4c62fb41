"""A sender for tests: keeps what it was given in memory, and fails when told to."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from scheduler.senders.port import OutgoingMessage, Question, Receipt, Sender


@dataclass
class Recorder:
    """Remembers messages in the order they came, from any number of threads."""

    name: str = "recorder"
    can_look_up: bool = False
    sent: list[OutgoingMessage] = field(default_factory=list)
    before: Callable[[OutgoingMessage], None] = lambda _: None
    found: Receipt | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Calls ``before``, which may raise, then remembers the message."""
        self.before(message)
        with self._lock:
            self.sent.append(message)
            return Receipt(f"{self.name}-{len(self.sent)}")

    def look_up(self, question: Question) -> Receipt | None:
        """What the test said would be found."""
        return self.found


@dataclass(frozen=True)
class Only:
    """An installation with one sender for everything."""

    sender: Sender

    def route(self, channel: str, address: str) -> Sender:
        """The one."""
        return self.sender

    def named(self, name: str) -> Sender | None:
        """The one, by its name."""
        return self.sender if self.sender.name == name else None
