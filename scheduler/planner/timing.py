"""When a message may go, on the wall clock of a place: quiet hours, windows, holidays.

Pure arithmetic on aware moments; everything returned is in UTC.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler.planner.calendars import is_holiday
from scheduler.planner.rules import QuietHours, Timing

LATEST = timedelta(hours=2)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_DAYS_AHEAD = 400  # more than a year: what is not open then never is
_SOON = 14
_MIDNIGHT = time(0)
_NOTHING = timedelta(0)


@lru_cache(maxsize=1024)
def known_zone(name: str | None) -> ZoneInfo | None:
    """The zone called ``name``; None for no name and for one that does not exist."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def is_quiet(at: datetime, quiet: QuietHours, zone: ZoneInfo) -> bool:
    """Whether the clock on the wall in ``zone`` shows a quiet hour at ``at``."""
    return quiet.hold(at.astimezone(zone).time())


def after_quiet(at: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """The first moment from ``at`` on that is not quiet, in UTC; see :func:`next_open`."""
    found = next_open(at, Timing(quiet), zone)
    if found is None:  # pragma: no cover - quiet hours end every day
        raise ValueError(f"no end of the quiet hours {quiet} in {zone.key}")
    return found


def is_open(at: datetime, timing: Timing, zone: ZoneInfo) -> bool:
    """Whether a message may go at ``at``: not quiet, within a window, not on a holiday."""
    return _allows(timing, at.astimezone(zone))


def _allows(timing: Timing, local: datetime) -> bool:
    clock = local.time()
    if timing.quiet_hours.hold(clock):
        return False
    if timing.windows:
        day = local.weekday()
        if not any(day in one.days and one.start <= clock < one.end for one in timing.windows):
            return False
    return timing.holidays is None or not is_holiday(timing.holidays, local.date())


def next_open(at: datetime, timing: Timing, zone: ZoneInfo) -> datetime | None:
    """The first moment from ``at`` on at which a message may go.

    Parameters
    ----------
    at : datetime
        Aware.
    timing : Timing
        Its spread is not looked at.
    zone : ZoneInfo
        Whose wall clock counts.

    Returns
    -------
    datetime or None
        ``at`` itself when it is open, in UTC; None when nothing opens within 400 days.

    Notes
    -----
    What is open changes only where the wall clock passes an edge (the end of the quiet hours, the
    start of a window, midnight) or is itself changed, so only those moments are tried. On a day
    when clocks go back an edge may come twice; on one when they go forward it may not come at all,
    and the moment of the change counts. Moments are compared in UTC, because Python compares two
    values of one zone by their wall clocks.
    """
    moment = at.astimezone(UTC)
    local = moment.astimezone(zone)
    if _allows(timing, local):
        return moment
    soon = _soon(moment, local, timing, zone)
    if soon is not None:
        return soon
    for ahead in range(-1, _DAYS_AHEAD):
        day = local.date() + ahead * _DAY
        if _openings(moment, (day,), timing, zone):
            # Clocks that go back over midnight show the next day before this one has ended.
            around = (day - _DAY, day, day + _DAY)
            return min(_openings(moment, around, timing, zone))
    return None


def _soon(moment: datetime, local: datetime, timing: Timing, zone: ZoneInfo) -> datetime | None:
    """The first open edge within two weeks; None when the clocks are changed before it."""
    offset, naive = local.utcoffset(), local.replace(tzinfo=None)
    for ahead in range(_SOON):
        for edge in _edges(timing):
            later = datetime.combine(naive.date() + ahead * _DAY, edge) - naive
            there = (moment + later).astimezone(zone)
            if there.utcoffset() != offset:
                return None
            if later > _NOTHING and _allows(timing, there):
                return moment + later
    return None


def closes(at: datetime, timing: Timing, zone: ZoneInfo, within: timedelta = LATEST) -> datetime:
    """Until when a message planned for ``at`` may leave without being thought about again.

    Parameters
    ----------
    at : datetime
        Aware and open.
    timing : Timing
    zone : ZoneInfo
    within : timedelta
        At most so long after ``at``: who comes later looks at everything anew.

    Returns
    -------
    datetime
        The first moment after ``at`` that is not open, at most ``at + within``; in UTC.
    """
    start = at.astimezone(UTC)
    end = start + within
    here, there = start.astimezone(zone), end.astimezone(zone)
    days = (here.date(),) if here.date() == there.date() else (here.date(), there.date())
    if len(days) == 1 and here.utcoffset() == there.utcoffset():
        edges = tuple(one for one in _edges(timing) if here.time() < one < there.time())
        if not edges:
            return end
    else:
        edges = _edges(timing)
    shut = (
        one
        for one in _moments(days, edges, zone)
        if start < one < end and not is_open(one, timing, zone)
    )
    return min(shut, default=end)


def _openings(
    moment: datetime, days: Iterable[date], timing: Timing, zone: ZoneInfo
) -> list[datetime]:
    """The moments of ``days`` after ``moment`` that are tried and are open."""
    tried = _moments(days, _edges(timing), zone)
    return [one for one in tried if one > moment and is_open(one, timing, zone)]


@lru_cache(maxsize=256)
def _edges(timing: Timing) -> tuple[time, ...]:
    """Where on the wall clock something opens or closes."""
    quiet = timing.quiet_hours
    windows = [edge for one in timing.windows for edge in (one.start, one.end)]
    return tuple(sorted({_MIDNIGHT, quiet.start, quiet.end, *windows}))


def _moments(days: Iterable[date], edges: Iterable[time], zone: ZoneInfo) -> Iterator[datetime]:
    """Every moment of ``days`` at which the clock passes an edge or is changed."""
    for day in days:
        for edge in edges:
            wall = datetime.combine(day, edge, tzinfo=zone)
            yield wall.astimezone(UTC)
            yield wall.replace(fold=1).astimezone(UTC)
        begin = datetime.combine(day, _MIDNIGHT, tzinfo=zone).astimezone(UTC)
        change = _clock_change(begin, begin + _DAY, zone)
        if change is not None:
            yield change


def _clock_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment between two moments in UTC at which the clocks of ``zone`` are changed."""
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return None
    low = low.replace(second=0, microsecond=0)  # changes happen on full minutes of UTC
    minutes = range(1, math.ceil((high - low) / _MINUTE) + 1)
    step = bisect_left(
        minutes, True, key=lambda n: (low + n * _MINUTE).astimezone(zone).utcoffset() != before
    )
    return low + minutes[step] * _MINUTE
