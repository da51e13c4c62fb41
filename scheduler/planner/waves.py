"""Whom a wave is due for on a day: once, every year, or so many months after an anchor.

Days only, no hours: the events that a wave makes are timed by the rule of their touchpoint.
"""

from calendar import monthrange
from datetime import date, timedelta

from scheduler.planner.lots import lot
from scheduler.planner.rules import Wave

CATCH_UP = timedelta(days=31)  # a worker that was away makes up for so much of anniversaries
_YEAR = 12
_SLACK = timedelta(days=3)  # months end on different days
_LONGEST = 100 * _YEAR


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later; the last of the month where that has no such day.

    Parameters
    ----------
    day : date
    months : int
        Negative: earlier.

    Returns
    -------
    date
        31 January and one month is 28 or 29 February; 29 February and twelve months is the 28th.
    """
    index = day.year * _YEAR + day.month - 1 + months
    year, month = divmod(index, _YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def occurrence_on(wave: Wave, day: date, anchor: date | None = None) -> date | None:
    """The latest day, up to ``day``, on which the wave was due for a person.

    Parameters
    ----------
    wave : Wave
    day : date
    anchor : date or None
        The day of the person's latest event of the wave's anchor; a wave on a fixed day needs none.

    Returns
    -------
    date or None
        None when it was not due yet, or an anniversary is gone for more than :data:`CATCH_UP`.
        Every occurrence is counted from the anchor itself, so that a 31st stays one.
    """
    if wave.on is not None:
        return _latest(wave.on, 0, wave.yearly, day)
    if anchor is None or wave.months_after is None:
        return None
    found = _latest(anchor, wave.months_after, wave.yearly, day)
    return found if found is not None and day - found <= CATCH_UP else None


def _latest(start: date, months: int, yearly: bool, day: date) -> date | None:
    if add_months(start, months) > day:
        return None
    if yearly:
        gone = (day.year - start.year) * _YEAR + day.month - start.month - months
        months += gone // _YEAR * _YEAR
        if add_months(start, months) > day:
            months -= _YEAR
    return add_months(start, months)


def anchor_ranges(wave: Wave, day: date, *, since: date) -> list[tuple[date, date]]:
    """Days of anchors, both ends included, for which the wave may be due on ``day``.

    Parameters
    ----------
    wave : Wave
    day : date
    since : date
        No anchor is older.

    Returns
    -------
    list of (date, date)
        Somewhat too wide at the ends of months: :func:`occurrence_on` says it exactly. Empty for a
        wave on a fixed day.
    """
    if wave.months_after is None:
        return []
    last = _LONGEST if wave.yearly else wave.months_after
    ranges = []
    for months in range(wave.months_after, last + 1, _YEAR):
        latest = add_months(day, -months) + _SLACK
        if latest < since:
            break
        ranges.append((add_months(day - CATCH_UP, -months) - _SLACK, latest))
    return ranges


def is_drawn(wave: Wave, person_id: str, occurrence: date, *, rule_set: str) -> bool:
    """Whether the lot takes a person into the wave's share of this occurrence."""
    return wave.share >= 1 or lot(person_id, rule_set, key_of(wave, occurrence)) < wave.share


def key_of(wave: Wave, occurrence: date) -> str:
    """What names one occurrence of a wave: ``wave:CODE:DAY``."""
    return f"wave:{wave.code}:{occurrence.isoformat()}"


def left_today(wave: Wave, made: int) -> int:
    """How many events the wave may still make today, after ``made``."""
    return max(wave.per_day - made, 0)
