"""SMS by Twilio's client, rebased where a setting says so.

Twilio has no idempotency key, so a call without an answer is looked up by the link in the text;
our id travels in the status callback's address. Mainland Chinese numbers are refused unless the
setting allows the cross-border transfer.
"""

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as ConnectionFailed
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from api.core.ids import token_hash
from api.core.settings import Settings
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    Question,
    Receipt,
    Refused,
    Unresolved,
)

TWILIO = "twilio"
CONNECTIONS = 32  # as many as threads may send at once
TIMEOUT = 10.0  # seconds; far below the lease of a claim
OPTED_OUT = frozenset({21610})
DEAD = frozenset({21211, 21214, 21614})
OUR_FAULT = frozenset({20003, 20404, 21212, 21603, 21606, 21608, 21609, 30002})
FAILED = frozenset({"failed", "canceled", "undelivered"})
CHINA = "+86"
_TOKEN = re.compile(r"/s/([A-Za-z0-9_-]{22})")
_CLOCKS_APART = timedelta(hours=1)
_silent = logging.getLogger("branchpulse.twilio")
_silent.disabled = True  # the client logs addresses
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # so does this one at DEBUG


class TwilioSms:
    """Sends SMS, and can be asked whether one was sent."""

    name = TWILIO
    can_look_up = True

    def __init__(self, settings: Settings) -> None:
        token = settings.twilio_auth_token
        if settings.twilio_account_sid is None or token is None or settings.twilio_from is None:
            raise ValueError("Twilio is not configured")
        self._from = settings.twilio_from
        self._abroad_allowed = settings.allow_cross_border_sms
        self._callback = f"{settings.public_url.rstrip('/')}/webhooks/twilio/status"
        http = _Rebased(settings.twilio_base_url)
        self._client = Client(
            settings.twilio_account_sid, token.get_secret_value(), http_client=http
        )

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands the SMS to Twilio."""
        if message.to.startswith(CHINA) and not self._abroad_allowed:
            raise Refused("cross_border")
        by_service = self._from.startswith("MG")
        origin = {"messaging_service_sid" if by_service else "from_": self._from}
        try:
            created = self._client.messages.create(
                to=message.to,
                body=message.text,
                status_callback=f"{self._callback}?invitation={message.id}",
                **origin,
            )
        except TwilioRestException as error:
            raise _verdict(error) from None
        except RequestException as error:
            raise _unanswered(error) from None
        except TwilioException:
            raise Unresolved("twilio_answer") from None
        return Receipt(created.sid)

    def look_up(self, question: Question) -> Receipt | None:
        """The message to that address whose link is ours; raises Unresolved when not answered."""
        since = question.since.astimezone(UTC) - _CLOCKS_APART
        try:
            for sent in self._client.messages.stream(to=question.to, page_size=100, limit=1000):
                if _older(sent, since):
                    break
                if _ours(sent, question):
                    return Receipt(sent.sid)
        except (RequestException, TwilioException):
            raise Unresolved("look_up_failed") from None
        return None


class _Rebased(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's HTTP client, its addresses moved to another host where one is set."""

    def __init__(self, base: str | None) -> None:
        super().__init__(timeout=TIMEOUT, logger=_silent)
        self._base = base.rstrip("/") if base else None
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        """One request; never repeated."""
        if self._base is not None:
            parts = urlsplit(url)
            url = self._base + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().request(method, url, *args, **more)


def _verdict(error: TwilioRestException) -> Exception:
    """What an answer with an error means for the message."""
    code = str(error.code or error.status)
    if error.status >= 500:
        return Unresolved(code)
    if error.status in (401, 403, 404, 429) or error.code in OUR_FAULT:
        return NotNow(code)
    return Refused(code, opted_out=error.code in OPTED_OUT, dead=error.code in DEAD)


def _unanswered(error: RequestException) -> Exception:
    """A connection that was never made sent nothing; of any other nobody knows."""
    if isinstance(error, ConnectTimeout):
        return NotNow("connect_timeout")
    reason = error.args[0] if error.args else None
    refused = isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)
    if isinstance(error, ConnectionFailed) and refused:
        return NotNow("no_connection")
    return Unresolved("no_answer")


def _older(sent: Any, since: datetime) -> bool:
    made: datetime | None = sent.date_created
    return made is not None and made.astimezone(UTC) < since


def _ours(sent: Any, question: Question) -> bool:
    return any(token_hash(token) in question.token_hashes for token in _TOKEN.findall(sent.body))
