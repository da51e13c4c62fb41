"""The trail of one event: decisions, messages, receipts.

Reads what the transaction may see; nothing personal is read but ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event, and where its deciding stands."""

    id: UUID
    source: str
    external_id: str
    revision: int
    touchpoint: str
    branch_id: int
    occurred_at: datetime
    received_at: datetime
    status: str
    asking: str
    due_at: datetime
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision on an event."""

    decided_at: datetime
    action: str
    reason: str
    at: datetime | None
    rule_set_version: int | None
    segment: str | None
    channel: str | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of an event's chain."""

    id: UUID
    kind: str
    channel: str
    status: str
    counts: bool
    planned_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    first_seen_at: datetime | None
    answered_at: datetime | None
    failure: str | None
    sender: str | None


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What a provider said of a message."""

    invitation_id: UUID
    received_at: datetime
    provider: str
    status: str
    error_code: str | None


_EVENT = """
    select e.id, e.source, e.external_id, e.revision, t.code, e.branch_id, e.occurred_at,
        e.received_at, e.status, e.asking, e.due_at, e.person_id
    from event e join touchpoint t on t.id = e.touchpoint_id where e.id = :id
"""
_DECISIONS = """
    select decided_at, action, reason, at, rule_set_version, segment, channel from decision
    where event_id = :id order by decided_at desc, id desc limit 50
"""
_CHAIN = """
    select id, kind, channel, status, counts, planned_at, sent_at, delivered_at, first_seen_at,
        answered_at, failure, sender
    from invitation where event_id = :id order by reminder_number, created_at
"""
_RECEIPTS = """
    select invitation_id, received_at, provider, status, error_code from receipt
    where invitation_id = any(:ids) order by received_at
"""


def find_event_row(session: Session, event_id: UUID) -> EventRow | None:
    """The event, if the transaction sees it."""
    row = session.execute(text(_EVENT), {"id": event_id}).first()
    return None if row is None else EventRow(*row)


def decisions_on(session: Session, event_id: UUID) -> list[DecisionRow]:
    """Its decisions, the newest first."""
    return [DecisionRow(*row) for row in session.execute(text(_DECISIONS), {"id": event_id})]


def chain_of(session: Session, event_id: UUID) -> list[MessageRow]:
    """Its messages in the order of the chain."""
    return [MessageRow(*row) for row in session.execute(text(_CHAIN), {"id": event_id})]


def receipts_of(session: Session, messages: Sequence[UUID]) -> list[ReceiptRow]:
    """What providers said of those messages, oldest first."""
    if not messages:
        return []
    return [ReceiptRow(*row) for row in session.execute(text(_RECEIPTS), {"ids": list(messages)})]
