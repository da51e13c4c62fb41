"""The access token that all workers share: read from a table, renewed by one of them.

Whoever finds it old or refused locks, looks again whether somebody else was quicker, and only then
asks WeChat. The others wait for the lock and read what was stored.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from api.core.installation import Installation
from api.wechat.client import WechatApi
from api.wechat.repository import account as repository
from api.wechat.repository.account import StoredToken

ACCOUNT = "wechat"
EARLY = timedelta(minutes=2)  # WeChat gives a new one in the last five minutes; both hold then


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
        stored = repository.read_token(session, ACCOUNT)
        return None if stored is None else self._opened(stored)

    def _opened(self, stored: StoredToken) -> Token:
        value = self._house.vault.decrypt(stored.value_encrypted)
        return Token(value, stored.version, stored.expires_at)

    def _fetched(self, session: Session) -> Token:
        fetched = self._api.fetch_token()
        now = self._house.clock()
        expires_at = now + timedelta(seconds=fetched.expires_in)
        sealed = self._house.vault.encrypt(fetched.value)
        version = repository.write_token(session, ACCOUNT, sealed, now=now, expires_at=expires_at)
        return Token(fetched.value, version, expires_at)
