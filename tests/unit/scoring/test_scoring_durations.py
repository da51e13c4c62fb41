"""Times of what is done and what still waits: against published data and against scipy."""

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from scoring.durations import time_until

NOTHING = np.array([])
# Freireich et al. (1963), weeks in remission: the example of the textbooks.
TREATED = np.array([6, 6, 6, 7, 10, 13, 16, 22, 23])
TREATED_SO_FAR = np.array([6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
CONTROL = np.array([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])


def test_the_medians_of_the_textbook() -> None:
    assert time_until(TREATED, TREATED_SO_FAR) == 23
    assert time_until(CONTROL, NOTHING) == 8


def test_what_was_never_seen_done_is_not_made_up() -> None:
    assert time_until(NOTHING, np.array([5.0])) is None
    assert time_until(np.array([1.0]), np.array([5.0, 6.0, 7.0])) is None
    assert time_until(NOTHING, NOTHING) is None


def test_a_branch_that_leaves_the_slow_ones_lying_does_not_look_quick() -> None:
    quick, lying = np.arange(1.0, 11.0), np.full(8, 200.0)
    assert np.median(quick) == 5.5
    found = time_until(quick, lying)
    assert found == 9, "nine of eighteen were done within nine hours"


def test_quantiles_are_those_of_scipy() -> None:
    luck = np.random.default_rng(6)
    for _ in range(50):
        done, waiting = luck.integers(0, 30, 25), luck.integers(0, 40, 15)
        curve = ecdf(CensoredData(uncensored=done, right=waiting)).sf
        for share in (0.25, 0.5, 0.9):
            below = curve.quantiles[curve.probabilities <= 1 - share + 1e-12]
            expected = float(below[0]) if below.size else None
            ends = set(done.tolist())
            if expected is not None and expected not in ends:
                expected = None
            assert time_until(done, waiting, share) == expected


def test_nonsense_is_refused() -> None:
    for done, share in ((np.array([-1.0]), 0.5), (np.array([np.nan]), 0.5), (CONTROL, 1.0)):
        with pytest.raises(ValueError, match=r"duration|share"):
            time_until(done, NOTHING, share)
