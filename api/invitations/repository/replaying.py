"""Past events, with what is known of their customers: the SQL of counting segments and replaying.

Reads only. Nothing here is locked, and a replay runs in a transaction that may not write.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlmodel import Session

from api.invitations.facts import DueEvent, Rows
from api.invitations.repository.gathering import EVENT, Needs, ask_people, rows_of_people
from api.invitations.repository.wire import Trip, connection_of, one_trip

SIMULATING = 7008  # advisory lock
HISTORY = timedelta(days=31)  # what arrived later than this was loaded, not reported
# Waves and codes to scan make events of their own; they are no visits that rules could be tried on.
_WINDOW = """
where e.branch_id = any(%(branches)s) and e.occurred_at >= %(since)s and e.occurred_at < %(until)s
    and e.source not like 'wave:%%' and e.source not like 'qr:%%'
"""
_ARRIVED = f"""case when e.received_at - e.occurred_at > interval '{HISTORY.days} days'
    then e.occurred_at else e.received_at end"""
_STREAM = f"""
select w.*, arrived from (select {_ARRIVED} as arrived, e.id from event e {_WINDOW}) a
join lateral ({EVENT} where e.id = a.id) w on true
order by a.arrived, a.id
"""
_COUNT = f"select count(*) from event e {_WINDOW}"
_BY_PLACE = f"""
select e.branch_id, e.touchpoint_id, count(*) from event e {_WINDOW} and e.status = 'active'
group by e.branch_id, e.touchpoint_id
"""
_ACTIVE = EVENT + _WINDOW + "and e.status = 'active' and t.code = any(%(touchpoints)s)"
_HOLDS = """
select person_id, reason, opened_at, closed_at from person_hold
where person_id = any(%(people)s::uuid[])
"""
# Messages of events that are not replayed; those of events that are would stand twice.
_STANDING = """
select i.id from invitation i join event e on e.id = i.event_id
where i.id = any(%(ids)s::uuid[]) and not (e.branch_id = any(%(branches)s)
    and e.occurred_at >= %(since)s and e.occurred_at < %(until)s
    and e.source not like 'wave:%%' and e.source not like 'qr:%%')
"""
_ANSWERED = """
select event_id, min(answered_at) from invitation
where event_id = any(%(events)s::uuid[]) and answered_at is not null group by event_id
"""
_OUTCOMES = """
select i.channel, count(*), count(i.answered_at), count(*) filter (where i.status = 'undelivered'),
    count(*) filter (where i.first_seen_at is null and i.answered_at is null)
from invitation i
where i.root_id is null and i.planned_at >= %(since)s and i.planned_at < %(until)s
    and i.status in ('sent', 'delivered', 'undelivered', 'unknown', 'expired')
    and i.channel not in ('qr', 'kiosk')
    and i.sent_at is not null and (i.answered_at is not null or i.expires_at <= %(now)s)
group by i.channel
"""


@dataclass(frozen=True, slots=True)
class Window:
    """Which events: of these branches, that occurred from one moment to before another."""

    branches: Sequence[int]
    since: datetime
    until: datetime

    @property
    def given(self) -> dict[str, Any]:
        """As the statements take it."""
        return {"branches": list(self.branches), "since": self.since, "until": self.until}


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Something that stood against a person, from one moment to before another."""

    reason: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the messages of one channel whose outcome is known."""

    channel: str
    sent: int
    answered: int
    undelivered: int
    unopened: int


def count_events(session: Session, window: Window) -> int:
    """How many events there are to replay."""
    ((found,),) = connection_of(session).execute(_COUNT, window.given).fetchall()
    return int(found)


def count_by_place(session: Session, window: Window) -> dict[tuple[int, int], int]:
    """How many events each branch and touchpoint has in the window."""
    rows = connection_of(session).execute(_BY_PLACE, window.given).fetchall()
    return {(branch, touchpoint): count for branch, touchpoint, count in rows}


@contextmanager
def stream_events(session: Session, window: Window) -> Iterator["Stream"]:
    """The events in the order in which they arrived, read piece by piece."""
    with connection_of(session).cursor(name="replay") as cursor:
        cursor.execute(_STREAM, window.given)
        yield Stream(cursor)


@dataclass(slots=True)
class Stream:
    """Events that are read as they are needed."""

    cursor: "psycopg.ServerCursor[Any]"

    def next(self, count: int) -> list[tuple[datetime, DueEvent]]:
        """The next so many events, each with when it arrived; fewer at the end."""
        rows = self.cursor.fetchmany(count)
        return [(row[-1], DueEvent(*row[:-1])) for row in rows]


def read_active(session: Session, window: Window, touchpoints: Sequence[str]) -> list[DueEvent]:
    """The events of these touchpoints that were not withdrawn."""
    given = {**window.given, "touchpoints": list(touchpoints)}
    return [DueEvent(*row) for row in connection_of(session).execute(_ACTIVE, given).fetchall()]


def read_people(session: Session, events: Sequence[DueEvent], needs: Needs, now: datetime) -> Rows:
    """The persons of the events, as far as segments ask of them."""
    people = {one.person_id for one in events if one.person_id is not None}
    with one_trip(session) as trip:
        asked = ask_people(trip, people, needs, now)
    return rows_of_people(asked)


@dataclass(slots=True)
class Sidelights:
    """What a replay asks beside what a decision asks."""

    _holds: Any
    _answered: Any

    def holds(self) -> dict[UUID, list[HoldRow]]:
        """What stood against each person, and when."""
        found: dict[UUID, list[HoldRow]] = {}
        for person, *rest in self._holds.rows():
            found.setdefault(person, []).append(HoldRow(*rest))
        return found

    def answered(self) -> dict[UUID, datetime]:
        """When each event was answered about, as it really was."""
        return dict(self._answered.rows())


def ask_sidelights(trip: Trip, events: Sequence[DueEvent]) -> Sidelights:
    """Asks for the holds of the persons of ``events``, and for the answers there really were."""
    people = list({one.person_id for one in events if one.person_id is not None})
    return Sidelights(
        trip.ask(_HOLDS, {"people": people}),
        trip.ask(_ANSWERED, {"events": [one.id for one in events]}),
    )


def standing(session: Session, window: Window, ids: Collection[UUID]) -> set[UUID]:
    """Those of the messages that belong to events outside the replay."""
    if not ids:
        return set()
    given = {**window.given, "ids": list(ids)}
    return {row[0] for row in connection_of(session).execute(_STANDING, given).fetchall()}


def read_outcomes(
    session: Session, since: datetime, until: datetime, now: datetime
) -> list[Outcomes]:
    """What became of the first messages of a time, by channel; those still open are left out."""
    given = {"since": since, "until": until, "now": now}
    return [Outcomes(*row) for row in connection_of(session).execute(_OUTCOMES, given).fetchall()]


def alone(session: Session) -> bool:
    """Whether nobody else simulates for a page; until the transaction ends, we do."""
    statement = "select pg_try_advisory_xact_lock(%(key)s)"
    ((found,),) = connection_of(session).execute(statement, {"key": SIMULATING}).fetchall()
    return bool(found)


def forbid_writing(session: Session) -> None:
    """Lets the database refuse every write until the (sub)transaction ends."""
    connection_of(session).execute("set transaction read only")
