"""What hurts when bad and what delights when good are told apart, and only beyond chance."""

import numpy as np
import pytest

from scoring.arrays import Counts, Floats
from scoring.composite import answer_moments
from scoring.contrast import Contrast, penalty_reward
from scoring.crossed import centred

TRUE = np.array([[-20.0, 2.0], [-3.0, 15.0]])


def marked(
    rng: np.random.Generator, people: int, effects: Floats, *, low: float = 0.2, high: float = 0.4
) -> tuple[Floats, Counts]:
    """An outcome with penalties and rewards of each driver, and the marks; 40 branches."""
    mark = rng.random((people, len(effects)))
    bad, good = mark < low, mark > 1 - high
    branch = rng.integers(0, 40, people)
    outcome = 60 + bad @ effects[:, 0] + good @ effects[:, 1] + rng.normal(0, 20, people)
    return np.column_stack([outcome + rng.normal(0, 8, 40)[branch], bad, good]), branch


def contrast(values: Floats, branch: Counts, seed: int = 1) -> Contrast:
    moments = answer_moments(values, branch, branches=40)
    marks = values[:, 1:].sum(axis=0)
    return penalty_reward(centred(moments), np.arange(40), marks, seed=seed, draws=300)


def test_a_basic_and_an_exciter_are_told_apart() -> None:
    """The toy check of METHODS 4: true penalties and rewards (-20, +2) and (-3, +15), n = 4,000."""
    found = contrast(*marked(np.random.default_rng(1), 4000, TRUE))
    assert np.column_stack([found.penalty, found.reward]) == pytest.approx(TRUE, abs=2.5)
    assert found.asymmetry == pytest.approx([-0.82, 0.67], abs=0.15)
    assert found.roles[0] == "basic"
    plenty = contrast(*marked(np.random.default_rng(2), 40_000, TRUE))
    assert plenty.roles == ["basic", "exciter"]


def test_a_driver_with_equal_ends_is_even() -> None:
    found = contrast(*marked(np.random.default_rng(3), 20_000, np.array([[-10.0, 10.0]])))
    assert found.roles == ["even"]
    assert found.asymmetry_low[0] < found.asymmetry[0] < found.asymmetry_high[0]


def test_coefficients_are_those_of_least_squares_with_a_level_per_branch() -> None:
    values, branch = marked(np.random.default_rng(4), 2000, TRUE)
    design = np.column_stack([values[:, 1:], branch[:, None] == np.arange(40)])
    solved, *_ = np.linalg.lstsq(design, values[:, 0])
    found = contrast(values, branch)
    assert np.r_[found.penalty, found.reward] == pytest.approx(solved[:4])


def test_intervals_cover_the_true_penalties_and_rewards() -> None:
    inside = 0
    for number in range(60):
        found = contrast(*marked(np.random.default_rng([5, number]), 1500, TRUE), seed=number)
        inside += ((found.penalty_low <= TRUE[:, 0]) & (TRUE[:, 0] <= found.penalty_high)).sum()
        inside += ((found.reward_low <= TRUE[:, 1]) & (TRUE[:, 1] <= found.reward_high)).sum()
    assert inside / 240 > 0.91


def test_noise_gets_no_class() -> None:
    found = contrast(*marked(np.random.default_rng(6), 1500, np.zeros((3, 2))))
    assert found.roles == [None] * 3


def test_fewer_than_thirty_low_marks_say_nothing() -> None:
    values, branch = marked(np.random.default_rng(7), 2000, TRUE, low=0.008)
    found = contrast(values, branch)
    assert values[:, 1].sum() < 30
    assert not found.known[0]
    assert found.roles[0] is None
