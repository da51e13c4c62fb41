"""Calls through a relay: it rings our colleague, then the customer, and shows neither number.

Hands both sides over by a signed HTTPS call to the client's own gateway (a privacy-number service
stands behind it). A customer may be a reference that only that gateway can resolve.
"""

from collections.abc import Callable
from datetime import datetime

import httpx
import orjson

from api.core.settings import Settings
from api.webhooks.contactless import SIGNATURE, TIMESTAMP, signature
from scheduler.senders.http_calls import Caller, json_object
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    Question,
    Receipt,
    Refused,
    Unresolved,
)

RELAY = "relay"
CALLS = "/calls"


class Relay:
    """Has two telephones connected; our id is the idempotency key."""

    name = RELAY
    can_look_up = False

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        base, secret = settings.relay_base_url, settings.relay_secret
        if base is None or secret is None:
            raise ValueError("the relay is not configured")
        self._secret, self._clock = secret.get_secret_value(), clock
        self._calls = Caller(base)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands over who calls (``text``) and who is called (``to``)."""
        side = "callee_ref" if message.parameters.get("kind") == "ref" else "callee"
        body = orjson.dumps({"id": str(message.id), "caller": message.text, side: message.to})
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._secret, timestamp, body),
        }
        answer = self._calls.post(CALLS, body, headers)
        told = json_object(answer)
        if not answer.is_success:
            code = str(told.get("code") or f"http_{answer.status_code}")[:100]
            if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
                raise Refused(code)
            raise NotNow(code)
        found = told.get("call_id")
        return Receipt(found if isinstance(found, str) and found else None)

    def look_up(self, question: Question) -> Receipt | None:
        """Cannot be asked: a call that was not made is made anew by whoever wanted it."""
        raise Unresolved("cannot_look_up")
