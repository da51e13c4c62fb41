"""Another name, language or log-in for an account that stands: whoever calls has checked who may.

By what somebody logs in decides who that is: when it changes, sessions end and open links die. The
audit says what was changed, never to what: names and addresses are erased with the account only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.access import repository
from api.access.errors import BadName, IdentifierTaken
from api.access.identifiers import Identifier
from api.access.service import SYSTEM, LoginNames, identifier_row
from api.core.crypto import Vault
from api.core.errors import NotFound
from api.core.languages import spoken
from api.models import Account, LoginIdentifier
from api.security.audit import audit

LONGEST_NAME = 100


@dataclass(frozen=True)
class AccountWish:
    """An account as it should be; by what is not given, nobody logs in any more."""

    name: str
    language: str
    names: LoginNames


@dataclass(frozen=True)
class Changed:
    """What differs from what stands: ``name``, ``language``, and the kinds of log-ins."""

    account: tuple[str, ...]
    log_ins: tuple[str, ...]

    @property
    def everything(self) -> tuple[str, ...]:
        """All of it; empty when nothing differs."""
        return self.account + self.log_ins


def weigh(session: Session, vault: Vault, account_id: UUID, wish: AccountWish) -> Changed:
    """What the wish would change; raises what is wrong with it."""
    account = repository.get_account(session, account_id)
    if account is None:
        raise NotFound(account=account_id)
    asked = _asked(wish)
    hashes = [(one.kind, vault.lookup_hash(one.kind, one.value)) for one in asked]
    found = repository.find_identifiers(session, hashes)
    for kind, value_hash in hashes:
        if found.get((kind, value_hash), account_id) != account_id:
            raise IdentifierTaken(field=kind)
    held = repository.list_identifiers(session, [account_id])
    return _changed(account, wish, set(hashes), held)


def change(
    session: Session,
    vault: Vault,
    account_id: UUID,
    wish: AccountWish,
    *,
    now: datetime,
    actor: str = SYSTEM,
) -> Changed:
    """Writes the wish; the person's sessions end when a log-in changed."""
    account = repository.lock_account(session, account_id)
    if account is None:
        raise NotFound(account=account_id)
    rows = [identifier_row(vault, account_id, one) for one in _asked(wish)]
    wanted = {(row.kind, row.value_hash) for row in rows}
    held = repository.list_identifiers(session, [account_id])
    changed = _changed(account, wish, wanted, held)
    if not changed.everything:
        return changed
    repository.change_account(
        session, account_id, name=tidy(wish.name), language=spoken(wish.language)
    )
    if changed.log_ins:
        _replace(session, held, rows)
        repository.revoke_sessions(session, account_id, now)
        repository.use_up_links(session, account_id, now)
    detail = {"changed": list(changed.everything)}
    subject = f"account:{account_id}"
    audit(session, actor, "account_changed", now=now, subject=subject, detail=detail)
    return changed


def tidy(name: str) -> str:
    """A name without needless blanks; raises BadName."""
    value = " ".join(name.split())
    if not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        raise BadName(field="name")
    return value


def _asked(wish: AccountWish) -> list[Identifier]:
    tidy(wish.name)
    return wish.names.normalised()


def _changed(
    account: Account,
    wish: AccountWish,
    wanted: set[tuple[str, bytes]],
    held: Sequence[LoginIdentifier],
) -> Changed:
    given = {"name": tidy(wish.name), "language": str(spoken(wish.language))}
    differing = {kind for kind, _ in wanted ^ {(row.kind, row.value_hash) for row in held}}
    return Changed(
        account=tuple(key for key, value in given.items() if getattr(account, key) != value),
        log_ins=tuple(sorted(differing)),
    )


def _replace(
    session: Session, held: Sequence[LoginIdentifier], rows: Sequence[LoginIdentifier]
) -> None:
    """Only what differs is taken away and added, so an unchanged log-in never is without a row."""
    known = {(row.kind, row.value_hash) for row in held}
    wanted = {(row.kind, row.value_hash) for row in rows}
    gone = [row.id for row in held if (row.kind, row.value_hash) not in wanted]
    repository.drop_identifiers(session, gone)
    for row in rows:
        if (row.kind, row.value_hash) in known:
            continue
        if not repository.add_identifier(session, row):
            raise IdentifierTaken(field=row.kind)
