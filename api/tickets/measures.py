"""How well a unit closes the loop: times, targets, recovery, causes that come again.

Every share has its n and interval. What is not done yet counts as waiting, not as nothing: a
branch that lets tickets lie does not look quick. Pure but for `measure`, which reads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Row
from sqlmodel import Session

from api.core.errors import Invalid, NotFound
from api.models.tickets import CLOCK_KINDS
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets.queries import measures as reading
from api.tickets.queries.measures import Asked
from api.tickets.repository.clocks import default_zone
from scoring.arrays import Floats
from scoring.durations import time_until
from scoring.intervals import wilson_interval

_ENDED = ("resolved", "verified", "unverified")


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval (95 %); None without any case."""

    n: int
    hits: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class TimeTo:
    """Hours, as they pass for the customer, until a state was reached by half, and by 9 in 10.

    None: so many have not reached it yet.
    """

    state: str
    n: int  # reached it or wait for it
    reached: int
    median_hours: float | None
    most_hours: float | None  # 9 in 10


@dataclass(frozen=True, slots=True)
class Kept:
    """How many clocks of a kind were met in time, of those that were met or ran out."""

    kind: str
    calendar: str
    in_time: Share


@dataclass(frozen=True, slots=True)
class Ends:
    """What became of tickets that had been resolved.

    ``recovered``: verified, of those and of what is open again. ``unverified`` and ``waiting``
    have no word yet and count in neither; ``told`` are answers of customers.
    """

    recovered: Share
    unverified: int
    waiting: int
    reopened: Share
    told: int


@dataclass(frozen=True, slots=True)
class CauseCount:
    """A root cause; ``repeats`` are tickets beyond the first of it at the same branch."""

    cause: str
    n: int
    branches: int
    repeats: int


@dataclass(frozen=True, slots=True)
class LoopMeasures:
    """The closed loop of one unit, about tickets opened in a period."""

    unit: Node
    opened: int
    open: int
    times: tuple[TimeTo, ...]
    kept: tuple[Kept, ...]
    ends: Ends
    causes: tuple[CauseCount, ...]


def measure(
    session: Session,
    viewer: Viewer,
    unit: str | None,
    period: tuple[datetime, datetime],
    now: datetime,
) -> list[LoopMeasures]:
    """The unit first (None: the viewer's own), then each unit directly below it.

    Raises NotFound outside the viewer's units, NotAllowed for roles that read no comments.
    """
    start = viewer.home if unit is None else viewer.require_unit_code(unit)
    if start is None:
        raise NotFound(unit=unit)
    viewer.require(Permission.VIEW_COMMENTS, start.id)
    below = [one for one in viewer.hierarchy.children(start.id) if viewer.sees_unit(one.id)]
    groups = {node.id: one.id for one in below for node in viewer.hierarchy.branches_under(one.id)}
    if start.is_branch:
        groups = {start.id: start.id}
    asked = Asked(groups, *period, now)
    read = (
        reading.times(session, asked),
        reading.within(session, asked),
        reading.ends(session, asked),
        reading.causes(session, asked),
    )
    found = [measured(start, *read)]
    return found + [measured(one, *(_of(one.id, rows) for rows in read)) for one in below]


def measure_days(
    session: Session,
    viewer: Viewer,
    unit: str | None,
    days: tuple[date, date],
    now: datetime,
) -> list[LoopMeasures]:
    """The same for whole days of the unit's zone, up to before the last; raises Invalid."""
    first, last = days
    if last <= first:
        raise Invalid(fields=[{"field": "to", "message": "after from"}])
    start = viewer.home if unit is None else viewer.require_unit_code(unit)
    if start is None:
        raise NotFound(unit=unit)
    zone = ZoneInfo(viewer.hierarchy.timezone(start.id, default_zone(session)))
    since, until = (datetime.combine(day, time(), zone) for day in days)
    return measure(session, viewer, unit, (since, until), now)


def measured(
    unit: Node,
    times: Sequence[Row[Any]],
    within: Sequence[Row[Any]],
    ends: Sequence[Row[Any]],
    causes: Sequence[Row[Any]],
) -> LoopMeasures:
    """One unit's measures from what was read of it."""
    return LoopMeasures(
        unit=unit,
        opened=sum(one.n for one in times),
        open=sum(one.open for one in times),
        times=tuple(time_to(times, name) for name in reading.REACHED) if times else (),
        kept=kept_of(within),
        ends=ends_of(ends),
        causes=causes_of(causes),
    )


def time_to(rows: Iterable[Any], state: str) -> TimeTo:
    """How long it takes to a state, those who wait for it counted."""
    known = list(rows)
    done, waiting = _hours(known, state), _hours(known, f"{state}_not")
    return TimeTo(
        state=state,
        n=done.size + waiting.size,
        reached=done.size,
        median_hours=time_until(done, waiting),
        most_hours=time_until(done, waiting, 0.9),
    )


def kept_of(rows: Iterable[Any]) -> tuple[Kept, ...]:
    """By clock, how many were met in time."""
    sums: dict[tuple[str, str], list[int]] = {}
    for one in rows:
        held = sums.setdefault((one.kind, one.calendar), [0, 0])
        held[0] += one.hits
        held[1] += one.n
    ordered = sorted(sums, key=lambda key: (CLOCK_KINDS.index(key[0]), key[1]))
    return tuple(Kept(*key, share_of(*sums[key])) for key in ordered)


def causes_of(rows: Iterable[Any]) -> tuple[CauseCount, ...]:
    """Root causes, the most frequent first."""
    sums: dict[str, list[int]] = {}
    for one in rows:
        held = sums.setdefault(one.cause, [0, 0, 0])
        for place, number in enumerate((one.n, one.branches, one.repeats)):
            held[place] += number
    ordered = sorted(sums, key=lambda cause: (-sums[cause][0], cause))
    return tuple(CauseCount(cause, *sums[cause]) for cause in ordered)


def share_of(hits: int, n: int) -> Share:
    """A share with its Wilson interval."""
    if n == 0:
        return Share(0, 0, None, None, None)
    found = wilson_interval(hits, n)
    return Share(n, hits, hits / n, float(found.low), float(found.high))


def ends_of(rows: Iterable[Any]) -> Ends:
    """What became of resolved tickets; one that is open again was not recovered."""
    known = list(rows)
    standing = {state: sum(one.n for one in known if one.state == state) for state in _ENDED}
    again = sum(one.n for one in known if one.again)
    open_again = sum(one.n for one in known if one.again and one.state not in _ENDED)
    return Ends(
        recovered=share_of(standing["verified"], standing["verified"] + open_again),
        unverified=standing["unverified"],
        waiting=standing["resolved"],
        reopened=share_of(again, sum(standing.values()) + open_again),
        told=sum(one.n for one in known if one.said),
    )


def _hours(rows: Iterable[Any], name: str) -> Floats:
    """All hours of a column; a clock that was set back makes none negative."""
    held = [np.array(getattr(one, name) or (), dtype=np.float64) for one in rows]
    hours: Floats = np.maximum(np.concatenate([np.array([]), *held]), 0)
    return hours


def _of(group: int, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [one for one in rows if one.grp == group]
