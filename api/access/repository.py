"""Accounts, identifiers, grants, sessions, links, counts of failures and tokens in tables.

Decides nothing; the services of this room do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.access.identifiers import Kind
from api.models import (
    Account,
    AccountLink,
    ApiToken,
    AuditEntry,
    Grant,
    LoginIdentifier,
    LoginSession,
    LoginThrottle,
    OutboxMessage,
    OwnerGroup,
)


def insert_row(session: Session, row: Any) -> None:
    """Adds one row of any of this room's tables at once."""
    session.add(row)
    session.flush()


def get_account(session: Session, account_id: UUID) -> Account | None:
    """The account with that id."""
    return session.get(Account, account_id)


def lock_account(session: Session, account_id: UUID) -> Account | None:
    """The account, held until the transaction ends."""
    query = select(Account).where(col(Account.id) == account_id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def change_account(session: Session, account_id: UUID, **values: Any) -> None:
    """Writes columns of one account."""
    session.execute(update(Account).where(col(Account.id) == account_id).values(**values))


def find_identifiers(
    session: Session, hashes: Iterable[tuple[Kind, bytes]]
) -> dict[tuple[str, bytes], UUID]:
    """Which account logs in by each of ``hashes``."""
    kind_and_hash = tuple_(col(LoginIdentifier.kind), col(LoginIdentifier.value_hash))
    query = select(
        col(LoginIdentifier.kind), col(LoginIdentifier.value_hash), col(LoginIdentifier.account_id)
    ).where(kind_and_hash.in_(list(hashes)))
    return {(row.kind, row.value_hash): row.account_id for row in session.execute(query)}


def add_identifier(session: Session, identifier: LoginIdentifier) -> bool:
    """Adds an identifier; False when another account has it."""
    row = insert(LoginIdentifier).values(**identifier.model_dump())
    row = row.on_conflict_do_nothing(index_elements=["kind", "value_hash"])
    return session.execute(row.returning(col(LoginIdentifier.id))).first() is not None


def drop_identifiers(session: Session, ids: Iterable[UUID]) -> None:
    """Nobody logs in by these identifiers any more."""
    session.execute(delete(LoginIdentifier).where(col(LoginIdentifier.id).in_(list(ids))))


def list_identifiers(session: Session, account_ids: Iterable[UUID]) -> list[LoginIdentifier]:
    """All identifiers of the accounts."""
    query = select(LoginIdentifier).where(col(LoginIdentifier.account_id).in_(list(account_ids)))
    return list(session.execute(query.order_by(col(LoginIdentifier.kind))).scalars())


def list_grants(session: Session, account_ids: Iterable[UUID]) -> list[Grant]:
    """All grants the accounts have or had, oldest first."""
    query = select(Grant).where(col(Grant.account_id).in_(list(account_ids)))
    return list(session.execute(query.order_by(col(Grant.id))).scalars())


def get_grant(session: Session, grant_id: UUID) -> Grant | None:
    """The grant with that id."""
    return session.get(Grant, grant_id)


def end_grant(session: Session, grant_id: UUID, on: date) -> None:
    """The grant no longer holds on ``on``."""
    session.execute(update(Grant).where(col(Grant.id) == grant_id).values(valid_to=on))


# An account is within reach when all it may do, or last could, is at the named units and groups.
_WITHIN_REACH = text(
    """
    select a.id from account a
    where (cast(:after as uuid) is null or a.id > :after)
      and (cast(:only as uuid) is null or a.id = :only)
      and (:everyone or (
        exists (select from access_grant g where g.account_id = a.id)
        and not exists (
            select from access_grant g
            where g.account_id = a.id
              and (g.valid_to is null or g.valid_to > :today
                   or not exists (select from access_grant h where h.account_id = a.id
                                  and (h.valid_to is null or h.valid_to > :today)))
              and not coalesce(g.unit_id = any (:units), false)
              and not coalesce(g.owner_group_id = any (:groups), false))))
    order by a.id limit :limit
    """
)


@dataclass(frozen=True)
class Reach:
    """The units and owner groups at which somebody manages people; ``everyone`` at the top."""

    units: frozenset[int]
    groups: frozenset[int]
    everyone: bool


def accounts_within_reach(
    session: Session,
    reach: Reach,
    *,
    today: date,
    only: UUID | None = None,
    after: UUID | None = None,
    limit: int = 1,
) -> list[UUID]:
    """Ids of accounts that somebody with that reach may know of, oldest first."""
    values = {
        "units": list(reach.units),
        "groups": list(reach.groups),
        "everyone": reach.everyone,
        "today": today,
        "only": only,
        "after": after,
        "limit": limit,
    }
    return list(session.execute(_WITHIN_REACH, values).scalars())


@dataclass(frozen=True)
class DirectoryRow:
    """An account as a list of people needs it."""

    id: UUID
    name: str
    status: str
    created_at: datetime


def directory_rows(session: Session, account_ids: Sequence[UUID]) -> list[DirectoryRow]:
    """Name and state of the accounts, oldest first."""
    query = text(
        "select id, name, status, created_at from account where id = any(:ids) order by id"
    )
    return [DirectoryRow(*row) for row in session.execute(query, {"ids": list(account_ids)})]


@dataclass(frozen=True)
class AuditRow:
    """One entry about an account; ``actor_id`` when a person did it."""

    at: datetime
    actor_id: UUID | None
    action: str
    unit_id: int | None
    detail: Mapping[str, Any]


# What people do to accounts; log-ins are so many that they would hide it.
ACCOUNT_CHANGES = (
    "account_created",
    "account_changed",
    "grant",
    "revoke",
    "deactivate",
    "reactivate",
    "invitation_link",
    "reset_link",
    "password_set",
)


def account_changes(session: Session, account_id: UUID, limit: int) -> list[AuditRow]:
    """What was done to an account, newest first."""
    query = (
        select(
            col(AuditEntry.at),
            col(AuditEntry.actor),
            col(AuditEntry.action),
            col(AuditEntry.unit_id),
            col(AuditEntry.detail),
        )
        .where(
            col(AuditEntry.subject) == f"account:{account_id}",
            col(AuditEntry.action).in_(ACCOUNT_CHANGES),
        )
        .order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc())
        .limit(limit)
    )
    return [
        AuditRow(row.at, _person_of(row.actor), row.action, row.unit_id, row.detail)
        for row in session.execute(query)
    ]


def _person_of(actor: str) -> UUID | None:
    kind, _, value = actor.partition(":")
    return UUID(value) if kind == "account" else None


def last_login_at(session: Session, account_id: UUID) -> datetime | None:
    """When the account last logged in."""
    query = select(func.max(col(AuditEntry.at))).where(
        col(AuditEntry.subject) == f"account:{account_id}", col(AuditEntry.action) == "login"
    )
    return session.execute(query).scalar()


def names_within_reach(
    session: Session, reach: Reach, account_ids: Iterable[UUID], *, today: date
) -> dict[UUID, str]:
    """The names of those accounts that somebody with that reach may know of."""
    wanted = [
        account_id
        for account_id in account_ids
        if accounts_within_reach(session, reach, today=today, only=account_id)
    ]
    return {row.id: row.name for row in directory_rows(session, wanted)}


def list_owner_groups(session: Session) -> list[OwnerGroup]:
    """All owner groups."""
    return list(session.execute(select(OwnerGroup).order_by(col(OwnerGroup.id))).scalars())


def accounts_by_id(session: Session, account_ids: Iterable[UUID]) -> list[Account]:
    """The accounts, oldest first."""
    query = select(Account).where(col(Account.id).in_(list(account_ids)))
    return list(session.execute(query.order_by(col(Account.id))).scalars())


def revoke_sessions(
    session: Session, account_id: UUID, now: datetime, keep: bytes | None = None
) -> int:
    """Ends the account's sessions but the one to keep; how many there were."""
    query = update(LoginSession).where(
        col(LoginSession.account_id) == account_id, col(LoginSession.revoked_at).is_(None)
    )
    if keep is not None:
        query = query.where(col(LoginSession.id_hash) != keep)
    ended = session.execute(query.values(revoked_at=now))
    return ended.rowcount if isinstance(ended, CursorResult) else 0


def revoke_session(session: Session, id_hash: bytes, now: datetime) -> UUID | None:
    """Ends one session; whose it was, None when it was over already."""
    query = (
        update(LoginSession)
        .where(col(LoginSession.id_hash) == id_hash, col(LoginSession.revoked_at).is_(None))
        .values(revoked_at=now)
        .returning(col(LoginSession.account_id))
    )
    return session.execute(query).scalar_one_or_none()


def lock_link(session: Session, token_hash: bytes) -> AccountLink | None:
    """The link, held until the transaction ends: it is used once."""
    query = select(AccountLink).where(col(AccountLink.token_hash) == token_hash)
    query = query.with_for_update().execution_options(populate_existing=True)
    return session.execute(query).scalar_one_or_none()


def get_link(session: Session, token_hash: bytes) -> AccountLink | None:
    """The link."""
    return session.get(AccountLink, token_hash)


def use_up_links(session: Session, account_id: UUID, now: datetime) -> None:
    """No link of the account works any more."""
    session.execute(
        update(AccountLink)
        .where(col(AccountLink.account_id) == account_id, col(AccountLink.used_at).is_(None))
        .values(used_at=now)
    )


def newest_link_at(session: Session, account_id: UUID, purpose: str) -> datetime | None:
    """When the account last got a link for ``purpose``."""
    query = select(func.max(col(AccountLink.created_at))).where(
        col(AccountLink.account_id) == account_id, col(AccountLink.purpose) == purpose
    )
    return session.execute(query).scalar()


def add_letter(session: Session, letter: OutboxMessage) -> None:
    """Puts a message into the outbox, once per dedupe key."""
    row = insert(OutboxMessage).values(**letter.model_dump())
    session.execute(row.on_conflict_do_nothing(index_elements=["dedupe_key"]))


def alone_with(session: Session, key_hash: bytes) -> bool:
    """True when no other transaction is at the same key; held until the transaction ends."""
    number = int.from_bytes(key_hash[:8], "big", signed=True)
    return bool(
        session.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": number}).scalar()
    )


def latest_block(session: Session, keys: Sequence[bytes]) -> datetime | None:
    """Until when any of the keys is blocked."""
    query = select(func.max(col(LoginThrottle.blocked_until)))
    return session.execute(query.where(col(LoginThrottle.key_hash).in_(keys))).scalar()


_COUNT_FAILURE = text(
    """
    insert into login_throttle as t (key_hash, failures, last_failed_at)
    values (:key, 1, :now)
    on conflict (key_hash) do update set
        failures = case when t.last_failed_at < :now - cast(:forgotten_after as interval)
                   then 1 else t.failures + 1 end,
        last_failed_at = :now
    returning failures
    """
)


def count_failure(
    session: Session, key_hash: bytes, now: datetime, forgotten_after: timedelta
) -> int:
    """Adds a failure under the key; how many count by now."""
    values = {"key": key_hash, "now": now, "forgotten_after": forgotten_after}
    return int(session.execute(_COUNT_FAILURE, values).scalar_one())


def block(session: Session, key_hash: bytes, until: datetime | None) -> None:
    """No attempt under the key before ``until``."""
    session.execute(
        update(LoginThrottle)
        .where(col(LoginThrottle.key_hash) == key_hash)
        .values(blocked_until=until)
    )


def forget_throttles(session: Session, keys: Sequence[bytes]) -> None:
    """Forgets counts of failures."""
    session.execute(delete(LoginThrottle).where(col(LoginThrottle.key_hash).in_(keys)))


def add_token(session: Session, token: ApiToken) -> bool:
    """Adds a machine token; False when the name is taken."""
    row = insert(ApiToken).values(**token.model_dump())
    row = row.on_conflict_do_nothing(index_elements=["name"])
    return session.execute(row.returning(col(ApiToken.id))).first() is not None


def revoke_token(session: Session, name: str, now: datetime) -> UUID | None:
    """Ends a machine token; its id, None when there is none."""
    query = (
        update(ApiToken)
        .where(col(ApiToken.name) == name, col(ApiToken.revoked_at).is_(None))
        .values(revoked_at=now)
        .returning(col(ApiToken.id))
    )
    return session.execute(query).scalar_one_or_none()


_FORGET = (
    text("delete from login_throttle where last_failed_at < :yesterday"),
    text("delete from login_session where least(expires_at, revoked_at) < :long_ago"),
    text("delete from account_link where least(expires_at, used_at) < :long_ago"),
)


def forget_ended(session: Session, yesterday: datetime, long_ago: datetime) -> int:
    """Deletes counts of failures, sessions and links that ended long ago; how many (worker)."""
    values = {"yesterday": yesterday, "long_ago": long_ago}
    gone = [session.execute(one, values) for one in _FORGET]
    return sum([one.rowcount for one in gone if isinstance(one, CursorResult)])
