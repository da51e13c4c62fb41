"""When the weekly ranking is due: Mondays at 08:00 where the region is. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

SEND_TIME = time(8, 0)
LATE = timedelta(days=1)  # a new installation sends a ranking that is no older than this


def last_due(now: datetime, timezone: str) -> datetime:
    """The latest Monday 08:00 in ``timezone`` that is not after ``now`` (aware, in that zone).

    Where a change of clock skips 08:00, Python's reading of that wall time counts.
    """
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    due = datetime.combine(monday, SEND_TIME, zone)
    if due > now:
        due = datetime.combine(monday - timedelta(weeks=1), SEND_TIME, zone)
    return due
