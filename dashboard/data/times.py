"""Moments as people read them, on the clock of the network's own zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.data.periods import day_text
from dashboard.data.sitting import DEFAULT_TIMEZONE, Sitting


def zone_of(sitting: Sitting) -> ZoneInfo:
    """The network's time zone."""
    root = sitting.viewer.hierarchy.root
    return ZoneInfo((root.timezone if root else None) or DEFAULT_TIMEZONE)


def moment_text(sitting: Sitting, moment: datetime) -> str:
    """A day with its month's name and the time on the wall."""
    local = moment.astimezone(zone_of(sitting))
    return sitting.say(
        "asked.moment", day=day_text(sitting.say, local.date()), time=f"{local:%H:%M}"
    )
