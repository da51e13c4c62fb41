"""WeCom against a stand-in that keeps a corporation: cards to members, words to groups."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from conftest import Timepiece
from served import free_port, served
from wecom_stub import OPTIONS, ROBOT_KEY, WecomStub

from api.core.crypto import Vault
from api.core.database import Database
from api.core.ids import new_id
from api.core.installation import Installation
from api.core.settings import Settings
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import NotNow, OutgoingMessage, Refused, Sender, Unresolved
from scheduler.senders.wecom import cut

LINK = "https://example.com/app/ticket?subject=7"
CARD = OutgoingMessage(
    new_id(),
    "wecom",
    "zhang.wei",
    f"客户等待您联系\n{LINK}\n请尽快处理\n",
    subject="客户等待您联系",
    link=LINK,
)


@pytest.fixture
def stub() -> WecomStub:
    return WecomStub()


@pytest.fixture
def base(stub: WecomStub) -> Iterator[str]:
    with served(stub.app()) as address:
        yield address


@pytest.fixture
def sender(base: str, clock: Timepiece) -> Sender:
    return installed(base, clock)


def installed(base: str, clock: Timepiece, **values: object) -> Sender:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=Path("nowhere"),
        live_sending=True,
        wecom_base_url=base,
        **{**OPTIONS, **values},  # type: ignore[arg-type]
    )
    house = Installation(settings, cast(Database, object()), Vault("v" * 32), clock)
    return ConfiguredSenders(house).route("wecom", "zhang.wei")


def test_a_member_gets_a_card_with_the_link_as_its_button(sender: Sender, stub: WecomStub) -> None:
    receipt = sender.send(CARD)
    (said,) = stub.messages
    assert receipt.provider_id == "m1"
    assert (said["touser"], said["agentid"], said["msgtype"]) == ("zhang.wei", 1000002, "textcard")
    assert said["textcard"]["url"] == LINK
    assert said["textcard"]["title"] == "客户等待您联系"
    assert LINK not in said["textcard"]["description"]
    assert "请尽快处理" in said["textcard"]["description"]


def test_a_token_is_asked_for_once_and_again_when_it_is_refused_or_old(
    sender: Sender, stub: WecomStub, clock: Timepiece
) -> None:
    sender.send(CARD)
    sender.send(replace(CARD, subject="another"))
    assert stub.calls["token"] == 1
    stub.token += 1
    sender.send(replace(CARD, subject="a third"))
    assert stub.calls["token"] == 2
    clock.now += timedelta(seconds=7200)
    sender.send(replace(CARD, subject="a fourth"))
    assert (stub.calls["token"], len(stub.messages)) == (3, 4)


def test_a_lost_answer_is_asked_for_again_and_the_message_goes_once(
    sender: Sender, stub: WecomStub
) -> None:
    stub.silent = 1
    sender.send(CARD)
    assert (len(stub.messages), stub.calls["send"]) == (1, 2)
    stub.silent = 2
    with pytest.raises(Unresolved):
        sender.send(replace(CARD, subject="another"))


def test_a_group_is_told_by_its_robot_without_any_token(base: str, clock: Timepiece) -> None:
    robot = installed(base, clock, wecom_corp_id=None, wecom_agent_id=None, wecom_secret=None)
    with pytest.raises(NotNow, match="no_application"):
        robot.send(CARD)
    robot.send(replace(CARD, to=f"robot:{ROBOT_KEY}"))


def test_a_group_reads_the_link_in_the_words(sender: Sender, stub: WecomStub) -> None:
    sender.send(replace(CARD, to=f"robot:{ROBOT_KEY}"))
    (said,) = stub.groups
    assert said == {"msgtype": "text", "text": {"content": CARD.text.strip()}}
    assert stub.calls["token"] == 0


@pytest.mark.parametrize("to", ["nobody", "robot:0000000000000000"])
def test_whom_wecom_does_not_know_is_refused_for_good(sender: Sender, to: str) -> None:
    with pytest.raises(Refused) as refused:
        sender.send(replace(CARD, to=to))
    assert refused.value.dead


def test_too_often_is_later_and_busy_is_unknown(sender: Sender, stub: WecomStub) -> None:
    stub.error = 45009
    with pytest.raises(NotNow) as later:
        sender.send(CARD)
    assert later.value.hold_for == timedelta(minutes=1)
    stub.error = -1
    with pytest.raises(Unresolved):
        sender.send(CARD)
    assert not stub.messages


def test_without_a_connection_nothing_was_sent(clock: Timepiece) -> None:
    with pytest.raises(NotNow, match="no_connection"):
        installed(f"http://127.0.0.1:{free_port()}", clock).send(CARD)


def test_words_are_cut_between_letters() -> None:
    assert cut("客户" * 100, 128).encode() == ("客户" * 100).encode()[:126]
    assert cut("short", 128) == "short"
