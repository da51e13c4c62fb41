"""Until when a planned message may leave without being thought about again. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.planner import QuietHours
from scheduler.planner.timing import is_quiet

LATEST = timedelta(hours=2)
_MINUTE = timedelta(minutes=1)


def send_before(at: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """The end of the time in which a message planned for ``at`` may be sent.

    The beginning of the next quiet hours, at most :data:`LATEST` after ``at``: a worker that was
    away for longer looks at the quiet hours and at the cap again.
    """
    for minutes in range(1, LATEST // _MINUTE):
        if is_quiet(at + minutes * _MINUTE, quiet, zone):
            return at + minutes * _MINUTE
    return at + LATEST
