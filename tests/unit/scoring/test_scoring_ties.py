"""Neighbours in the table that cannot be told apart."""

import numpy as np

from scoring.ties import tied_with_above

NAN = np.nan


def test_a_branch_is_tied_with_the_one_above_when_chance_explains_the_difference() -> None:
    scores = np.array([50.0, 90.0, 45.0, 10.0])
    found = tied_with_above(scores, np.full(4, 9.0), np.array([2.0, 1.0, 3.0, 4.0]))
    assert found.tolist() == [False, False, True, False]


def test_the_limit_is_that_of_a_difference_of_two_uncertain_scores() -> None:
    rank, variances = np.array([1.0, 2.0]), np.array([16.0, 9.0])
    just_tied = tied_with_above(np.array([50.0, 50 - 1.9599 * 5]), variances, rank)
    just_apart = tied_with_above(np.array([50.0, 50 - 1.9600 * 5]), variances, rank)
    assert (just_tied[1], just_apart[1]) == (True, False)


def test_a_tie_is_not_passed_on() -> None:
    scores, rank = np.array([60.0, 52.0, 44.0]), np.array([1.0, 2.0, 3.0])
    variances = np.full(3, 9.0)
    assert tied_with_above(scores, variances, rank).tolist() == [False, True, True]
    first_and_last = tied_with_above(scores[[0, 2]], variances[:2], rank[:2])
    assert first_and_last.tolist() == [False, False]


def test_branches_without_a_place_are_tied_with_nobody_and_skipped() -> None:
    scores = np.array([NAN, 50.0, 51.0, 20.0])
    found = tied_with_above(scores, np.full(4, 9.0), np.array([NAN, 2.0, 1.0, NAN]))
    assert found.tolist() == [False, True, False, False]
    assert tied_with_above(*np.full((3, 2), NAN)).tolist() == [False, False]
