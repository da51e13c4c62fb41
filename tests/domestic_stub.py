"""A stand-in for a domestic SMS gateway: checks every signature, keeps what it was sent, pushes.

Speaks the part of Aliyun's short message service that we use: SendSms, QuerySendDetails, and the
HTTP pushes SmsReport and SmsUp. The signature is computed here a second time, byte by byte.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

KEY, SECRET = "key of the stub", "secret of the stub"
CALLBACK_TOKEN = "the-secret-in-the-address-of-callbacks"
CHINA = ZoneInfo("Asia/Shanghai")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


@dataclass
class DomesticStub:
    """The state of the account."""

    templates: dict[str, tuple[str, ...]] = field(default_factory=dict)  # id: names of variables
    now: datetime = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
    messages: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)  # number: the code of its answer
    status: int = 200  # of HTTP; what is not 200 answers no JSON
    keeps_then_fails: bool = False  # a failing answer comes after the message was taken
    delay: float = 0.0
    throttle_after: int | None = None  # so many messages, then no more
    asked: int = 0  # calls of QuerySendDetails
    refused: list[str] = field(default_factory=list)  # signatures, nonces, moments that were wrong
    _nonces: set[str] = field(default_factory=set)

    def app(self) -> FastAPI:
        """The HTTP side."""
        app = FastAPI()
        app.add_api_route("/", self._answer, methods=["POST"])
        return app

    async def _answer(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        wrong = self._wrong(form)
        if wrong is not None:
            self.refused.append(wrong)
            return JSONResponse({"Code": wrong, "Message": "refused", "RequestId": "R"}, 400)
        if form["Action"] == "QuerySendDetails":
            return self._details(form)
        failing = self.status != 200 or form["PhoneNumbers"] in self.codes
        message = None if failing and not self.keeps_then_fails else self._keep(form)
        if self.delay:
            await asyncio.sleep(self.delay)
        return self._said(form, message)

    def _said(self, form: dict[str, str], message: dict[str, Any] | None) -> Response:
        if self.status != 200:
            return Response("no", self.status)
        code = self.codes.get(form["PhoneNumbers"]) or (message or {}).get("code", "OK")
        said = {"Code": code, "Message": code, "RequestId": "R"}
        if code == "OK" and message is not None:
            said["BizId"] = message["biz_id"]
        return JSONResponse(said)

    def _keep(self, form: dict[str, str]) -> dict[str, Any]:
        if self.throttle_after is not None and len(self.messages) >= self.throttle_after:
            return {"code": "Throttling.User"}
        parameters = json.loads(form["TemplateParam"])
        names = self.templates.get(form["TemplateCode"])
        if names is None:
            return {"code": "isv.SMS_TEMPLATE_ILLEGAL"}
        if tuple(parameters) != names or not all(isinstance(v, str) for v in parameters.values()):
            return {"code": "isv.TEMPLATE_MISSING_PARAMETERS"}
        if any("://" in value for value in parameters.values()):
            return {"code": "isv.PARAM_NOT_SUPPORT_URL"}
        message = {
            "biz_id": f"{len(self.messages) + 1:012d}^0",
            "to": form["PhoneNumbers"],
            "sign": form["SignName"],
            "template": form["TemplateCode"],
            "parameters": parameters,
            "out_id": form["OutId"],
            "sent_at": self.now,
            "status": 1,
            "err_code": None,
        }
        self.messages.append(message)
        return message

    def _details(self, form: dict[str, str]) -> Response:
        self.asked += 1
        day, size = form["SendDate"], int(form["PageSize"])
        found = [
            one
            for one in self.messages
            if one["to"] == form["PhoneNumber"]
            and f"{one['sent_at'].astimezone(CHINA):%Y%m%d}" == day
            and form.get("BizId") in (None, one["biz_id"])
        ]
        start = (int(form["CurrentPage"]) - 1) * size
        records = [_record(one) for one in found[start : start + size]]
        said = {"Code": "OK", "Message": "OK", "RequestId": "R", "TotalCount": len(found)}
        return JSONResponse({**said, "SmsSendDetailDTOs": {"SmsSendDetailDTO": records}})

    def _wrong(self, form: dict[str, str]) -> str | None:
        """The gateway's code for a call that it does not believe."""
        given = form.pop("Signature", "")
        if form.get("AccessKeyId") != KEY:
            return "InvalidAccessKeyId.NotFound"
        if not hmac.compare_digest(signed("POST", form, SECRET), given):
            return "SignatureDoesNotMatch"
        moment = datetime.strptime(form["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(moment - self.now) > timedelta(minutes=15):
            return "InvalidTimeStamp.Expired"
        if form["SignatureNonce"] in self._nonces:
            return "SignatureNonceUsed"
        self._nonces.add(form["SignatureNonce"])
        return None if form.get("Version") == "2017-05-25" else "InvalidVersion"

    def settle(self, message: dict[str, Any], *, err_code: str = "DELIVERED") -> None:
        """Says what the carrier made of a message."""
        message["status"] = 3 if err_code == "DELIVERED" else 2
        message["err_code"] = err_code

    def push_receipts(self, base: str, *, token: str = CALLBACK_TOKEN) -> int:
        """Pushes what is settled, in one batch; the status of the answer."""
        told = [_receipt(one) for one in self.messages if one["status"] != 1]
        return _push(f"{base}/webhooks/domestic-sms/{token}", told)

    def push_reply(self, base: str, sender: str, text: str, *, token: str = CALLBACK_TOKEN) -> int:
        """Pushes what a customer wrote; the status of the answer."""
        reply = {
            "phone_number": sender,
            "content": text,
            "send_time": "2026-11-18 12:00:00",
            "dest_code": "1234",
            "sequence_id": "1234567890",
        }
        return _push(f"{base}/webhooks/domestic-sms/{token}/replies", [reply])


def signed(method: str, form: dict[str, str], secret: str) -> str:
    """The signature by the book, not by the code under test."""
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in form.items())
    canonical = "&".join(f"{name}={value}" for name, value in pairs)
    text = f"{method}&{_quoted('/')}&{_quoted(canonical)}"
    made = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(made).decode()


def _quoted(text: str) -> str:
    return "".join(chr(one) if one in _PLAIN else f"%{one:02X}" for one in text.encode())


def _record(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "PhoneNum": one["to"],
        "OutId": one["out_id"],
        "SendStatus": one["status"],
        "ErrCode": one["err_code"] or "",
        "TemplateCode": one["template"],
        "Content": "【…】",
        "SendDate": f"{one['sent_at'].astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "ReceiveDate": "",
    }


def _receipt(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "phone_number": one["to"],
        "send_time": "2026-11-18 12:00:00",
        "report_time": "2026-11-18 12:00:05",
        "success": one["status"] == 3,
        "err_code": one["err_code"],
        "err_msg": "",
        "sms_size": "1",
        "biz_id": one["biz_id"],
        "out_id": one["out_id"],
    }


def _push(address: str, items: list[dict[str, Any]]) -> int:
    with httpx.Client(trust_env=False) as client:
        return client.post(address, json=items, timeout=30).status_code
