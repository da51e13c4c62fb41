"""SMS by a domestic Chinese gateway that speaks Aliyun's short message service (2017-05-25).

Each call is signed (RPC style, HMAC-SHA1 over the sorted form). The gateway sends a template that
it approved, under a signature 【…】; our id travels as OutId, by which a call without an answer is
looked up, since the gateway knows no idempotency key.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson

from api.core.settings import Settings
from api.webhooks.domestic_sms import DEAD, DOMESTIC_SMS, OPTED_OUT, report
from api.webhooks.reports import Report
from scheduler.senders.http_calls import Caller, json_object
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Question,
    Receipt,
    Refused,
    Unresolved,
)
from scheduler.senders.pulling import Waiting

VERSION = "2017-05-25"
CHINA = ZoneInfo("Asia/Shanghai")  # the gateway's days
PAGE = 50  # its largest
FAILED, ARRIVED = 2, 3  # SendStatus; 1 waits for the carrier
# Certainly not accepted, and the same message never will be.
REFUSED = frozenset(
    {
        *OPTED_OUT,
        *DEAD,
        "isv.SMS_CONTENT_ILLEGAL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.UNSUPPORTED_CONTENT",
    }
)
UNCERTAIN = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "isp.UNKNOWN", "InternalError"})
USED_UP = frozenset(
    {
        "isv.DAY_LIMIT_CONTROL",
        "isv.MONTH_LIMIT_CONTROL",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
    }
)
QUOTA_REST = timedelta(hours=1)
BUSY_REST = timedelta(seconds=5)
_CLOCKS_APART = timedelta(hours=1)


class DomesticSms:
    """Sends templates to mainland numbers; can be asked for a message and for receipts."""

    name = DOMESTIC_SMS
    can_look_up = True
    pulls_each = True

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        secret = settings.domestic_sms_key_secret
        key, base = settings.domestic_sms_key_id, settings.domestic_sms_base_url
        if secret is None or key is None or base is None:
            raise ValueError("the domestic SMS gateway is not configured")
        self._key, self._secret, self._clock = key, secret.get_secret_value(), clock
        self._calls = Caller(base)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands the template and its parameters to the gateway."""
        template = _template(message)
        answer = self._call(
            Action="SendSms",
            PhoneNumbers=_national(message.to),
            SignName=(template.signature or "").strip("【】"),
            TemplateCode=template.template_id,
            TemplateParam=_parameters(template),
            OutId=str(message.id),
        )
        code = str(answer.get("Code"))
        if code != "OK":
            raise _verdict(code)
        return Receipt(str(answer["BizId"]) if answer.get("BizId") else None)

    def look_up(self, question: Question) -> Receipt | None:
        """The message whose OutId is ours; it went out, also when it failed to arrive."""
        early, late = question.since - _CLOCKS_APART, question.since + _CLOCKS_APART
        for day in sorted({_day(early), _day(late)}):
            if self._detail(question.to, day, str(question.id)) is not None:
                return Receipt()
        return None

    def pull(self, waiting: Sequence[Waiting]) -> Iterator[Report]:
        """What the gateway knows of each message by now."""
        for one in waiting:
            biz_id = None if one.provider_id == str(one.id) else one.provider_id
            told = self._detail(one.to, _day(one.sent_at), str(one.id), biz_id)
            yield _told(one, told or {})

    def _detail(
        self, to: str, day: date, out_id: str, biz_id: str | None = None
    ) -> dict[str, Any] | None:
        """The record of our message among those sent to a number on a day."""
        page = 1
        while True:
            records = self._details(to, day, page, biz_id)
            found = next((one for one in records if one.get("OutId") == out_id), None)
            if found is not None or len(records) < PAGE:
                return found
            page += 1

    def _details(self, to: str, day: date, page: int, biz_id: str | None) -> list[dict[str, Any]]:
        about = {} if biz_id is None else {"BizId": biz_id}
        try:
            answer = self._call(
                Action="QuerySendDetails",
                PhoneNumber=_national(to),
                SendDate=f"{day:%Y%m%d}",
                PageSize=str(PAGE),
                CurrentPage=str(page),
                **about,
            )
        except NotNow as error:
            raise Unresolved(error.code) from None
        if answer.get("Code") != "OK":
            raise Unresolved(str(answer.get("Code")))
        found = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        return [one for one in found if isinstance(one, dict)]

    def _call(self, **about: str) -> dict[str, Any]:
        form = {
            **about,
            "Format": "JSON",
            "Version": VERSION,
            "AccessKeyId": self._key,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid4().hex,
            "Timestamp": f"{self._clock().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        written = canonical(form)
        body = f"{written}&Signature={_quoted(signature('POST', written, self._secret))}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return json_object(self._calls.post("/", body.encode(), headers))


def signature(method: str, written: str, secret: str) -> str:
    """The signature of a canonical form: HMAC-SHA1 with the secret and ``&``."""
    text = f"{method}&%2F&{_quoted(written)}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def canonical(form: Mapping[str, str]) -> str:
    """A form as it is signed and sent: sorted by name, quoted."""
    return "&".join(f"{_quoted(name)}={_quoted(form[name])}" for name in sorted(form))


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _template(message: OutgoingMessage) -> ProviderTemplate:
    template = message.providers.get(DOMESTIC_SMS)
    if template is None or not template.approved:
        raise NotNow("no_template")
    if not template.signature:
        raise NotNow("no_signature")
    return template


def _parameters(template: ProviderTemplate) -> str:
    return orjson.dumps(dict(zip(template.names, template.values, strict=True))).decode()


def _national(number: str) -> str:
    """A mainland number without its country code, as the gateway wants it."""
    return number.removeprefix("+86")


def _day(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


def _verdict(code: str) -> Exception:
    """What the gateway's code means for the message; an unknown one is taken for our set-up."""
    if code in REFUSED:
        return Refused(code, opted_out=code in OPTED_OUT, dead=code in DEAD)
    if code in UNCERTAIN:
        return Unresolved(code)
    if code in USED_UP:
        return NotNow(code, hold_for=QUOTA_REST)
    return NotNow(code, hold_for=BUSY_REST if code.startswith("Throttling") else None)


def _told(one: Waiting, record: Mapping[str, Any]) -> Report:
    """A record as a report; one that has no result yet says that the message was sent."""
    about = one.provider_id or str(one.id)
    status = record.get("SendStatus")
    if status == ARRIVED:
        return report(about, "delivered", None, one.id)
    if status == FAILED:
        return report(about, "undelivered", str(record.get("ErrCode"))[:100], one.id)
    return report(about, "sent", None, one.id)
