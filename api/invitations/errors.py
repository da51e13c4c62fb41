"""What can be wrong with sending a message again."""

from api.core.errors import Conflict


class NotDead(Conflict):
    """The message is on its way or was delivered: there is nothing for a person to settle."""

    key = "asking.errors.not_dead"


class CannotResend(Conflict):
    """Something stands against sending the message again; ``reason`` says what."""

    key = "asking.errors.cannot_resend"
