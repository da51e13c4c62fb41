"""When something regular is due: a day of the week and an hour where somebody is. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MONDAY = 0
SEND_TIME = time(8, 0)
LATE = timedelta(days=1)  # whoever never got one gets none that is older than this


def last_due(
    now: datetime, timezone: str, *, weekday: int = MONDAY, at: time = SEND_TIME
) -> datetime:
    """The latest ``weekday`` (Monday is 0) at ``at`` in ``timezone`` that is not after ``now``.

    Aware, in that zone. Where a change of clock skips the hour, Python's reading of that wall time
    counts.
    """
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    day = local.date() - timedelta(days=(local.weekday() - weekday) % 7)
    due = datetime.combine(day, at, zone)
    if due > now:
        due = datetime.combine(day - timedelta(weeks=1), at, zone)
    return due


def next_due(
    now: datetime, timezone: str, *, weekday: int = MONDAY, at: time = SEND_TIME
) -> datetime:
    """The first such moment after ``now``."""
    last = last_due(now, timezone, weekday=weekday, at=at)
    return datetime.combine(last.date() + timedelta(weeks=1), at, ZoneInfo(timezone))


def is_open(
    due: datetime, now: datetime, *, window: datetime, done: datetime | None, since: datetime | None
) -> bool:
    """Whether what was ``due`` is still to be done.

    Each is done once for its week, which ``window`` names; ``done`` is the newest that was. What
    was ordered after its hour waits for the next one (``since``), and whoever never got one does
    not begin with an old one.
    """
    if since is not None and due < since:
        return False
    return now - due < LATE if done is None else done < window
