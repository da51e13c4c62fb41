"""A stand-in for Twilio that keeps what it was sent, answers errors, and calls back.

Behaves like the part of the API that we use: creating a message, listing messages by ``To``,
status callbacks signed with the account's token.
"""

import asyncio
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from twilio.request_validator import RequestValidator

SID, TOKEN = "AC00000000000000000000000000000001", "auth token of the stub"


@dataclass
class TwilioStub:
    """The state of the account."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    callbacks: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[int, int]] = field(default_factory=dict)  # To: status, code
    keeps_then_fails: bool = False
    delay: float = 0.0
    listing_fails: bool = False
    listed: int = 0  # pages asked for
    now: datetime = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)

    def app(self) -> FastAPI:
        """The HTTP side."""
        app = FastAPI()
        base = f"/2010-04-01/Accounts/{SID}/Messages.json"
        app.add_api_route(base, self._create, methods=["POST"])
        app.add_api_route(base, self._list, methods=["GET"])
        return app

    async def _create(self, request: Request) -> Response:
        if not _authorised(request):
            return _error(401, 20003)
        form = dict(parse_qsl((await request.body()).decode()))
        status, code = self.answers.get(form["To"], (201, 0))
        if status != 201 and not self.keeps_then_fails:
            return _error(status, code)
        message = self._keep(form)
        if self.delay:
            await asyncio.sleep(self.delay)
        return JSONResponse(message, 201) if status == 201 else _error(status, code)

    def _list(self, request: Request) -> Response:
        if not _authorised(request):
            return _error(401, 20003)
        if self.listing_fails:
            return _error(503, 20503)
        self.listed += 1
        asked = request.query_params
        size, page = int(asked.get("PageSize", 50)), int(asked.get("Page", 0))
        found = [one for one in reversed(self.messages) if asked.get("To") in (None, one["to"])]
        here = found[page * size : (page + 1) * size]

        def address(number: int) -> str:
            return f"{request.url.path}?{urlencode({**asked, 'PageSize': size, 'Page': number})}"

        return JSONResponse(
            {
                "messages": here,
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(here) - 1, 0),
                "first_page_uri": address(0),
                "next_page_uri": address(page + 1) if len(found) > (page + 1) * size else None,
                "previous_page_uri": address(page - 1) if page else None,
                "uri": address(page),
            }
        )

    def _keep(self, form: dict[str, str]) -> dict[str, Any]:
        sid = f"SM{len(self.messages) + 1:032d}"
        uri = f"/2010-04-01/Accounts/{SID}/Messages/{sid}"
        message = {
            "sid": sid,
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": form["Body"],
            "status": "queued",
            "direction": "outbound-api",
            "account_sid": SID,
            "api_version": "2010-04-01",
            "date_created": format_datetime(self.now),
            "date_updated": format_datetime(self.now),
            "date_sent": None,
            "error_code": None,
            "error_message": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "uri": f"{uri}.json",
        }
        self.messages.append(message)
        self.callbacks[sid] = form.get("StatusCallback", "")
        return message

    def call_back(self, sid: str, status: str, *, token: str = TOKEN, **more: str) -> int:
        """Tells the one who sent it what became of a message; the status of the answer."""
        address = self.callbacks[sid]
        form = {"MessageSid": sid, "MessageStatus": status, **more}
        return _call(address, form, token)

    def inbound(self, base: str, sender: str, body: str, *, token: str = TOKEN) -> int:
        """Hands on an SMS that a customer sent us; the status of the answer."""
        form = {"From": sender, "To": "+12025550100", "Body": body, "MessageSid": f"SM{'1' * 32}"}
        return _call(f"{base}/webhooks/twilio/inbound", form, token)


def _call(address: str, form: dict[str, str], token: str) -> int:
    signature = RequestValidator(token).compute_signature(address, form)
    with httpx.Client(trust_env=False) as client:
        headers = {"X-Twilio-Signature": signature}
        return client.post(address, data=form, headers=headers, timeout=30).status_code


def _authorised(request: Request) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return kind == "Basic" and b64decode(given).decode() == f"{SID}:{TOKEN}"


def _error(status: int, code: int) -> Response:
    said = {"code": code, "message": "as the test wanted", "more_info": "", "status": status}
    return JSONResponse(said, status)
