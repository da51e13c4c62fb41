"""What WeChat writes is read safely and understood; what it did not write is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wechat_stub import (
    AES_KEY,
    APP_ID,
    SECRET,
    TOKEN,
    callback,
    encrypted,
    event_xml,
    sealed_callback,
    signature,
    text_xml,
)

from api.core.settings import Settings
from api.webhooks.errors import NotSigned
from api.webhooks.wechat.elements import LONGEST, Unreadable, read_xml
from api.webhooks.wechat.envelope import Envelope, opened
from api.webhooks.wechat.events import (
    Consents,
    Deliveries,
    Delivery,
    Followed,
    Said,
    Unfollowed,
    text_answer,
    understood,
)

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)

OPENID = "o-1"


def settings(**changes: Any) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        wechat_app_id=APP_ID,
        wechat_secret=SECRET,
        wechat_token=TOKEN,
        wechat_base_url="http://127.0.0.1:9",
        **changes,
    )


def envelope(query: dict[str, str]) -> Envelope:
    return Envelope(
        query["timestamp"],
        query["nonce"],
        query["signature"],
        query.get("msg_signature", ""),
        query.get("encrypt_type", ""),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<xml><a></xml>",
        b"<!DOCTYPE xml><xml><MsgType>text</MsgType></xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
        b"<xml>&undefined;</xml>",
        b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>",
        b"<xml>" + b"<a/>" * 500 + b"</xml>",
        b"<xml>" + b"x" * LONGEST + b"</xml>",
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><xml/>'.encode("utf-16"),
    ],
)
def test_what_is_dangerous_or_no_xml_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_xml(body)


def test_an_element_gives_its_words_and_what_is_inside() -> None:
    found = read_xml(
        "<xml><A><![CDATA[ 退订 ]]></A><L><List>1</List><List>2</List></L></xml>".encode()
    )
    assert (found.text("A"), found.text("B")) == ("退订", "")
    assert [one.words for one in found.every("L", "List")] == ["1", "2"]


def test_an_encrypted_call_is_opened_and_read() -> None:
    xml = text_xml(OPENID, "您好", NOW)
    sealed = sealed_callback(xml, NOW)
    safe = settings(wechat_aes_key=AES_KEY)
    assert opened(safe, envelope(sealed.query), sealed.body.encode(), NOW) == xml.encode()


@pytest.mark.parametrize("length", range(0, 70, 7))
def test_every_length_is_padded_and_unpadded(length: int) -> None:
    xml = "<xml><A>" + "x" * length + "</A></xml>"
    sealed = sealed_callback(xml, NOW)
    safe = settings(wechat_aes_key=AES_KEY)
    assert opened(safe, envelope(sealed.query), sealed.body.encode(), NOW) == xml.encode()


def _forged(kind: str) -> tuple[dict[str, str], bytes]:
    xml = text_xml(OPENID, "TD", NOW)
    made = {
        "another app": sealed_callback(xml, NOW, app_id="wx9999999999999999"),
        "another key": sealed_callback(xml, NOW, key="A" * 43),
        "plain": callback(xml, NOW),
        "old": sealed_callback(xml, NOW - timedelta(minutes=6)),
    }.get(kind) or sealed_callback(xml, NOW)
    query, body = made.query, made.body.encode()
    stamp, nonce = query["timestamp"], query["nonce"]
    if kind == "no ciphertext":
        body = b"<xml><Encrypt>abc</Encrypt></xml>"
        query = {**query, "msg_signature": signature(stamp, nonce, "abc")}
    elif kind == "half signed":
        query = {**query, "msg_signature": signature(stamp, nonce)}
    elif kind == "changed":
        body = body.replace(b"</Encrypt>", b"A</Encrypt>")
    elif kind == "doctype":
        body = b"<!DOCTYPE x>" + body
    return query, body


@pytest.mark.parametrize(
    "kind",
    [
        "another app",
        "another key",
        "no ciphertext",
        "changed",
        "half signed",
        "plain",
        "doctype",
        "old",
    ],
)
def test_with_a_key_set_nothing_else_is_opened(kind: str) -> None:
    query, body = _forged(kind)
    with pytest.raises(NotSigned):
        opened(settings(wechat_aes_key=AES_KEY), envelope(query), body, NOW)


def test_without_a_key_an_encrypted_call_is_refused() -> None:
    made = sealed_callback(text_xml(OPENID, "TD", NOW), NOW)
    with pytest.raises(NotSigned):
        opened(settings(), envelope(made.query), made.body.encode(), NOW)


@pytest.mark.parametrize("stamp", ["", "١٢٣", "-1", "9" * 40, "1e9", "now"])
def test_a_strange_moment_is_refused(stamp: str) -> None:
    with pytest.raises(NotSigned):
        opened(settings(), Envelope(stamp, "n", signature(stamp, "n")), b"", NOW)


def test_the_block_is_filled_up_as_wechat_does() -> None:
    assert len(encrypted("<xml/>")) % 4 == 0


LIST = (
    "<{around}><List><TemplateId>T1</TemplateId><SubscribeStatusString>accept"
    "</SubscribeStatusString></List><List><TemplateId>T2</TemplateId><SubscribeStatusString>reject"
    "</SubscribeStatusString></List></{around}>"
)
SENT = (
    "<SubscribeMsgSentEvent><List><TemplateId>T1</TemplateId><MsgID>17</MsgID>"
    "<ErrorCode>{code}</ErrorCode><ErrorStatus>s</ErrorStatus></List></SubscribeMsgSentEvent>"
)


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("subscribe", "<EventKey/>", Followed(None)),
        ("subscribe", "<EventKey><![CDATA[qrscene_D1]]></EventKey>", Followed("D1")),
        ("SCAN", "<EventKey><![CDATA[D1]]></EventKey>", Followed("D1")),
        ("unsubscribe", "", Unfollowed()),
        (
            "TEMPLATESENDJOBFINISH",
            "<MsgID>5</MsgID><Status>success</Status>",
            Deliveries((Delivery("5", "delivered"),)),
        ),
        (
            "TEMPLATESENDJOBFINISH",
            "<MsgID>5</MsgID><Status>failed:user block</Status>",
            Deliveries((Delivery("5", "undelivered", "user_block"),)),
        ),
        (
            "TEMPLATESENDJOBFINISH",
            "<MsgID>5</MsgID><Status>failed: system failed</Status>",
            Deliveries((Delivery("5", "undelivered", "system_failed"),)),
        ),
        (
            "subscribe_msg_popup_event",
            LIST.format(around="SubscribeMsgPopupEvent"),
            Consents(allowed=("T1",)),
        ),
        (
            "subscribe_msg_change_event",
            LIST.format(around="SubscribeMsgChangeEvent"),
            Consents(ended=("T2",)),
        ),
        (
            "subscribe_msg_sent_event",
            SENT.format(code=0),
            Deliveries((Delivery("17", "delivered"),)),
        ),
        (
            "subscribe_msg_sent_event",
            SENT.format(code=43101),
            Deliveries((Delivery("17", "undelivered", "43101"),)),
        ),
        ("VIEW", "<EventKey>http://x</EventKey>", None),
    ],
)
def test_events_are_understood(name: str, more: str, expected: object) -> None:
    call = understood(read_xml(event_xml(OPENID, name, NOW, more).encode()))
    assert call is not None
    assert (call.openid, call.at, call.event) == (OPENID, NOW, expected)


def test_a_text_is_what_somebody_said_and_its_id_makes_it_the_same() -> None:
    first = understood(read_xml(text_xml(OPENID, "TD", NOW, message=7).encode()))
    assert first is not None
    assert (first.event, first.identity) == (Said("TD"), "7")


@pytest.mark.parametrize("xml", ["<xml/>", "<xml><FromUserName>o</FromUserName></xml>"])
def test_what_names_nobody_or_no_moment_is_nothing(xml: str) -> None:
    assert understood(read_xml(xml.encode())) is None


def test_moments_are_aware() -> None:
    call = understood(read_xml(text_xml(OPENID, "x", datetime(2026, 1, 1, tzinfo=UTC)).encode()))
    assert call is not None
    assert call.at.utcoffset() == timedelta(0)


def test_an_answer_cannot_break_out_of_its_quotes() -> None:
    call = understood(read_xml(text_xml("o]]><x>1</x>", "TD", NOW).replace("]]><x>", "-").encode()))
    assert call is not None
    answer = read_xml(text_answer(call, "a]]><Content>b</Content><![CDATA[", NOW).encode())
    assert len(answer.every("Content")) == 1
    assert answer.text("Content").startswith("a]] ><Content>b")
