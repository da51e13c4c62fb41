"""Due events, the locks that keep their facts true, those facts, and what was decided: the SQL.

Nobody ever waits for a lock here: rows that somebody else holds are left for the next batch, so
that no order of locks can end in a deadlock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.invitations.facts import ConsentRow, ContactRow, DueEvent, NetworkRow, PastRow, PersonRow

_EVENT = """
select e.id, e.branch_id, e.touchpoint_id, t.code, e.occurred_at, e.occurred_on, e.employee,
    e.person_id, e.status = 'cancelled'
from event e join touchpoint t on t.id = e.touchpoint_id
"""
_DUE = text(
    _EVENT + "where e.asking <> 'decided' and e.due_at <= :now "
    "order by e.due_at, e.id limit :limit for update of e skip locked"
)
_EVENTS = text(_EVENT + "where e.id = any(cast(:ids as uuid[])) order by e.id")
_HOLD_PEOPLE = text(
    "select id from person where id = any(cast(:ids as uuid[])) "
    "order by id for no key update skip locked"
)
_HOLD_CONTACTS = text(
    "select id from contact_point where person_id = any(cast(:ids as uuid[])) "
    "order by id for no key update skip locked"
)
_PEOPLE = text(
    "select id, birth_year, language, timezone, erased_at is not null from person "
    "where id = any(cast(:ids as uuid[]))"
)
_CONTACTS = text(
    "select c.id, c.person_id, c.kind, s.reason, c.undeliverable_at is not null "
    "from contact_point c left join suppression s on s.kind = c.kind "
    "and s.value_hash = c.value_hash where c.person_id = any(cast(:ids as uuid[])) "
    "order by c.person_id, c.created_at desc, c.id desc"
)
_CONSENTS = text(
    "select person_id, channel, granted, given_at, withdrawn_at from consent "
    "where person_id = any(cast(:ids as uuid[])) and purpose = 'survey'"
)
_PAST_COLUMNS = """
select i.id, i.event_id, i.person_id, i.contact_point_id,
    coalesce(i.sent_at, i.claimed_at, i.planned_at), i.status, i.sent_at is not null
from invitation i
"""
_PAST = text(f"""
{_PAST_COLUMNS} where i.person_id = any(cast(:people as uuid[])) and i.planned_at >= :since
union
{_PAST_COLUMNS} where i.contact_point_id = any(cast(:contacts as uuid[]))
    and i.planned_at >= :since
union
{_PAST_COLUMNS} where i.event_id = any(cast(:events as uuid[]))
""")
_NETWORK = text(
    "select name_zh, name_en, default_timezone, default_language from network where id = 1"
)
_OCCASIONS = text("select id, name_zh, name_en from touchpoint")

_INSERT_DECISIONS = text("""
insert into decision (id, decided_at, event_id, branch_id, action, reason, earliest_at, at,
    rule_set_version, checks)
select n.id, :now, n.event_id, n.branch_id, n.action, n.reason, n.earliest_at, n.at, :version,
    n.checks::jsonb
from unnest(cast(:id as uuid[]), cast(:event_id as uuid[]), cast(:branch_id as int[]),
    cast(:action as text[]), cast(:reason as text[]), cast(:earliest_at as timestamptz[]),
    cast(:at as timestamptz[]), cast(:checks as text[]))
    n(id, event_id, branch_id, action, reason, earliest_at, at, checks)
""")
_SETTLE_EVENTS = text("""
update event e set asking = n.asking, due_at = coalesce(n.due_at, e.due_at)
from unnest(cast(:id as uuid[]), cast(:asking as text[]), cast(:due_at as timestamptz[]))
    n(id, asking, due_at)
where e.id = n.id
""")
_INVITATION = """
    unnest(cast(:id as uuid[]), cast(:event_id as uuid[]), cast(:survey_code as text[]),
    cast(:survey_version_id as int[]), cast(:message_version_id as int[]),
    cast(:person_id as uuid[]), cast(:contact_point_id as uuid[]), cast(:branch_id as int[]),
    cast(:touchpoint_id as int[]), cast(:occurred_on as date[]), cast(:channel as text[]),
    cast(:segment as text[]), cast(:advisor as text[]), cast(:language as text[]),
    cast(:context as text[]), cast(:planned_at as timestamptz[]),
    cast(:send_before as timestamptz[]), cast(:expires_at as timestamptz[]))
    n(id, event_id, survey_code, survey_version_id, message_version_id, person_id,
    contact_point_id, branch_id, touchpoint_id, occurred_on, channel, segment, advisor, language,
    context, planned_at, send_before, expires_at)
"""
_INSERT_INVITATIONS = text(f"""
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number,
    message_version_id, rule_set_version, person_id, contact_point_id, branch_id, touchpoint_id,
    occurred_on, channel, segment, advisor, language, context, created_at, planned_at, send_before,
    expires_at, status)
select n.id, n.event_id, n.survey_code, n.survey_version_id, 0, n.message_version_id, :version,
    n.person_id, n.contact_point_id, n.branch_id, n.touchpoint_id, n.occurred_on, n.channel,
    n.segment, n.advisor, n.language, n.context::jsonb, :now, n.planned_at, n.send_before,
    n.expires_at, 'planned'
from {_INVITATION}
""")
_REPLAN = text(f"""
update invitation i set survey_version_id = n.survey_version_id,
    message_version_id = n.message_version_id, rule_set_version = :version,
    contact_point_id = n.contact_point_id, channel = n.channel, segment = n.segment,
    language = n.language, planned_at = n.planned_at, send_before = n.send_before,
    expires_at = n.expires_at
from {_INVITATION} where i.id = n.id and i.status = 'planned'
""")
_LATE = text("""
select i.id, i.event_id from invitation i
where i.status = 'planned' and i.planned_at <= :now and i.send_before <= :now
    and i.expires_at > :now
order by i.planned_at, i.id limit :limit for update skip locked
""")
_POSTPONE = text(
    "update invitation set planned_at = :until, send_before = :until, "
    "expires_at = greatest(expires_at, :until) where id = :id and status = 'planned'"
)
_DROP = text(
    "update invitation set status = 'dropped', failure = :reason "
    "where id = :id and status = 'planned'"
)
_LATE_EDGE = timedelta(days=2)  # an invitation may be sent somewhat later than it was planned


def take_due(session: Session, now: datetime, limit: int) -> list[DueEvent]:
    """Events that are due and that nobody else holds, oldest first; locked."""
    return [DueEvent(*row) for row in session.execute(_DUE, {"now": now, "limit": limit})]


def read_events(session: Session, ids: Iterable[UUID]) -> list[DueEvent]:
    """The events with these ids, not locked."""
    return [DueEvent(*row) for row in session.execute(_EVENTS, {"ids": list(ids)})]


def hold_people(session: Session, people: Collection[UUID]) -> set[UUID]:
    """Those of ``people`` that nobody else holds; locked, in order."""
    return set(session.execute(_HOLD_PEOPLE, {"ids": sorted(people)}).scalars())


def hold_contacts(session: Session, people: Collection[UUID]) -> set[UUID]:
    """The contact points of ``people`` that nobody else holds; locked, in order."""
    return set(session.execute(_HOLD_CONTACTS, {"ids": sorted(people)}).scalars())


def read_people(session: Session, ids: Collection[UUID]) -> dict[UUID, PersonRow]:
    """The persons with these ids."""
    return {row[0]: PersonRow(*row) for row in session.execute(_PEOPLE, {"ids": list(ids)})}


def read_contacts(session: Session, people: Collection[UUID]) -> dict[UUID, list[ContactRow]]:
    """The contact points of each person, newest first."""
    found: dict[UUID, list[ContactRow]] = {}
    for row in session.execute(_CONTACTS, {"ids": list(people)}):
        found.setdefault(row[1], []).append(ContactRow(*row))
    return found


def read_consents(session: Session, people: Collection[UUID]) -> dict[UUID, list[ConsentRow]]:
    """What each person said about surveys."""
    found: dict[UUID, list[ConsentRow]] = {}
    for row in session.execute(_CONSENTS, {"ids": list(people)}):
        found.setdefault(row[0], []).append(ConsentRow(*row))
    return found


def read_past(
    session: Session,
    events: Collection[UUID],
    people: Collection[UUID],
    contacts: Collection[UUID],
    since: datetime,
) -> list[PastRow]:
    """Invitations of the events, and those of the persons and addresses from ``since`` on."""
    given = {
        "events": list(events),
        "people": list(people),
        "contacts": list(contacts),
        "since": since - _LATE_EDGE,
    }
    return [PastRow(*row) for row in session.execute(_PAST, given)]


def read_network(session: Session) -> NetworkRow:
    """The network's names and defaults."""
    row = session.execute(_NETWORK).first()
    return NetworkRow() if row is None else NetworkRow(*row)


def read_occasions(session: Session) -> dict[int, tuple[str, str]]:
    """What each touchpoint is called, in Chinese and English."""
    return {row[0]: (row[1], row[2]) for row in session.execute(_OCCASIONS)}


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision to be stored."""

    event_id: UUID
    branch_id: int
    action: str
    reason: str
    earliest_at: datetime | None
    at: datetime | None
    checks: list[dict[str, Any]]


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
    occurred_on: Any
    channel: str
    segment: str
    advisor: str | None
    language: str
    context: dict[str, Any]
    planned_at: datetime
    send_before: datetime
    expires_at: datetime

    def under(self, invitation_id: UUID) -> "InvitationRow":
        """The same under the id of an invitation that is there already."""
        return replace(self, id=invitation_id)


def insert_decisions(
    session: Session, rows: Sequence[DecisionRow], version: int | None, now: datetime
) -> None:
    """Stores decisions."""
    given = _columns(rows, "event_id branch_id action reason earliest_at at")
    given["id"] = [new_id() for _ in rows]
    given["checks"] = [orjson.dumps(row.checks).decode() for row in rows]
    session.execute(_INSERT_DECISIONS, {**given, "version": version, "now": now})


def insert_invitations(
    session: Session, rows: Sequence[InvitationRow], version: int | None, now: datetime
) -> None:
    """Stores new invitations; a second one of an event for the same survey is an error."""
    if rows:
        given = _invitation_columns(rows)
        session.execute(_INSERT_INVITATIONS, {**given, "version": version, "now": now})


def replan(session: Session, row: InvitationRow, version: int | None) -> None:
    """Gives a planned invitation another time and way."""
    session.execute(_REPLAN, {**_invitation_columns([row]), "version": version})


def settle_events(session: Session, settled: Sequence[tuple[UUID, str, datetime | None]]) -> None:
    """Notes for each event whether it is decided, or when it is looked at again."""
    session.execute(
        _SETTLE_EVENTS,
        {
            "id": [one[0] for one in settled],
            "asking": [one[1] for one in settled],
            "due_at": [one[2] for one in settled],
        },
    )


def take_late(session: Session, now: datetime, limit: int) -> dict[UUID, UUID]:
    """Planned invitations whose time to be sent has gone by: their event's id, theirs; locked."""
    rows = session.execute(_LATE, {"now": now, "limit": limit})
    return {event: invitation for invitation, event in rows}


def postpone(session: Session, invitation_id: UUID, until: datetime) -> None:
    """Lets a planned invitation wait, to be planned anew at ``until``."""
    session.execute(_POSTPONE, {"id": invitation_id, "until": until})


def drop(session: Session, invitation_id: UUID, reason: str) -> None:
    """Withdraws a planned invitation."""
    session.execute(_DROP, {"id": invitation_id, "reason": reason})


def _columns(rows: Sequence[Any], names: str) -> dict[str, Any]:
    return {name: [getattr(row, name) for row in rows] for name in names.split()}


def _invitation_columns(rows: Sequence[InvitationRow]) -> dict[str, Any]:
    given = _columns(rows, " ".join(InvitationRow.__slots__))
    given["context"] = [orjson.dumps(row.context).decode() for row in rows]
    return given
