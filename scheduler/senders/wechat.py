"""Messages of a WeChat official account: templates to followers, notifications by consent.

A used-up or refused access token is renewed once, and the call repeated: a refusal says that
nothing was sent. One-time consents are taken from the stock before the call, and given back when
certainly nothing was sent. WeChat cannot be asked about a message, but sends one template message
per openid and ``client_msg_id``: an unanswered call is repeated once under the same one, and
believed only when it says that the message was taken.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from api.core.installation import Installation
from api.wechat import followers
from api.wechat.client import NoAnswer, NotReached, WechatApi, WechatRefusal
from api.wechat.repository import account as repository
from api.wechat.repository.account import Openid
from api.wechat.tokens import TOKEN_REFUSED, SharedToken
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Question,
    Receipt,
    Refused,
    Unresolved,
)

WECHAT = "wechat"
TEMPLATE = "/cgi-bin/message/template/send"
NOTIFICATION = "/cgi-bin/message/subscribe/bizsend"  # takes a one-time consent
NOT_FOLLOWING = frozenset({43004})
NO_CONSENT = frozenset({43101})
DEAD = frozenset({40003})  # no such openid at this account
QUOTA_OF_THE_DAY = frozenset({45009})
QUOTA_OF_THE_MINUTE = frozenset({45011})
# The account, its rights or its template, not the customer: until an administrator acts.
OUR_FAULT = frozenset(
    {40013, 40037, 40164, 41002, 41004, 43107, 48001, 48004, 48006, 50001, 50002, 61004}
)
BUSY = frozenset({-1, 0})  # says nothing of the message
_BEIJING = ZoneInfo("Asia/Shanghai")  # where WeChat's day begins
_MINUTE = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class WechatMessages:
    """Sends by one official account."""

    name = WECHAT
    can_look_up = False

    def __init__(self, installation: Installation) -> None:
        self._house = installation
        self._api = WechatApi(installation.settings)
        self._token = SharedToken(installation, self._api)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands the message over."""
        template = message.providers.get(WECHAT)
        if template is None or not template.approved:
            raise NotNow("no_template")
        if not template.once:
            return self._sent(message, lambda: self._twice(message, template))
        self._take(message, template)
        try:
            return self._sent(message, lambda: self._notified(message, template))
        except Refused as refused:
            self._settle(message, template, gone=int(refused.code) in NO_CONSENT)
            raise
        except NotNow:
            self._settle(message, template, gone=False)
            raise

    def close(self) -> None:
        """Gives the connections back."""
        self._api.close()

    def look_up(self, question: Question) -> Receipt | None:
        """Cannot be asked."""
        raise Unresolved("cannot_look_up")

    def _sent(self, message: OutgoingMessage, call: Callable[[], dict[str, Any]]) -> Receipt:
        try:
            answer = call()
        except WechatRefusal as refusal:
            raise self._verdict(message, refusal.code) from None
        except NotReached as error:
            raise NotNow(error.code) from None
        except NoAnswer as error:
            raise Unresolved(error.code) from None
        msgid = answer.get("msgid")
        return Receipt(None if msgid is None else str(msgid))

    def _twice(self, message: OutgoingMessage, template: ProviderTemplate) -> dict[str, Any]:
        """A template message; what was not answered is asked again under the same id."""
        body = {
            **_body(message, template),
            "url": message.link,
            "client_msg_id": _client_msg_id(message),
        }
        try:
            return self._call(TEMPLATE, body)
        except WechatRefusal as refusal:
            if refusal.code not in BUSY:
                raise
        except NoAnswer:
            pass
        try:
            return self._call(TEMPLATE, body)
        except (WechatRefusal, NotReached):
            raise NoAnswer from None  # of the first call nobody knows anything

    def _notified(self, message: OutgoingMessage, template: ProviderTemplate) -> dict[str, Any]:
        body = {**_body(message, template), "page": message.link}
        try:
            return self._call(NOTIFICATION, body)
        except WechatRefusal as refusal:
            if refusal.code in BUSY:
                raise NoAnswer("busy") from None
            raise

    def _call(self, place: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._token.used_for(lambda token: self._api.post(place, token, body))

    def _verdict(self, message: OutgoingMessage, code: int) -> Exception:
        """What WeChat's code means for the message."""
        if code in NOT_FOLLOWING:
            self._note_not_following(message)
        if code in QUOTA_OF_THE_DAY:
            return NotNow(str(code), hold_for=until_renewed(self._house.clock()))
        if code in QUOTA_OF_THE_MINUTE | TOKEN_REFUSED:
            return NotNow(str(code), hold_for=_MINUTE)
        if code in OUR_FAULT:
            return NotNow(str(code))
        return Refused(str(code), dead=code in DEAD)

    def _note_not_following(self, message: OutgoingMessage) -> None:
        now = self._house.clock()
        self._note(message, lambda session, who: followers.note_unfollow(session, who, now))

    def _take(self, message: OutgoingMessage, template: ProviderTemplate) -> None:
        """Takes one consent, committed before the call: two messages never share one."""
        house = self._house
        hashed = house.vault.lookup_hash(followers.KIND, message.to)
        try:
            with house.database.transaction() as session:
                now = house.clock()
                taken = repository.take_consent(session, hashed, template.template_id, now)
        except SQLAlchemyError:
            raise NotNow("no_database") from None
        if not taken:
            raise Refused("no_consent_left")

    def _settle(self, message: OutgoingMessage, template: ProviderTemplate, *, gone: bool) -> None:
        """Gives the consent back; or drops all when WeChat says that there was none."""
        change = repository.drop_consents if gone else repository.add_consent
        named, now = template.template_id, self._house.clock()
        self._note(message, lambda session, who: change(session, who.hashed, named, now))

    def _note(self, message: OutgoingMessage, work: Callable[[Session, Openid], None]) -> None:
        """Notes what WeChat's answer told; a database that fails now leaves the answer as it is."""
        house = self._house
        try:
            with house.database.transaction() as session:
                work(session, followers.known_as(house.vault, message.to))
        except SQLAlchemyError as error:
            _log.error("wechat: %s after message %s", type(error).__name__, message.id)


def until_renewed(now: datetime) -> timedelta:
    """How long until the next day begins where WeChat counts them, and a minute."""
    today = now.astimezone(_BEIJING).date()
    return datetime.combine(today + timedelta(days=1), time(0, 1), _BEIJING) - now


def _body(message: OutgoingMessage, template: ProviderTemplate) -> dict[str, Any]:
    pairs = zip(template.names, template.values, strict=True)
    return {
        "touser": message.to,
        "template_id": template.template_id,
        "data": {name: {"value": value} for name, value in pairs},
    }


def _client_msg_id(message: OutgoingMessage) -> str:
    """The same for the same message and link; one that is planned again has another link."""
    return hashlib.sha256(f"{message.id}\0{message.link}".encode()).hexdigest()[:32]
