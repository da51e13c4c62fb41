"""A stand-in for a bank's own gateway: it alone knows whose number a reference means.

Checks the signature of every call, takes each of our ids once, and signs what it pushes.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

SECRET = "a secret that both gateways know"


@dataclass
class ContactlessStub:
    """The state of the gateway."""

    people: dict[str, str] = field(default_factory=dict)  # reference: number
    now: datetime = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)  # by our id
    taken: int = 0  # calls that were taken, repeated ones too
    answer: tuple[int, dict[str, Any]] | None = None  # instead of taking a message …
    keeps_then_fails: bool = False  # … or after taking it
    refused: int = 0

    def app(self) -> FastAPI:
        """The HTTP side."""
        app = FastAPI()
        app.add_api_route("/bank/messages", self._take, methods=["POST"])
        app.add_api_route("/bank/messages/look-up", self._look_up, methods=["POST"])
        return app

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        if not self._believed(request, body):
            return JSONResponse({"code": "not_signed"}, 403)
        about = json.loads(body)
        if self.answer is None or self.keeps_then_fails:
            if about["contact_ref"] not in self.people:
                return JSONResponse({"code": "unknown_reference", "dead": True}, 422)
            self.taken += 1
            number = f"M{len(self.messages) + 1:04d}"
            self.messages.setdefault(about["id"], {**about, "message_id": number})
        if self.answer is not None:
            return JSONResponse(self.answer[1], self.answer[0])
        return JSONResponse({"message_id": self.messages[about["id"]]["message_id"]}, 202)

    async def _look_up(self, request: Request) -> Response:
        body = await request.body()
        if not self._believed(request, body):
            return JSONResponse({"code": "not_signed"}, 403)
        found = self.messages.get(json.loads(body)["id"])
        if found is None:
            return JSONResponse({"code": "unknown_message"}, 404)
        return JSONResponse({"message_id": found["message_id"]})

    def _believed(self, request: Request, body: bytes) -> bool:
        stamp = request.headers.get("x-branchpulse-timestamp", "0")
        given = request.headers.get("x-branchpulse-signature", "")
        near = abs(int(stamp) - self.now.timestamp()) <= 300
        believed = near and hmac.compare_digest(_signed(SECRET, stamp, body), given)
        self.refused += not believed
        return believed

    def headers(self, body: bytes, secret: str = SECRET, late: int = 0) -> dict[str, str]:
        """What signs a call of the gateway's, ``late`` seconds ago."""
        stamp = str(int(self.now.timestamp()) - late)
        return {
            "X-Branchpulse-Timestamp": stamp,
            "X-Branchpulse-Signature": _signed(secret, stamp, body),
        }

    def push(self, base: str, said: dict[str, Any], *, secret: str = SECRET) -> int:
        """Tells what became of messages, and what people want; the status of the answer."""
        body = json.dumps(said).encode()
        with httpx.Client(trust_env=False) as client:
            headers = self.headers(body, secret)
            answer = client.post(f"{base}/webhooks/contactless", content=body, headers=headers)
            return answer.status_code


def _signed(secret: str, stamp: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hex()
