"""Messages to people whose number we never hold: the client's own gateway knows whom we mean.

Hands over a reference, our code of the template and its parameters by a signed HTTPS call. Our id
is the idempotency key, and by it the gateway is asked after a call without an answer.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import orjson

from api.core.settings import Settings
from api.webhooks.contactless import CONTACTLESS, SIGNATURE, TIMESTAMP, signature
from scheduler.senders.http_calls import Caller, json_object
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    Question,
    Receipt,
    Refused,
    Unresolved,
)

MESSAGES, LOOK_UP = "/messages", "/messages/look-up"


class Contactless:
    """Sends by reference; the gateway is asked by our id whether it has a message."""

    name = CONTACTLESS
    can_look_up = True

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        base, secret = settings.contactless_base_url, settings.contactless_secret
        if base is None or secret is None:
            raise ValueError("the contactless gateway is not configured")
        self._secret, self._clock = secret.get_secret_value(), clock
        self._calls = Caller(base)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands over reference, template and parameters."""
        template = message.providers.get(CONTACTLESS)
        answer = self._call(
            MESSAGES,
            {
                "id": str(message.id),
                "contact_ref": message.to,
                "template": template.template_id if template else message.template,
                "language": message.language,
                "parameters": dict(message.parameters),
            },
        )
        told = json_object(answer)
        if not answer.is_success:
            raise _verdict(answer, told)
        return Receipt(_message_id(told))

    def look_up(self, question: Question) -> Receipt | None:
        """The gateway's id of our message; None when it never had it."""
        try:
            answer = self._call(LOOK_UP, {"id": str(question.id)})
            told = json_object(answer)
        except NotNow as error:
            raise Unresolved(error.code) from None
        if answer.status_code == httpx.codes.NOT_FOUND and told.get("code") == "unknown_message":
            return None
        if not answer.is_success:
            raise Unresolved(f"http_{answer.status_code}")
        return Receipt(_message_id(told))

    def _call(self, path: str, about: dict[str, Any]) -> httpx.Response:
        body = orjson.dumps(about)
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._secret, timestamp, body),
        }
        return self._calls.post(path, body, headers)


def _message_id(told: dict[str, Any]) -> str | None:
    found = told.get("message_id")
    return found if isinstance(found, str) and found else None


def _verdict(answer: httpx.Response, told: dict[str, Any]) -> Exception:
    """What a refusal means: 422 is about this message for good, everything else may pass."""
    code = str(told.get("code") or f"http_{answer.status_code}")[:100]
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        return Refused(code, opted_out=told.get("opted_out") is True, dead=told.get("dead") is True)
    return NotNow(code)
