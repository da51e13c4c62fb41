"""What people were told: the bell's list, and what has still to go other ways. The SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_COLUMNS = """
n.id, n.account_id, n.kind, n.branch_id, t.number, t.severity, n.created_at, n.read_at, n.told,
    n.detail
"""
_FROM = "from notice n left join ticket t on t.id = n.ticket_id"
_SEEN = "(n.branch_id is null or n.branch_id = any(cast(:branches as int[])))"
_LIST = text(f"""
select {_COLUMNS} {_FROM}
where n.account_id = :account and {_SEEN} and (not :unread or n.read_at is null)
    and (cast(:at as timestamptz) is null
        or (n.created_at, n.id) < (cast(:at as timestamptz), cast(:id as uuid)))
order by n.created_at desc, n.id desc limit :limit
""")
_UNREAD = text(f"""
select count(*) from notice n where n.account_id = :account and n.read_at is null and {_SEEN}
""")
_READ = text("""
update notice set read_at = :now where account_id = :account and read_at is null
    and (cast(:ids as uuid[]) is null or id = any(cast(:ids as uuid[]))) returning id
""")
# All that is due of some people, so that one message tells all of it.
_TAKE = text(f"""
with due as materialized (
    select id, account_id from notice where spread_at is null
        and (hold_until is null or hold_until <= :now)
    order by account_id limit :limit for update skip locked
)
select {_COLUMNS} {_FROM} join due on due.id = n.id order by n.account_id, n.created_at, n.id
""")
_HOLD = text(
    "update notice set hold_until = :until where id = any(cast(:ids as uuid[])) "
    "and spread_at is null"
)
_SPREAD = text(
    "update notice set spread_at = :now, told = :told where id = any(cast(:ids as uuid[]))"
)
_FORGET = text("delete from notice where created_at < :before")
_PEOPLE = text("""
select a.id, a.name, a.language,
    (select value_encrypted from login_identifier l where l.account_id = a.id
        and l.kind = 'email' order by l.id limit 1),
    (select value_encrypted from login_identifier l where l.account_id = a.id
        and l.kind = 'phone' order by l.id limit 1)
from account a where a.id = any(cast(:ids as uuid[])) and a.status = 'active'
""")


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice with the number and severity of its ticket."""

    id: UUID
    account_id: UUID
    kind: str
    branch_id: int | None
    ticket: int | None
    severity: int | None
    created_at: datetime
    read_at: datetime | None
    told: Sequence[str]
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody active, and the addresses they log in by; encrypted."""

    account_id: UUID
    name: str
    language: str
    email_encrypted: bytes | None
    phone_encrypted: bytes | None


def list_notices(
    session: Session,
    account_id: UUID,
    branches: list[int],
    *,
    unread: bool,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[NoticeRow]:
    """The newest notices of an account about these branches or none."""
    at, id_ = after or (None, None)
    given = {"account": account_id, "branches": branches, "unread": unread, "at": at, "id": id_}
    return [NoticeRow(*row) for row in session.execute(_LIST, {**given, "limit": limit})]


def count_unread(session: Session, account_id: UUID, branches: list[int]) -> int:
    """How many notices an account has not read."""
    given = {"account": account_id, "branches": branches}
    return int(session.execute(_UNREAD, given).scalar_one())


def mark_read(
    session: Session, account_id: UUID, ids: Collection[UUID] | None, now: datetime
) -> int:
    """Notes notices of an account as read; how many were not."""
    given = {"account": account_id, "ids": None if ids is None else list(ids), "now": now}
    return len(session.execute(_READ, given).all())


def take_unspread(session: Session, now: datetime, limit: int) -> list[NoticeRow]:
    """Notices whose other ways have to be looked at, locked; person by person."""
    return [NoticeRow(*row) for row in session.execute(_TAKE, {"now": now, "limit": limit})]


def hold(session: Session, ids: Collection[UUID], until: datetime) -> None:
    """Keeps notices from other ways until then."""
    session.execute(_HOLD, {"ids": list(ids), "until": until})


def note_spread(
    session: Session, ids: Collection[UUID], told: Collection[str], now: datetime
) -> None:
    """Notes by which ways notices went."""
    session.execute(_SPREAD, {"ids": list(ids), "told": list(told), "now": now})


def forget_notices(session: Session, before: datetime) -> int:
    """Deletes notices made before then; how many."""
    return session.connection().execute(_FORGET, {"before": before}).rowcount


def reachable(session: Session, ids: Collection[UUID]) -> dict[UUID, Reachable]:
    """Those of the accounts that are active, with their addresses."""
    found = session.execute(_PEOPLE, {"ids": list(ids)})
    return {row[0]: Reachable(*row) for row in found}
