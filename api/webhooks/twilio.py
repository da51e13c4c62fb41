"""Twilio's words and ours: statuses, error codes, and what customers answer to an SMS. Pure."""

import re
from typing import Literal

from api.invitations.receipts import Outcome

TWILIO = "twilio"
_OUTCOMES: dict[str, Outcome] = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
    "canceled": "undelivered",
}
OPTED_OUT = frozenset({"21610", "30004"})  # unsubscribed, or blocked by the recipient
DEAD = frozenset({"21211", "21214", "21217", "21614", "30005", "30006"})
STOP = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT OPTOUT REVOKE TD T R 退订 退 拒收".split()
)
START = frozenset("START UNSTOP SUBSCRIBE 订阅 恢复".split())
_SIGNS = re.compile(r"[\W_]+")

Wish = Literal["stop", "start"]


def outcome_of(status: str) -> Outcome | None:
    """What a status of Twilio's means; None for one that we do not know."""
    return _OUTCOMES.get(status.lower())


def wish_of(body: str) -> Wish | None:
    """What an answer asks for, when it is one of the words and nothing else."""
    word = _SIGNS.sub("", body).upper()
    if word in STOP:
        return "stop"
    return "start" if word in START else None
