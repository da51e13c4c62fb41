"""Variances that luck cannot make zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.arrays import Counts
from scoring.scales import SCALES, Kind, NotOnScaleError
from scoring.variances import (
    cautious_variance,
    metric_variance,
    nps_adjusted_spread,
    pooled_variance,
    share_adjusted_spread,
    shrunken_variance,
)

FIVE, TEN = SCALES["1-5"], SCALES["0-10"]


def test_the_spread_of_an_nps_is_that_of_the_counts_with_three_more() -> None:
    # 10 promoters: 10.75 of 13 promoters and .75 of 13 detractors.
    up, down = 10.75 / 13, 0.75 / 13
    by_hand = 1e4 * (up + down - (up - down) ** 2)
    assert nps_adjusted_spread(0, 10, 10) == pytest.approx(by_hand)
    found = metric_variance(np.array([0, 0, 10]), Kind.NPS, SCALES["nps3"])
    assert found == pytest.approx(by_hand / 10)


def test_the_spread_of_a_share_is_agresti_and_coulls() -> None:
    share = (15 + 1.9207) / (148 + 3.8415)
    assert share_adjusted_spread(15, 148) == pytest.approx(share * (1 - share), rel=1e-4)


def test_the_pooled_variance_is_that_of_answers_around_their_own_branch() -> None:
    counts = np.array([[3, 0, 0, 0, 1], [0, 0, 2, 2, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]])
    single = [[1, 1, 1, 5], [3, 3, 4, 4]]
    squares = sum(np.sum((np.array(part) - np.mean(part)) ** 2) for part in single)
    assert pooled_variance(counts, FIVE) == pytest.approx((squares + 2) / (3 + 3 + 1))


def test_a_level_that_differs_between_branches_does_not_add_to_the_pooled_variance() -> None:
    alike = np.array([[5, 5, 0, 0, 0], [5, 5, 0, 0, 0]])
    apart = np.array([[5, 5, 0, 0, 0], [0, 0, 0, 5, 5]])
    assert pooled_variance(apart, FIVE) == pytest.approx(pooled_variance(alike, FIVE))


def test_with_many_answers_the_pooled_variance_is_what_was_observed() -> None:
    counts = np.array([[0, 0, 3000, 0, 3000]])
    assert pooled_variance(counts, FIVE) == pytest.approx(1, abs=0.001)


def test_where_everyone_agrees_or_nobody_is_asked_twice_something_stays_uncertain() -> None:
    all_best = np.array([[0, 0, 0, 0, 9], [0, 0, 0, 0, 12]])
    assert pooled_variance(all_best, FIVE) == pytest.approx(2 / 20)
    assert pooled_variance(np.eye(5, dtype=np.int64), FIVE) == 2


def test_the_shrunken_variance_moves_from_the_networks_to_the_branchs_own() -> None:
    n = np.array([1, 2, 11, 10_000])
    found = shrunken_variance(np.full(4, 3.0), n, 1.0)
    assert found == pytest.approx([1.0, 13 / 11, 2.0, 3.0], abs=0.003)


def test_without_answers_there_is_no_variance() -> None:
    none = np.zeros((1, 11), dtype=np.int64)
    for kind in TEN.kinds:
        assert np.isnan(metric_variance(none, kind, TEN, pooled=2.0)).all()


@given(arrays(np.int64, (4, 11), elements=st.integers(0, 30)))
def test_every_branch_with_answers_is_uncertain_whatever_they_are(counts: Counts) -> None:
    asked = counts.sum(axis=1) > 0
    for kind in TEN.kinds:
        found = metric_variance(counts, kind, TEN, pooled=2.0)
        assert (found[asked] > 0).all()
        assert np.isnan(found[~asked]).all()


def test_a_mean_of_bands_has_no_variance_because_it_is_no_metric() -> None:
    with pytest.raises(NotOnScaleError):
        metric_variance(np.array([[1, 2, 3]]), Kind.MEAN, SCALES["nps3"])


def test_a_lucky_branch_is_no_surer_than_the_network() -> None:
    cautious = cautious_variance(np.array([1.0, 9.0, 4.0]), np.array([100, 100, 50]))
    assert cautious.tolist() == [4.4, 9.0, 8.8]
    assert cautious_variance(np.array([]), np.array([])).size == 0
