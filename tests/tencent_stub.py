"""A stand-in for the further gateway: checks the signature, keeps messages, gives receipts once."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

OPTIONS = {
    "secret_id": "id of the stub",
    "secret_key": "key of the stub",
    "app_id": "1400000000",
    "region": "ap-guangzhou",
}


@dataclass
class TencentStub:
    """The state of the account."""

    now: datetime = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
    messages: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)  # number: the code of its answer
    receipts: list[dict[str, Any]] = field(default_factory=list)  # not given yet

    def app(self) -> FastAPI:
        """The HTTP side."""
        app = FastAPI()
        app.add_api_route("/", self._answer, methods=["POST"])
        return app

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        if not self._believed(request, body):
            return _said({"Error": {"Code": "AuthFailure.SignatureFailure", "Message": "no"}})
        about, action = json.loads(body), request.headers["x-tc-action"]
        assert about["SmsSdkAppId"] == OPTIONS["app_id"]
        return self._send(about) if action == "SendSms" else self._receipts(about)

    def _send(self, about: dict[str, Any]) -> Response:
        (number,) = about["PhoneNumberSet"]
        code, serial = self.codes.get(number, "Ok"), f"2000:{len(self.messages)}"
        if code == "Ok":
            self.messages.append({**about, "SerialNo": serial})
        status = {"SerialNo": serial if code == "Ok" else "", "PhoneNumber": number, "Code": code}
        return _said({"SendStatusSet": [status]})

    def _receipts(self, about: dict[str, Any]) -> Response:
        given, self.receipts = self.receipts[: about["Limit"]], self.receipts[about["Limit"] :]
        return _said({"PullSmsSendStatusSet": given})

    def settle(self, message: dict[str, Any], status: str, description: str) -> None:
        """Says what the carrier made of a message."""
        self.receipts.append(
            {
                "SerialNo": message["SerialNo"],
                "SessionContext": message["SessionContext"],
                "PhoneNumber": message["PhoneNumberSet"][0],
                "ReportStatus": status,
                "Description": description,
                "UserReceiveTime": int(self.now.timestamp()),
            }
        )

    def _believed(self, request: Request, body: bytes) -> bool:
        stamp = request.headers["x-tc-timestamp"]
        if abs(int(stamp) - self.now.timestamp()) > 300:
            return False
        day = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
        scope = f"{day}/sms/tc3_request"
        lines = ["POST", "/", ""]
        names = ("content-type", "host", "x-tc-action")
        lines += [f"{name}:{request.headers[name].lower()}" for name in names]
        lines += ["", ";".join(names), hashlib.sha256(body).hexdigest()]
        hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        key = ("TC3" + OPTIONS["secret_key"]).encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = "\n".join(["TC3-HMAC-SHA256", stamp, scope, hashed])
        made = hmac.digest(key, text.encode(), "sha256").hex()
        expected = (
            f"TC3-HMAC-SHA256 Credential={OPTIONS['secret_id']}/{scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={made}"
        )
        return request.headers["authorization"] == expected


def _said(answer: dict[str, Any]) -> Response:
    return JSONResponse({"Response": {**answer, "RequestId": "R"}})
