"""The domestic gateway's sender against a stand-in that checks every signature and keeps state."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from domestic_stub import KEY, SECRET, DomesticStub
from served import free_port, served

from api.core.ids import new_id
from api.core.settings import Settings
from scheduler.senders import http_calls
from scheduler.senders.domestic_sms import DomesticSms
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Question,
    Receipt,
    Refused,
    Unresolved,
)
from scheduler.senders.pulling import Pulling, Waiting

PHONE, NUMBER = "+8619900000001", "19900000001"
CODE = "AbCdEfGhIjKlMnOpQrStUv"
TEMPLATE = ProviderTemplate("SMS_1", "【远山汽车】", ("what", "code"), ("到店 保养&洗车", CODE))


@pytest.fixture
def stub() -> DomesticStub:
    return DomesticStub(templates={"SMS_1": ("what", "code")})


@pytest.fixture
def address(stub: DomesticStub) -> Iterator[str]:
    with served(stub.app()) as base:
        yield base


@pytest.fixture
def sender(stub: DomesticStub, address: str) -> DomesticSms:
    return connected(address, lambda: stub.now)


def connected(address: str, clock: Callable[[], datetime], secret: str = SECRET) -> DomesticSms:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=Path("nowhere"),
        domestic_sms_base_url=address,
        domestic_sms_key_id=KEY,
        domestic_sms_key_secret=secret,
    )
    return DomesticSms(settings, clock)


def outgoing(
    to: str = PHONE,
    providers: Mapping[str, ProviderTemplate] | None = None,
    key: UUID | None = None,
) -> OutgoingMessage:
    known = {"domestic_sms": TEMPLATE} if providers is None else providers
    return OutgoingMessage(key or new_id(), "sms", to, "text", providers=known)


def asked(message: OutgoingMessage, since: datetime) -> Question:
    return Question(message.id, message.to, since, ())


def test_a_message_is_handed_over_as_template_signature_and_parameters(
    sender: DomesticSms, stub: DomesticStub
) -> None:
    message = outgoing()
    receipt = sender.send(message)
    (kept,) = stub.messages
    assert receipt == Receipt(kept["biz_id"])
    assert (kept["to"], kept["sign"], kept["template"]) == (NUMBER, "远山汽车", "SMS_1")
    assert list(kept["parameters"].items()) == [("what", "到店 保养&洗车"), ("code", CODE)]
    assert kept["out_id"] == str(message.id)
    assert not stub.refused


@pytest.mark.parametrize(
    ("code", "verdict", "opted_out", "dead"),
    [
        ("isv.CUSTOMER_REFUSED", Refused, True, False),
        ("MOBILE_IN_BLACK", Refused, True, False),
        ("isv.MOBILE_NUMBER_ILLEGAL", Refused, False, True),
        ("isv.SMS_CONTENT_ILLEGAL", Refused, False, False),
        ("isv.BUSINESS_LIMIT_CONTROL", NotNow, False, False),
        ("Throttling.User", NotNow, False, False),
        ("isv.AMOUNT_NOT_ENOUGH", NotNow, False, False),
        ("isv.SMS_SIGNATURE_ILLEGAL", NotNow, False, False),
        ("a code of tomorrow", NotNow, False, False),
        ("isp.SYSTEM_ERROR", Unresolved, False, False),
    ],
)
def test_each_code_means_one_of_three_things(
    sender: DomesticSms,
    stub: DomesticStub,
    code: str,
    verdict: type[Exception],
    *,
    opted_out: bool,
    dead: bool,
) -> None:
    stub.codes[NUMBER] = code
    with pytest.raises(verdict) as raised:
        sender.send(outgoing())
    found = raised.value
    assert getattr(found, "code", None) == code
    assert (getattr(found, "opted_out", False), getattr(found, "dead", False)) == (opted_out, dead)


def test_a_used_up_account_rests_longer_than_a_busy_one(
    sender: DomesticSms, stub: DomesticStub
) -> None:
    rests = {}
    for code in ("isv.DAY_LIMIT_CONTROL", "Throttling.User", "isv.BUSINESS_LIMIT_CONTROL"):
        stub.codes[NUMBER] = code
        with pytest.raises(NotNow) as raised:
            sender.send(outgoing())
        rests[code] = raised.value.hold_for
    assert list(rests.values()) == [timedelta(hours=1), timedelta(seconds=5), None]


def test_flow_control_begins_where_the_account_ends(
    sender: DomesticSms, stub: DomesticStub
) -> None:
    stub.throttle_after = 2
    for _ in range(2):
        sender.send(outgoing())
    with pytest.raises(NotNow, match=r"Throttling\.User"):
        sender.send(outgoing())
    assert len(stub.messages) == 2


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (None, "no_template"),
        (ProviderTemplate("SMS_1", "远山", approved=False), "no_template"),
        (ProviderTemplate("SMS_1", None), "no_signature"),
        (ProviderTemplate("SMS_2", "远山"), "isv.SMS_TEMPLATE_ILLEGAL"),
        (ProviderTemplate("SMS_1", "远山", ("code",), (CODE,)), "isv.TEMPLATE_MISSING_PARAMETERS"),
        (
            ProviderTemplate(
                "SMS_1", "远山", ("what", "code"), ("保养", f"https://x.example/{CODE}")
            ),
            "isv.PARAM_NOT_SUPPORT_URL",
        ),
    ],
)
def test_a_template_that_does_not_fit_sends_nothing_and_waits(
    sender: DomesticSms, stub: DomesticStub, template: ProviderTemplate | None, code: str
) -> None:
    with pytest.raises(NotNow) as raised:
        sender.send(outgoing(providers={"domestic_sms": template} if template else {}))
    assert raised.value.code == code
    assert not stub.messages


def test_a_forged_call_is_not_believed_by_the_stub(address: str, stub: DomesticStub) -> None:
    with pytest.raises(NotNow, match="SignatureDoesNotMatch"):
        connected(address, lambda: stub.now, "guessed").send(outgoing())
    with pytest.raises(NotNow, match="Expired"):
        connected(address, lambda: stub.now - timedelta(hours=1)).send(outgoing())
    assert stub.refused == ["SignatureDoesNotMatch", "InvalidTimeStamp.Expired"]
    assert not stub.messages


@pytest.mark.parametrize(("status", "code"), [(500, "http_500"), (200, "no_answer")])
def test_a_failure_after_acceptance_is_looked_up_by_our_id(
    address: str, stub: DomesticStub, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    monkeypatch.setattr(http_calls, "TIMEOUT", 0.3)
    sender = connected(address, lambda: stub.now)
    stub.status, stub.keeps_then_fails, stub.delay = status, True, 0.0 if status == 500 else 1.0
    message = outgoing()
    with pytest.raises(Unresolved) as raised:
        sender.send(message)
    assert raised.value.code == code
    stub.status, stub.delay = 200, 0.0
    assert sender.look_up(asked(message, stub.now)) == Receipt()
    assert sender.look_up(asked(outgoing(), stub.now)) is None
    assert len(stub.messages) == 1


def test_a_look_up_finds_a_message_across_the_gateways_midnight_and_pages(
    sender: DomesticSms, stub: DomesticStub
) -> None:
    noon = stub.now
    stub.now = noon.replace(hour=15, minute=59)  # a minute before midnight in China
    for _ in range(60):
        sender.send(outgoing())
    late = outgoing()
    stub.now += timedelta(minutes=2)
    sender.send(late)
    assert sender.look_up(asked(late, stub.now - timedelta(minutes=2))) is not None
    last = stub.messages[59]["out_id"]
    assert sender.look_up(asked(outgoing(key=UUID(last)), stub.now)) is not None


def test_a_look_up_that_fails_decides_nothing(sender: DomesticSms, stub: DomesticStub) -> None:
    stub.status, stub.keeps_then_fails = 500, True
    message = outgoing()
    with pytest.raises(Unresolved):
        sender.send(message)
    stub.now += timedelta(hours=1)
    lost = connected(f"http://127.0.0.1:{free_port()}", lambda: stub.now)
    with pytest.raises(Unresolved):
        lost.look_up(asked(message, stub.now))


def test_nobody_listening_means_that_nothing_was_sent(stub: DomesticStub) -> None:
    lost = connected(f"http://127.0.0.1:{free_port()}", lambda: stub.now)
    with pytest.raises(NotNow, match="no_connection"):
        lost.send(outgoing())


def test_receipts_are_pulled_message_by_message(sender: DomesticSms, stub: DomesticStub) -> None:
    messages = [outgoing() for _ in range(4)]
    receipts = [sender.send(message) for message in messages]
    stub.settle(stub.messages[0])
    stub.settle(stub.messages[1], err_code="MOBILE_IN_BLACK")
    waiting = [
        Waiting(message.id, receipt.provider_id, message.to, stub.now)
        for message, receipt in zip(messages, receipts, strict=True)
    ]
    waiting[3] = Waiting(messages[3].id, str(messages[3].id), PHONE, stub.now)  # was looked up
    assert isinstance(sender, Pulling)
    told = list(sender.pull(waiting))
    assert [one.outcome for one in told] == ["delivered", "undelivered", "sent", "sent"]
    assert [one.error_code for one in told] == [None, "MOBILE_IN_BLACK", None, None]
    assert [one.opted_out for one in told] == [False, True, False, False]
    assert [one.invitation_id for one in told] == [message.id for message in messages]
    assert told[0].provider_id == receipts[0].provider_id


def test_nothing_personal_is_logged(
    sender: DomesticSms, stub: DomesticStub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sender.send(outgoing())
    stub.codes[NUMBER] = "isp.SYSTEM_ERROR"
    with pytest.raises(Unresolved):
        sender.send(outgoing())
    for secret in (NUMBER, CODE, SECRET, "保养"):
        assert secret not in caplog.text
        assert secret not in repr(outgoing())


def test_many_threads_share_the_connections_of_one_sender(
    sender: DomesticSms, stub: DomesticStub
) -> None:
    messages = [outgoing() for _ in range(200)]
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(sender.send, messages))
    assert len({receipt.provider_id for receipt in receipts}) == 200
    counts = Counter(one["out_id"] for one in stub.messages)
    assert counts == {str(message.id): 1 for message in messages}
