"""Reading what was decided on one event: the SQL. Row-level security cuts it to the scope."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_BY_ID = text("select id, branch_id from event where id = :id")
_BY_NAME = text(
    "select id, branch_id from event where source = :source and external_id = :external_id"
)
_LATEST = text("""
select action, reason, earliest_at, rule_set_version, checks from decision
where event_id = :id order by decided_at desc, id desc limit 1
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
