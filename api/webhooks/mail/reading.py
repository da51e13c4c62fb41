"""What a mail that came back says: RFC 3464 delivery reports, RFC 5965 complaints. Pure.

Anything else is no report, whatever its words: people's answers and absence notes come here too.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Literal

from api.invitations.receipts import Outcome

_STATUS = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})")
# Enhanced codes (RFC 3463) that say the address is gone, not that this mail was not wanted.
_DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_ACTIONS: dict[str, Outcome] = {
    "failed": "undelivered",
    "delayed": "sent",  # the server tries on
    "relayed": "sent",
    "expanded": "sent",
    "delivered": "delivered",
}
_COMPLAINTS = frozenset({"abuse", "opt-out", "opt-out-list", "fraud", "miscategorized"})

Kind = Literal["delivery", "complaint"]


@dataclass(frozen=True, slots=True)
class Reported:
    """What the report says of the mail, and of its address."""

    kind: Kind
    outcome: Outcome
    code: str | None = None
    dead: bool = False


def read_report(raw: bytes) -> Reported | None:
    """The report in a mail; None when it is none."""
    mail = message_from_bytes(raw, policy=policy.default)
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            return _delivery(part)
        if part.get_content_type() == "message/feedback-report":
            return _complaint(part)
    return None


def _delivery(part: Message) -> Reported | None:
    """The first recipient that the report speaks of: every mail of ours has one."""
    for fields in _groups(part):
        action = str(fields.get("Action", "")).split("(")[0].strip().lower()
        status = _STATUS.match(str(fields.get("Status", "")).strip())
        if action not in _ACTIONS or status is None:
            continue
        code, outcome = status[0], _ACTIONS[action]
        failed = outcome == "undelivered"
        return Reported(
            "delivery", outcome, None if outcome == "delivered" else code, failed and code in _DEAD
        )
    return None


def _groups(part: Message) -> list[Message]:
    """The groups of fields of a delivery report; each is a message of its own to the parser."""
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _complaint(part: Message) -> Reported | None:
    """Whoever complains has got the mail, and wants no more."""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if isinstance(inner, Message):  # some parsers take the fields for a message
        fields = inner
    else:
        body = part.get_content() if isinstance(part, EmailMessage) else payload
        text = body if isinstance(body, bytes) else str(body).encode("utf-8", "replace")
        fields = message_from_bytes(text, policy=policy.default)
    kind = str(fields.get("Feedback-Type", "")).strip().lower()
    return Reported("complaint", "delivered") if kind in _COMPLAINTS else None
