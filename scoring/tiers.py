"""How much may be said about a branch with so many answers.

Owns the tiers and their thresholds, and which further branch must be hidden so that a hidden one
cannot be worked out from its parent's total.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from scoring.arrays import Counts, Flags


class Tier(IntEnum):
    """What is shown of a branch, from least to most; the higher includes the lower."""

    HIDDEN = 0
    INSUFFICIENT = 1
    SHOWN = 2
    RANKED = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Fewest answers for a count to be shown, for a score, and for a place in the table.

    Raises
    ------
    ValueError
        The three do not ascend from at least 1.
    """

    count: int = 5
    score: int = 10
    rank: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.count <= self.score <= self.rank:
            raise ValueError("thresholds must ascend: 1 <= count <= score <= rank")


DEFAULT_THRESHOLDS = Thresholds()


def tiers(answers: Counts, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> Counts:
    """Tier of each branch.

    Parameters
    ----------
    answers : int array, shape (...)
    thresholds : Thresholds

    Returns
    -------
    int64 array, shape (...)
        Values of `Tier`: below 5 answers hidden (privacy), 5-9 the count alone, 10-29 score and
        interval but no rank, from 30 ranked.
    """
    edges = (thresholds.count, thresholds.score, thresholds.rank)
    return np.searchsorted(edges, answers, side="right").astype(np.int64)


def answers_lacking(answers: Counts, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> Counts:
    """Answers that each branch still needs for a place in the table, shape (...)."""
    return np.maximum(thresholds.rank - np.asarray(answers, dtype=np.int64), 0)


def complementary_hidden(
    answers: Counts, parent: Counts, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> Flags:
    """Branches to hide where the parents' totals are shown.

    A parent's total less its visible branches gives away a single hidden branch, or several that
    together are still too few. There the smallest visible sibling is hidden too.

    Parameters
    ----------
    answers : int array, shape (p,)
    parent : int array, shape (p,)
        Index of each branch's parent, from 0.
    thresholds : Thresholds

    Returns
    -------
    bool array, shape (p,)
        True where hidden, for few answers or for a sibling's sake. Branches without answers give
        nothing away and need no sibling. A parent whose branches are all hidden is safe only when
        its own total reaches the threshold: its own tier decides that.
    """
    n, group = np.asarray(answers), np.asarray(parent)
    hidden = n < thresholds.count
    groups = int(group.max()) + 1 if group.size else 0
    telling = hidden & (n > 0)
    many = np.bincount(group[telling], minlength=groups)
    total = np.bincount(group[telling], weights=n[telling], minlength=groups)
    exposed = (many > 0) & ((many == 1) | (total < thresholds.count))
    candidates = np.flatnonzero(~hidden & exposed[group])
    by_parent_and_size = candidates[np.lexsort((n[candidates], group[candidates]))]
    _, first = np.unique(group[by_parent_and_size], return_index=True)
    hidden[by_parent_and_size[first]] = True
    return hidden
