"""Branches of which the same is known get the same answer, whatever the draws say.

Owns the grouping of sorted branches that are equal in two numbers. Random draws would otherwise
tell twins apart.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from scoring.arrays import Counts, Floats

Values = TypeVar("Values", Counts, Floats)


@dataclass(frozen=True, slots=True, eq=False)
class Equals:
    """Runs of neighbours that are equal in both numbers; what is said of one holds for all.

    Attributes
    ----------
    starts : int array, shape (runs,)
        First place of each run.
    group : int array, shape (p,)
        Run of each place.
    """

    starts: Counts
    group: Counts

    @classmethod
    def of(cls, first: Floats, second: Floats) -> "Equals":
        """The runs of two arrays of shape (p,) that are sorted by both."""
        new = np.ones(first.size, dtype=bool)
        new[1:] = (np.diff(first) != 0) | (np.diff(second) != 0)
        return cls(np.flatnonzero(new), np.cumsum(new) - 1)

    def lowest(self, values: Counts) -> Counts:
        """The least value of each run, for all its members."""
        return np.minimum.reduceat(values, self.starts)[self.group]

    def highest(self, values: Values) -> Values:
        """The greatest value of each run, for all its members."""
        return np.maximum.reduceat(values, self.starts)[self.group]

    def mean(self, values: Floats) -> Floats:
        """The mean value of each run, for all its members."""
        return (np.add.reduceat(values, self.starts) / np.bincount(self.group))[self.group]
