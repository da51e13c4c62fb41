"""A change is told apart from noise. (How often wrongly: test_scoring_coverage.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.arrays import Counts
from scoring.change import change_between
from scoring.scales import SCALES, Kind

TEN, FIVE, BANDS = SCALES["0-10"], SCALES["1-5"], SCALES["nps3"]
periods = arrays(np.int64, (3, 5), elements=st.integers(0, 60))


def test_a_collapse_is_a_change_and_a_wobble_is_noise() -> None:
    before = np.array([[10, 20, 70], [10, 20, 70]])
    now = np.array([[40, 30, 30], [13, 20, 67]])
    found = change_between(now, before, Kind.NPS, BANDS)
    assert found.change.tolist() == [-70, -6]
    assert found.is_noise.tolist() == [False, True]


def test_from_ten_tens_to_nine_and_an_eight_nothing_has_happened() -> None:
    ten_tens, now = np.zeros((2, 11), dtype=np.int64)
    ten_tens[10], now[[8, 10]] = 10, [1, 9]
    found = change_between(now, ten_tens, Kind.NPS, TEN)
    assert found.change == -10
    assert found.is_noise


@pytest.mark.parametrize("kind", list(Kind))
def test_a_period_without_answers_has_no_change(kind: Kind) -> None:
    some, none = np.array([2, 2, 2, 2, 9]), np.zeros(5, dtype=np.int64)
    for now, before in ((some, none), (none, some), (none, none)):
        found = change_between(now, before, kind, FIVE)
        assert np.isnan(found.change)
        assert found.is_noise


def test_the_same_score_from_more_answers_is_no_change() -> None:
    found = change_between(np.array([0, 0, 3000]), np.array([0, 0, 30]), Kind.NPS, BANDS)
    assert found.change == 0
    assert found.is_noise


@pytest.mark.parametrize("kind", list(Kind))
def test_the_same_shift_becomes_certain_with_more_answers(kind: Kind) -> None:
    before, now = np.array([2, 2, 4, 6, 6]), np.array([1, 1, 4, 6, 8])
    verdicts = [
        bool(change_between(times * now, times * before, kind, FIVE).is_noise)
        for times in (1, 2, 50)
    ]
    assert verdicts == [True, True, False]


@given(periods, periods, st.sampled_from(list(Kind)))
def test_looking_back_reverses_the_change_and_keeps_the_verdict(
    now: Counts, before: Counts, kind: Kind
) -> None:
    forth = change_between(now, before, kind, FIVE)
    back = change_between(before, now, kind, FIVE)
    np.testing.assert_allclose(back.change, -forth.change, atol=1e-9)
    assert (back.is_noise == forth.is_noise).all()


def test_in_a_network_where_everyone_always_agrees_a_mean_can_still_change() -> None:
    all_four, all_five = np.array([0, 0, 0, 40, 0]), np.array([0, 0, 0, 0, 40])
    found = change_between(all_five, all_four, Kind.MEAN, FIVE)
    assert found.change == 1
    assert not found.is_noise
