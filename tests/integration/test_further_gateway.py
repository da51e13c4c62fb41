"""One more gateway is one file and one entry in the table: this one is, in under 150 lines."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from served import served
from tencent_stub import OPTIONS, TencentStub

from api.core.crypto import Vault
from api.core.database import Database
from api.core.errors import BadInput
from api.core.ids import new_id
from api.core.installation import Installation
from api.core.settings import Settings
from scheduler.senders import choice, tencent_sms
from scheduler.senders.choice import ConfiguredSenders, check_gateways
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Question,
    Receipt,
    Refused,
    Sender,
    Unresolved,
)
from scheduler.senders.pulling import Pulling

PHONE = "+8619900000001"
TEMPLATE = ProviderTemplate("1234567", "【远山汽车】", ("what", "code"), ("保养", "AbCdEfGhIjKlMn"))
DOCUMENTED = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"


@pytest.fixture
def stub() -> TencentStub:
    return TencentStub()


@pytest.fixture
def place(stub: TencentStub) -> Iterator[Installation]:
    with served(stub.app()) as base:
        yield installed(stub, {**OPTIONS, "base_url": base})


@pytest.fixture
def sender(place: Installation) -> Sender:
    return ConfiguredSenders(place).route("sms", PHONE)


def installed(
    stub: TencentStub, options: dict[str, str], name: str = "tencent_sms"
) -> Installation:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=Path("nowhere"),
        live_sending=True,
        gateways=json.dumps({name: options}),
    )
    return Installation(settings, cast(Database, object()), Vault("v" * 32), lambda: stub.now)


def outgoing(template: ProviderTemplate = TEMPLATE) -> OutgoingMessage:
    return OutgoingMessage(new_id(), "sms", PHONE, "text", providers={"tencent_sms": template})


def test_it_is_one_file_and_one_entry_of_under_150_lines() -> None:
    (entry,) = (one for one in choice.GATEWAYS if one.name == "tencent_sms")
    file = Path(tencent_sms.__file__).read_text("utf-8").splitlines()
    table = inspect.getsource(choice).partition("GATEWAYS: ")[2].partition("\n)\n")[0]
    written = table.partition("Gateway(\n        TENCENT_SMS")[2].partition("\n    ),\n")[0]
    assert entry.channel == "sms"
    assert written
    assert len(file) + len(written.splitlines()) + 1 < 150
    senders = Path(choice.__file__).parent
    naming = [path.name for path in senders.glob("*.py") if "tencent" in path.read_text().lower()]
    assert sorted(naming) == ["choice.py", "tencent_sms.py"]


def test_the_documented_example_of_its_signature_is_reproduced() -> None:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Host": "cvm.tencentcloudapi.com",
        "X-TC-Action": "DescribeInstances",
        "X-TC-Timestamp": "1551113065",
    }
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )
    # The documentation shows stars in place of the keys, and computes with them.
    made = tencent_sms.authorization("AKID" + "*" * 32, "*" * 32, headers, body, "cvm")
    assert made.endswith(f"SignedHeaders=content-type;host;x-tc-action, Signature={DOCUMENTED}")


def test_it_sends(sender: Sender, stub: TencentStub) -> None:
    message = outgoing()
    assert sender.send(message) == Receipt("2000:0")
    (kept,) = stub.messages
    assert kept["PhoneNumberSet"] == [PHONE]
    assert (kept["SignName"], kept["TemplateId"]) == ("远山汽车", "1234567")
    assert kept["TemplateParamSet"] == ["保养", "AbCdEfGhIjKlMn"]
    assert kept["SessionContext"] == str(message.id)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("FailedOperation.PhoneNumberInBlacklist", Refused),
        ("InvalidParameterValue.IncorrectPhoneNumber", Refused),
        ("LimitExceeded.PhoneNumberDailyLimit", NotNow),
        ("FailedOperation.InsufficientBalanceInSmsPackage", NotNow),
        ("InternalError.Timeout", Unresolved),
    ],
)
def test_its_codes_mean_one_of_three_things(
    sender: Sender, stub: TencentStub, code: str, verdict: type[Exception]
) -> None:
    stub.codes[PHONE] = code
    with pytest.raises(verdict, match=code):
        sender.send(outgoing())
    assert not stub.messages


def test_what_it_does_not_believe_or_not_approve_sends_nothing(stub: TencentStub) -> None:
    with served(stub.app()) as base:
        wrong = installed(stub, {**OPTIONS, "base_url": base, "secret_key": "guessed"})
        sender = ConfiguredSenders(wrong).route("sms", PHONE)
        with pytest.raises(NotNow, match="SignatureFailure"):
            sender.send(outgoing())
        with pytest.raises(NotNow, match="no_template"):
            sender.send(outgoing(ProviderTemplate("1", "x", approved=False)))
    assert not stub.messages


def test_its_receipts_are_pulled_in_batches_and_each_once(
    sender: Sender, stub: TencentStub
) -> None:
    for number in range(150):
        sender.send(outgoing())
        stub.settle(stub.messages[number], *(("FAIL", "BLACK"), ("SUCCESS", "DELIVRD"))[number % 2])
    assert isinstance(sender, Pulling)
    told = list(sender.pull(()))
    assert [one.outcome for one in told[:2]] == ["undelivered", "delivered"]
    assert [one.error_code for one in told[:2]] == ["BLACK", None]
    assert [str(one.invitation_id) for one in told] == [m["SessionContext"] for m in stub.messages]
    assert not list(sender.pull(()))


def test_it_says_that_it_cannot_be_asked(sender: Sender, stub: TencentStub) -> None:
    assert not sender.can_look_up
    with pytest.raises(Unresolved):
        sender.look_up(Question(new_id(), PHONE, stub.now, ()))


def test_what_lacks_is_said_at_start_by_name(stub: TencentStub) -> None:
    with pytest.raises(BadInput, match="BRANCHPULSE_GATEWAYS: tencent_sms lacks base_url, app_id"):
        check_gateways(installed(stub, {**OPTIONS, "app_id": ""}))
    with pytest.raises(BadInput, match="there is no gateway carrier_pigeon"):
        check_gateways(installed(stub, {}, name="carrier_pigeon"))
