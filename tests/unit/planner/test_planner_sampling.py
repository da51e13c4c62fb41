"""How many to ask: the published figures, rates, budgets, the quota of a day."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.planner.sampling import (
    LEAST,
    Standing,
    equal_precision,
    expected_margin,
    period_of,
    plan_day,
    required_answers,
    shrunken_rates,
)

quickly = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("confidence", "population", "needed"),
    [
        (0.90, np.inf, [609, 152, 68, 38]),
        (0.95, np.inf, [864, 216, 96, 54]),
        (0.90, 300, [201, 101, 55, 34]),
        (0.95, 300, [223, 126, 73, 46]),
    ],
)
def test_required_answers_are_the_figures_of_the_method(
    confidence: float, population: float, needed: list[int]
) -> None:
    found = [
        round(float(required_answers(points / 100, population, confidence=confidence)))
        for points in (5, 10, 15, 20)
    ]
    assert found == needed


@quickly
@given(st.floats(0.02, 0.5), st.integers(2, 100_000), st.sampled_from([0.9, 0.95]))
def test_the_margin_of_the_required_answers_is_the_margin(
    margin: float, people: int, confidence: float
) -> None:
    needed = required_answers(margin, people, confidence=confidence)
    assert float(expected_margin(needed, people, confidence=confidence)) == pytest.approx(margin)
    assert 0 < float(needed) < people


def test_nobody_answering_has_no_margin_and_everybody_has_none_to_fear() -> None:
    assert list(expected_margin([0, 50], 50)) == [np.inf, 0.0]


def test_rates_shrink_towards_the_network_the_more_the_less_is_known() -> None:
    rng = np.random.default_rng(3)
    truth = rng.beta(8, 32, 500)  # 40 invitations' worth of prior
    asked = rng.integers(5, 400, 500)
    got = rng.binomial(asked, truth)
    rates = shrunken_rates(got, asked)
    raw = got / asked
    assert np.mean((rates - truth) ** 2) < 0.8 * np.mean((raw - truth) ** 2)
    few, many = asked < 20, asked > 300
    pulled = np.abs(rates - raw) / np.maximum(np.abs(raw - raw.mean()), 1e-9)
    assert np.median(pulled[few]) > 3 * np.median(pulled[many])
    expected = (got + 40 * 0.2) / (asked + 40)
    assert np.max(np.abs(rates - expected)) < 0.04


def test_rates_without_differences_are_the_networks_and_without_data_the_prior() -> None:
    assert list(shrunken_rates([0, 0], [0, 0], prior=0.15)) == [0.15, 0.15]
    same = shrunken_rates([20, 10, 0], [100, 50, 0])
    assert same == pytest.approx([0.2, 0.2, 0.2], abs=1e-3)
    assert 0 < shrunken_rates([0], [5])[0] < 0.2
    with pytest.raises(ValueError, match="between 0 and the number asked"):
        shrunken_rates([6], [5])


@quickly
@given(
    st.lists(st.tuples(st.integers(1, 3000), st.floats(0.05, 0.9)), min_size=2, max_size=40),
    st.floats(0.05, 0.95),
)
def test_a_budget_is_spent_and_nobody_who_could_has_a_worse_margin(
    branches: list[tuple[int, float]], part: float
) -> None:
    people = np.array([one for one, _ in branches], dtype=float)
    rates = np.array([rate for _, rate in branches])
    budget = part * people.sum()
    allocation = equal_precision(people, rates, budget)
    asked = allocation.invitations
    assert asked.sum() == pytest.approx(budget, rel=1e-6)
    assert np.all(asked <= people + 1e-9)
    not_full = asked < people - 1e-6
    margins = expected_margin(asked * rates, people)
    assert margins[not_full] == pytest.approx(allocation.margin)
    assert np.all(margins[~not_full] >= allocation.margin - 1e-9)


def test_a_budget_for_everybody_asks_everybody() -> None:
    allocation = equal_precision([10, 20], [0.2, 0.3], 40)
    assert (list(allocation.invitations), allocation.margin) == ([10, 20], 0.0)


def test_the_quota_of_a_day_is_what_lacks_over_the_days_left() -> None:
    first, last = period_of(date(2026, 3, 2), 91)
    assert (last - first).days == 90
    standing = Standing(answered=0, pending=0, expected=100.0, rate=0.2)
    plan = plan_day(standing, margin=10, confidence=0.9, days=91, day=first)
    assert plan.needed == 150  # of 9100 customers
    assert plan.probability == pytest.approx(149.72 / 0.2 / 91 / 100, rel=1e-3)
    assert plan.deficit == 1.0
    half = Standing(answered=50, pending=125, expected=100.0, rate=0.2)
    later = plan_day(half, margin=10, confidence=0.9, days=91, day=last)
    assert later.probability == pytest.approx((149.72 - 75) / 0.2 / 100, abs=0.01) or (
        later.probability == 1.0
    )
    assert later.deficit == pytest.approx(0.5, abs=0.01)


@quickly
@given(
    st.integers(0, 500), st.integers(0, 500), st.floats(0, 50), st.floats(0.01, 1),
    st.integers(0, 400),
)  # fmt: skip
def test_a_plan_is_always_a_probability_and_grows_with_what_lacks(
    answered: int, pending: int, expected: float, rate: float, day: int
) -> None:
    on = date(2026, 1, 1) + timedelta(days=day)
    standing = Standing(answered, pending, expected, rate)
    plan = plan_day(standing, margin=10, confidence=0.9, days=30, day=on)
    assert LEAST <= plan.probability <= 1
    assert 0 <= plan.deficit <= 1
    more = Standing(answered + 10, pending, expected, rate)
    richer = plan_day(more, margin=10, confidence=0.9, days=30, day=on)
    assert richer.probability <= plan.probability
    assert richer.deficit <= plan.deficit


def test_periods_follow_one_another_without_gap() -> None:
    first, last = period_of(date(2026, 3, 2), 30)
    assert period_of(last, 30) == (first, last)
    assert period_of(last + timedelta(days=1), 30)[0] == last + timedelta(days=1)
    with pytest.raises(ValueError, match="at least one day"):
        period_of(first, 0)
