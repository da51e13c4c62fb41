"""Until when, and for how long: time that passes while a branch works, on its own clock.

Pure. A calendar of None is the customer's: every hour counts. Opening hours are wall-clock times of
the branch; what passes between them is real time, also when the clocks are changed within them.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.tickets.loop import Calendar, Hours
from scheduler.planner.calendars import is_holiday

_DAY = timedelta(days=1)
_FARTHEST = 3660  # days that are looked at; the rules refuse a calendar that never opens


class NeverOpen(ValueError):
    """A calendar does not open within ten years, so that nothing would ever be due."""


def due(calendar: Calendar | None, zone: str, started_at: datetime, seconds: float) -> datetime:
    """When ``seconds`` of the calendar have passed since ``started_at``.

    Parameters
    ----------
    calendar : Calendar or None
        When the branch works; None: at all hours (the customer's clock).
    zone : str
        Time zone of the branch.
    started_at : datetime
        Aware.
    seconds : float
        Of working time; 0 gives ``started_at`` itself.

    Returns
    -------
    datetime
        In UTC. Time that ends with a working day is due as it closes, not as the next one opens.

    Raises
    ------
    NeverOpen
        If the calendar does not open often enough.
    """
    left = timedelta(seconds=seconds)
    start = started_at.astimezone(UTC)
    if calendar is None or not left:
        return start + left
    for opens, closes in _spans(calendar, zone, start):
        begin = max(opens, start)
        if begin + left <= closes:
            return begin + left
        left -= max(closes - begin, timedelta(0))
    raise NeverOpen(zone)


def elapsed(calendar: Calendar | None, zone: str, since: datetime, until: datetime) -> float:
    """Seconds of the calendar between two moments; 0 when the second is not the later one."""
    start, end = since.astimezone(UTC), until.astimezone(UTC)
    if end <= start:
        return 0.0
    if calendar is None:
        return (end - start).total_seconds()
    passed = timedelta(0)
    for opens, closes in _spans(calendar, zone, start):
        if opens >= end:
            break
        passed += max(min(closes, end) - max(opens, start), timedelta(0))
    return passed.total_seconds()


def is_open(calendar: Calendar | None, zone: str, at: datetime) -> bool:
    """Whether the branch works at this moment; not any more at the moment of closing."""
    if calendar is None:
        return True
    moment = at.astimezone(UTC)
    opens, closes = next(_spans(calendar, zone, moment), (moment, moment))
    return opens <= moment < closes


def next_open(calendar: Calendar | None, zone: str, at: datetime) -> datetime:
    """This moment, if the branch works then; else the moment at which it next opens."""
    moment = at.astimezone(UTC)
    if calendar is None:
        return moment
    for opens, closes in _spans(calendar, zone, moment):
        if closes > moment:
            return max(opens, moment)
    raise NeverOpen(zone)


def hours_of(calendar: Calendar, day: date) -> tuple[Hours, ...]:
    """When it is open on a day: none on closed days; a working day that was moved counts first."""
    if day in calendar.opened:
        return calendar.opened[day]
    if day in calendar.closed:
        return ()
    if calendar.holidays is not None and is_holiday(calendar.holidays, day):
        return ()
    return calendar.week.get(day.weekday(), ())


def _spans(calendar: Calendar, zone: str, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is open, in UTC and in order, from the hours that are not over at ``start`` on."""
    place = ZoneInfo(zone)
    day = start.astimezone(place).date() - _DAY
    for _ in range(_FARTHEST):
        for hours in hours_of(calendar, day):
            closes = _instant(day, hours.closes, place)
            if closes > start:
                yield _instant(day, hours.opens, place), closes
        day += _DAY


def _instant(day: date, seconds: int, place: ZoneInfo) -> datetime:
    """The moment at which the clock on the wall shows so many seconds of the day.

    An hour that the clock leaves out is read as the one behind it, one that comes twice as the
    first.
    """
    midnight = datetime.combine(day, time(), tzinfo=place)
    return (midnight + timedelta(seconds=seconds)).astimezone(UTC)  # adds on the wall's clock
