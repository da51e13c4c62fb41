"""What our client sends to Twilio and what its stand-in answers, held to Twilio's description."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from npm_members import NotToBeHad
from served import served
from twilio_description import Described, description
from twilio_stub import SID, TOKEN, TwilioStub

from api.core.ids import new_id, token_hash
from api.core.settings import Settings
from api.webhooks.twilio import outcome_of
from scheduler.senders.port import NotNow, OutgoingMessage, Question, Receipt, Refused
from scheduler.senders.twilio_sms import TwilioSms

US = "+12025550101"
LINK = "A" * 22


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    try:
        return description()
    except NotToBeHad as error:
        pytest.skip(f"Twilio's description is not to be had: {error}")


@pytest.fixture
def stub() -> TwilioStub:
    return TwilioStub()


@pytest.fixture
def wall(stub: TwilioStub, told: dict[str, Any]) -> Iterator[tuple[Described, str]]:
    wall = Described(stub.app(), told)
    with served(wall) as base:
        yield wall, base


def sender(base: str, origin: str = "+12025550100") -> TwilioSms:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=Path("nowhere"),
        public_url="https://ask.example.com",
        twilio_account_sid=SID,
        twilio_auth_token=TOKEN,
        twilio_from=origin,
        twilio_base_url=base,
    )
    return TwilioSms(settings)


def outgoing() -> OutgoingMessage:
    return OutgoingMessage(new_id(), "sms", US, f"您好 https://ask.example.com/s/{LINK} TD")


@pytest.mark.parametrize("origin", ["+12025550100", f"MG{'0' * 32}"])
def test_sending_is_as_described(
    wall: tuple[Described, str], stub: TwilioStub, origin: str
) -> None:
    described, base = wall
    receipt = sender(base, origin).send(outgoing())
    assert receipt == Receipt(stub.messages[0]["sid"])
    assert described.seen == [("POST", 201)]
    assert not described.faults


def test_looking_up_is_as_described_over_several_pages(
    wall: tuple[Described, str], stub: TwilioStub
) -> None:
    described, base = wall
    message = outgoing()
    first = sender(base).send(message)
    for number in range(120):
        stub._keep({"To": US, "Body": f"another {number}", "From": "+12025550100"})
    question = Question(message.id, US, stub.now - timedelta(minutes=1), (token_hash(LINK),))
    assert sender(base).look_up(question) == first
    assert stub.listed == 2
    assert described.seen == [("POST", 201), ("GET", 200), ("GET", 200)]
    assert not described.faults


@pytest.mark.parametrize(
    ("status", "code", "verdict"), [(400, 21610, Refused), (429, 20429, NotNow)]
)
def test_errors_are_what_the_client_reads(
    wall: tuple[Described, str], stub: TwilioStub, status: int, code: int, verdict: type[Exception]
) -> None:
    described, base = wall
    stub.answers[US] = (status, code)
    with pytest.raises(verdict, match=str(code)):
        sender(base).send(outgoing())
    assert described.seen == [("POST", status)]
    assert not described.faults


def test_the_wall_finds_what_is_not_described(stub: TwilioStub, told: dict[str, Any]) -> None:
    wall = Described(stub.app(), told)
    with served(wall) as base:
        keep = stub._keep
        stub._keep = lambda form: {**keep(form), "status": "on its way", "colour": "red"}  # type: ignore[method-assign]
        sender(base, "MG1").send(outgoing())
    faults = " ".join(wall.faults)
    for part in ("MessagingServiceSid", "on its way", "colour"):
        assert part in faults


def test_every_status_of_a_message_of_ours_is_known(told: dict[str, Any]) -> None:
    statuses = told["components"]["schemas"]["message_enum_status"]["enum"]
    unknown = {status for status in statuses if outcome_of(status) is None}
    assert unknown == {"receiving", "received"}  # of messages to us
