"""Accounts, what they are granted, and machine tokens: whoever calls has checked who may.

Every change that touches what a person may see or do ends that person's sessions and is audited.
Logging in and passwords are in :mod:`api.access.logins`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlmodel import Session

from api.access import identifiers, repository
from api.access.errors import (
    BadGrant,
    BadTokenScope,
    IdentifierTaken,
    NoIdentifier,
    TokenNameTaken,
)
from api.access.identifiers import Identifier, Kind
from api.access.letters import link_letter
from api.access.passwords import check_password, hash_password
from api.core.crypto import Vault
from api.core.errors import NotFound
from api.core.ids import new_token, token_hash
from api.core.installation import Installation
from api.core.languages import spoken
from api.models import Account, AccountLink, ApiToken, Grant, LoginIdentifier
from api.models.access import ROLES
from api.security.audit import audit

SYSTEM = "system:command"
TOKEN_SCOPES = ("events:write", "customers:write", "read")
LINK_VALID = {"invitation": timedelta(days=7), "reset": timedelta(hours=1)}


@dataclass(frozen=True)
class LoginNames:
    """By what a new account logs in; at least one."""

    email: str | None = None
    phone: str | None = None
    staff_number: str | None = None

    def normalised(self) -> list[Identifier]:
        """Each given one in the form that is stored; raises what is wrong with it."""
        found: list[Identifier] = []
        if self.email:
            found.append(identifiers.email(self.email))
        if self.phone:
            found.append(identifiers.phone(self.phone))
        if self.staff_number:
            found.append(identifiers.staff_number(self.staff_number))
        if not found:
            raise NoIdentifier(field="email")
        return found


def create_account(
    session: Session,
    vault: Vault,
    names: LoginNames,
    *,
    name: str,
    language: str = "zh",
    password: str | None = None,
    now: datetime,
    actor: str = SYSTEM,
) -> UUID:
    """Adds a person; with a password they may log in at once, else a link has to come first."""
    given = names.normalised()
    if password is not None:
        check_password(password, *(one.value for one in given))
    account = Account(
        name=name,
        language=spoken(language),
        password_hash=hash_password(password) if password is not None else None,
        status="active" if password is not None else "invited",
        created_at=now,
    )
    repository.insert_row(session, account)
    for one in given:
        if not repository.add_identifier(session, identifier_row(vault, account.id, one)):
            raise IdentifierTaken(field=one.kind)
    audit(session, actor, "account_created", now=now, subject=f"account:{account.id}")
    return account.id


def identifier_row(vault: Vault, account_id: UUID, one: Identifier) -> LoginIdentifier:
    """A log-in as it is stored: encrypted, found by its hash."""
    return LoginIdentifier(
        account_id=account_id,
        kind=one.kind,
        value_hash=vault.lookup_hash(one.kind, one.value),
        value_encrypted=vault.encrypt(one.value),
    )


def grant(
    session: Session,
    account_id: UUID,
    role: str,
    *,
    unit_id: int | None = None,
    owner_group_id: int | None = None,
    excluded: bool = False,
    valid_from: date | None = None,
    valid_to: date | None = None,
    now: datetime,
    actor: str = SYSTEM,
) -> UUID:
    """Grants ``role`` at a unit's subtree or an owner group (``excluded`` takes it out again)."""
    first = valid_from or now.date()
    if role not in ROLES or (unit_id is None) == (owner_group_id is None):
        raise BadGrant(field="role" if role not in ROLES else "unit")
    if valid_to is not None and valid_to <= first:
        raise BadGrant(field="valid_to")
    if repository.lock_account(session, account_id) is None:
        raise NotFound(account=account_id)
    row = Grant(
        account_id=account_id,
        role=role,
        unit_id=unit_id,
        owner_group_id=owner_group_id,
        excluded=excluded,
        valid_from=first,
        valid_to=valid_to,
    )
    repository.insert_row(session, row)
    repository.revoke_sessions(session, account_id, now)
    _audit_grant(session, actor, "grant", row, now)
    return row.id


def end_grant(session: Session, grant_id: UUID, *, now: datetime, actor: str = SYSTEM) -> None:
    """The grant holds no longer; the person's sessions end."""
    row = repository.get_grant(session, grant_id)
    if row is None:
        raise NotFound(grant=grant_id)
    if row.valid_to is not None and row.valid_to <= now.date():
        return
    repository.end_grant(session, grant_id, now.date())
    repository.revoke_sessions(session, row.account_id, now)
    _audit_grant(session, actor, "revoke", row, now)


def _audit_grant(session: Session, actor: str, action: str, row: Grant, now: datetime) -> None:
    detail = {
        "grant": str(row.id),
        "role": row.role,
        "owner_group": row.owner_group_id,
        "excluded": row.excluded,
    }
    subject = f"account:{row.account_id}"
    audit(session, actor, action, now=now, subject=subject, unit_id=row.unit_id, detail=detail)


def deactivate(session: Session, account_id: UUID, *, now: datetime, actor: str = SYSTEM) -> None:
    """The person may not log in any more; sessions end and links die."""
    account = repository.lock_account(session, account_id)
    if account is None:
        raise NotFound(account=account_id)
    if account.status == "deactivated":
        return
    repository.change_account(session, account_id, status="deactivated", deactivated_at=now)
    repository.revoke_sessions(session, account_id, now)
    repository.use_up_links(session, account_id, now)
    audit(session, actor, "deactivate", now=now, subject=f"account:{account_id}")


def reactivate(session: Session, account_id: UUID, *, now: datetime, actor: str = SYSTEM) -> None:
    """The person may log in again, by the password there was, or has to choose the first one."""
    account = repository.lock_account(session, account_id)
    if account is None:
        raise NotFound(account=account_id)
    if account.status != "deactivated":
        return
    status = "active" if account.password_hash is not None else "invited"
    repository.change_account(session, account_id, status=status, deactivated_at=None)
    audit(session, actor, "reactivate", now=now, subject=f"account:{account_id}")


def make_link(
    session: Session,
    installation: Installation,
    account_id: UUID,
    purpose: str,
    *,
    now: datetime,
    actor: str = SYSTEM,
) -> str:
    """A link that sets the password once: it goes to the person's e-mail address, if any.

    Returned too, for people without e-mail; it must not be stored or logged.
    """
    account = repository.lock_account(session, account_id)
    if account is None or account.status == "deactivated":
        raise NotFound(account=account_id)
    secret = new_token(256)
    repository.insert_row(
        session,
        AccountLink(
            token_hash=token_hash(secret),
            account_id=account_id,
            purpose=purpose,
            created_at=now,
            expires_at=now + LINK_VALID[purpose],
        ),
    )
    link = f"{installation.settings.public_url.rstrip('/')}/password/{secret}"
    language = spoken(account.language)
    for recipient in identifiers_of(session, installation.vault, [account_id])[account_id]:
        if recipient.kind == "email":
            letter = link_letter(
                installation.vault,
                recipient.value,
                purpose=purpose,
                language=language,
                link=link,
                now=now,
            )
            repository.add_letter(session, letter)
    audit(session, actor, f"{purpose}_link", now=now, subject=f"account:{account_id}")
    return link


def identifiers_of(
    session: Session, vault: Vault, account_ids: Iterable[UUID]
) -> dict[UUID, list[Identifier]]:
    """By what each account logs in, readable."""
    found: dict[UUID, list[Identifier]] = {account_id: [] for account_id in account_ids}
    for row in repository.list_identifiers(session, found):
        kind = cast(Kind, row.kind)
        found[row.account_id].append(Identifier(kind, vault.decrypt(row.value_encrypted)))
    return found


def create_token(
    session: Session,
    name: str,
    scopes: Collection[str],
    unit_id: int | None = None,
    *,
    now: datetime,
    actor: str = SYSTEM,
) -> str:
    """A machine's key to the API, limited to ``scopes`` and a unit's subtree; shown only now."""
    if not scopes or not set(scopes) <= set(TOKEN_SCOPES):
        raise BadTokenScope(field="scopes", known=TOKEN_SCOPES)
    secret = f"bp_{new_token(256)}"
    token = ApiToken(
        name=name,
        token_hash=token_hash(secret),
        scopes=sorted(set(scopes)),
        unit_id=unit_id,
        created_at=now,
    )
    if not repository.add_token(session, token):
        raise TokenNameTaken(field="name", name=name)
    detail = {"scopes": token.scopes}
    subject = f"token:{token.id}"
    audit(session, actor, "token_created", now=now, subject=subject, unit_id=unit_id, detail=detail)
    return secret


def revoke_token(session: Session, name: str, *, now: datetime, actor: str = SYSTEM) -> None:
    """The machine token works no longer."""
    token_id = repository.revoke_token(session, name, now)
    if token_id is None:
        raise NotFound(token=name)
    audit(session, actor, "token_revoked", now=now, subject=f"token:{token_id}")
