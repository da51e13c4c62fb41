"""The sender of an address that no gateway serves: it refuses, so that a fall-back may try."""

from scheduler.senders.port import OutgoingMessage, Question, Receipt, Refused, Unresolved


class Nobody:
    """Refuses every message; nothing is ever called."""

    name = "nobody"
    can_look_up = False

    def send(self, message: OutgoingMessage) -> Receipt:
        """Refuses."""
        raise Refused("no_gateway")

    def look_up(self, question: Question) -> Receipt | None:
        """Cannot be asked."""
        raise Unresolved("cannot_look_up")
