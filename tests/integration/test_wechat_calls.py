"""WeChat's callback over HTTP: a signed call counts once, forged and repeated ones do not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asking import Network, add_customer, add_event, change, make_network, one, rows
from conftest import NOW, Office
from fastapi.testclient import TestClient
from wechat_stub import (
    AES_KEY,
    APP_ID,
    SECRET,
    TOKEN,
    Callback,
    callback,
    deciphered,
    event_xml,
    sealed_callback,
    signature,
    text_xml,
)

from api.core.installation import Installation
from api.invitations.service import decide_due
from api.main import create_api
from api.models import QrPoint
from api.webhooks.wechat.elements import read_xml

OPENID = "o-caller"
POPUP = (
    "<SubscribeMsgPopupEvent><List><TemplateId>T1</TemplateId>"
    "<SubscribeStatusString>accept</SubscribeStatusString></List></SubscribeMsgPopupEvent>"
)


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


def serve(office: Office, **changes: Any) -> TestClient:
    settings = office.settings.with_changes(
        wechat_app_id=APP_ID,
        wechat_secret=SECRET,
        wechat_token=TOKEN,
        wechat_base_url="http://127.0.0.1:9",
        **changes,
    )
    house = Installation(settings, office.web.database, office.web.vault, office.web.clock)
    return TestClient(create_api(house))


@pytest.fixture
def web(office: Office) -> Iterator[TestClient]:
    with serve(office) as client:
        yield client


def post(web: TestClient, made: Callback) -> int:
    answer: httpx.Response = made.post(web)  # type: ignore[arg-type]
    assert answer.status_code != 200 or answer.text.startswith(("success", "<xml>"))
    return answer.status_code


def said(web: TestClient, made: Callback) -> str:
    """What somebody reads at once; nothing where the call is only acknowledged."""
    answer: httpx.Response = made.post(web)  # type: ignore[arg-type]
    if answer.text == "success":
        return ""
    found = read_xml(answer.content)
    assert (found.text("ToUserName"), found.text("FromUserName")) == (OPENID, "gh_0")
    assert found.text("MsgType") == "text"
    return found.text("Content")


def follower(office: Office) -> Any:
    return one(office.worker, "select following, branch_id, changed_at from wechat_follower")


def stock(office: Office) -> int:
    found = rows(office.worker, "select stock from wechat_consent where template_id = 'T1'")
    return found[0].stock if found else 0


def test_wechat_learns_that_the_address_is_ours(web: TestClient) -> None:
    query = callback("", NOW).query
    answer = web.get("/webhooks/wechat", params={**query, "echostr": "hello"})
    assert (answer.status_code, answer.text) == (200, "hello")
    assert web.get("/webhooks/wechat", params={**query, "nonce": "n2"}).status_code == 403


def test_a_follow_by_the_code_of_a_branch_notes_the_branch(
    office: Office, network: Network, web: TestClient
) -> None:
    with office.owner.transaction() as session:
        session.add(
            QrPoint(
                code="D1-desk",
                kind="wechat",
                branch_id=network.branches[0],
                touchpoint_id=network.touchpoints["service"],
                survey_code="car_service",
                label="Desk",
                created_at=NOW,
            )
        )
    key = "<EventKey><![CDATA[qrscene_D1-desk]]></EventKey>"
    assert post(web, callback(event_xml(OPENID, "subscribe", NOW, key), NOW)) == 200
    assert tuple(follower(office)) == (True, network.branches[0], NOW)
    later = NOW + timedelta(seconds=30)
    assert post(web, callback(event_xml(OPENID, "unsubscribe", later), NOW)) == 200
    assert tuple(follower(office)) == (False, network.branches[0], later)


def test_a_scene_of_nobody_is_a_follow_without_a_branch(
    office: Office, network: Network, web: TestClient
) -> None:
    key = "<EventKey>qrscene_made-up</EventKey>"
    assert post(web, callback(event_xml(OPENID, "subscribe", NOW, key), NOW)) == 200
    assert tuple(follower(office)) == (True, None, NOW)


@pytest.mark.parametrize("sealed", [False, True])
def test_a_call_that_comes_again_changes_nothing(office: Office, *, sealed: bool) -> None:
    make = sealed_callback if sealed else callback
    with serve(office, **({"wechat_aes_key": AES_KEY} if sealed else {})) as web:
        made = make(event_xml(OPENID, "subscribe_msg_popup_event", NOW, POPUP), NOW)
        assert [post(web, made), post(web, made)] == [200, 200]
        assert stock(office) == 1
        again = make(event_xml(OPENID, "subscribe_msg_popup_event", NOW, POPUP), NOW)
        assert post(web, again) == 200  # WeChat's own repetition has another nonce
        assert stock(office) == 1
        later = event_xml(OPENID, "subscribe_msg_popup_event", NOW + timedelta(seconds=1), POPUP)
        assert post(web, make(later, NOW)) == 200
        assert stock(office) == 2


def test_a_seen_address_cannot_carry_other_words(
    office: Office, network: Network, web: TestClient
) -> None:
    made = callback(text_xml(OPENID, "您好", NOW), NOW)
    assert post(web, made) == 200
    forged = Callback({**made.query, "msg_signature": "x"}, text_xml(OPENID, "TD", NOW, 2))
    assert post(web, forged) == 200
    assert not rows(office.worker, "select 1 from suppression")


@pytest.mark.parametrize("kind", ["unsigned", "wrong token", "old", "plain where encrypted"])
def test_a_forged_call_is_refused_and_changes_nothing(office: Office, kind: str) -> None:
    xml = text_xml(OPENID, "TD", NOW)
    made = {
        "unsigned": Callback({}, xml),
        "wrong token": callback(xml, NOW, token="guessed"),
        "old": callback(xml, NOW - timedelta(hours=1)),
        "plain where encrypted": callback(xml, NOW),
    }[kind]
    changes = {"wechat_aes_key": AES_KEY} if kind == "plain where encrypted" else {}
    with serve(office, **changes) as web:
        assert post(web, made) == 403
    assert not rows(office.worker, "select 1 from suppression")


def test_where_wechat_is_not_set_up_nothing_is_believed(office: Office) -> None:
    stamp = str(int(NOW.timestamp()))
    query = {"timestamp": stamp, "nonce": "n", "signature": signature(stamp, "n", token="")}
    with TestClient(create_api(office.web)) as web:
        assert post(web, Callback(query, text_xml(OPENID, "TD", NOW))) == 403


@pytest.mark.parametrize("words", ["TD", "退订", "stop"])
def test_an_opt_out_by_text_holds_and_is_taken_back_by_its_owner(
    office: Office, network: Network, web: TestClient, words: str
) -> None:
    someone = add_customer(
        office.owner,
        office.worker.vault,
        network.branches[0],
        wechat=OPENID,
        phone="+8619900000001",
    )
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert post(web, callback(text_xml(OPENID, words, NOW), NOW)) == 200
    found = one(office.worker, "select kind, value_hash, reason from suppression")
    assert (found.kind, found.reason) == ("wechat", "opt_out")
    assert bytes(found.value_hash) == office.worker.vault.lookup_hash("wechat", OPENID)
    assert one(office.worker, "select status from invitation").status == "dropped"
    assert post(web, callback(text_xml(OPENID, "恢复", NOW, 2), NOW)) == 200
    assert not rows(office.worker, "select 1 from suppression")


def sent(office: Office, network: Network) -> None:
    someone = add_customer(
        office.owner,
        office.worker.vault,
        network.branches[0],
        wechat=OPENID,
        phone="+8619900000001",
    )
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    change(
        office.worker,
        "update invitation set status='sent', sender='wechat', provider_id='77', sent_at=:now",
        now=NOW,
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("success", ("delivered", None, None)),
        ("failed:user block", ("undelivered", "user_block", False)),
        ("failed: system failed", ("undelivered", "system_failed", None)),
    ],
)
def test_the_end_of_a_message_is_a_receipt(
    office: Office,
    network: Network,
    web: TestClient,
    status: str,
    expected: tuple[str, str | None, bool | None],
) -> None:
    sent(office, network)
    more = f"<MsgID>77</MsgID><Status><![CDATA[{status}]]></Status>"
    assert post(web, callback(event_xml(OPENID, "TEMPLATESENDJOBFINISH", NOW, more), NOW)) == 200
    found = one(
        office.worker,
        "select status, failure, (select following from wechat_follower) from invitation",
    )
    assert tuple(found) == expected


def test_notifications_switched_off_leave_no_consent(office: Office, web: TestClient) -> None:
    post(web, callback(event_xml(OPENID, "subscribe_msg_popup_event", NOW, POPUP), NOW))
    off = POPUP.replace("Popup", "Change").replace("accept", "reject")
    post(web, callback(event_xml(OPENID, "subscribe_msg_change_event", NOW, off), NOW))
    assert (stock(office), len(rows(office.worker, "select 1 from wechat_consent"))) == (0, 1)


def test_what_cannot_be_read_is_acknowledged_and_changes_nothing(
    office: Office, web: TestClient
) -> None:
    for body in ("", "<xml>", "<!DOCTYPE x><xml/>", "<xml/>"):
        assert post(web, callback(body, NOW)) == 200
    assert not rows(office.worker, "select 1 from wechat_follower")
    assert not rows(office.worker, "select 1 from idempotency_key")


def test_a_body_that_is_too_large_is_refused(web: TestClient) -> None:
    assert post(web, callback("<xml>" + "x" * 70_000 + "</xml>", NOW)) == 413


AUTHORIZE = {"wechat_authorize_url": "http://127.0.0.1:9", "public_url": "https://ask.example.com"}


def test_who_follows_is_told_where_to_bind_until_it_is_known_who_it_is(
    office: Office, network: Network
) -> None:
    scene = "<EventKey><![CDATA[qrscene_D1 desk&x]]></EventKey>"
    with serve(office, **AUTHORIZE) as web:
        words = said(web, callback(event_xml(OPENID, "subscribe", NOW, scene), NOW))
        assert "远山汽车" in words
        assert words.endswith("https://ask.example.com/wechat/bind?point=D1+desk%26x")
        later = NOW + timedelta(seconds=5)
        plain = callback(event_xml(OPENID, "subscribe", later, "<EventKey/>"), NOW)
        assert said(web, plain).endswith("https://ask.example.com/wechat/bind")
        assert said(web, plain) == ""
        add_customer(office.owner, office.worker.vault, network.branches[0], wechat=OPENID)
        again = callback(event_xml(OPENID, "subscribe", NOW + timedelta(seconds=9)), NOW)
        assert said(web, again) == ""


def test_where_nothing_can_be_bound_nobody_is_told_to(network: Network, web: TestClient) -> None:
    assert said(web, callback(event_xml(OPENID, "subscribe", NOW), NOW)) == ""


def test_an_opt_out_is_confirmed(network: Network, web: TestClient) -> None:
    assert "已退订" in said(web, callback(text_xml(OPENID, "TD", NOW, 1), NOW))
    assert "已恢复" in said(web, callback(text_xml(OPENID, "恢复", NOW, 2), NOW))
    assert said(web, callback(text_xml(OPENID, "您好", NOW, 3), NOW)) == ""


def test_an_answer_to_an_encrypted_call_is_encrypted_and_signed(
    office: Office, network: Network
) -> None:
    with serve(office, wechat_aes_key=AES_KEY) as web:
        made = sealed_callback(text_xml(OPENID, "TD", NOW), NOW)
        answer = read_xml(made.post(web).content)  # type: ignore[arg-type]
    stamp, nonce, inner = (answer.text(name) for name in ("TimeStamp", "Nonce", "Encrypt"))
    assert answer.text("MsgSignature") == signature(stamp, nonce, inner)
    words, app_id = deciphered(inner)
    assert (read_xml(words.encode()).text("ToUserName"), app_id) == (OPENID, APP_ID)
    assert "已退订" in read_xml(words.encode()).text("Content")
