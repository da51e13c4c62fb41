"""The access token that all workers share: read from a table, renewed by one of them.

Whoever finds it old or refused locks, looks again whether somebody else was quicker, and only then
asks WeChat. The others wait for the lock and read what was stored.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from api.core.installation import Installation
from api.wechat.client import NoAnswer, NotReached, WechatApi, WechatRefusal
from api.wechat.repository import account as repository

ACCOUNT = "wechat"
TOKEN_REFUSED = frozenset({40001, 40014, 41001, 42001})
EARLY = timedelta(minutes=2)  # WeChat gives a new one in the last five minutes; both hold then

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Token:
    """The account's access token; ``version`` tells which one was refused."""

    value: str = field(repr=False)
    version: int
    expires_at: datetime


class SharedToken:
    """The token as one process knows it."""

    def __init__(self, installation: Installation, api: WechatApi) -> None:
        self._house = installation
        self._api = api
        self._known: Token | None = None
        self._lock = threading.Lock()

    def used_for(self, call: Callable[[str], Answer]) -> Answer:
        """What ``call`` gives; when its token is refused, once more with the renewed one.

        Raises NotReached where there is no token: then nothing was called.
        """
        token = self._known_to_hold(None)
        try:
            return call(token.value)
        except WechatRefusal as refusal:
            if refusal.code not in TOKEN_REFUSED:
                raise
        return call(self._known_to_hold(token.version).value)

    def _known_to_hold(self, refused: int | None) -> Token:
        try:
            return self.current() if refused is None else self.renewed(refused)
        except WechatRefusal as refusal:
            raise NotReached(f"token_{refusal.code}") from None
        except NoAnswer:
            raise NotReached("no_token") from None
        except SQLAlchemyError:
            raise NotReached("no_database") from None

    def current(self) -> Token:
        """A token that holds, as far as anybody knows; raises what the API raises."""
        known = self._known
        if known is not None and self._holds(known):
            return known
        return self.renewed(known.version if known else 0)

    def renewed(self, refused: int) -> Token:
        """The token after version ``refused``, renewed by whoever of all workers comes first."""
        with self._lock, self._house.database.transaction() as session:
            repository.lock_token(session)
            found = self._stored(session)
            if found is None or found.version <= refused or not self._holds(found):
                found = self._fetched(session)
        self._known = found
        return found

    def _holds(self, token: Token) -> bool:
        return self._house.clock() < token.expires_at - EARLY

    def _stored(self, session: Session) -> Token | None:
        """The table's token; none when it was sealed with another key."""
        stored = repository.read_token(session, ACCOUNT)
        if stored is None:
            return None
        try:
            value = self._house.vault.decrypt(stored.value_encrypted)
        except InvalidTag:
            return None
        return Token(value, stored.version, stored.expires_at)

    def _fetched(self, session: Session) -> Token:
        fetched = self._api.fetch_token()
        now = self._house.clock()
        expires_at = now + timedelta(seconds=fetched.expires_in)
        sealed = self._house.vault.encrypt(fetched.value)
        version = repository.write_token(session, ACCOUNT, sealed, now=now, expires_at=expires_at)
        return Token(fetched.value, version, expires_at)
