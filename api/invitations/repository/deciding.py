"""Due events, the locks that keep their facts true, and what was decided: the SQL.

Nobody ever waits for a lock here: what somebody else holds is left for the next batch, so that no
order of locks can end in a deadlock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlmodel import Session

from api.core.ids import new_id
from api.invitations.facts import DueEvent
from api.invitations.repository.gathering import EVENT, Frame, ask_frame, frame_of
from api.invitations.repository.wire import Asked, Trip, connection_of, one_trip
from scheduler.planner import Channel

HOUSEHOLDS, OBJECTS = 7006, 7007  # advisory locks, by the first bytes of the hash
# Planning these statements anew costs more than running them; a kept plan goes with its statistics.
_PLANS_KEPT = "set local plan_cache_mode = force_generic_plan"
_DUE = (
    EVENT + "where e.asking <> 'decided' and e.due_at <= %(now)s "
    "order by e.due_at, e.id limit %(limit)s for update of e skip locked"
)
_THESE = EVENT + (
    "where e.asking <> 'decided' and e.id = any(%(ids)s::uuid[]) for update of e skip locked"
)
_KEY = "('x' || encode(substring({} from 1 for 4), 'hex'))::bit(32)::int"
# The persons that are ours, and those of their contact points that are.
_HOLD = """
with held as materialized (
    select p.id, p.household_hash from person p where p.id = any(%(people)s::uuid[])
    for no key update skip locked
), ours as materialized (
    select id from held {household}
), points as materialized (
    select c.id from contact_point c where c.person_id in (select id from ours)
    for no key update skip locked
)
select id, true from ours union all select id, false from points
"""
_OWN_HOUSEHOLD = (
    "where household_hash is null or pg_try_advisory_xact_lock(%(space)s, "
    + _KEY.format("household_hash")
    + ")"
)
_HOLD_OBJECTS = f"""
select k.hash from unnest(%(objects)s::bytea[]) k(hash)
where pg_try_advisory_xact_lock(%(space)s, {_KEY.format("k.hash")})
"""
# Those that no sender has claimed meanwhile.
_HOLD_PLANNED = """
select id from invitation where id = any(%(ids)s::uuid[]) and status = 'planned'
for no key update skip locked
"""
_INSERT_DECISIONS = """
insert into decision (id, decided_at, event_id, branch_id, action, reason, earliest_at, at,
    rule_set_version, segment, channel, inclusion_probability, checks)
select n.id, %(now)s, n.event_id, n.branch_id, n.action, n.reason, n.earliest_at, n.at,
    %(version)s, n.segment, n.channel, n.inclusion_probability, n.checks
from json_to_recordset(%(rows)s::json) n(id uuid, event_id uuid, branch_id int, action text,
    reason text, earliest_at timestamptz, at timestamptz, segment text, channel text,
    inclusion_probability float8, checks jsonb)
"""
_SETTLE_EVENTS = """
update event e set asking = n.asking, due_at = coalesce(n.due_at, e.due_at)
from json_to_recordset(%(rows)s::json) n(id uuid, asking text, due_at timestamptz)
where e.id = n.id
"""
INVITATION = """
    json_to_recordset(%(rows)s::json) n(id uuid, event_id uuid, survey_code text,
    survey_version_id int, message_version_id int, person_id uuid, contact_point_id uuid,
    branch_id int, touchpoint_id int, occurred_on date, channel text, segment text, advisor text,
    language text, context jsonb, planned_at timestamptz, send_before timestamptz,
    expires_at timestamptz, household_hash bytea, object_hash bytea, priority int, deficit float8,
    inclusion_probability float8, channel_probability float8, follow_up_at timestamptz)
"""
_INSERT_INVITATIONS = f"""
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number,
    message_version_id, rule_set_version, person_id, contact_point_id, branch_id, touchpoint_id,
    occurred_on, channel, segment, advisor, language, context, created_at, planned_at, send_before,
    expires_at, status, household_hash, object_hash, priority, deficit, inclusion_probability,
    channel_probability, follow_up_at)
select n.id, n.event_id, n.survey_code, n.survey_version_id, 0, n.message_version_id,
    %(version)s, n.person_id, n.contact_point_id, n.branch_id, n.touchpoint_id, n.occurred_on,
    n.channel, n.segment, n.advisor, n.language, n.context, %(now)s, n.planned_at, n.send_before,
    n.expires_at, 'planned', n.household_hash, n.object_hash, n.priority, n.deficit,
    n.inclusion_probability, n.channel_probability, n.follow_up_at
from {INVITATION}
"""
_REPLAN = f"""
update invitation i set survey_version_id = n.survey_version_id,
    message_version_id = n.message_version_id, rule_set_version = %(version)s,
    contact_point_id = n.contact_point_id, channel = n.channel, segment = n.segment,
    language = n.language, planned_at = n.planned_at, send_before = n.send_before,
    expires_at = n.expires_at, household_hash = n.household_hash, object_hash = n.object_hash,
    priority = n.priority, deficit = n.deficit, inclusion_probability = n.inclusion_probability,
    channel_probability = n.channel_probability, follow_up_at = n.follow_up_at
from {INVITATION} where i.id = n.id and i.status = 'planned'
"""
# Whoever plans chains plans anew what follows in one; a recovery question belongs to its ticket.
_LATE = """
select i.id, i.event_id from invitation i
where i.status = 'planned' and i.channel = any(%(channels)s) and i.planned_at <= %(now)s
    and i.send_before <= %(now)s and i.expires_at > %(now)s and i.root_id is null
    and i.kind <> 'recovery'
order by i.planned_at, i.id limit %(limit)s for update skip locked
"""
_POSTPONE = """
update invitation set planned_at = %(until)s, send_before = %(until)s,
    expires_at = greatest(expires_at, %(until)s) where id = %(id)s and status = 'planned'
"""
_DROP = """
update invitation set status = 'dropped', failure = %(reason)s, follow_up_at = null
where id = any(%(ids)s::uuid[]) and status = 'planned'
"""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision to be stored; its fields are columns."""

    event_id: UUID
    branch_id: int
    action: str
    reason: str
    earliest_at: datetime | None
    at: datetime | None
    segment: str | None
    channel: str | None
    inclusion_probability: float | None
    checks: list[tuple[Any, ...]]  # rule, value, limit, ok; names would double their size
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation to be stored; its fields are columns."""

    id: UUID
    event_id: UUID
    survey_code: str
    survey_version_id: int
    message_version_id: int
    person_id: UUID | None
    contact_point_id: UUID
    branch_id: int
    touchpoint_id: int
    occurred_on: date
    channel: str
    segment: str
    advisor: str | None
    language: str
    context: dict[str, Any]
    planned_at: datetime
    send_before: datetime
    expires_at: datetime
    household_hash: bytes | None = None
    object_hash: bytes | None = None
    priority: int = 0
    deficit: float = 0.0
    inclusion_probability: float | None = None
    channel_probability: float | None = None
    follow_up_at: datetime | None = None

    def under(self, invitation_id: UUID) -> "InvitationRow":
        """The same under the id of an invitation that is there already."""
        return replace(self, id=invitation_id)


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of an event: decided, or looked at again at ``due_at``."""

    id: UUID
    asking: str
    due_at: datetime | None = None


def take_due(
    session: Session, now: datetime, limit: int, only: Collection[UUID] | None = None
) -> tuple[Frame, list[DueEvent]]:
    """What holds for all, and events that are due and that nobody else holds, oldest first.

    With ``only``, these and no others, due or not.
    """
    with one_trip(session) as trip:
        trip.ask(_PLANS_KEPT)
        frame = ask_frame(trip, now)
        if only is None:
            due = trip.ask(_DUE, {"now": now, "limit": limit})
        else:
            due = trip.ask(_THESE, {"ids": list(only)})
    return frame_of(frame), [DueEvent(*row) for row in due.rows()]


@dataclass(frozen=True, slots=True)
class Locks:
    """What was asked for, and is ours until the transaction ends."""

    asked: Asked
    objects_asked: Asked | None

    def held(self) -> tuple[set[UUID], set[UUID], set[bytes] | None]:
        """Persons, contact points and vehicles (None: nobody needs them) that are ours."""
        people: set[UUID] = set()
        points: set[UUID] = set()
        for key, is_person in self.asked.rows():
            (people if is_person else points).add(key)
        if self.objects_asked is None:
            return people, points, None
        return people, points, {bytes(row[0]) for row in self.objects_asked.rows()}


def ask_locks(trip: Trip, events: Sequence[DueEvent], *, households: bool, vehicles: bool) -> Locks:
    """Asks for the persons of ``events``, their households, contact points and vehicles."""
    people = {event.person_id for event in events if event.person_id is not None}
    own = _OWN_HOUSEHOLD if households else ""
    given = {"people": list(people), "space": HOUSEHOLDS}
    asked = trip.ask(_HOLD.replace("{household}", own), given)
    if not vehicles:
        return Locks(asked, None)
    objects = sorted({event.object_hash for event in events if event.object_hash is not None})
    return Locks(asked, trip.ask(_HOLD_OBJECTS, {"objects": objects, "space": OBJECTS}))


def hold_planned(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of the planned invitations that no sender has claimed; locked."""
    cursor = connection_of(session).execute(_HOLD_PLANNED, {"ids": list(ids)})
    return {row[0] for row in cursor.fetchall()}


@dataclass(slots=True)
class Outcome:
    """What came of a batch, ready to be stored."""

    decisions: list[DecisionRow] = field(default_factory=list)
    invitations: dict[UUID, InvitationRow] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    outranked: list[UUID] = field(default_factory=list)


def store(session: Session, outcome: Outcome, version: int | None, now: datetime) -> None:
    """Stores all of it; a second invitation of an event for the same survey is an error.

    After any error the transaction is over.
    """
    fixed = {"version": version, "now": now}
    with one_trip(session) as trip:
        if outcome.outranked:
            trip.ask(_DROP, {"ids": outcome.outranked, "reason": "outranked"})
        trip.ask(_INSERT_DECISIONS, {**fixed, "rows": as_rows(outcome.decisions)})
        if outcome.invitations:
            rows = as_rows(outcome.invitations.values())
            trip.ask(_INSERT_INVITATIONS, {**fixed, "rows": rows})
        trip.ask(_SETTLE_EVENTS, {"rows": as_rows(outcome.settled)})


def insert_decisions(
    session: Session, rows: Sequence[DecisionRow], version: int | None, now: datetime
) -> None:
    """Stores decisions."""
    given = {"version": version, "now": now, "rows": as_rows(rows)}
    connection_of(session).execute(_INSERT_DECISIONS, given)


def settle_events(session: Session, settled: Iterable[Settled]) -> None:
    """Notes for each event whether it is decided, or when it is looked at again."""
    connection_of(session).execute(_SETTLE_EVENTS, {"rows": as_rows(settled)})


def replan(session: Session, row: InvitationRow, version: int | None) -> None:
    """Gives a planned invitation another time and way."""
    connection_of(session).execute(_REPLAN, {"version": version, "rows": as_rows([row])})


def take_late(session: Session, now: datetime, limit: int) -> dict[UUID, UUID]:
    """Planned invitations whose time to be sent has gone by: their event's id, theirs; locked."""
    given = {"now": now, "limit": limit, "channels": [channel.value for channel in Channel]}
    rows = connection_of(session).execute(_LATE, given).fetchall()
    return {event: invitation for invitation, event in rows}


def postpone(session: Session, invitation_id: UUID, until: datetime) -> None:
    """Lets a planned invitation wait, to be planned anew at ``until``."""
    connection_of(session).execute(_POSTPONE, {"id": invitation_id, "until": until})


def drop(session: Session, ids: Collection[UUID], reason: str) -> None:
    """Withdraws planned invitations."""
    connection_of(session).execute(_DROP, {"ids": list(ids), "reason": reason})


def as_rows(rows: Iterable[Any]) -> str:
    """Rows as JSON for a recordset: five times quicker to write than the driver's arrays."""
    return orjson.dumps(list(rows), default=_written).decode()


def _written(value: object) -> object:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"no column holds a {type(value).__name__}")
