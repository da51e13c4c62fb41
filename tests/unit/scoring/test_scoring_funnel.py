"""Funnel plots: the values of R FunnelPlotR, and what must hold for any funnel."""

import numpy as np
import pytest

from scoring.funnel import (
    between_variance,
    exact_ratio_limits,
    funnel,
    funnel_limits,
    overdispersion,
    winsorised,
)

OBSERVED = np.array([100, 150, 180, 80, 120, 225])
EXPECTED = np.array([108, 112, 165, 95, 100, 220])


def test_overdispersion_of_the_reference_ratios() -> None:
    se = 1 / np.sqrt(EXPECTED)
    phi = overdispersion(np.log(OBSERVED / EXPECTED) / se, share=0.0)
    assert phi == pytest.approx(2.948033, abs=1e-6)
    assert between_variance(phi, se) == pytest.approx(0.0194775, abs=1e-7)


def test_limits_of_ratios_of_counts_are_those_of_the_reference() -> None:
    low, high = exact_ratio_limits(np.array([15.0, 20.0, 30.0]))
    assert low == pytest.approx([0.5596924, 0.6108260, 0.6746958], abs=1e-7)
    assert high == pytest.approx([1.649348, 1.544419, 1.427562], abs=1e-6)
    low, high = exact_ratio_limits(np.array([15.0, 20.0, 30.0]), coverage=0.998)
    assert low == pytest.approx([0.3862650, 0.4479107, 0.5289724], abs=1e-7)
    assert high == pytest.approx([2.082907, 1.902094, 1.702771], abs=1e-6)


def test_the_whole_funnel_of_the_reference_says_the_same_as_its_parts() -> None:
    found = funnel(np.log(OBSERVED / EXPECTED), 1 / np.sqrt(EXPECTED), 0.0, share=0.0)
    assert (found.phi, found.tau2) == pytest.approx((2.948033, 0.0194775), abs=1e-6)
    assert not found.outside.any()
    plain = funnel(np.log(OBSERVED / EXPECTED), 1 / np.sqrt(EXPECTED), 0.0, widen=False)
    assert plain.outside.tolist() == [0, 2, 0, 0, 0, 0]  # z -.78 3.09 1.12 -1.67 1.82 .33


def test_a_branch_is_outside_exactly_when_it_lies_beyond_the_drawn_limits() -> None:
    rng = np.random.default_rng(5)
    se = 75 / np.sqrt(rng.integers(5, 200, 400))
    scores = 45 + rng.normal(0, 1, 400) * np.hypot(se, 12)
    found = funnel(scores, se, 45.0)
    for coverage, reach in ((0.95, 1), (0.998, 2)):
        low, high = funnel_limits(45.0, se, found.tau2, coverage=coverage)
        assert np.array_equal(np.abs(found.outside) >= reach, (scores < low) | (scores > high))
    assert np.array_equal(np.sign(found.outside[found.outside != 0]),
                          np.sign(scores - 45)[found.outside != 0])  # fmt: skip


def test_a_scattered_network_is_no_crowd_of_outliers() -> None:
    rng = np.random.default_rng(6)
    se = np.full(1000, 10.0)
    scores = rng.normal(45, np.hypot(12, 10), 1000)
    assert np.mean(funnel(scores, se, 45.0, widen=False).outside != 0) > 0.15
    # Winsorising a normal scatter hides some of it, so a few more than 50 stay outside.
    widened = funnel(scores, se, 45.0)
    assert 0.05 <= np.mean(widened.outside != 0) <= 0.12
    assert 7 < np.sqrt(widened.tau2) < 12


def test_without_differences_chance_alone_leaves_the_funnel_as_narrow_as_it_was() -> None:
    rng = np.random.default_rng(7)
    scores, se = rng.normal(45, 10, 500), np.full(500, 10.0)
    found = funnel(scores, se, 45.0)
    assert found.tau2 == 0.0
    assert np.mean(found.outside != 0) == pytest.approx(0.05, abs=0.03)


def test_outliers_do_not_excuse_themselves() -> None:
    scores = np.concatenate([np.linspace(-1.2, 1.2, 95), np.full(5, -20.0)])
    found = funnel(scores, np.ones(100), 0.0)
    assert found.tau2 == 0.0
    assert found.outside[-5:].tolist() == [-2] * 5


def test_no_branch_and_one_branch_have_no_overdispersion() -> None:
    nothing = funnel(np.array([]), np.array([]), 0.0)
    assert np.isnan(nothing.phi)
    assert (nothing.tau2, nothing.z.size) == (0.0, 0)
    assert funnel(np.array([9.0]), np.array([1.0]), 0.0).tau2 == 0.0


def test_winsorising_draws_in_a_tenth_at_each_end() -> None:
    drawn = winsorised(np.arange(11.0))
    assert drawn.tolist() == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]
