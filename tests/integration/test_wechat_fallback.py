"""A rule that asks in WeChat first: who cannot be reached there gets the next channel, once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from asking import PHONE, Network, add_customer, add_event, make_network, one, rows
from conftest import NOW, Office
from served import served
from wechat_stub import APP_ID, SECRET, TOKEN, WechatStub, callback, event_xml

from api.core.installation import Installation
from api.invitations.following import follow_up_due
from api.invitations.service import decide_due
from api.surveys.definitions import read_rules
from api.surveys.service import publish_rules
from api.webhooks.wechat import service
from api.webhooks.wechat.elements import read_xml
from api.webhooks.wechat.events import understood
from api.wechat import followers
from scheduler.jobs.sending import send_due
from scheduler.senders.port import Sender
from scheduler.senders.recorder import Recorder
from scheduler.senders.wechat import WechatMessages

OPENID = "o-customer"
RULES = """
code = "wechat_first"
version = 9
effective_from = 2026-01-01T00:00:00+08:00

[cap]
days = 90
count = 1

[[segment]]
name = "everyone"

[[rule]]
touchpoint = "service"
survey = "car_service"
delay_hours = 24
max_age_days = 7
expiry_days = 14
quiet_hours = ["21:00", "09:00"]
fallback = { undeliverable = true, counts = false }

[rule.channels]
everyone = ["wechat", "sms"]

[rule.templates]
wechat = "invite_wechat"
sms = "invite_sms"
"""


class TwoWays:
    """WeChat by the stub, SMS by a recorder."""

    def __init__(self, wechat: WechatMessages) -> None:
        self.wechat, self.sms = wechat, Recorder(name="sms")

    def route(self, channel: str, address: str) -> Sender:
        return self.wechat if channel == "wechat" else self.sms

    def named(self, name: str) -> Sender | None:
        return self.wechat if name == "wechat" else self.sms

    def every(self) -> list[Sender]:
        return [self.wechat, self.sms]


@pytest.fixture
def network(office: Office) -> Network:
    made = make_network(office.owner, rules=None)
    with office.owner.transaction() as session:
        publish_rules(session, read_rules(RULES, "rules"), NOW)
    someone = add_customer(
        office.owner, office.worker.vault, made.branches[0], phone=PHONE, wechat=OPENID
    )
    add_event(office.owner, made, someone)
    return made


@pytest.fixture
def stub() -> WechatStub:
    return WechatStub()


@pytest.fixture
def ways(office: Office, stub: WechatStub) -> Iterator[TwoWays]:
    with served(stub.app()) as address:
        settings = office.settings.with_changes(
            wechat_app_id=APP_ID,
            wechat_secret=SECRET,
            wechat_token=TOKEN,
            wechat_base_url=address,
        )
        worker = office.worker
        house = Installation(settings, worker.database, worker.vault, worker.clock)
        sender = WechatMessages(house)
        yield TwoWays(sender)
        sender.close()


def work(office: Office, ways: TwoWays) -> None:
    while (
        decide_due(office.worker)
        + follow_up_due(office.worker)
        + send_due(office.worker, senders=ways)
    ):
        pass


def chain(office: Office) -> list[tuple[str, str, str | None]]:
    found = rows(
        office.worker, "select channel, status, failure from invitation order by reminder_number"
    )
    return [tuple(row) for row in found]


def test_who_does_not_follow_gets_an_sms_at_once(
    office: Office, network: Network, ways: TwoWays, stub: WechatStub
) -> None:
    work(office, ways)
    office.clock.now += timedelta(minutes=1)
    work(office, ways)
    assert chain(office) == [("wechat", "undelivered", "43004"), ("sms", "sent", None)]
    assert (len(stub.messages), len(ways.sms.sent)) == (0, 1)


def test_who_blocks_the_account_gets_an_sms_when_wechat_says_so(
    office: Office, network: Network, ways: TwoWays, stub: WechatStub
) -> None:
    stub.followers.add(OPENID)
    work(office, ways)
    assert chain(office) == [("wechat", "sent", None)]
    more = "<MsgID>10000</MsgID><Status>failed:user block</Status>"
    xml = callback(event_xml(OPENID, "TEMPLATESENDJOBFINISH", NOW, more), NOW).body
    call = understood(read_xml(xml.encode()))
    assert call is not None
    with office.web.database.transaction() as session:
        assert service.take(session, office.web.vault, call, "stamp", NOW).first
    office.clock.now += timedelta(minutes=1)
    work(office, ways)
    assert chain(office) == [("wechat", "undelivered", "user_block"), ("sms", "sent", None)]


def test_who_is_known_not_to_follow_is_asked_by_sms_from_the_start(
    office: Office, network: Network, ways: TwoWays, stub: WechatStub
) -> None:
    with office.worker.database.transaction() as session:
        who = followers.known_as(office.worker.vault, OPENID)
        followers.note_unfollow(session, who, NOW)
    work(office, ways)
    assert chain(office) == [("sms", "sent", None)]
    assert not stub.calls
    reason = one(office.worker, "select checks from decision where action = 'send'").checks
    assert "wechat" in str(reason)
