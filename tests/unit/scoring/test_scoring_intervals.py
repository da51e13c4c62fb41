"""Intervals reproduce published figures and behave as an interval must."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from scoring.arrays import Z95
from scoring.intervals import (
    FEW,
    Interval,
    finite_population_factor,
    kish_effective_n,
    mean_interval,
    nps_adjusted_wald,
    nps_score_interval,
    wilson_interval,
)

Z90 = 1.6448536269514722
count = st.integers(0, 400)
some_answers = st.tuples(count, count, count).filter(lambda bands: sum(bands) > 0)


def limits(interval: Interval) -> list[float]:
    return [float(interval.low), float(interval.high)]


# (detractors, passives, promoters), score interval, adjusted Wald: METHODS 1.1.
NPS_REGRESSION = [
    ((1, 1, 8), [11.95, 91.65], [14.73, 92.96]),
    ((0, 0, 10), [44.49, 100.0], [47.50, 106.34]),
    ((10, 20, 70), [45.22, 71.28], [45.27, 71.24]),
    ((2, 5, 23), [41.85, 85.12], [42.11, 85.16]),
]


@pytest.mark.parametrize(("bands", "score", "adjusted"), NPS_REGRESSION)
def test_nps_intervals_keep_their_values(
    bands: tuple[int, int, int], score: list[float], adjusted: list[float]
) -> None:
    assert limits(nps_score_interval(*bands)) == pytest.approx(score, abs=0.005)
    assert limits(nps_adjusted_wald(*bands)) == pytest.approx(adjusted, abs=0.005)


def test_the_nps_score_interval_is_that_of_r_propcis() -> None:
    # scoreci.mp(60, 20, 1000) prints -0.0584 -0.0231 for (second - first).
    assert limits(nps_score_interval(60, 920, 20)) == pytest.approx([-5.84, -2.31], abs=0.005)


def test_the_nps_score_interval_gives_the_published_ninety_percent_limits() -> None:
    found = limits(nps_score_interval(41, 549 - 41 - 48, 48, z=Z90))
    assert found == pytest.approx([-1.57, 4.14], abs=0.005)


@given(
    st.lists(st.tuples(count, count, count), min_size=1, max_size=FEW), st.sampled_from([1, 0.37])
)
def test_limits_of_few_branches_are_those_of_many_to_the_last_bit(
    answers: list[tuple[int, int, int]], weight: float
) -> None:
    few = np.array(answers).T * weight
    many = np.concatenate([few, np.ones((3, FEW))], axis=1)
    alone, among = nps_score_interval(*few), nps_score_interval(*many)
    np.testing.assert_array_equal(alone.low, among.low[: few.shape[1]])
    np.testing.assert_array_equal(alone.high, among.high[: few.shape[1]])


# Newcombe 1998, table I, method 3.
NEWCOMBE = [
    (81, 263, [0.2553, 0.3662]),
    (15, 148, [0.0624, 0.1605]),
    (0, 20, [0.0, 0.1611]),
    (1, 29, [0.0061, 0.1718]),
]


@pytest.mark.parametrize(("hits", "answers", "published"), NEWCOMBE)
def test_wilson_gives_the_limits_published_by_newcombe(
    hits: int, answers: int, published: list[float]
) -> None:
    assert limits(wilson_interval(hits, answers)) == pytest.approx(published, abs=0.00005)


def test_the_score_interval_is_what_the_score_test_does_not_reject() -> None:
    down, none, up = 4, 9, 17
    n = down + none + up
    for limit in limits(nps_score_interval(down, none, up)):
        d = limit / 100
        b = -up - down + (2 * n - up + down) * d
        q = (np.sqrt(b**2 + 8 * n * down * d * (1 - d)) - b) / (4 * n)
        t = (up - down - n * d) / np.sqrt(n * (2 * q + d * (1 - d)))
        assert abs(t) == pytest.approx(Z95, abs=1e-9)


@pytest.mark.parametrize("method", [nps_score_interval, nps_adjusted_wald])
def test_without_answers_there_is_no_nps_interval(method: object) -> None:
    assert np.isnan(limits(method(0, 0, 0))).all()  # type: ignore[operator]


def test_without_answers_there_is_no_share_and_no_mean_interval() -> None:
    assert np.isnan(limits(wilson_interval(0, 0))).all()
    assert np.isnan(limits(mean_interval(np.nan, np.nan, 0, 1.5))).all()


def test_all_promoters_are_still_uncertain_downwards() -> None:
    found = nps_score_interval(0, 0, np.array([1, 5, 30]))
    assert found.high.tolist() == [100, 100, 100]
    assert (found.low < 100).all()
    assert (np.diff(found.low) > 0).all()


def test_all_detractors_are_the_mirror_of_all_promoters() -> None:
    down, up = nps_score_interval(10, 0, 0), nps_score_interval(0, 0, 10)
    assert limits(down) == pytest.approx([-limits(up)[1], -limits(up)[0]], abs=1e-9)


def test_all_passives_have_an_interval_around_zero() -> None:
    low, high = limits(nps_score_interval(0, 12, 0))
    assert low == pytest.approx(-high)
    assert 0 < high < 100


@given(some_answers)
def test_the_nps_interval_contains_its_point_and_stays_on_the_scale(
    bands: tuple[int, int, int],
) -> None:
    low, high = limits(nps_score_interval(*bands))
    point = 100 * (bands[2] - bands[0]) / sum(bands)
    assert -100 <= low <= point + 1e-9
    assert point - 1e-9 <= high <= 100


@given(some_answers)
def test_swapping_promoters_and_detractors_mirrors_both_nps_intervals(
    bands: tuple[int, int, int],
) -> None:
    for method in (nps_score_interval, nps_adjusted_wald):
        low, high = limits(method(*bands))
        assert limits(method(*reversed(bands))) == pytest.approx([-high, -low], abs=1e-8)


@given(some_answers, st.integers(2, 5))
def test_more_answers_of_the_same_kind_never_widen_an_nps_interval(
    bands: tuple[int, int, int], times: int
) -> None:
    few = np.ptp(limits(nps_score_interval(*bands)))
    many = np.ptp(limits(nps_score_interval(*(times * band for band in bands))))
    assert many < few


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_interval_contains_its_point_mirrors_and_narrows(
    hits_of: tuple[int, int],
) -> None:
    hits, n = hits_of
    low, high = limits(wilson_interval(hits, n))
    assert 0 <= low <= hits / n <= high <= 1
    assert limits(wilson_interval(n - hits, n)) == pytest.approx([1 - high, 1 - low])
    assert np.ptp(limits(wilson_interval(2 * hits, 2 * n))) < high - low


@given(st.integers(1, 300), st.floats(0, 9), st.floats(0.1, 9), st.floats(-5, 5))
def test_the_mean_interval_is_centred_and_moves_with_the_mean(
    n: int, own: float, pooled: float, shift: float
) -> None:
    low, high = limits(mean_interval(3.0, own, n, pooled))
    assert (low + high) / 2 == pytest.approx(3)
    moved = limits(mean_interval(3.0 + shift, own, n, pooled))
    assert moved == pytest.approx([low + shift, high + shift])


def test_the_mean_interval_follows_its_formula() -> None:
    arm = stdtrit(20 + 9, 0.975) * np.sqrt((19 * 1.2 + 10 * 0.8) / 29 / 20)
    found = limits(mean_interval(4.1, 1.2, 20, 0.8))
    assert found == pytest.approx([4.1 - arm, 4.1 + arm])


def test_one_answer_takes_the_variance_of_the_network() -> None:
    assert limits(mean_interval(4.0, np.nan, 1, 0.8)) == pytest.approx(
        limits(mean_interval(4.0, 99.0, 1, 0.8))
    )


def test_intervals_of_many_branches_equal_those_of_each_alone() -> None:
    bands = np.random.default_rng(7).integers(0, 40, (3, 50))
    together = nps_score_interval(*bands)
    for branch in range(50):
        alone = limits(nps_score_interval(*bands[:, branch]))
        assert alone == [together.low[branch], together.high[branch]]


def test_a_census_leaves_nothing_uncertain_and_a_small_sample_almost_everything() -> None:
    found = finite_population_factor(np.array([60, 60, 60, 1]), np.array([60, 120, 10**9, 1]))
    assert found == pytest.approx([0.0, np.sqrt(60 / 119), 1.0, 0.0], abs=1e-7)


@pytest.mark.parametrize("population", [np.nan, 0, 59])
def test_a_population_that_cannot_be_narrows_nothing(population: float) -> None:
    assert finite_population_factor(60, population) == 1


def test_narrowing_keeps_the_shape_of_the_interval() -> None:
    whole = Interval(np.array(10.0), np.array(40.0))
    assert limits(whole.narrowed(np.array(30.0), 0.5)) == [20, 35]


def test_a_limit_beyond_the_scale_is_clipped_for_display() -> None:
    assert limits(nps_adjusted_wald(0, 0, 10).clipped(-100, 100))[1] == 100


def test_equal_weights_are_worth_their_number_and_one_heavy_weight_little_more_than_one() -> None:
    assert kish_effective_n(np.full((2, 40), 0.7)) == pytest.approx([40, 40])
    assert kish_effective_n(np.array([100.0] + [1.0] * 10)) == pytest.approx(110**2 / 10010)
    assert kish_effective_n(np.zeros(5)) == 0
