"""What the client's own gateway says of messages to references: receipts and wishes. Pure.

Signed in both directions: HMAC-SHA256 with the shared secret over the moment, a full stop and the
body as it travels.
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.webhooks.reports import Report

CONTACTLESS = "contactless"
TIMESTAMP = "X-Branchpulse-Timestamp"
SIGNATURE = "X-Branchpulse-Signature"
CLOCKS_APART = timedelta(minutes=5)
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ContactlessReceipt(BaseModel):
    """What became of one message; ``message_id`` is the gateway's, ``id`` is ours."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    message_id: _Text
    status: Literal["sent", "delivered", "undelivered"]
    code: _Text | None = None
    opted_out: bool = False
    dead: bool = False


class ContactlessWish(BaseModel):
    """A customer wants no more messages, or wants them again."""

    model_config = ConfigDict(extra="forbid")

    contact_ref: _Text
    wish: Literal["stop", "start"]


class ContactlessCall(BaseModel):
    """One call of the gateway's."""

    model_config = ConfigDict(extra="forbid")

    receipts: list[ContactlessReceipt] = Field(default_factory=list, max_length=1000)
    wishes: list[ContactlessWish] = Field(default_factory=list, max_length=1000)

    def reports(self) -> Iterator[Report]:
        """The receipts in our own words."""
        for one in self.receipts:
            failed = one.status == "undelivered"
            yield Report(
                provider=CONTACTLESS,
                provider_id=one.message_id,
                outcome=one.status,
                error_code=(one.code or one.status) if failed else None,
                invitation_id=one.id,
                opted_out=failed and one.opted_out,
                dead=failed and one.dead,
            )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What proves that who sends ``body`` at that moment knows the secret."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, timestamp: str, body: bytes, given: str, now: datetime) -> bool:
    """Whether a call was signed with the secret, within five minutes of ``now``."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > CLOCKS_APART.total_seconds():
        return False
    expected = signature(secret, timestamp, body)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
