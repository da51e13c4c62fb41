"""A point of a trend gathers as few weeks as suffice, the same number for the whole trend."""

import numpy as np
import pytest

from api.insights.trend import WINDOWS, rolling_sums, telling_window

BEFORE = WINDOWS[-1] - 1


def _weeks(answers: list[int]) -> np.ndarray:
    """So many answers a week, all promoters, after the weeks that only windows read."""
    counts = np.zeros((BEFORE + len(answers), 3), dtype=np.int64)
    counts[:, 2] = [answers[0]] * BEFORE + answers
    return counts


def test_a_rolling_sum_gathers_the_weeks_up_to_its_own() -> None:
    counts = np.arange(1, 13).reshape(6, 2)
    gathered = rolling_sums(counts, 4)
    for row in range(6):
        assert (gathered[row] == counts[max(0, row - 3) : row + 1].sum(axis=0)).all()


@pytest.mark.parametrize(
    ("answers", "window"),
    [([40] * 13, 1), ([3] * 13, 4), ([1] * 13, 13), ([0] * 13, 13), ([40] * 12 + [2], 1)],
)
def test_the_window_is_the_smallest_that_nearly_always_suffices(
    answers: list[int], window: int
) -> None:
    assert telling_window(_weeks(answers), BEFORE) == window
