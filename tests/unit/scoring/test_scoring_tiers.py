"""Few answers are not shown, and cannot be worked out either."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.tiers import Thresholds, Tier, answers_lacking, complementary_hidden, tiers


def test_the_tiers_begin_at_five_ten_and_thirty_answers() -> None:
    found = tiers(np.array([0, 4, 5, 9, 10, 29, 30, 10**9]))
    names = [Tier(value).name for value in found]
    assert names == [
        *("HIDDEN", "HIDDEN", "INSUFFICIENT", "INSUFFICIENT"),
        *("SHOWN", "SHOWN", "RANKED", "RANKED"),
    ]


def test_thresholds_can_be_set() -> None:
    found = tiers(np.array([2, 3, 49, 50]), Thresholds(count=3, score=3, rank=50))
    assert found.tolist() == [Tier.HIDDEN, Tier.SHOWN, Tier.SHOWN, Tier.RANKED]


@pytest.mark.parametrize("wrong", [(0, 10, 30), (10, 5, 30), (5, 40, 30)])
def test_thresholds_that_do_not_ascend_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        Thresholds(*wrong)


def test_a_branch_is_told_how_many_answers_it_lacks() -> None:
    assert answers_lacking(np.array([0, 29, 30, 31])).tolist() == [30, 1, 0, 0]


def test_one_hidden_branch_takes_its_smallest_visible_sibling_with_it() -> None:
    n = np.array([3, 40, 12, 80, 50, 60])
    parent = np.array([0, 0, 0, 0, 1, 1])
    assert complementary_hidden(n, parent).tolist() == [True, False, True, False, False, False]


def test_an_empty_branch_gives_nothing_away_and_hides_nobody_else() -> None:
    found = complementary_hidden(np.array([0, 40, 12]), np.zeros(3, dtype=int))
    assert found.tolist() == [True, False, False]


def test_no_branches_at_all_is_no_error() -> None:
    none = np.array([], dtype=int)
    assert complementary_hidden(none, none).size == 0


branches = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4)), min_size=1, max_size=25)


@given(branches)
def test_no_parents_total_gives_a_hidden_branch_away(drawn: list[tuple[int, int]]) -> None:
    n, parent = np.array(drawn).T
    hidden = complementary_hidden(n, parent)
    assert hidden[n < 5].all()
    for group in np.unique(parent):
        here = parent == group
        recovered = n[here & hidden & (n > 0)]
        if recovered.size and not hidden[here].all():
            assert recovered.size >= 2
            assert recovered.sum() >= 5
