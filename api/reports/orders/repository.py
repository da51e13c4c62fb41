"""Orders and their files: the SQL of placing, listing, claiming, settling and forgetting them.

Whoever changes an order's state locks its row first, so that of two workers with its last two
files one sees that nothing is left. Which files a viewer may have is decided by row-level security
on ``report_item``; whose order it is, by the account in each query of a person.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlmodel import Session, col, func, select

from api.core.database import Database
from api.models import ReportItem, ReportOrder


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order with what became of its files so far, those the viewer may have."""

    id: UUID
    unit_id: int
    pack: bool
    period_from: date
    period_to: date
    language: str
    formats: list[str]
    status: str
    items: int
    created_at: datetime
    finished_at: datetime | None
    scheduled: bool
    done: int
    failed: int
    cancelled: int
    open: int
    bytes: int
    only: UUID | None  # the file, when there is one alone


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One file of an order, without what is in it."""

    id: UUID
    unit_id: int
    format: str
    status: str
    file_name: str | None
    bytes: int
    done_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """Files of one unit that were claimed together, and all that is needed to make them."""

    order_id: UUID
    unit_id: int
    account_id: UUID
    name: str
    active: bool
    language: str
    period_from: date
    period_to: date
    claimed_at: datetime
    formats: tuple[tuple[UUID, str, int], ...]  # id, format, attempts


@dataclass(frozen=True, slots=True)
class Finished:
    """An order that came to its end, for whoever is told of it."""

    id: UUID
    account_id: UUID
    branch_id: int | None  # None: of several
    unit_zh: str
    unit_en: str
    period_from: date
    period_to: date
    language: str
    ways: list[str]
    done: int
    failed: int
    bytes: int


_LINES = """
select o.id, o.unit_id, o.pack, o.period_from, o.period_to, o.language, o.formats, o.status,
    o.items, o.created_at, o.finished_at, o.subscription_id is not null,
    i.done, i.failed, i.cancelled, i.open, i.bytes, i.only
from report_order o
left join lateral (
    select count(*) filter (where status = 'done') as done,
        count(*) filter (where status = 'failed') as failed,
        count(*) filter (where status = 'cancelled') as cancelled,
        count(*) filter (where status in ('waiting', 'claimed')) as open,
        coalesce(sum(octet_length(content)), 0) as bytes,
        case when count(*) = 1 then max(id::text) filter (where status = 'done') end::uuid as only
    from report_item where order_id = o.id) i on true
where o.account_id = :account and o.unit_id = any(:units)
"""
_LIST = text(
    _LINES + " and (cast(:after as uuid) is null or o.id < :after) order by o.id desc limit :limit"
)
_ONE = text(_LINES + " and o.id = :id")
_ITEMS = text("""
select i.id, i.unit_id, i.format, i.status, i.file_name, coalesce(octet_length(i.content), 0),
    i.done_at, i.failure
from report_item i
where i.order_id = :order and (cast(:after as uuid) is null or i.id > :after)
    and (cast(:status as text) is null or i.status = :status)
order by i.id limit :limit
""")
_FILE = text("""
select i.file_name, i.format, i.content, i.unit_id from report_item i
join report_order o on o.id = i.order_id
where i.id = :item and o.id = :order and o.account_id = :account and i.status = 'done'
""")
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(7102, hashtext(cast(:account as text)))")
_SAME = text("""
select o.id from report_order o
where o.account_id = :account_id and o.unit_id = :unit_id and o.pack = :pack
    and o.period_from = :period_from and o.period_to = :period_to and o.language = :language
    and o.formats = cast(:formats as text[])
    and (o.status in ('waiting', 'running') or o.status = 'done' and o.data_version = :version
        and o.created_at > :since and not exists (
            select from report_item i where i.order_id = o.id and i.status <> 'done'))
order by o.id desc limit 1
""")
_LOCK = text("select status from report_order where id = :id for update")
_OPEN = text("select exists (select from report_order where status in ('waiting', 'running'))")
_CANDIDATE = text("""
select o.id from report_order o
where o.status in ('waiting', 'running')
    and exists (select from report_item i where i.order_id = o.id and i.status = 'waiting')
order by o.items, o.created_at, o.id limit 1
""")
_CLAIM = text("""
update report_item set status = 'claimed', claimed_at = :now, attempts = attempts + 1
where status = 'waiting' and order_id = :id and unit_id = (
    select unit_id from report_item where order_id = :id and status = 'waiting'
    order by id limit 1)
returning id, format, attempts, unit_id
""")
_RUNNING = text("""
update report_order o set status = 'running' from account a
where o.id = :id and a.id = o.account_id
returning o.account_id, a.name, a.status = 'active', o.language, o.period_from, o.period_to
""")
_KEEP = text("""
update report_item set status = 'done', done_at = :now, file_name = :name, content = :content,
    failure = null
where id = :id and status = 'claimed' and claimed_at = :claimed_at
""")
_FAIL = text("""
update report_item set failure = :failure, claimed_at = null,
    status = case when attempts < :most then 'waiting' else 'failed' end
where id = :id and status = 'claimed' and claimed_at = :claimed_at
""")
_FINISH = text("""
update report_order set status = 'done', finished_at = :now
where id = :id and status in ('waiting', 'running') and not exists (
    select from report_item where order_id = :id and status in ('waiting', 'claimed'))
returning id
""")
_FINISHED = text("""
select o.id, o.account_id, case when u.kind = 'branch' then u.id end, u.name_zh, u.name_en,
    o.period_from, o.period_to, o.language,
    coalesce(s.ways, '{}'), count(*) filter (where i.status = 'done'),
    count(*) filter (where i.status = 'failed'), coalesce(sum(octet_length(i.content)), 0)
from report_order o join unit u on u.id = o.unit_id join report_item i on i.order_id = o.id
left join subscription s on s.id = o.subscription_id
where o.id = :id group by o.id, u.id, s.id
""")
_CONTENTS = text("""
select file_name, content from report_item where order_id = :id and status = 'done' order by id
""")
# Of a unit's files of an order: who makes them holds this lock, which PostgreSQL lets go of when
# the process dies.
_KEY = "hashtextextended(cast({order} as text) || ' ' || cast({unit} as text), 7)"
_HOLD = text(f"select pg_advisory_lock({_KEY.format(order=':order', unit=':unit')})")
_LET_GO = text(f"select pg_advisory_unlock({_KEY.format(order=':order', unit=':unit')})")
_STALE = text(f"""
select order_id, unit_id from (
    select distinct order_id, unit_id, min(claimed_at) as claimed_at from report_item
    where status = 'claimed' and claimed_at < :before group by order_id, unit_id) claimed
where claimed_at < :longest
    or pg_try_advisory_xact_lock({_KEY.format(order="order_id", unit="unit_id")})
""")
_TAKE_BACK = text("""
update report_item set failure = 'no_end', claimed_at = null,
    status = case when attempts < :most then 'waiting' else 'failed' end
where order_id = :id and unit_id = :unit and status = 'claimed' and claimed_at < :before
""")
_CANCEL = text("""
update report_item set status = 'cancelled', claimed_at = null
where order_id = :id and status in ('waiting', 'claimed')
""")
_CANCELLED = text("update report_order set status = 'cancelled', finished_at = :now where id = :id")
_RESUME = text("""
update report_item set status = 'waiting', attempts = 0, failure = null, claimed_at = null
where order_id = :id and status in ('cancelled', 'failed') returning id
""")
_RESUMED = text("update report_order set status = 'waiting', finished_at = null where id = :id")
_FORGET = text("""
delete from report_order where id in (
    select id from report_order where coalesce(finished_at, created_at) < :before limit :limit)
returning id
""")


def count_open(session: Session, account_id: UUID) -> int:
    """How many orders of this person are not finished."""
    query = (
        select(func.count())
        .select_from(ReportOrder)
        .where(
            col(ReportOrder.account_id) == account_id,
            col(ReportOrder.status).in_(("waiting", "running")),
        )
    )
    return session.exec(query).one()


def add_order(session: Session, order: ReportOrder, items: Sequence[dict[str, Any]]) -> None:
    """Stores an order with all files that are to be made."""
    session.add(order)
    session.flush()
    session.execute(insert(ReportItem), items)


def one_at_a_time(session: Session, account_id: UUID) -> None:
    """Lets nobody else order for this person until the transaction ends."""
    session.execute(_ONE_AT_A_TIME, {"account": account_id})


def same_order(
    session: Session, same: dict[str, Any], data_version: int, since: datetime
) -> UUID | None:
    """The newest order of these columns that is open, or made ``since`` of this data version."""
    given = {**same, "version": data_version, "since": since}
    found: UUID | None = session.execute(_SAME, given).scalar()
    return found


def list_orders(
    session: Session, account_id: UUID, units: Sequence[int], after: UUID | None, limit: int
) -> list[OrderLine]:
    """The person's orders about these units, the newest first."""
    given = {"account": account_id, "units": units, "after": after, "limit": limit}
    return [OrderLine(*row) for row in session.execute(_LIST, given)]


def get_order(
    session: Session, account_id: UUID, units: Sequence[int], order_id: UUID
) -> OrderLine | None:
    """The person's order about one of these units; None for everybody else's."""
    given = {"account": account_id, "units": units, "id": order_id}
    row = session.execute(_ONE, given).first()
    return None if row is None else OrderLine(*row)


def list_items(
    session: Session,
    order_id: UUID,
    after: UUID | None,
    limit: int | None,
    status: str | None = None,
) -> list[ItemLine]:
    """The files of an order that the viewer may have, in the order in which they are made."""
    given = {"order": order_id, "after": after, "limit": limit, "status": status}
    return [ItemLine(*row) for row in session.execute(_ITEMS, given)]


def read_file(
    session: Session, account_id: UUID, order_id: UUID, item_id: UUID
) -> tuple[str, str, bytes, int] | None:
    """Name, format, content and unit of a file that is there."""
    given = {"account": account_id, "order": order_id, "item": item_id}
    row = session.execute(_FILE, given).first()
    return None if row is None else (row[0], row[1], bytes(row[2]), row[3])


def lock_order(session: Session, order_id: UUID) -> str | None:
    """The order's status, its row locked until the transaction ends."""
    found: str | None = session.execute(_LOCK, {"id": order_id}).scalar()
    return found


def something_open(session: Session) -> bool:
    """Whether any order is not finished."""
    found: bool = session.execute(_OPEN).scalar_one()
    return found


def claim_unit(session: Session, now: datetime) -> Job | None:
    """Claims all files of one unit that wait; small orders first, a pack's units one by one."""
    order_id = session.execute(_CANDIDATE).scalar()
    if order_id is None or lock_order(session, order_id) not in ("waiting", "running"):
        return None
    claimed = session.execute(_CLAIM, {"now": now, "id": order_id}).all()
    if not claimed:
        return None
    row = session.execute(_RUNNING, {"id": order_id}).one()
    files = tuple(sorted((item[0], item[1], item[2]) for item in claimed))
    return Job(
        order_id=order_id,
        unit_id=claimed[0].unit_id,
        account_id=row[0],
        name=row[1],
        active=row[2],
        language=row[3],
        period_from=row[4],
        period_to=row[5],
        claimed_at=now,
        formats=files,
    )


def keep_file(session: Session, item_id: UUID, claimed_at: datetime, **made: Any) -> bool:
    """Stores ``name`` and ``content`` as made ``now``; False when the claim holds no more."""
    given = {"id": item_id, "claimed_at": claimed_at, **made}
    return session.connection().execute(_KEEP, given).rowcount > 0


def fail_file(
    session: Session, item_id: UUID, claimed_at: datetime, failure: str, *, most: int
) -> None:
    """Notes why a file could not be made; it waits again until it was tried ``most`` times."""
    given = {"id": item_id, "claimed_at": claimed_at, "failure": failure, "most": most}
    session.execute(_FAIL, given)


def finish_order(session: Session, order_id: UUID, now: datetime) -> bool:
    """True for the one transaction that finds nothing left to be made."""
    return session.execute(_FINISH, {"id": order_id, "now": now}).first() is not None


def finished(session: Session, order_id: UUID) -> Finished:
    """What came of an order, and by which ways its subscription wants to be told."""
    return Finished(*session.execute(_FINISHED, {"id": order_id}).one())


def contents(session: Session, order_id: UUID) -> list[tuple[str, bytes]]:
    """Names and contents of all files of an order: of small ones only."""
    rows = session.execute(_CONTENTS, {"id": order_id})
    return [(row.file_name, bytes(row.content)) for row in rows]


@contextmanager
def holding(database: Database, job: Job) -> Iterator[None]:
    """Shows others that somebody lives who makes these files."""
    named = {"order": str(job.order_id), "unit": job.unit_id}
    with database.reading() as connection:
        connection.execute(_HOLD, named)
        try:
            yield
        finally:
            connection.execute(_LET_GO, named)


def stale_claims(session: Session, before: datetime, longest: datetime) -> list[tuple[UUID, int]]:
    """Orders and units claimed before ``before`` that nobody holds, or whoever for too long."""
    rows = session.execute(_STALE, {"before": before, "longest": longest})
    return [(row.order_id, row.unit_id) for row in rows]


def take_back(
    session: Session, order_id: UUID, unit_id: int, before: datetime, *, most: int
) -> None:
    """Lets such files be made by somebody else, up to ``most`` times."""
    given = {"id": order_id, "unit": unit_id, "before": before, "most": most}
    session.execute(_TAKE_BACK, given)


def cancel_items(session: Session, order_id: UUID, now: datetime) -> None:
    """Ends an order: what is made stays, what is being made is not kept."""
    session.execute(_CANCEL, {"id": order_id})
    session.execute(_CANCELLED, {"id": order_id, "now": now})


def resume_items(session: Session, order_id: UUID) -> int:
    """Lets cancelled and failed files wait again; how many."""
    resumed = len(session.execute(_RESUME, {"id": order_id}).all())
    if resumed:
        session.execute(_RESUMED, {"id": order_id})
    return resumed


def forget_orders(session: Session, kept: timedelta, now: datetime, limit: int = 200) -> int:
    """Deletes orders, with their files, that ended so long ago; how many."""
    return len(session.execute(_FORGET, {"before": now - kept, "limit": limit}).all())
