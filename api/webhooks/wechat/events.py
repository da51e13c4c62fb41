"""What WeChat's messages say, in our words. Pure; what we do not use is None."""

from dataclasses import dataclass
from datetime import UTC, datetime

from api.invitations.receipts import Outcome
from api.webhooks.wechat.elements import Element

SCENE_OF_FOLLOW = "qrscene_"
USER_BLOCK = "user_block"


@dataclass(frozen=True, slots=True)
class Followed:
    """Somebody follows, or was at a code as a follower; ``scene`` is what the code holds."""

    scene: str | None


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """Somebody follows no more."""


@dataclass(frozen=True, slots=True)
class Consents:
    """Templates that somebody allowed one message of, and those allowed no more."""

    allowed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message."""

    message: str
    outcome: Outcome
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What became of several messages."""

    each: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote to the account."""

    words: str


Event = Followed | Unfollowed | Consents | Deliveries | Said


@dataclass(frozen=True, slots=True)
class Call:
    """One call of WeChat's: who it is about, when, what, and what makes it the same one again."""

    openid: str
    at: datetime
    event: Event | None
    identity: str
    account: str = ""  # ours, as an answer names its sender


def understood(said: Element) -> Call | None:
    """The call in our words; None when it names nobody."""
    openid, stamp = said.text("FromUserName"), said.text("CreateTime")
    if not openid or not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):
        return None
    at = datetime.fromtimestamp(int(stamp), UTC)
    kind, message = said.text("MsgType"), said.text("MsgId")
    if kind != "event":
        event = Said(said.text("Content")) if kind == "text" else None
        identity = message or f"{openid}:{stamp}:{kind}"
        return Call(openid, at, event, identity, said.text("ToUserName"))
    name = said.text("Event").lower()
    about = said.text("EventKey") or said.text("MsgID")
    listed = ",".join(one.text("TemplateId") + one.text("MsgID") for one in _listed(said))
    identity = f"{openid}:{stamp}:{name}:{about}:{listed}"
    return Call(openid, at, _event(name, said), identity, said.text("ToUserName"))


def _event(name: str, said: Element) -> Event | None:
    key = said.text("EventKey")
    if name == "subscribe":
        return Followed(key.removeprefix(SCENE_OF_FOLLOW) or None)
    if name == "scan":
        return Followed(key or None)
    if name == "unsubscribe":
        return Unfollowed()
    if name == "templatesendjobfinish":
        return Deliveries((_finished(said.text("MsgID"), said.text("Status")),))
    if name == "subscribe_msg_sent_event":
        return Deliveries(tuple(_sent(one) for one in _listed(said)))
    return _consents(name, said)


def _consents(name: str, said: Element) -> Consents | None:
    by_answer = {
        answer: tuple(
            one.text("TemplateId")
            for one in _listed(said)
            if one.text("SubscribeStatusString") == answer and one.text("TemplateId")
        )
        for answer in ("accept", "reject")
    }
    if name == "subscribe_msg_popup_event":
        return Consents(allowed=by_answer["accept"])
    if name == "subscribe_msg_change_event":
        return Consents(ended=by_answer["reject"])
    return None


def _listed(said: Element) -> list[Element]:
    """The entries of an event about subscriptions, whatever the element around them is called."""
    return [one for around in said.inside for one in around.every("List")]


def _finished(message: str, status: str) -> Delivery:
    """``success``, ``failed:user block``, ``failed: system failed``."""
    said = status.lower().replace(" ", "")
    if said == "success":
        return Delivery(message, "delivered")
    code = USER_BLOCK if "userblock" in said else "system_failed"
    return Delivery(message, "undelivered", code)


def _sent(entry: Element) -> Delivery:
    code = entry.text("ErrorCode")
    if code == "0":
        return Delivery(entry.text("MsgID"), "delivered")
    return Delivery(entry.text("MsgID"), "undelivered", code or "unknown")


def text_answer(call: Call, words: str, now: datetime) -> str:
    """A text to whom a call came from, as WeChat wants it in the answer to the call."""
    return (
        f"<xml><ToUserName>{_quoted(call.openid)}</ToUserName>"
        f"<FromUserName>{_quoted(call.account)}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType>{_quoted('text')}</MsgType>"
        f"<Content>{_quoted(words)}</Content></xml>"
    )


def _quoted(words: str) -> str:
    return "<![CDATA[" + words.replace("]]>", "]] >") + "]]>"
