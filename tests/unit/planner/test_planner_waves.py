"""Whom a wave is due for: once, yearly, months after an anchor; month ends and leap days."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.planner import Wave
from scheduler.planner.waves import (
    CATCH_UP,
    add_months,
    anchor_ranges,
    is_drawn,
    left_today,
    occurrence_on,
)

quickly = settings(max_examples=100, deadline=None, derandomize=True)
days = st.dates(date(1996, 1, 1), date(2035, 12, 31))


def anniversary(months: int, *, yearly: bool = False) -> Wave:
    return Wave("w", "two_years", "all", months_after=months, anchor="delivery", yearly=yearly)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_months_end_where_they_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@quickly
@given(days, st.integers(-300, 300))
def test_adding_months_keeps_the_day_or_takes_the_last_of_the_month(day: date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year - day.year) * 12 + found.month - day.month == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1 < day.day


def test_a_wave_on_a_day_is_due_from_then_on_once_or_every_year() -> None:
    once = Wave("w", "t", "all", on=date(2024, 2, 29))
    assert occurrence_on(once, date(2024, 2, 28)) is None
    assert occurrence_on(once, date(2026, 1, 1)) == date(2024, 2, 29)
    yearly = Wave("w", "t", "all", on=date(2024, 2, 29), yearly=True)
    assert occurrence_on(yearly, date(2025, 2, 27)) == date(2024, 2, 29)
    assert occurrence_on(yearly, date(2025, 2, 28)) == date(2025, 2, 28)
    assert occurrence_on(yearly, date(2028, 2, 29)) == date(2028, 2, 29)


def test_an_anniversary_is_made_up_for_a_month_and_then_left() -> None:
    wave, anchor = anniversary(24), date(2024, 1, 31)
    due = date(2026, 1, 31)
    assert occurrence_on(wave, due - timedelta(days=1), anchor) is None
    assert occurrence_on(wave, due, anchor) == due
    assert occurrence_on(wave, due + CATCH_UP, anchor) == due
    assert occurrence_on(wave, due + CATCH_UP + timedelta(days=1), anchor) is None
    assert occurrence_on(wave, due, None) is None
    assert occurrence_on(anniversary(24, yearly=True), date(2027, 2, 1), anchor) == date(
        2027, 1, 31
    )


@quickly
@given(days, days, st.integers(0, 60), st.booleans())
def test_occurrences_agree_with_counting_and_every_one_lies_in_a_range(
    anchor: date, day: date, months: int, yearly: bool
) -> None:
    wave = anniversary(months, yearly=yearly)
    steps = range(months, months + 12 * 50, 12) if yearly else [months]
    due = [one for step in steps if (one := add_months(anchor, step)) <= day]
    expected = max(due, default=None)
    if expected is not None and day - expected > CATCH_UP:
        expected = None
    assert occurrence_on(wave, day, anchor) == expected
    ranges = anchor_ranges(wave, day, since=date(1996, 1, 1))
    if expected is not None:
        assert any(first <= anchor <= last for first, last in ranges)


def test_a_share_is_drawn_anew_for_every_occurrence_and_the_day_is_throttled() -> None:
    wave = Wave("w", "t", "all", on=date(2026, 1, 1), per_day=10, share=0.3)
    people = [f"p{n}" for n in range(2000)]
    drawn = {who for who in people if is_drawn(wave, who, date(2026, 1, 1), rule_set="cars")}
    again = {who for who in people if is_drawn(wave, who, date(2027, 1, 1), rule_set="cars")}
    assert abs(len(drawn) / 2000 - 0.3) < 0.04
    assert abs(len(drawn & again) / 2000 - 0.09) < 0.03
    assert (left_today(wave, 4), left_today(wave, 12)) == (6, 0)
