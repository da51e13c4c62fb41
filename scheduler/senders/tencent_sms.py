"""A further domestic gateway in one file: Tencent Cloud's SMS (API 2021-01-11).

Calls are signed by TC3-HMAC-SHA256. Our id travels as SessionContext. Its receipts are pulled in
batches; what has no receipt yet cannot be found, so an unresolved message stays unknown. Set up by
``GATEWAYS``: base_url, secret_id, secret_key, app_id, region.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from api.core.installation import Installation
from api.webhooks.domestic_sms import as_uuid
from api.webhooks.reports import Report
from scheduler.senders import port
from scheduler.senders.http_calls import Caller, json_object
from scheduler.senders.pulling import Waiting

TENCENT_SMS = "tencent_sms"
NEEDED = ("base_url", "secret_id", "secret_key", "app_id", "region")
VERSION, BATCH = "2021-01-11", 100
JSON = "application/json; charset=utf-8"
SIGNED = ("Content-Type", "Host", "X-TC-Action")
OPTED_OUT = frozenset({"FailedOperation.PhoneNumberInBlacklist"})
DEAD = frozenset({"InvalidParameterValue.IncorrectPhoneNumber"})
REFUSED = OPTED_OUT | DEAD | {"FailedOperation.ContainSensitiveWord"}


class TencentSms:
    """Sends templates to mainland numbers; receipts are pulled."""

    name = TENCENT_SMS
    can_look_up = False
    pulls_each = False

    def __init__(self, installation: Installation) -> None:
        options = installation.settings.gateway(TENCENT_SMS)
        lacking = [name for name in NEEDED if not options.get(name)]
        if lacking:
            raise ValueError(f"BRANCHPULSE_GATEWAYS: {TENCENT_SMS} lacks {', '.join(lacking)}")
        self._options, self._clock = options, installation.clock
        self._host = urlsplit(options["base_url"]).netloc
        self._calls = Caller(options["base_url"])

    def send(self, message: port.OutgoingMessage) -> port.Receipt:
        """Hands the template and its parameters, in its order, to the gateway."""
        template = message.providers.get(TENCENT_SMS)
        if template is None or not template.approved:
            raise port.NotNow("no_template")
        told = self._call(
            "SendSms",
            {
                "PhoneNumberSet": [message.to],
                "SmsSdkAppId": self._options["app_id"],
                "SignName": (template.signature or "").strip("【】"),
                "TemplateId": template.template_id,
                "TemplateParamSet": list(template.values),
                "SessionContext": str(message.id),
            },
        )
        status = (told.get("SendStatusSet") or [{}])[0]
        if status.get("Code") != "Ok":
            raise _verdict(str(status.get("Code")))
        return port.Receipt(status.get("SerialNo") or None)

    def look_up(self, question: port.Question) -> port.Receipt | None:
        """Cannot be asked about what has no receipt yet."""
        raise port.Unresolved("cannot_look_up")

    def pull(self, waiting: Sequence[Waiting]) -> Iterator[Report]:
        """The receipts since the last pull: the gateway gives each of them once."""
        about = {"Limit": BATCH, "SmsSdkAppId": self._options["app_id"]}
        while True:
            found = self._call("PullSmsSendStatus", about).get("PullSmsSendStatusSet") or []
            yield from (_report(one) for one in found)
            if len(found) < BATCH:
                return

    def _call(self, action: str, about: Mapping[str, Any]) -> dict[str, Any]:
        body, now = orjson.dumps(about), self._clock().astimezone(UTC)
        headers = {
            "Content-Type": JSON,
            "Host": self._host,
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Region": self._options["region"],
            "X-TC-Timestamp": str(int(now.timestamp())),
        }
        headers["Authorization"] = authorization(
            self._options["secret_id"], self._options["secret_key"], headers, body
        )
        told = json_object(self._calls.post("/", body, headers)).get("Response") or {}
        if "Error" in told:
            raise _verdict(str(told["Error"].get("Code")))
        return dict(told)


def authorization(
    key_id: str, secret: str, headers: Mapping[str, str], body: bytes, service: str = "sms"
) -> str:
    """The header that signs type, host, action and body for the day of the time stamp."""
    stamp = headers["X-TC-Timestamp"]
    day = f"{datetime.fromtimestamp(int(stamp), UTC):%Y-%m-%d}"
    kept = "".join(f"{name.lower()}:{headers[name].lower()}\n" for name in SIGNED)
    names, digest = ";".join(SIGNED).lower(), hashlib.sha256(body).hexdigest()
    request = f"POST\n/\n\n{kept}\n{names}\n{digest}"
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"TC3-HMAC-SHA256 Credential={key_id}/{scope}"
    return f"{credential}, SignedHeaders={names}, Signature={signature}"


def _report(one: Mapping[str, Any]) -> Report:
    arrived = one.get("ReportStatus") == "SUCCESS"
    return Report(
        provider=TENCENT_SMS,
        provider_id=str(one.get("SerialNo")),
        outcome="delivered" if arrived else "undelivered",
        error_code=None if arrived else str(one.get("Description") or "undelivered")[:100],
        invitation_id=as_uuid(one.get("SessionContext")),
    )


def _verdict(code: str) -> Exception:
    """What the gateway's code means for the message; an unknown one is taken for our set-up."""
    if code in REFUSED:
        return port.Refused(code, opted_out=code in OPTED_OUT, dead=code in DEAD)
    return port.Unresolved(code) if code.startswith("InternalError") else port.NotNow(code)
