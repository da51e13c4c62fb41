"""WeCom, for colleagues: messages of one application to members, and of robots to groups.

Nothing personal of a customer goes through here. WeCom drops a message that says the same to the
same member within half an hour, so an unanswered call is repeated once; a robot's is not.
"""

import logging
import threading
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

from api.core.settings import Settings
from api.notices.choices import ROBOT
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    Question,
    Receipt,
    Refused,
    Unresolved,
)

WECOM = "wecom"
TIMEOUT = 10.0
TOKEN, SEND, ROBOT_SEND = "/cgi-bin/gettoken", "/cgi-bin/message/send", "/cgi-bin/webhook/send"
TOKEN_REFUSED = frozenset({40001, 40014, 41001, 42001})
# Nobody of that name, or no such robot.
NOBODY = frozenset({40003, 40031, 60111, 81013, 93000})
TOO_OFTEN = frozenset({45009, 45033})
BUSY = -1
REST = timedelta(minutes=1)
EARLY = timedelta(minutes=2)
TITLE, DESCRIPTION, TEXT = 128, 512, 2048  # bytes
SAME_WITHIN = 1800  # seconds in which the same words to the same member go once
_log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # logs whole addresses at INFO


class WecomRefusal(Exception):
    """WeCom answered with an error code: nothing was sent."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class Wecom:
    """Sends by one application of the own corporation, and by any group's robot."""

    name = WECOM
    can_look_up = False

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        if settings.wecom_base_url is None:
            raise ValueError("WeCom is not configured")
        secret = settings.wecom_secret
        self._corp, self._agent = settings.wecom_corp_id, settings.wecom_agent_id
        self._secret = secret.get_secret_value() if secret else None
        self._clock = clock
        self._client = httpx.Client(
            base_url=settings.wecom_base_url.rstrip("/"), timeout=TIMEOUT, trust_env=False
        )
        self._token: tuple[str, datetime] | None = None
        self._lock = threading.Lock()
        weakref.finalize(self, self._client.close)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands the message to a member, or to a group's robot."""
        try:
            if message.to.startswith(ROBOT):
                return self._by_robot(message)
            return self._by_application(message)
        except WecomRefusal as refusal:
            raise _verdict(refusal.code) from None

    def look_up(self, question: Question) -> Receipt | None:
        """Cannot be asked."""
        raise Unresolved("cannot_look_up")

    def _by_robot(self, message: OutgoingMessage) -> Receipt:
        body = {"msgtype": "text", "text": {"content": cut(message.text, TEXT)}}
        self._call("POST", ROBOT_SEND, {"key": message.to.removeprefix(ROBOT)}, body)
        return Receipt()

    def _by_application(self, message: OutgoingMessage) -> Receipt:
        if self._secret is None:
            raise NotNow("no_application")
        body = {"touser": message.to, "agentid": self._agent, **_content(message)}
        body |= {"enable_duplicate_check": 1, "duplicate_check_interval": SAME_WITHIN}
        try:
            said = self._with_token(body)
        except Unresolved:
            said = self._with_token(body)
        if message.to in str(said.get("invaliduser") or "").split("|"):
            raise WecomRefusal(40031)
        found = said.get("msgid")
        return Receipt(found if isinstance(found, str) and found else None)

    def _with_token(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer; when the token is refused, once more with a new one."""
        token = self._held(None)
        try:
            return self._call("POST", SEND, {"access_token": token}, body)
        except WecomRefusal as refusal:
            if refusal.code not in TOKEN_REFUSED:
                raise
        return self._call("POST", SEND, {"access_token": self._held(token)}, body)

    def _held(self, refused: str | None) -> str:
        """A token that is not the ``refused`` one; asked again, WeCom gives the same while good."""
        with self._lock:
            known = self._token
            if known is not None and known[0] != refused and self._clock() < known[1]:
                return known[0]
            self._token = None
            try:
                value, seconds = self._fetched()
            except Unresolved as error:  # no message was under way
                raise NotNow(error.code) from None
            self._token = value, self._clock() + timedelta(seconds=seconds) - EARLY
            return value

    def _fetched(self) -> tuple[str, int]:
        asked = {"corpid": str(self._corp), "corpsecret": str(self._secret)}
        said = self._call("GET", TOKEN, asked, None)
        try:
            return str(said["access_token"]), int(said["expires_in"])
        except (KeyError, TypeError, ValueError):
            raise NotNow("unreadable_token") from None

    def _call(
        self, method: str, place: str, asked: dict[str, str], body: dict[str, Any] | None
    ) -> dict[str, Any]:
        try:
            answer = self._client.request(method, place, params=asked, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotNow(f"no_connection_{type(error).__name__}") from None
        except httpx.HTTPError:
            raise Unresolved("no_answer") from None
        return _read(answer)


def _content(message: OutgoingMessage) -> dict[str, Any]:
    """A card with a button where there is a link, else plain words."""
    if message.link is None:
        return {"msgtype": "text", "text": {"content": cut(message.text, TEXT)}}
    words = "\n".join(line for line in message.text.splitlines() if line != message.link)
    card = {
        "title": cut(message.subject or words, TITLE),
        "description": cut(words, DESCRIPTION),
        "url": message.link,
    }
    return {"msgtype": "textcard", "textcard": card}


def cut(text: str, most: int) -> str:
    """``text`` within so many bytes of UTF-8, never in the middle of a letter."""
    raw = text.strip().encode()
    return raw.decode() if len(raw) <= most else raw[:most].decode(errors="ignore")


def _read(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer that is not a refusal."""
    if 300 <= answer.status_code < 500:  # not WeCom: a wrong address, a proxy
        raise NotNow(f"http_{answer.status_code}")
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.status_code != 200 or not isinstance(said, dict):
        raise Unresolved(f"http_{answer.status_code}")
    code = said.get("errcode", 0)
    if code != 0:
        raise WecomRefusal(code if isinstance(code, int) else BUSY)
    return said


def _verdict(code: int) -> Exception:
    """What WeCom's code means; an unknown one is taken for our set-up, which somebody mends."""
    if code in NOBODY:
        return Refused(str(code), dead=True)
    if code == BUSY:
        return Unresolved("busy")
    return NotNow(str(code), hold_for=REST if code in TOO_OFTEN else None)
