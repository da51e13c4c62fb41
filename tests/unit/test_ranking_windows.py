"""When the weekly ranking is due, and which week it tells of."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.reports.windows import SEND_TIME, last_due

ZONES = st.sampled_from(
    ["Asia/Shanghai", "Asia/Urumqi", "Europe/London", "America/New_York", "Pacific/Kiritimati"]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, ZONES)
def test_due_is_the_latest_monday_at_eight(now: datetime, zone: str) -> None:
    due = last_due(now, zone)
    assert due.weekday() == 0
    assert due.time() == SEND_TIME
    assert due <= now
    next_one = datetime.combine(due.date() + timedelta(weeks=1), SEND_TIME, ZoneInfo(zone))
    assert next_one > now


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 15, 23, 59, tzinfo=UTC), date(2026, 11, 9)),
        (datetime(2026, 11, 16, 0, 0, tzinfo=UTC), date(2026, 11, 16)),
    ],
)
def test_shanghai_is_due_at_midnight_utc(now: datetime, due: date) -> None:
    assert last_due(now, "Asia/Shanghai").date() == due
