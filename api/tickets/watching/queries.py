"""Counts of events and answers by branch, and the alerts that are running. Whole network."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

Touchpoints = Collection[str] | None


class Running(NamedTuple):
    """An alert that is not over."""

    id: UUID
    branch_id: int
    opened_at: datetime
    detail: dict[str, Any]


class Quiet(NamedTuple):
    """A branch that has events and no answers; ``answered_at`` is None where none ever came."""

    branch_id: int
    events: int
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Days:
    """Half-open."""

    start: date
    end: date


# Cancelled events came as well: the feed is alive.
_BY_DAY = text("""
select e.branch_id, e.occurred_on, count(*)
from event e join touchpoint t on t.id = e.touchpoint_id
where e.occurred_on >= :start and e.occurred_on < :end
    and (cast(:touchpoints as text[]) is null or t.code = any (:touchpoints))
group by e.branch_id, e.occurred_on
""")
_FIRST_DAYS = text("""
select u.id, (select min(e.occurred_on) from event e where e.branch_id = u.id)
from unit u where u.kind = 'branch'
""")
# Of a branch whose first events are no older than the span nothing can be expected yet.
_QUIET = text("""
select n.branch_id, n.events, last.answered_at
from (select e.branch_id, count(*) as events
    from event e join touchpoint t on t.id = e.touchpoint_id
    where e.occurred_on >= :start and e.occurred_on < :end and e.status = 'active'
        and (cast(:touchpoints as text[]) is null or t.code = any (:touchpoints))
    group by e.branch_id having count(*) >= :least) n
cross join lateral (select max(r.submitted_at) as answered_at
    from response r join touchpoint t on t.id = r.touchpoint_id
    where r.branch_id = n.branch_id
        and (cast(:touchpoints as text[]) is null or t.code = any (:touchpoints))) last
where (last.answered_at is null or last.answered_at < :since)
    and exists (select from event e where e.branch_id = n.branch_id and e.occurred_on < :start)
""")
_ANSWERED = text("""
select distinct r.branch_id from response r join touchpoint t on t.id = r.touchpoint_id
where r.branch_id = any (cast(:branches as int[])) and r.submitted_at >= :since
    and (cast(:touchpoints as text[]) is null or t.code = any (:touchpoints))
""")
_RUNNING = text("""
select id, branch_id, opened_at, detail from alert
where kind = :kind and rule = :rule and ended_at is null order by id
""")


def events_by_day(
    session: Session, days: Days, touchpoints: Touchpoints
) -> list[tuple[int, date, int]]:
    """How many events each branch had on each day that had any."""
    values = {"start": days.start, "end": days.end, "touchpoints": _listed(touchpoints)}
    return [(row[0], row[1], int(row[2])) for row in session.execute(_BY_DAY, values)]


def first_event_days(session: Session) -> dict[int, date]:
    """Since when each branch has had events."""
    return {row[0]: row[1] for row in session.execute(_FIRST_DAYS) if row[1] is not None}


def quiet_branches(
    session: Session, days: Days, touchpoints: Touchpoints, *, least: int, since: datetime
) -> list[Quiet]:
    """Branches with at least ``least`` events in these days and no answer since a moment."""
    values = {
        "start": days.start,
        "end": days.end,
        "touchpoints": _listed(touchpoints),
        "least": least,
        "since": since,
    }
    return [Quiet(*row) for row in session.execute(_QUIET, values)]


def answered_since(
    session: Session, branches: Collection[int], touchpoints: Touchpoints, since: datetime
) -> set[int]:
    """Those of the branches that had an answer since a moment."""
    values = {
        "branches": sorted(branches),
        "touchpoints": _listed(touchpoints),
        "since": since,
    }
    return set(session.execute(_ANSWERED, values).scalars())


def running_alerts(session: Session, kind: str, rule: str) -> list[Running]:
    """The alerts of a rule that are not over."""
    return [Running(*row) for row in session.execute(_RUNNING, {"kind": kind, "rule": rule})]


def _listed(touchpoints: Touchpoints) -> list[str] | None:
    return None if touchpoints is None else sorted(touchpoints)
