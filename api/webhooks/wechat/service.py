"""What a call of WeChat's changes: followers, consents, the ledger, wishes. Each call counts once.

Believes its caller that the call was signed. Knows no HTTP.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from api.core.crypto import Vault
from api.invitations.receipts import note_receipt
from api.invitations.wishes import lift_opt_out, opt_out
from api.security.scope import Scope, open_scope
from api.webhooks.twilio import wish_of
from api.webhooks.wechat.events import (
    USER_BLOCK,
    Call,
    Consents,
    Deliveries,
    Delivery,
    Followed,
    Said,
    Unfollowed,
)
from api.wechat import followers
from api.wechat.repository import account as repository
from api.wechat.repository.account import Openid

PROVIDER = "wechat"
_ANYWHERE = Scope.whole_network(reason="WeChat speaks of any branch's follower or message")


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a call: whether it was the first of its kind, and what to answer, if anything.

    ``answer`` names words of the catalogue; ``scene`` is the code that brought somebody who follows
    and is nobody's yet.
    """

    first: bool
    answer: Literal["welcome", "stopped", "started"] | None = None
    scene: str | None = None


def take(session: Session, vault: Vault, call: Call, stamp: str, now: datetime) -> Taken:
    """Takes a call; one that came before, under the same stamp or another, changes nothing."""
    open_scope(session, _ANYWHERE)
    for kind, value in (("stamp", stamp), ("call", call.identity)):
        hashed = vault.lookup_hash(f"wechat {kind}", value)
        if not repository.first_time(session, f"{kind}:{hashed.hex()}", hashed, now):
            return Taken(first=False)
    who = followers.known_as(vault, call.openid)
    match call.event:
        case Followed(scene):
            followers.note_follow(session, who, scene, call.at)
            if not repository.is_bound(session, who.hashed):
                return Taken(first=True, answer="welcome", scene=scene)
        case Unfollowed():
            followers.note_unfollow(session, who, call.at)
        case Consents() as consents:
            _note_consents(session, who, consents, now)
        case Deliveries(each):
            for delivery in each:
                _note_delivery(session, who, delivery, at=call.at, now=now)
        case Said(words):
            return _note_words(session, who, words, now)
        case None:
            pass
    return Taken(first=True)


def _note_consents(session: Session, who: Openid, said: Consents, now: datetime) -> None:
    for template in said.allowed:
        repository.add_consent(session, who.hashed, template, now)
    for template in said.ended:
        repository.drop_consents(session, who.hashed, template, now)


def _note_delivery(
    session: Session, who: Openid, said: Delivery, *, at: datetime, now: datetime
) -> None:
    if not said.message:
        return
    note_receipt(
        session,
        provider=PROVIDER,
        provider_id=said.message,
        status=said.outcome,
        error_code=said.code,
        now=now,
    )
    if said.code == USER_BLOCK:
        followers.note_unfollow(session, who, at)


def _note_words(session: Session, who: Openid, words: str, now: datetime) -> Taken:
    """An opt-out holds at once; its taking back lifts only itself."""
    match wish_of(words):
        case "stop":
            opt_out(session, followers.KIND, who.hashed, now)
            return Taken(first=True, answer="stopped")
        case "start":
            lift_opt_out(session, followers.KIND, who.hashed)
            return Taken(first=True, answer="started")
        case None:
            return Taken(first=True)
