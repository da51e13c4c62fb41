"""Whose WeChat account it is: somebody who holds the account proves that a phone is theirs too.

A code goes to the phone as an outbox row that a worker sends, and only when we know whose phone it
is; who asks is told the same in every case. Codes end, tries are few, and how often an account or a
phone may be asked for is counted in the database. Knows no HTTP.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.core.ids import new_id
from api.core.languages import Language
from api.customers.contacts import Contact, NotReachable, openid_contact, phone_contact
from api.customers.incoming import PersonRecord, contact_identifier
from api.customers.people import place_people
from api.customers.repository.locks import lock_identifiers
from api.customers.schemas import ConsentIn, CustomerIn
from api.invitations.wishes import lift_opt_out
from api.models import OutboxMessage, PhoneCheck
from api.security.audit import audit
from api.security.scope import Scope, open_scope
from api.wechat import followers
from api.wechat.repository import account, binding
from api.wechat.repository.binding import CODE_KIND, OpenCheck, Owner

LIVES = timedelta(minutes=10)
TRIES = 5
PER_DAY = 5  # codes, for an account and for a phone
APART = timedelta(seconds=60)
DIGITS = 6
WORDING = "wechat-bind-1"  # of the agreement on the page; changes with its words
SOURCE = "wechat"
_ACTOR = "system:wechat"
_REGION = "CN"
_ANYONE = Scope.whole_network(reason="whose phone it is does not depend on a branch")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom WeChat named to us, perhaps at the code of a branch."""

    openid: str = field(repr=False)
    branch_id: int | None = None


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A code is on its way, if we know the phone."""

    check: UUID


@dataclass(frozen=True, slots=True)
class NoPhone:
    """What was entered is no phone number."""


@dataclass(frozen=True, slots=True)
class TooOften:
    """Too many codes; another one later."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The account is the person's."""


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Not the code; how many tries are left."""

    left: int


@dataclass(frozen=True, slots=True)
class Over:
    """The check has ended: used, too old, or tried too often."""


def ask_code(
    session: Session,
    vault: Vault,
    visitor: Visitor,
    phone: str,
    *,
    language: Language,
    now: datetime,
) -> CodeAsked | NoPhone | TooOften:
    """Sends a code to a phone that we know; says the same for one that we do not."""
    try:
        reached = phone_contact(phone, _REGION)
    except NotReachable:
        return NoPhone()
    open_scope(session, _ANYONE)
    openid = vault.lookup_hash(followers.KIND, visitor.openid)
    phone_hash = vault.lookup_hash(reached.kind, reached.value)
    binding.lock_checks(session, (openid, phone_hash))
    recent = binding.recent_checks(session, openid, phone_hash, now - timedelta(days=1))
    if max(recent.by_openid, recent.by_phone) >= PER_DAY:
        return TooOften()
    if recent.latest is not None and recent.latest > now - APART:
        return TooOften()
    check_id, code = new_id(), f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    check = PhoneCheck(
        id=check_id,
        openid_hash=openid,
        phone_hash=phone_hash,
        phone_encrypted=vault.encrypt(reached.value),
        code_hash=_code_hash(vault, check_id, code),
        branch_id=visitor.branch_id,
        made_at=now,
        expires_at=now + LIVES,
    )
    known = binding.owner_of(session, phone_hash) is not None
    letter = _letter(vault, check, code, language) if known else None
    binding.insert_check(session, check, letter)
    return CodeAsked(check_id)


def enter_code(
    session: Session, vault: Vault, visitor: Visitor, check: UUID, code: str, *, now: datetime
) -> Bound | WrongCode | Over:
    """Binds the account when the code is right; every try counts."""
    open_scope(session, _ANYONE)
    openid = vault.lookup_hash(followers.KIND, visitor.openid)
    found = binding.lock_check(session, check, openid, now)
    if found is None or found.tries >= TRIES:
        return Over()
    binding.note_try(session, found.id)
    owner = binding.owner_of(session, found.phone_hash)
    right = hmac.compare_digest(_code_hash(vault, found.id, code.strip()), found.code_hash)
    if owner is None or not right:
        left = TRIES - found.tries - 1
        if left == 0:
            detail = {"tries": TRIES}
            audit(session, _ACTOR, "wechat_code_failed", now=now, detail=detail)
        return WrongCode(left) if left else Over()
    binding.note_used(session, found.id, now)
    return _bound(session, vault, visitor, found, owner, now=now)


def _bound(
    session: Session,
    vault: Vault,
    visitor: Visitor,
    check: OpenCheck,
    owner: Owner,
    *,
    now: datetime,
) -> Bound | Over:
    """Gives the openid to the phone's owner; an account that was somebody else's merges the two."""
    phone = Contact("phone", vault.decrypt(check.phone_encrypted))
    identifiers = tuple(
        contact_identifier(one, vault) for one in (phone, openid_contact(visitor.openid))
    )
    branch = check.branch_id or owner.branch_id
    if branch is None:
        return Over()
    lock_identifiers(session, [one.key for one in identifiers])
    agreed = ConsentIn(channel="wechat", wording_version=WORDING, source=SOURCE, given_at=now)
    record = PersonRecord(
        identifiers=identifiers,
        branch_id=branch,
        seen_on=now.date(),
        said=CustomerIn(consent=[agreed]),
        source=SOURCE,
    )
    (person,) = place_people(session, [record], vault, now).people
    if person is None:
        return Over()
    who = followers.known_as(vault, visitor.openid)
    account.note_bound(session, who, person, check.branch_id, now)
    lift_opt_out(session, followers.KIND, who.hashed)
    audit(session, _ACTOR, "wechat_bound", now=now, subject=f"person:{person}", unit_id=branch)
    return Bound()


def _code_hash(vault: Vault, check: UUID, code: str) -> bytes:
    return vault.lookup_hash("phone check", f"{check}\0{code}")


def _letter(vault: Vault, check: PhoneCheck, code: str, language: Language) -> OutboxMessage:
    """The row that a worker makes an SMS of: its text is the code alone."""
    return OutboxMessage(
        kind=CODE_KIND,
        dedupe_key=f"{CODE_KIND}:{check.id}",
        recipient_encrypted=vault.encrypt(vault.decrypt(check.phone_encrypted)),
        subject="",
        body_text_encrypted=vault.encrypt(code),
        created_at=check.made_at,
        detail={"language": language},
    )
