"""Messages to the network's own systems: those that wait, are tried, are dead. The SQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import WebhookDelivery

_CLAIM = text("""
update webhook_delivery set status = 'claimed', claimed_at = :now, attempts = attempts + 1
where id in (
    select id from webhook_delivery where status = 'waiting' and next_at <= :now
    order by next_at, id limit :limit for update skip locked)
returning id, event, payload, created_at, attempts, claimed_at
""")
_SETTLE = text("""
update webhook_delivery set status = cast(:status as text), failure = :failure,
    next_at = coalesce(cast(:next_at as timestamptz), next_at),
    sent_at = case when cast(:status as text) = 'sent' then cast(:now as timestamptz) end
where id = :id and status = 'claimed' and claimed_at = :claimed_at
""")
# The other side knows a message by its id: one whose fate nobody knows is tried again.
_FREE = text("""
update webhook_delivery set status = 'waiting', failure = 'no_answer', next_at = :now
where id in (select id from webhook_delivery where status = 'claimed' and claimed_at < :before
    limit :limit for update skip locked) returning id
""")
_FORGET = text("""
delete from webhook_delivery where id in (
    select id from webhook_delivery where (status = 'sent' and created_at < :sent_before)
        or (status = 'dead' and created_at < :dead_before)
        or (:nobody_listens and status = 'waiting' and created_at < :waiting_before)
    limit :limit)
""")
_DEAD_COLUMNS = """
d.id, d.event, d.branch_id, t.number, d.attempts, d.created_at, coalesce(d.failure, 'no_answer'),
    d.status
"""
_BRANCHES = "d.branch_id = any(cast(:branches as int[]))"
_LIST = text(f"""
select {_DEAD_COLUMNS} from webhook_delivery d left join ticket t on t.id = d.ticket_id
where d.status = 'dead' and {_BRANCHES} and (cast(:at as timestamptz) is null
    or (d.created_at, d.id) < (cast(:at as timestamptz), cast(:id as uuid)))
order by d.created_at desc, d.id desc limit :limit
""")
_ONE = text(f"""
select {_DEAD_COLUMNS} from webhook_delivery d left join ticket t on t.id = d.ticket_id
where d.id = :id and {_BRANCHES}
""")
_COUNT = text(f"select count(*) from webhook_delivery d where d.status = 'dead' and {_BRANCHES}")
_REVIVE = text("""
update webhook_delivery set status = 'waiting', attempts = 0, next_at = :now
where id = :id and status = 'dead' returning id
""")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A claimed message, ready to be signed and posted."""

    id: UUID
    event: str
    payload: dict[str, Any]
    created_at: datetime
    attempts: int
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class DeadRow:
    """A message as people see it who decide whether it is tried again."""

    id: UUID
    event: str
    branch_id: int
    ticket: int | None
    attempts: int
    created_at: datetime
    failure: str
    status: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Before when what was sent, what is dead and what nobody listens to is forgotten."""

    sent_before: datetime
    dead_before: datetime
    waiting_before: datetime
    nobody_listens: bool


def add_delivery(session: Session, event: str, dedupe_key: str, about: dict[str, Any]) -> bool:
    """Adds a message whose key is new; True when it was."""
    row = {"id": new_id(), "event": event, "dedupe_key": dedupe_key, **about}
    query = insert(WebhookDelivery).values(row)
    query = query.on_conflict_do_nothing(index_elements=["dedupe_key"])
    return session.execute(query.returning(col(WebhookDelivery.id))).first() is not None


def claim_deliveries(session: Session, now: datetime, limit: int) -> list[DeliveryRow]:
    """Claims messages that are due, the longest waiting first."""
    found = session.execute(_CLAIM, {"now": now, "limit": limit})
    return sorted((DeliveryRow(*row) for row in found), key=lambda one: one.id)


def settle_delivery(
    session: Session,
    row: DeliveryRow,
    status: str,
    failure: str | None,
    *,
    now: datetime,
    next_at: datetime | None = None,
) -> None:
    """Notes what came of a claimed message."""
    given = {"id": row.id, "claimed_at": row.claimed_at, "status": status, "failure": failure}
    session.execute(_SETTLE, {**given, "now": now, "next_at": next_at})


def free_stale(session: Session, before: datetime, now: datetime, limit: int) -> int:
    """Lets messages wait again whose claimer never said what came of them; how many."""
    return len(session.execute(_FREE, {"before": before, "now": now, "limit": limit}).all())


def forget_deliveries(session: Session, kept: Kept, limit: int) -> int:
    """Deletes old messages; how many."""
    given = {name: getattr(kept, name) for name in Kept.__slots__}
    return session.connection().execute(_FORGET, {**given, "limit": limit}).rowcount


def list_dead(
    session: Session, branches: list[int], *, after: tuple[datetime, UUID] | None, limit: int
) -> list[DeadRow]:
    """The newest messages that nobody took."""
    at, id_ = after or (None, None)
    given = {"branches": branches, "at": at, "id": id_, "limit": limit}
    return [DeadRow(*row) for row in session.execute(_LIST, given)]


def count_dead(session: Session, branches: list[int]) -> int:
    """How many there are."""
    return int(session.execute(_COUNT, {"branches": branches}).scalar_one())


def get_delivery(session: Session, delivery_id: UUID, branches: list[int]) -> DeadRow | None:
    """One message of these branches, whatever its status."""
    row = session.execute(_ONE, {"id": delivery_id, "branches": branches}).first()
    return None if row is None else DeadRow(*row)


def revive(session: Session, delivery_id: UUID, now: datetime) -> bool:
    """Lets a dead message wait for its tries again; False when it is not dead."""
    return session.execute(_REVIVE, {"id": delivery_id, "now": now}).first() is not None
