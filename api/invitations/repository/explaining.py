"""Reading what was decided on one event: the SQL. Row-level security cuts it to the scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.security.scope import Scope

_BY_ID = text("select id, branch_id from event where id = :id")
_BY_NAME = text(
    "select id, branch_id from event where source = :source and external_id = :external_id"
)
_LATEST = text("""
select d.action, d.reason, d.earliest_at, d.rule_set_version, d.checks, d.decided_at,
    r.content_hash
from decision d left join rule_set_version r on r.version = d.rule_set_version
where d.event_id = :id order by d.decided_at desc, d.id desc limit 1
""")
# What the decision could not know of the people whom it looked at.
_SINCE = text("""
select i.id from invitation i
where i.created_at >= :at and (i.event_id = :id or i.person_id = (
        select person_id from event where id = :id)
    or i.object_hash = (select object_hash from event where id = :id)
    or i.household_hash = (select p.household_hash from event e join person p on p.id = e.person_id
        where e.id = :id))
""")
_EVENTS_OF = text("""
select e.id, t.code as touchpoint, u.code as unit, e.occurred_at,
    e.status = 'cancelled' as cancelled, e.asking, d.action, d.reason, d.earliest_at,
    d.decided_at, d.rule_set_version
from event e join touchpoint t on t.id = e.touchpoint_id join unit u on u.id = e.branch_id
left join lateral (select * from decision d where d.event_id = e.id
    order by d.decided_at desc, d.id desc limit 1) d on true
where e.person_id = :person and (:whole or e.branch_id = any(cast(:branches as int[])))
order by e.occurred_at desc, e.id desc limit :limit
""")
_MESSAGES_OF = text("""
select i.event_id, i.id, i.reminder_number as number, i.kind, i.channel, i.status, i.failure,
    i.counts, coalesce(i.sent_at, i.claimed_at, i.planned_at) as at, i.answered_at
from invitation i where i.event_id = any(cast(:events as uuid[]))
    and (:whole or i.branch_id = any(cast(:branches as int[])))
order by i.event_id, i.reminder_number
""")
_NEWEST_EVENT = text("""
select id from event where person_id = :person order by occurred_at desc, id desc limit 1
""")


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event that the scope shows."""

    id: UUID
    branch_id: int


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """The latest decision on an event."""

    action: str
    reason: str
    earliest_at: datetime | None
    rule_set_version: int | None
    checks: list[Any]  # each its values in order, or by name
    decided_at: datetime
    rules_hash: bytes | None


def find_event(session: Session, event_id: UUID) -> FoundEvent | None:
    """The event with our id."""
    row = session.execute(_BY_ID, {"id": event_id}).first()
    return None if row is None else FoundEvent(*row)


def find_named_event(session: Session, source: str, external_id: str) -> FoundEvent | None:
    """The event that a source knows by an id."""
    row = session.execute(_BY_NAME, {"source": source, "external_id": external_id}).first()
    return None if row is None else FoundEvent(*row)


def latest_decision(session: Session, event_id: UUID) -> StoredDecision | None:
    """What was decided last; None before the first decision."""
    row = session.execute(_LATEST, {"id": event_id}).first()
    return None if row is None else StoredDecision(*row)


def made_since(session: Session, event_id: UUID, at: datetime) -> set[UUID]:
    """Messages to whoever the event is about that did not exist before ``at``."""
    return set(session.execute(_SINCE, {"id": event_id, "at": at}).scalars())


def events_of(session: Session, scope: Scope, person_id: UUID, limit: int) -> list[dict[str, Any]]:
    """A person's newest events within ``scope``, each with its latest decision."""
    given = {"person": person_id, "limit": limit, **_limits(scope)}
    return [dict(row._mapping) for row in session.execute(_EVENTS_OF, given)]


def messages_of(
    session: Session, scope: Scope, events: Sequence[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """The messages of each event, in the order of its chain."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in session.execute(_MESSAGES_OF, {"events": list(events), **_limits(scope)}):
        message = dict(row._mapping)
        found.setdefault(message.pop("event_id"), []).append(message)
    return found


def newest_event(session: Session, person_id: UUID) -> UUID | None:
    """A person's newest event, at whatever branch."""
    found: UUID | None = session.execute(_NEWEST_EVENT, {"person": person_id}).scalar()
    return found


def _limits(scope: Scope) -> dict[str, Any]:
    return {"whole": scope.whole, "branches": sorted(scope.branches)}
