"""A period is covered exactly, by as few cells as fit."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.insights.periods import Period, Run, cover, full_weeks, next_month, week_start, weeks_of

DAYS = st.dates(date(2015, 1, 1), date(2030, 1, 1))
PERIODS = st.builds(
    lambda start, days: Period(start, start + timedelta(days=days)), DAYS, st.integers(1, 800)
)


def cells(run: Run) -> list[tuple[date, date]]:
    found, day = [], run.start
    while day < run.end:
        end = {
            "day": day + timedelta(days=1),
            "week": day + timedelta(weeks=1),
            "month": next_month(day),
        }[run.kind]
        found.append((day, end))
        day = end
    return found


@given(PERIODS)
def test_the_cells_are_exactly_the_period(period: Period) -> None:
    covered = [cell for run in cover(period) for cell in cells(run)]
    assert covered[0][0] == period.start
    assert covered[-1][1] == period.end
    assert all(one[1] == other[0] for one, other in pairwise(covered))


@given(PERIODS)
def test_weeks_begin_on_mondays_and_months_on_the_first(period: Period) -> None:
    for run in cover(period):
        for start, end in cells(run):
            assert run.kind != "week" or (start.weekday(), (end - start).days) == (0, 7)
            assert run.kind != "month" or (start.day, end.day) == (1, 1)


@given(
    st.builds(lambda start, days: Period(start, start + timedelta(days)), DAYS, st.integers(1, 75))
)
def test_no_other_cells_that_fit_are_fewer(period: Period) -> None:
    ours = sum(len(cells(run)) for run in cover(period))
    assert ours == fewest(period.start, period.end, {})


def fewest(day: date, end: date, known: dict[date, int]) -> int:
    """By trying everything."""
    if day == end:
        return 0
    if day not in known:
        ends = [day + timedelta(days=1)]
        if day.weekday() == 0:
            ends.append(day + timedelta(weeks=1))
        if day.day == 1:
            ends.append(next_month(day))
        known[day] = 1 + min(fewest(one, end, known) for one in ends if one <= end)
    return known[day]


def test_a_year_is_twelve_months() -> None:
    assert cover(Period(date(2026, 1, 1), date(2027, 1, 1))) == [
        Run("month", date(2026, 1, 1), date(2027, 1, 1))
    ]


def test_full_weeks_end_on_the_last_monday() -> None:
    for day in (date(2026, 11, 16), date(2026, 11, 18), date(2026, 11, 22)):
        assert full_weeks(13, before=day) == Period(date(2026, 8, 17), date(2026, 11, 16))


@given(PERIODS)
def test_the_weeks_of_a_period_are_all_that_lie_within(period: Period) -> None:
    found = weeks_of(period)
    assert all(week.start.weekday() == 0 and week.days == 7 for week in found)
    inside = [
        day
        for day in (period.start + timedelta(days=n) for n in range(period.days))
        if week_start(day) == day and day + timedelta(weeks=1) <= period.end
    ]
    assert [week.start for week in found] == inside


@given(PERIODS)
def test_the_period_before_is_as_long_and_ends_where_this_begins(period: Period) -> None:
    assert (period.before().days, period.before().end) == (period.days, period.start)


def test_a_period_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="after it starts"):
        Period(date(2026, 1, 1), date(2026, 1, 1))
