"""Sums of squares and products within branches, from which coefficients of case mix are made.

Owns the one shape that single answers, counted strata and stored sums are brought into; two of them
merge by ``+``, in any order. Knows nothing of what the columns mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from scoring.arrays import Counts, Floats, floats, ratio

BLOCK = 1 << 13
"""Answers that are sorted out at once: they stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class BranchMoments:
    """What a within-branch regression needs to know of the answers of each branch.

    Attributes
    ----------
    n : float array, shape (p,)
        Answers of each branch.
    x : float array, shape (p, k)
        Sum of each adjuster column.
    y : float array, shape (p,)
        Sum of the outcome.
    xx : float array, shape (p, k, k)
        Sum of products of adjuster columns.
    xy : float array, shape (p, k)
        Sum of products of adjuster columns and outcome.
    yy : float array, shape (p,)
        Sum of squares of the outcome.

    Notes
    -----
    Dummies and scale values are whole numbers: their sums are exact up to 2^53, so merging in any
    order gives the very same numbers. A column far from 0 compared with its spread (a year of
    birth) loses digits when its square is taken: subtract a round number first.
    """

    n: Floats
    x: Floats
    y: Floats
    xx: Floats
    xy: Floats
    yy: Floats

    def __add__(self, other: "BranchMoments") -> "BranchMoments":
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return BranchMoments(*(mine + theirs for mine, theirs in pairs))

    @property
    def mix(self) -> Floats:
        """Mean of each adjuster column per branch, shape (p, k); nan without answers."""
        return ratio(self.x, self.n[:, np.newaxis])

    @property
    def score(self) -> Floats:
        """Mean outcome per branch, shape (p,); nan without answers."""
        return ratio(self.y, self.n)

    @property
    def network_mix(self) -> Floats:
        """Mean of each adjuster column over all answers, shape (k,); nan without answers."""
        return ratio(self.x.sum(axis=0), self.n.sum())


def moments_of_answers(x: Floats, y: Floats, branch: Counts, *, branches: int) -> BranchMoments:
    """Sum up single answers, branch by branch.

    Parameters
    ----------
    x : float array, shape (answers, k)
        Adjusters of each answer, for instance dummies; nan: not known, see `known_or_own_mix`.
    y : float array, shape (answers,)
        Outcome, in units of the score (an NPS answer is -100, 0 or 100).
    branch : int array, shape (answers,)
        Place of each answer's branch, 0 up to below ``branches``.
    branches : int
        Number of branches, p.

    Returns
    -------
    BranchMoments
    """
    columns, outcome = floats(x), floats(y)
    order, edges = _by_branch(branch, branches)
    grams = np.zeros((branches, columns.shape[1] + 2, columns.shape[1] + 2))
    for first, last in _blocks(edges):
        rows = order[edges[first] : edges[last]]
        table = np.ones((len(rows), columns.shape[1] + 2))
        table[:, 1:-1], table[:, -1] = columns[rows], outcome[rows]
        starts = (edges[first : last + 1] - edges[first]).tolist()
        for place, (start, end) in enumerate(pairwise(starts), first):
            np.dot(table[start:end].T, table[start:end], out=grams[place])
    return BranchMoments(
        n=grams[:, 0, 0],
        x=grams[:, 0, 1:-1],
        y=grams[:, 0, -1],
        xx=grams[:, 1:-1, 1:-1],
        xy=grams[:, 1:-1, -1],
        yy=grams[:, -1, -1],
    )


def moments_of_strata(
    x: Floats, n: Counts, y: Floats, yy: Floats, branch: Counts, *, branches: int
) -> BranchMoments:
    """Sum up counted strata: answers of one branch that are alike in every adjuster.

    Parameters
    ----------
    x : float array, shape (strata, k)
        Adjusters that the answers of a stratum share.
    n, y, yy : arrays, shape (strata,)
        Answers, sum and sum of squares of their outcome.
    branch, branches
        As in `moments_of_answers`, which gives the same for the answers one by one.

    Returns
    -------
    BranchMoments
    """
    columns, count, outcome = floats(x), floats(n), floats(y)
    left = np.column_stack([np.ones(len(columns)), columns])
    right = np.column_stack([left * count[:, np.newaxis], outcome])
    order, edges = _by_branch(branch, branches)
    left, right = left[order], right[order]
    grams = np.zeros((branches, left.shape[1], right.shape[1]))
    for place in np.flatnonzero(np.diff(edges)).tolist():
        own = slice(edges[place], edges[place + 1])
        np.dot(left[own].T, right[own], out=grams[place])
    return BranchMoments(
        n=grams[:, 0, 0],
        x=grams[:, 0, 1:-1],
        y=grams[:, 0, -1],
        xx=grams[:, 1:, 1:-1],
        xy=grams[:, 1:, -1],
        yy=floats(np.bincount(branch, weights=floats(yy), minlength=branches)),
    )


def known_or_own_mix(x: Floats, n: Counts, branch: Counts, *, branches: int) -> Floats:
    """Put a branch's own mean in place of what is not known, so that it neither helps nor harms.

    Parameters
    ----------
    x : float array, shape (rows, k)
        Adjusters; nan where not known.
    n : int array, shape (rows,)
        Answers behind each row.
    branch, branches
        As in `moments_of_answers`.

    Returns
    -------
    float array, shape (rows, k)
        A branch that knows nothing of a column gets the network's mean; 0 where nobody does.
    """
    columns, weight = floats(x).copy(), floats(n)
    for number in range(columns.shape[1]):
        column = columns[:, number]  # a view: what is put there stands in the result
        unknown = np.isnan(column)
        if not unknown.any():
            continue
        known, worth = np.where(unknown, 0.0, column), np.where(unknown, 0.0, weight)
        own = ratio(
            np.bincount(branch, weights=known * worth, minlength=branches),
            np.bincount(branch, weights=worth, minlength=branches),
        )
        network = float(np.nan_to_num(ratio(float(known @ worth), float(worth.sum()))))
        column[unknown] = np.where(np.isnan(own), network, own)[branch[unknown]]
    return columns


def _blocks(edges: Counts) -> Iterator[tuple[int, int]]:
    """Neighbouring branches that together have about `BLOCK` answers: first, and after the last."""
    first, branches = 0, len(edges) - 1
    while first < branches:
        last = int(np.searchsorted(edges, edges[first] + BLOCK, side="right")) - 1
        last = min(max(last, first + 1), branches)
        yield first, last
        first = last


def _by_branch(branch: Counts, branches: int) -> tuple[Counts, Counts]:
    """Order of the rows by branch, and where each branch begins and the last one ends."""
    # Sorting 16-bit numbers is a radix sort: 400,000 rows in 3 ms, not 30.
    small = np.asarray(branch, dtype=np.uint16 if branches <= 1 << 16 else np.int64)
    edges = np.zeros(branches + 1, dtype=np.int64)
    np.cumsum(np.bincount(branch, minlength=branches), out=edges[1:])
    return np.argsort(small, kind="stable"), edges
