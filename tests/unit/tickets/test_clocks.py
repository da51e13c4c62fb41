"""Until when and for how long, on the clock of a branch; properties and the known traps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.tickets.clocks import NeverOpen, due, elapsed, hours_of, is_open, next_open
from api.tickets.loop import Calendar, Hours

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
NINE_TO_SIX = (Hours.of(time(9), time(18)),)
WORKDAYS = Calendar(dict.fromkeys(range(5), NINE_TO_SIX))
CHINESE = Calendar(dict.fromkeys(range(5), NINE_TO_SIX), holidays="CN")
ALWAYS = Calendar(dict.fromkeys(range(7), (Hours.of(time(0), None),)))
NOON_BREAK = Calendar(
    dict.fromkeys(range(7), (Hours.of(time(8), time(12)), Hours.of(time(14), time(20))))
)
NIGHTLY = Calendar(dict.fromkeys(range(7), (Hours.of(time(1), time(4)),)))
HOUR = 3600


def at(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[misc,arg-type]


def test_the_customers_clock_counts_every_hour() -> None:
    friday = at(SHANGHAI, 2026, 11, 20, 17)
    assert due(None, SHANGHAI, friday, 48 * HOUR) == friday + timedelta(hours=48)
    assert elapsed(None, SHANGHAI, friday, friday + timedelta(days=3)) == 3 * 86400


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ((2026, 11, 20, 10), 4, (2026, 11, 20, 14)),
        ((2026, 11, 20, 17), 4, (2026, 11, 23, 12)),  # over a weekend
        ((2026, 11, 21, 3), 4, (2026, 11, 23, 13)),  # opened on a Saturday night
        ((2026, 11, 20, 6), 4, (2026, 11, 20, 13)),  # before it opens
        ((2026, 11, 20, 18), 4, (2026, 11, 23, 13)),  # at the moment of closing
        ((2026, 11, 20, 9), 9, (2026, 11, 20, 18)),  # ends as it closes, not on Monday
        ((2026, 11, 20, 9), 45, (2026, 11, 26, 18)),
    ],
)
def test_a_branchs_clock_stands_still_while_it_is_closed(
    start: tuple[int, ...], hours: int, end: tuple[int, ...]
) -> None:
    assert due(WORKDAYS, SHANGHAI, at(SHANGHAI, *start), hours * HOUR) == at(SHANGHAI, *end)


def test_holidays_closed_days_and_moved_workdays_count() -> None:
    eve = at(SHANGHAI, 2026, 9, 30, 17)  # before the national week
    assert due(CHINESE, SHANGHAI, eve, 2 * HOUR) == at(SHANGHAI, 2026, 10, 8, 10)
    closed = Calendar(WORKDAYS.week, closed=frozenset({date(2026, 11, 23)}))
    friday = at(SHANGHAI, 2026, 11, 20, 17)
    assert due(closed, SHANGHAI, friday, 2 * HOUR) == at(SHANGHAI, 2026, 11, 24, 10)
    moved = Calendar(WORKDAYS.week, "CN", opened={date(2026, 10, 3): NINE_TO_SIX})
    assert due(moved, SHANGHAI, eve, 2 * HOUR) == at(SHANGHAI, 2026, 10, 3, 10)


def test_a_calendar_without_a_break_at_midnight_loses_no_minute() -> None:
    late = at(SHANGHAI, 2026, 11, 20, 23, 30)
    assert due(ALWAYS, SHANGHAI, late, 48 * HOUR) == late + timedelta(hours=48)
    assert elapsed(ALWAYS, SHANGHAI, late, late + timedelta(hours=48)) == 48 * HOUR


def test_the_zone_is_the_branchs_own() -> None:
    moment = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # 17:30 in China, 10:30 in Germany
    assert due(WORKDAYS, SHANGHAI, moment, HOUR) == at(SHANGHAI, 2026, 11, 24, 9, 30)
    assert due(WORKDAYS, BERLIN, moment, HOUR) == at(BERLIN, 2026, 11, 23, 11, 30)


def test_what_passes_while_clocks_are_changed_is_real_time() -> None:
    spring, autumn = at(BERLIN, 2026, 3, 29, 0), at(BERLIN, 2026, 10, 25, 0)
    assert elapsed(NIGHTLY, BERLIN, spring, spring + timedelta(hours=12)) == 2 * HOUR
    assert elapsed(NIGHTLY, BERLIN, autumn, autumn + timedelta(hours=12)) == 4 * HOUR
    assert due(NIGHTLY, BERLIN, spring, 2 * HOUR) == at(BERLIN, 2026, 3, 29, 4)


def test_opening_is_in_and_closing_is_out() -> None:
    assert is_open(WORKDAYS, SHANGHAI, at(SHANGHAI, 2026, 11, 20, 9))
    assert not is_open(WORKDAYS, SHANGHAI, at(SHANGHAI, 2026, 11, 20, 18))
    assert not is_open(NOON_BREAK, SHANGHAI, at(SHANGHAI, 2026, 11, 20, 13))
    night = at(SHANGHAI, 2026, 11, 21, 0)
    assert next_open(WORKDAYS, SHANGHAI, night) == at(SHANGHAI, 2026, 11, 23, 9)
    assert is_open(None, SHANGHAI, night)
    assert next_open(None, SHANGHAI, night) == night


def test_a_calendar_that_never_opens_is_named_and_not_walked_for_ever() -> None:
    with pytest.raises(NeverOpen):
        due(Calendar({}), SHANGHAI, at(SHANGHAI, 2026, 11, 20, 9), 1)


zones = st.sampled_from([SHANGHAI, BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"])
calendars = st.sampled_from([WORKDAYS, CHINESE, ALWAYS, NOON_BREAK, NIGHTLY, None])
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
moments = st.integers(0, 4 * 365 * 86400).map(lambda seconds: _BEGIN + timedelta(seconds=seconds))
spans = st.integers(0, 300 * HOUR)


@given(calendars, zones, moments, spans)
@settings(max_examples=150, deadline=None)
def test_exactly_the_seconds_asked_for_have_passed_when_it_is_due(
    calendar: Calendar | None, zone: str, start: datetime, seconds: int
) -> None:
    assert elapsed(calendar, zone, start, due(calendar, zone, start, seconds)) == seconds


@given(calendars, zones, moments, st.integers(0, 3 * 1440))
@settings(max_examples=40, deadline=None)
def test_it_is_what_a_watch_shows_minute_by_minute(
    calendar: Calendar | None, zone: str, start: datetime, minutes: int
) -> None:
    """Counted by looking at the wall clock every minute, which shares nothing with the sums."""
    start = start.replace(second=0)
    place = ZoneInfo(zone)
    counted = 0
    for minute in range(minutes):
        local = (start + timedelta(minutes=minute)).astimezone(place)
        second = local.hour * HOUR + local.minute * 60
        open_now = calendar is None or any(
            one.opens <= second < one.closes for one in hours_of(calendar, local.date())
        )
        counted += 60 * open_now
    assert elapsed(calendar, zone, start, start + timedelta(minutes=minutes)) == counted


@given(calendars, zones, moments, spans, spans)
@settings(max_examples=150, deadline=None)
def test_two_parts_one_after_the_other_are_due_with_the_whole(
    calendar: Calendar | None, zone: str, start: datetime, first: int, second: int
) -> None:
    whole = due(calendar, zone, start, first + second)
    assert due(calendar, zone, due(calendar, zone, start, first), second) == whole


@given(calendars, zones, moments, spans, st.integers(0, 500 * HOUR))
@settings(max_examples=150, deadline=None)
def test_a_later_start_is_never_due_earlier(
    calendar: Calendar | None, zone: str, start: datetime, seconds: int, later: int
) -> None:
    behind = start + timedelta(seconds=later)
    assert due(calendar, zone, behind, seconds) >= due(calendar, zone, start, seconds)


@given(calendars, zones, moments, st.integers(1, 300 * HOUR))
@settings(max_examples=150, deadline=None)
def test_what_is_due_is_due_while_it_is_open_or_as_it_closes(
    calendar: Calendar | None, zone: str, start: datetime, seconds: int
) -> None:
    end = due(calendar, zone, start, seconds)
    assert is_open(calendar, zone, end - timedelta(microseconds=1))
    assert end >= start.astimezone(UTC) + timedelta(seconds=seconds)


@given(calendars, zones, moments)
@settings(max_examples=100, deadline=None)
def test_the_next_opening_is_open_and_nothing_passes_before_it(
    calendar: Calendar | None, zone: str, moment: datetime
) -> None:
    opening = next_open(calendar, zone, moment)
    assert is_open(calendar, zone, opening)
    assert elapsed(calendar, zone, moment, opening) == 0
