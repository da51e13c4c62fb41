"""Falling volume: expectations by weekday, reference tails, and the promised false alarms."""

import numpy as np
import pytest
from scipy import stats

from scoring.arrays import Counts, Floats
from scoring.volume import NotDaysError, VolumeRules, judge_volume, lower_tail

WEEK = np.array([1.2, 1.0, 1.0, 1.0, 1.3, 1.5, 0.0])  # of a dealer that is shut on Sundays


def weekdays(days: int) -> Counts:
    """Consecutive days from a Monday on."""
    return np.arange(days) % 7


def network(
    rng: np.random.Generator, *, branches: int, days: int, rate: Floats | float, phi: float
) -> Counts:
    """Counts that scatter ``phi`` times as much as a Poisson's, weekday by weekday."""
    mean = np.broadcast_to(np.reshape(rate, (-1, 1)), (branches, 1)) * WEEK[weekdays(days)]
    size = np.where(mean > 0, mean / (phi - 1), 1.0)
    return np.where(mean > 0, rng.negative_binomial(size, 1 / phi, (branches, days)), 0)


def test_the_tail_is_the_negative_binomials_and_the_poissons() -> None:
    observed, mean = np.array([0, 3, 12, 40]), np.array([5.0, 5.0, 20.0, 60.0])
    variance = np.array([9.0, 9.0, 50.0, 61.0])
    size = mean**2 / (variance - mean)
    expected = stats.nbinom.cdf(observed, size, mean / variance)
    assert lower_tail(observed, mean, variance) == pytest.approx(expected, rel=1e-9)
    poisson = stats.poisson.cdf(observed, mean)
    assert lower_tail(observed, mean, mean) == pytest.approx(poisson, rel=1e-9)


def test_the_expectation_is_the_sum_of_the_branchs_own_weekdays() -> None:
    counts = np.array([np.tile([4, 4, 4, 4, 8, 2, 0], 9), np.tile([0, 0, 0, 0, 0, 9, 9], 9)])
    found = judge_volume(counts, weekdays(63), watched=2)  # a Saturday and a Sunday
    assert found.expected.tolist() == [2.0, 18.0]
    assert found.observed.tolist() == [2, 18]
    assert not found.low.any()


def test_a_feed_that_stops_is_found_and_a_shut_sunday_is_not() -> None:
    rng = np.random.default_rng(3)
    counts = network(rng, branches=30, days=63, rate=4.0, phi=1.4)
    counts[5, -7:] = 0
    assert np.flatnonzero(judge_volume(counts, weekdays(63), watched=7).low).tolist() == [5]
    sunday = judge_volume(counts, weekdays(63), watched=1)
    assert not sunday.judged.any()


def test_a_feed_that_has_been_dead_for_weeks_is_found_until_too_little_is_left_to_compare() -> None:
    rng = np.random.default_rng(4)
    counts = network(rng, branches=30, days=63, rate=4.0, phi=1.4)
    counts[5, -30:] = 0
    counts[6, -60:] = 0
    found = judge_volume(counts, weekdays(63), watched=7)
    assert np.flatnonzero(found.low).tolist() == [5]
    assert found.expected[5] == pytest.approx(28, abs=8)
    assert not found.judged[6]


def test_a_share_finds_what_falls_before_it_stops() -> None:
    rng = np.random.default_rng(5)
    counts = network(rng, branches=30, days=63, rate=6.0, phi=1.3)
    counts[2, -7:] = counts[2, -7:] // 4
    stopped = judge_volume(counts, weekdays(63), watched=7)
    fallen = judge_volume(counts, weekdays(63), watched=7, rules=VolumeRules(share=0.5))
    assert not stopped.low.any()
    assert np.flatnonzero(fallen.low).tolist() == [2]


def test_a_holiday_neither_alarms_nor_spoils_the_pattern() -> None:
    counts = np.tile([5, 5, 5, 5, 5, 5, 0], (12, 9))
    counts[:, 21:28] = 0
    counts[:, -7:] = 0
    open_days = counts >= 0
    open_days[:, 21:28] = open_days[:, -7:] = False
    found = judge_volume(counts, weekdays(63), watched=7, counted=open_days)
    assert not found.judged.any()
    assert np.nanmax(found.pattern.rate) == 5.0


def test_the_networks_season_is_nobodys_fault_but_a_network_that_stops_is() -> None:
    rng = np.random.default_rng(8)
    counts = network(rng, branches=60, days=63, rate=6.0, phi=1.3)
    quiet = counts.copy()
    quiet[:, -7:] = rng.binomial(quiet[:, -7:], 0.55)
    rules = VolumeRules(share=0.6)
    found = judge_volume(quiet, weekdays(63), watched=7, rules=rules)
    assert found.season == pytest.approx(0.55, abs=0.05)
    assert not found.low.any()
    dead = counts.copy()
    dead[:, -7:] = 0
    assert judge_volume(dead, weekdays(63), watched=7, rules=rules).low.all()


def test_a_branch_without_a_past_is_not_judged() -> None:
    counts = np.zeros((2, 63), dtype=np.int64)
    counts[0, :-7] = 5
    counts[1, -9:-7] = 5
    open_days = np.ones(counts.shape, dtype=np.bool_)
    open_days[1, :-9] = False
    found = judge_volume(counts, weekdays(63), watched=7, counted=open_days)
    assert found.judged.tolist() == [True, False]
    assert np.isnan(found.p[1])


@pytest.mark.parametrize(("rate", "phi"), [(2.0, 1.2), (5.0, 1.6), (12.0, 2.5)])
def test_false_alarms_in_a_year_of_days_are_no_more_than_promised(rate: float, phi: float) -> None:
    branches, weeks, watched = 200, 8, 7
    rng = np.random.default_rng(int(rate * 10))
    spread = rate * np.exp(0.3 * rng.standard_normal(branches))
    days = watched + 7 * weeks + 365
    counts = network(rng, branches=branches, days=days, rate=spread, phi=phi)
    rules = VolumeRules(share=1.0, least=5.0, false_alarms=0.1)
    span = 7 * weeks + watched
    alarms = sum(
        int(
            judge_volume(
                counts[:, end - span : end], weekdays(days)[end - span : end], watched=watched,
                rules=rules,
            ).low.sum()
        )
        for end in range(span + 1, days + 1)
    )  # fmt: skip
    assert alarms / branches <= rules.false_alarms * 1.3


def test_of_feeds_that_stop_nearly_all_are_found_within_a_week_and_a_day() -> None:
    rng = np.random.default_rng(11)
    counts = network(rng, branches=200, days=71, rate=4.0, phi=1.5)
    counts[:40, -8:] = 0
    found = judge_volume(counts, weekdays(71), watched=7)
    assert found.low[:40].mean() > 0.95
    assert not found.low[40:].any()


def test_days_that_do_not_fit_are_refused() -> None:
    counts = np.zeros((1, 14), dtype=np.int64)
    for days, watched in ((weekdays(13), 7), (weekdays(14), 14), (weekdays(14) + 1, 7)):
        with pytest.raises(NotDaysError):
            judge_volume(counts, days, watched=watched)
    with pytest.raises(NotDaysError):
        judge_volume(counts, weekdays(14), watched=7, counted=np.ones((1, 3), dtype=np.bool_))
