"""Until when a plan may be sent without being decided again."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.planner import QuietHours, Timing
from scheduler.planner.timing import LATEST, closes

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(21), time(9))


def at(zone: ZoneInfo, *wall: int) -> datetime:
    return datetime(*wall, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [(9, 0, (11, 0)), (18, 59, (20, 59)), (19, 1, (21, 0)), (20, 59, (21, 0))],
)
def test_it_ends_with_the_night_or_after_two_hours(
    hour: int, minute: int, expected: tuple[int, int]
) -> None:
    planned = at(SHANGHAI, 2026, 11, 18, hour, minute)
    assert closes(planned, Timing(NIGHT), SHANGHAI) == at(SHANGHAI, 2026, 11, 18, *expected)


def test_a_pause_at_noon_ends_it_too() -> None:
    noon = QuietHours(time(12), time(12, 30))
    planned = at(SHANGHAI, 2026, 11, 18, 11, 15)
    assert closes(planned, Timing(noon), SHANGHAI) == at(SHANGHAI, 2026, 11, 18, 12)


def test_an_hour_that_does_not_exist_is_not_waited_for() -> None:
    """Clocks go from two to three: quiet hours that begin at half past two begin at three."""
    quiet = QuietHours(time(2, 30), time(9))
    planned = at(BERLIN, 2026, 3, 29, 1, 30)
    assert closes(planned, Timing(quiet), BERLIN) == planned + timedelta(minutes=30)


def test_it_is_never_longer_than_said() -> None:
    start = at(SHANGHAI, 2026, 11, 18, 9)
    for minutes in range(0, 12 * 60, 7):
        planned = start + timedelta(minutes=minutes)
        assert planned < closes(planned, Timing(NIGHT), SHANGHAI) <= planned + LATEST
