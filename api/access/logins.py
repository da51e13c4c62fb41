"""Logging in and out, and passwords. Outcomes are values: a failed log-in must be committed too.

An unknown identifier costs the same work and gets the same words as a wrong password. Failures
slow down the next attempts (:mod:`api.access.slowdown`), never for good.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from sqlmodel import Session

from api.access import repository, slowdown
from api.access.errors import LinkInvalid, WrongPassword
from api.access.identifiers import Identifier, readings
from api.access.passwords import check_password, hash_password, is_outdated, password_fits
from api.access.service import identifiers_of, make_link
from api.core.crypto import Vault
from api.core.errors import NotLoggedIn
from api.core.ids import new_token, token_hash
from api.core.installation import Installation
from api.models import Account, AccountLink, LoginSession
from api.security.audit import audit
from api.security.sessions import SESSION_IDLE

ANYONE = "system:login"
_RESET_EVERY = timedelta(minutes=2)
_KEPT = timedelta(days=30)  # ended sessions and links, for whoever looks into an incident


@dataclass(frozen=True)
class LoggedIn:
    """A session that began: its secret goes into the cookie and nowhere else."""

    account_id: UUID
    name: str
    language: str
    secret: str
    expires_at: datetime
    device: str


@dataclass(frozen=True)
class Refused:
    """No such person, or not this password; nobody learns which."""


@dataclass(frozen=True)
class SlowedDown:
    """Too many failures: the next attempt is looked at after so many seconds."""

    retry_after: int


LogIn = LoggedIn | Refused | SlowedDown


@dataclass(frozen=True)
class Caller:
    """From where somebody logs in: address, known-browser mark, session to be replaced."""

    address: str = ""
    device: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class _Attempt:
    """Whom the identifier means, if anyone, and where failures are counted."""

    account: Account | None
    counted: bytes
    address: bytes


def log_in(
    session: Session,
    vault: Vault,
    typed: str,
    password: str,
    *,
    now: datetime,
    caller: Caller | None = None,
) -> LogIn:
    """Begins a session for who logs in by ``typed`` (e-mail, phone, staff number) and password."""
    caller = caller or Caller()
    attempt = _attempt(session, vault, typed, caller)
    if not repository.alone_with(session, attempt.counted):
        return SlowedDown(1)
    blocked = repository.latest_block(session, [attempt.counted, attempt.address])
    if blocked is not None and blocked > now:
        return SlowedDown(max(1, ceil((blocked - now).total_seconds())))
    account = attempt.account
    may = account is not None and account.status == "active"
    fits = password_fits(account.password_hash if account and may else None, password)
    if account is None or not fits:
        _count_failure(session, attempt, now)
        return Refused()
    repository.forget_throttles(session, [attempt.counted])
    if account.password_hash and is_outdated(account.password_hash):
        repository.change_account(session, account.id, password_hash=hash_password(password))
    return _begin(session, vault, account, caller, now)


def _attempt(session: Session, vault: Vault, typed: str, caller: Caller) -> _Attempt:
    read = readings(typed) or [Identifier("staff_number", "")]
    hashes = [(one.kind, vault.lookup_hash(one.kind, one.value)) for one in read]
    found = repository.find_identifiers(session, hashes)
    account_id = next((found[one] for one in hashes if one in found), None)
    account = repository.get_account(session, account_id) if account_id else None
    meant = next((one for one in hashes if one in found), hashes[0])
    counted = f"{meant[0]}:{meant[1].hex()}"
    if account is not None and _is_known_device(vault, caller.device, account.id):
        counted = f"device:{caller.device}"
    return _Attempt(
        account=account,
        counted=vault.lookup_hash("throttle", counted),
        address=vault.lookup_hash("throttle", f"address:{caller.address}"),
    )


def _count_failure(session: Session, attempt: _Attempt, now: datetime) -> None:
    for key, patience in (
        (attempt.address, slowdown.BY_ADDRESS),
        (attempt.counted, slowdown.BY_IDENTIFIER),
    ):
        failures = repository.count_failure(session, key, now, patience.forgotten_after)
        repository.block(session, key, slowdown.blocked_until(patience, failures, now))
    subject = f"account:{attempt.account.id}" if attempt.account else None
    detail = {"address": attempt.address.hex()[:16], "counted": attempt.counted.hex()[:16]}
    audit(session, ANYONE, "login_failed", now=now, subject=subject, detail=detail)


def _begin(
    session: Session, vault: Vault, account: Account, caller: Caller, now: datetime
) -> LoggedIn:
    if caller.previous:
        repository.revoke_session(session, token_hash(caller.previous), now)
    secret = new_token(256)
    expires_at = now + SESSION_IDLE
    repository.insert_row(
        session,
        LoginSession(
            id_hash=token_hash(secret),
            account_id=account.id,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
        ),
    )
    actor = f"account:{account.id}"
    audit(session, actor, "login", now=now, subject=actor)
    known = _is_known_device(vault, caller.device, account.id)
    device = caller.device if known and caller.device else _new_device(vault, account.id)
    return LoggedIn(account.id, account.name, account.language, secret, expires_at, device)


def _new_device(vault: Vault, account_id: UUID) -> str:
    nonce = new_token(128)
    return f"{nonce}.{vault.sign(f'device:{account_id}:{nonce}')}"


def _is_known_device(vault: Vault, device: str | None, account_id: UUID) -> bool:
    nonce, _, signature = (device or "").partition(".")
    return bool(nonce) and vault.signed(f"device:{account_id}:{nonce}", signature)


def log_out(session: Session, secret: str | None, *, now: datetime) -> None:
    """Ends the session; nothing happens when it was over already."""
    account_id = repository.revoke_session(session, token_hash(secret or ""), now)
    if account_id is not None:
        audit(session, f"account:{account_id}", "logout", now=now, subject=f"account:{account_id}")


def change_password(
    session: Session,
    vault: Vault,
    account_id: UUID,
    *,
    present: str,
    new: str,
    keep: str | None,
    now: datetime,
) -> None:
    """Another password for someone who knows the present one; only the session ``keep`` stays."""
    account = repository.lock_account(session, account_id)
    if account is None or account.status != "active":
        raise NotLoggedIn
    if not password_fits(account.password_hash, present):
        raise WrongPassword(field="present")
    kept = token_hash(keep) if keep else None
    _set_password(session, vault, account, new, now=now, keep=kept)


def forget_ended(session: Session, now: datetime) -> int:
    """Deletes what log-ins leave behind: counts after a day, ended sessions and links later."""
    return repository.forget_ended(session, now - timedelta(days=1), now - _KEPT)


def request_reset(session: Session, installation: Installation, typed: str, now: datetime) -> None:
    """Sends a reset link to who logs in by ``typed``, if there is such a person with e-mail."""
    vault = installation.vault
    account = _attempt(session, vault, typed, Caller()).account
    if account is None or account.status == "deactivated":
        return
    last = repository.newest_link_at(session, account.id, "reset")
    reachable = any(
        one.kind == "email" for one in identifiers_of(session, vault, [account.id])[account.id]
    )
    if reachable and (last is None or now - last >= _RESET_EVERY):
        make_link(session, installation, account.id, "reset", now=now, actor=ANYONE)


def open_link(session: Session, secret: str, now: datetime) -> Account:
    """Whose password the link may set; looking changes nothing. Raises LinkInvalid."""
    return _account_of(session, repository.get_link(session, token_hash(secret)), now)


def use_link(
    session: Session,
    vault: Vault,
    secret: str,
    password: str,
    *,
    now: datetime,
    caller: Caller | None = None,
) -> LoggedIn:
    """Sets the password, once, and begins a session; all other sessions and links end."""
    account = open_link(session, secret, now)
    repository.lock_account(session, account.id)
    # Looked at again under the lock: two clicks at once set one password.
    account = _account_of(session, repository.lock_link(session, token_hash(secret)), now)
    _set_password(session, vault, account, password, now=now)
    return _begin(session, vault, account, caller or Caller(), now)


def _account_of(session: Session, link: AccountLink | None, now: datetime) -> Account:
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise LinkInvalid
    account = repository.get_account(session, link.account_id)
    if account is None or account.status == "deactivated":
        raise LinkInvalid
    return account


def _set_password(
    session: Session,
    vault: Vault,
    account: Account,
    password: str,
    *,
    now: datetime,
    keep: bytes | None = None,
) -> None:
    own = identifiers_of(session, vault, [account.id])[account.id]
    check_password(password, *(one.value for one in own))
    repository.change_account(
        session, account.id, password_hash=hash_password(password), status="active"
    )
    repository.use_up_links(session, account.id, now)
    repository.revoke_sessions(session, account.id, now, keep)
    actor = f"account:{account.id}"
    audit(session, actor, "password_set", now=now, subject=actor)
