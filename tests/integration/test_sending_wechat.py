"""WeChat against a stateful stub over HTTP: tokens, followers, consents, quotas, lost answers."""

import gc
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asking import add_customer, add_event, change, make_network, one, rows
from conftest import NOW, Office
from served import served
from wechat_stub import APP_ID, SECRET, TOKEN, WechatStub

from api.core.database import Database
from api.core.ids import new_id
from api.core.installation import Installation
from api.invitations.service import decide_due
from api.models import QrPoint
from api.wechat import followers
from api.wechat.client import WechatApi
from api.wechat.repository import account as repository
from scheduler.jobs.sending import send_due
from scheduler.jobs.wechat_codes import make_wechat_codes
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Question,
    Refused,
    Unresolved,
)
from scheduler.senders.wechat import WechatMessages

OPENID = "o-follower-1"
LINK = "https://ask.example.com/s/AAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture
def stub() -> WechatStub:
    return WechatStub(followers={OPENID})


@pytest.fixture
def address(stub: WechatStub) -> Iterator[str]:
    with served(stub.app()) as found:
        yield found


def installed(office: Office, address: str, **changes: Any) -> Installation:
    settings = office.settings.with_changes(
        live_sending=True,
        wechat_app_id=APP_ID,
        wechat_secret=SECRET,
        wechat_token=TOKEN,
        wechat_base_url=address,
        **changes,
    )
    return Installation(settings, office.worker.database, office.worker.vault, office.clock)


Make = Callable[[Installation], WechatMessages]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[WechatMessages] = []

    def one_more(house: Installation) -> WechatMessages:
        made.append(WechatMessages(house))
        return made[-1]

    yield one_more
    for sender in made:
        sender.close()


@pytest.fixture
def house(office: Office, address: str) -> Installation:
    return installed(office, address)


@pytest.fixture
def sender(make: Make, house: Installation) -> WechatMessages:
    return make(house)


def message(openid: str = OPENID, *, once: bool = False, **changes: Any) -> OutgoingMessage:
    template = ProviderTemplate(
        "T1", names=("thing1", "time3"), values=("静安店", "11月17日"), once=once, **changes
    )
    return OutgoingMessage(
        new_id(), "wechat", openid, "text", link=LINK, providers={"wechat": template}
    )


def stock(office: Office, add: int = 0, openid: str = OPENID) -> int:
    hashed = office.worker.vault.lookup_hash("wechat", openid)
    with office.worker.database.transaction() as session:
        for _ in range(add):
            repository.add_consent(session, hashed, "T1", NOW)
    found = rows(office.worker, "select stock from wechat_consent where openid_hash = :h", h=hashed)
    return found[0].stock if found else 0


def test_a_follower_gets_the_template_with_its_data_and_link(
    sender: WechatMessages, stub: WechatStub
) -> None:
    receipt = sender.send(message())
    (sent,) = stub.messages
    assert receipt.provider_id == "10000"
    assert (sent["touser"], sent["template_id"], sent["url"]) == (OPENID, "T1", LINK)
    assert sent["data"] == {"thing1": {"value": "静安店"}, "time3": {"value": "11月17日"}}
    assert len(sent["client_msg_id"]) == 32
    assert stub.calls["token"] == 1


def test_the_token_is_kept_encrypted_and_used_until_shortly_before_it_ends(
    office: Office, sender: WechatMessages, stub: WechatStub
) -> None:
    sender.send(message())
    sender.send(message())
    assert stub.calls["token"] == 1
    row = one(office.worker, "select value_encrypted, version, expires_at from provider_token")
    assert row.expires_at == NOW + timedelta(seconds=7200)
    assert b"token-" not in bytes(row.value_encrypted)
    office.clock.now += timedelta(seconds=7200 - 60)
    sender.send(message())
    assert stub.calls["token"] == 2


@pytest.mark.parametrize("code", ["40001", "42001"])
def test_a_refused_token_is_renewed_once_and_the_message_sent_once(
    office: Office, make: Make, house: Installation, stub: WechatStub, code: str
) -> None:
    sender = make(house)
    sender.send(message())
    stub.expire_token()
    if code == "40001":
        sealed = office.worker.vault.encrypt("a token that never was")
        change(office.worker, "update provider_token set value_encrypted = :v", v=sealed)
        sender = make(house)
    sender.send(message())
    assert (stub.calls["token"], len(stub.messages)) == (2, 2)
    assert one(office.worker, "select version from provider_token").version == 2


def test_another_process_uses_the_token_that_one_has_renewed(
    make: Make, house: Installation, stub: WechatStub
) -> None:
    sender, other = make(house), make(house)
    sender.send(message())
    other.send(message())
    stub.expire_token()
    sender.send(message())
    other.send(message())
    assert (stub.calls["token"], len(stub.messages)) == (2, 4)


def test_a_token_that_stays_refused_holds_the_account_and_sends_nothing(
    sender: WechatMessages, stub: WechatStub
) -> None:
    stub.answers[OPENID] = 40001
    with pytest.raises(NotNow) as caught:
        sender.send(message())
    assert (caught.value.code, caught.value.hold_for) == ("40001", timedelta(minutes=1))
    assert stub.calls["template"] == 2


@pytest.mark.parametrize("code", [40164, 40001])
def test_without_a_token_nothing_was_sent(
    sender: WechatMessages, stub: WechatStub, code: int
) -> None:
    stub.token_error = code
    with pytest.raises(NotNow, match=f"token_{code}"):
        sender.send(message())
    assert not stub.messages


def test_a_token_sealed_with_another_key_is_fetched_anew(
    office: Office, make: Make, house: Installation, stub: WechatStub
) -> None:
    make(house).send(message())
    change(office.worker, "update provider_token set value_encrypted = :v", v=bytes(40))
    make(house).send(message())
    assert (stub.calls["token"], len(stub.messages)) == (2, 2)


def test_without_a_database_nothing_was_sent(
    office: Office, make: Make, house: Installation, stub: WechatStub
) -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:9/gone")
    sender = make(Installation(house.settings, gone, house.vault, house.clock))
    for once in (False, True):
        with pytest.raises(NotNow, match="no_database"):
            sender.send(message(once=once))
    assert not stub.calls


def test_who_does_not_follow_is_refused_and_noted_for_the_next_channel(
    office: Office, sender: WechatMessages
) -> None:
    with pytest.raises(Refused) as caught:
        sender.send(message("o-stranger"))
    refused = caught.value
    assert (refused.code, refused.opted_out, refused.dead) == ("43004", False, False)
    row = one(office.worker, "select * from wechat_follower")
    assert bytes(row.openid_hash) == office.worker.vault.lookup_hash("wechat", "o-stranger")
    assert (row.following, row.changed_at) == (False, NOW)
    assert office.worker.vault.decrypt(bytes(row.openid_encrypted)) == "o-stranger"


def test_a_used_up_quota_holds_until_the_day_ends_in_beijing(
    sender: WechatMessages, stub: WechatStub
) -> None:
    stub.quota = 1
    sender.send(message())
    with pytest.raises(NotNow) as caught:
        sender.send(message())
    assert caught.value.code == "45009"
    assert caught.value.hold_for == timedelta(hours=12, minutes=1)  # it is noon there
    assert len(stub.messages) == 1


@pytest.mark.parametrize(
    ("code", "expected", "dead"),
    [
        (40003, Refused, True),
        (47003, Refused, False),
        (43019, Refused, False),
        (99999, Refused, False),
        (40037, NotNow, False),
        (48001, NotNow, False),
        (45011, NotNow, False),
    ],
)
def test_other_codes_say_what_they_mean(
    sender: WechatMessages, stub: WechatStub, code: int, expected: type[Exception], *, dead: bool
) -> None:
    stub.answers[OPENID] = code
    with pytest.raises(expected, match=str(code)) as caught:
        sender.send(message())
    assert getattr(caught.value, "dead", False) == dead


@pytest.mark.parametrize("trouble", ["keep", "drop", "busy"])
def test_a_lost_answer_is_asked_again_under_the_same_id_and_nobody_gets_two(
    sender: WechatMessages, stub: WechatStub, trouble: str
) -> None:
    stub.fails_then = [trouble]
    assert sender.send(message()).provider_id == "10000"
    assert (stub.calls["template"], len(stub.messages)) == (2, 1)


def test_an_answer_lost_twice_is_unresolved(sender: WechatMessages, stub: WechatStub) -> None:
    stub.fails_then = ["keep", "keep"]
    with pytest.raises(Unresolved):
        sender.send(message())
    assert len(stub.messages) == 1


def test_a_refusal_after_a_lost_answer_says_nothing_of_the_first_call(
    sender: WechatMessages, stub: WechatStub
) -> None:
    stub.fails_then = ["keep"]
    stub.quota = 1
    with pytest.raises(Unresolved):
        sender.send(message())


def test_a_server_that_is_not_there_or_not_wechat_got_nothing(
    office: Office, make: Make, address: str
) -> None:
    for place in ("http://127.0.0.1:9", f"{address}/elsewhere"):
        with pytest.raises(NotNow):
            make(installed(office, place)).send(message())


def test_a_template_that_is_not_approved_is_not_sent(
    sender: WechatMessages, stub: WechatStub
) -> None:
    with pytest.raises(NotNow, match="no_template"):
        sender.send(message(approved=False))
    with pytest.raises(NotNow, match="no_template"):
        sender.send(OutgoingMessage(new_id(), "wechat", OPENID, "text", link=LINK))
    assert not stub.calls


def test_a_notification_takes_one_consent(
    office: Office, sender: WechatMessages, stub: WechatStub
) -> None:
    stub.consents[OPENID, "T1"] = 2
    stock(office, add=2)
    sender.send(message(once=True))
    assert (stock(office), stub.messages[0]["page"]) == (1, LINK)
    sender.send(message(once=True))
    with pytest.raises(Refused, match="no_consent_left"):
        sender.send(message(once=True))
    assert (stock(office), stub.calls["notification"]) == (0, 2)


def test_a_consent_comes_back_only_when_certainly_nothing_was_sent(
    office: Office, sender: WechatMessages, stub: WechatStub
) -> None:
    stub.consents[OPENID, "T1"] = 5
    stock(office, add=2)
    stub.answers[OPENID] = 47003
    with pytest.raises(Refused):
        sender.send(message(once=True))
    assert stock(office) == 2
    stub.answers[OPENID] = 45009
    with pytest.raises(NotNow):
        sender.send(message(once=True))
    assert stock(office) == 2
    stub.answers.clear()
    stub.fails_then = ["drop"]
    with pytest.raises(Unresolved):
        sender.send(message(once=True))
    assert (stock(office), stub.calls["notification"]) == (1, 3)


def test_a_consent_that_wechat_does_not_know_is_not_counted_any_more(
    office: Office, sender: WechatMessages
) -> None:
    stock(office, add=3)
    with pytest.raises(Refused, match="43101"):
        sender.send(message(once=True))
    assert stock(office) == 0


def test_wechat_cannot_be_asked(sender: WechatMessages) -> None:
    assert not sender.can_look_up
    with pytest.raises(Unresolved):
        sender.look_up(Question(new_id(), OPENID, NOW, ()))


def test_an_older_event_does_not_undo_a_newer_one(office: Office) -> None:
    vault = office.worker.vault
    who = followers.known_as(vault, OPENID)
    with office.worker.database.transaction() as session:
        followers.note_unfollow(session, who, NOW)
        followers.note_follow(session, who, None, NOW - timedelta(seconds=5))
    assert one(office.worker, "select following from wechat_follower").following is False


def test_wechat_makes_the_code_of_a_branch_once_and_nothing_personal_leaves(
    office: Office, house: Installation, stub: WechatStub
) -> None:
    network = make_network(office.owner)
    with office.owner.transaction() as session:
        for number, kind in enumerate(("wechat", "qr", "wechat")):
            session.add(
                QrPoint(
                    code=f"D1-{number}",
                    kind=kind,
                    branch_id=network.branches[0],
                    touchpoint_id=network.touchpoints["service"],
                    survey_code="car_service",
                    label="Desk",
                    created_at=NOW,
                    closed_at=NOW if number == 2 else None,
                )
            )
    assert make_wechat_codes(office.worker) == 0
    assert [make_wechat_codes(house), make_wechat_codes(house)] == [1, 0]
    assert stub.scenes == ["D1-0"]
    found = rows(office.worker, "select wechat_url from qr_point order by code")
    assert [row.wechat_url for row in found] == ["http://wechat.invalid/q/D1-0", None, None]
    change(office.worker, "update qr_point set wechat_url = null")
    stub.quota = 0
    assert make_wechat_codes(house) == 0


def plan(office: Office, openid: str = OPENID) -> None:
    network = make_network(office.owner)
    someone = add_customer(
        office.owner,
        office.worker.vault,
        network.branches[0],
        wechat=openid,
        phone="+8619900000001",
    )
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    change(
        office.worker,
        "update invitation set channel = 'wechat', contact_point_id = :contact, "
        "message_version_id = (select id from message_version where code = 'invite_wechat')",
        contact=someone.contacts["wechat"],
    )


def test_the_ledger_keeps_the_message_by_the_id_that_receipts_name(
    office: Office, house: Installation, stub: WechatStub
) -> None:
    plan(office)
    send_due(house)
    (sent,) = stub.messages
    assert sent["data"]["thing1"]["value"] == "静安店"
    assert sent["url"].startswith(f"{office.settings.public_url}/s/")
    row = one(office.worker, "select status, sender, provider_id from invitation")
    assert tuple(row) == ("sent", "wechat", "10000")


def test_a_used_up_quota_puts_the_message_back_and_holds_the_account(
    office: Office, house: Installation, stub: WechatStub
) -> None:
    plan(office)
    stub.quota = 0
    send_due(house)
    assert one(office.worker, "select status from invitation").status == "planned"
    held = one(office.worker, "select account, held_until from provider_rate")
    assert (held.account, held.held_until) == ("wechat", NOW + timedelta(hours=12, minutes=1))
    assert not rows(office.worker, "select 1 from survey_token")
    office.clock.now += timedelta(hours=1)
    send_due(house)
    assert stub.calls["template"] == 1


def test_who_does_not_follow_is_undelivered_in_the_ledger(
    office: Office, house: Installation
) -> None:
    plan(office, "o-stranger")
    send_due(house)
    row = one(office.worker, "select status, failure from invitation")
    assert tuple(row) == ("undelivered", "43004")
    assert one(office.worker, "select following from wechat_follower").following is False


def test_an_account_that_nobody_holds_any_more_closes_its_connections(house: Installation) -> None:
    api = WechatApi(house.settings)
    assert api.fetch_token().value
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        del api
        gc.collect()
    assert [str(one.message) for one in told if one.category is ResourceWarning] == []
