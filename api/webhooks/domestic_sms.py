"""The domestic SMS gateway's words and ours: receipts it pushes, answers of customers. Pure.

The protocol is that of Aliyun's short message service (API 2017-05-25). What it pushes is not
signed, so its address holds a secret.
"""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from api.webhooks.reports import Reply, Report

DOMESTIC_SMS = "domestic_sms"
# The customer wrote TD to this signature, or to the carrier.
OPTED_OUT = frozenset({"MOBILE_IN_BLACK", "USER_REJECT", "isv.CUSTOMER_REFUSED"})
# Carriers say MOBILE_NOT_ON_SERVICE also of a phone that is switched off: that one is not dead.
DEAD = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
_log = logging.getLogger(__name__)


class PushedReceipt(BaseModel):
    """One item of a pushed SmsReport."""

    biz_id: str
    success: bool
    out_id: str | None = None
    err_code: str | None = None


class PushedReply(BaseModel):
    """One item of a pushed SmsUp."""

    phone_number: str
    content: str


def reports_of(items: list[Any]) -> Iterator[Report]:
    """The receipts of a push; an item that is none is passed over."""
    for item in items:
        try:
            pushed = PushedReceipt.model_validate(item)
        except ValidationError:
            _log.warning("domestic gateway: a receipt that cannot be read")
            continue
        outcome = "delivered" if pushed.success else "undelivered"
        code = None if pushed.success else (pushed.err_code or "undelivered")[:100]
        yield report(pushed.biz_id, outcome, code, as_uuid(pushed.out_id))


def replies_of(items: list[Any]) -> Iterator[Reply]:
    """The answers of customers in a push; an item that is none is passed over."""
    for item in items:
        try:
            pushed = PushedReply.model_validate(item)
        except ValidationError:
            _log.warning("domestic gateway: an answer that cannot be read")
            continue
        yield Reply(pushed.phone_number, pushed.content)


def report(biz_id: str, outcome: Any, code: str | None, invitation_id: UUID | None) -> Report:
    """What the gateway says of a message, with what that says of its address."""
    return Report(
        provider=DOMESTIC_SMS,
        provider_id=biz_id,
        outcome=outcome,
        error_code=code,
        invitation_id=invitation_id,
        opted_out=code in OPTED_OUT,
        dead=code in DEAD,
    )


def as_uuid(value: str | None) -> UUID | None:
    """Our own id, where the gateway gives it back."""
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
