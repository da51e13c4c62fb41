"""When a message may go: quiet hours on the wall of a place, and free slots under the cap.

Pure arithmetic on aware moments; everything returned is in UTC.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler.planner.rules import Cap, QuietHours

_MINUTE = timedelta(minutes=1)
_DAYS_AHEAD = 3  # a zone may skip a whole day (Samoa, 30 December 2011)


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
    """The first moment from ``at`` on that is not quiet.

    Parameters
    ----------
    at : datetime
        Aware.
    quiet : QuietHours
    zone : ZoneInfo
        Whose wall clock counts.

    Returns
    -------
    datetime
        ``at`` itself when it is not quiet, in UTC.

    Notes
    -----
    On a day when clocks go back, the end of the quiet hours may come twice; on one when they go
    forward it may not come at all, and the moment of the change counts. Moments are compared in
    UTC, because Python compares two values of one zone by their wall clocks.
    """
    moment = at.astimezone(UTC)
    if not is_quiet(moment, quiet, zone):
        return moment
    today = moment.astimezone(zone).date()
    for days in range(_DAYS_AHEAD + 1):
        end = datetime.combine(today + timedelta(days=days), quiet.end, tzinfo=zone)
        for fold in (0, 1):
            candidate = end.replace(fold=fold).astimezone(UTC)
            if candidate > moment and not is_quiet(candidate, quiet, zone):
                change = _clock_change(moment, candidate, zone)
                return change if change and not is_quiet(change, quiet, zone) else candidate
    raise ValueError(f"no end of the quiet hours {quiet} in {zone.key}")  # pragma: no cover


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


def occupied(at: datetime, slots: Sequence[datetime], cap: Cap) -> int:
    """How many slots the fullest window of the cap that holds ``at`` has already.

    Parameters
    ----------
    at : datetime
        Aware.
    slots : sequence of datetime, ascending
        Moments that occupy a slot, before and after ``at``.
    cap : Cap
        Its windows are half-open, ``cap.days`` × 24 hours long.

    Returns
    -------
    int
        One more invitation at ``at`` keeps the cap if and only if this is below ``cap.count``.
        Later slots count too: a planned invitation must not be overtaken by a second one.
    """
    near = [slot for slot in slots if at - cap.window < slot < at + cap.window]
    starts = [slot for slot in near if slot <= at] or [at]
    return max(sum(start <= slot < start + cap.window for slot in near) for start in starts)


def next_free(
    at: datetime, slots: Sequence[datetime], cap: Cap, quiet: QuietHours, zone: ZoneInfo
) -> datetime:
    """The first moment from ``at`` on that is neither quiet nor over the cap.

    Parameters
    ----------
    at : datetime
        Aware.
    slots : sequence of datetime, ascending
    cap : Cap
    quiet : QuietHours
    zone : ZoneInfo

    Returns
    -------
    datetime
        In UTC. A place under the cap becomes free only at ``at`` or where a slot leaves the
        window, so only those moments, moved out of the quiet hours, are tried.
    """
    start = at.astimezone(UTC)
    freed = [slot + cap.window for slot in slots if slot + cap.window > start]
    moments = sorted({after_quiet(moment, quiet, zone) for moment in [start, *freed]})
    return next(moment for moment in moments if occupied(moment, slots, cap) < cap.count)
