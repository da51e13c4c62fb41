"""Chains whose next step is due: locking them, reading their messages, adding one. The SQL.

The root is locked for as long as its next message is thought about, as it is while an answer is
stored: whichever comes first is seen by the other. Nobody waits for a lock here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_DUE = text("""
select id, event_id, person_id, contact_point_id, segment, expires_at, first_seen_at, answered_at,
    survey_code
from invitation where follow_up_at <= :now
order by follow_up_at, id limit :limit for update skip locked
""")
_MESSAGES = text("""
select coalesce(i.root_id, i.id), i.id, i.kind, i.channel, i.status,
    coalesce(i.sent_at, i.claimed_at, i.planned_at), i.reminder_number, i.send_before
from invitation i
where i.id = any(cast(:roots as uuid[])) or i.root_id = any(cast(:roots as uuid[]))
order by i.reminder_number
""")
_ADD = text("""
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number, kind,
    root_id, counts, household_hash, object_hash, priority, deficit, inclusion_probability,
    message_version_id, rule_set_version, person_id, contact_point_id, branch_id, touchpoint_id,
    occurred_on, channel, segment, advisor, language, context, created_at, planned_at, send_before,
    expires_at, status)
select :id, r.event_id, r.survey_code, r.survey_version_id, :number, :kind, r.id, :counts,
    r.household_hash, r.object_hash, r.priority, r.deficit, r.inclusion_probability, :message,
    :version, r.person_id, :contact, r.branch_id, r.touchpoint_id, r.occurred_on, :channel,
    r.segment, r.advisor, r.language, r.context, :now, :at, :send_before, r.expires_at, 'planned'
from invitation r where r.id = :root
""")
_AGAIN = text("""
update invitation set planned_at = :at, send_before = :send_before
where id = (select id from invitation where id = :id and status = 'planned'
    for update skip locked)
""")
_WITHDRAW = text("""
update invitation set status = 'dropped', failure = :reason
where id in (select id from invitation where root_id = :root and status = 'planned'
    for update skip locked)
""")
_LOOK_AT = text("""
update invitation i set follow_up_at = n.at
from unnest(cast(:ids as uuid[]), cast(:ats as timestamptz[])) n(id, at) where i.id = n.id
""")
# Of chains that have not ended: without a next look nothing follows.
_WAKE = text("""
update invitation r set follow_up_at = :now from invitation i
where i.id = any(cast(:ids as uuid[])) and r.id = coalesce(i.root_id, i.id)
    and r.follow_up_at > :now
""")


@dataclass(frozen=True, slots=True)
class RootRow:
    """The first message of a chain that is to be looked at; locked."""

    id: UUID
    event_id: UUID
    person_id: UUID | None
    contact_point_id: UUID | None
    segment: str | None
    expires_at: datetime
    first_seen_at: datetime | None
    answered_at: datetime | None
    survey_code: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of a chain."""

    root_id: UUID
    id: UUID
    kind: str
    channel: str
    status: str
    at: datetime
    number: int
    send_before: datetime | None


@dataclass(frozen=True, slots=True)
class NextRow:
    """A message to be added to a chain; what is not said here it has from the root."""

    id: UUID
    root: UUID
    number: int
    kind: str
    counts: bool
    message: int
    contact: UUID
    channel: str
    at: datetime
    send_before: datetime


def take_roots(session: Session, now: datetime, limit: int) -> list[RootRow]:
    """Roots of chains that are due to be looked at and that nobody else holds; locked."""
    return [RootRow(*row) for row in session.execute(_DUE, {"now": now, "limit": limit})]


def read_messages(session: Session, roots: Collection[UUID]) -> dict[UUID, list[MessageRow]]:
    """The messages of chains, in order, by root."""
    found: dict[UUID, list[MessageRow]] = {}
    for row in session.execute(_MESSAGES, {"roots": list(roots)}):
        found.setdefault(row[0], []).append(MessageRow(*row))
    return found


def add(session: Session, row: NextRow, version: int | None, now: datetime) -> None:
    """Adds a planned message to a chain."""
    given = {
        "id": row.id,
        "root": row.root,
        "number": row.number,
        "kind": row.kind,
        "counts": row.counts,
        "message": row.message,
        "contact": row.contact,
        "channel": row.channel,
        "at": row.at,
        "send_before": row.send_before,
        "version": version,
        "now": now,
    }
    session.execute(_ADD, given)


def plan_again(session: Session, message: UUID, at: datetime, send_before: datetime) -> None:
    """Gives a message that was not sent in time another time."""
    session.execute(_AGAIN, {"id": message, "at": at, "send_before": send_before})


def withdraw(session: Session, root: UUID, reason: str) -> None:
    """Withdraws what of a chain is planned and follows its root."""
    session.execute(_WITHDRAW, {"root": root, "reason": reason})


def look_at(session: Session, looks: Sequence[tuple[UUID, datetime | None]]) -> None:
    """Notes when each chain is looked at next; None: never again."""
    given = {"ids": [root for root, _ in looks], "ats": [at for _, at in looks]}
    session.execute(_LOOK_AT, given)


def wake(session: Session, messages: Collection[UUID], now: datetime) -> None:
    """Lets the chains of messages that did not arrive be looked at now, where they still run."""
    if messages:
        session.execute(_WAKE, {"ids": sorted(messages), "now": now})
