"""Rows of whole numbers under keys of whole numbers, added up: the little algebra of counting.

Pure. Rows that have the same key are one row after `Sums.grouped`, in the order of the keys, so
that whatever way numbers came together, they come out the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from scoring.arrays import Counts, Flags

_MOST = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Keys as parallel columns, each int64 of shape (n,), and numbers of shape (n, w)."""

    keys: dict[str, Counts]
    numbers: Counts

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, column: str) -> Counts:
        return self.keys[column]

    def taken(self, rows: Flags | Counts) -> "Sums":
        """Some of the rows."""
        keys = {name: column[rows] for name, column in self.keys.items()}
        return Sums(keys, self.numbers[rows])

    def under(self, keys: Mapping[str, Counts]) -> "Sums":
        """The same numbers under other keys."""
        return Sums(dict(keys), self.numbers)

    def grouped(self) -> "Sums":
        """One row per key, in the order of the keys."""
        if not len(self):
            return self
        order, starts = groups(list(self.keys.values()))
        keys = {name: column[order[starts]] for name, column in self.keys.items()}
        return Sums(keys, np.add.reduceat(self.numbers[order], starts, axis=0))

    def ordered(self) -> "Sums":
        """The rows, no two of which have the same key, in the order of the keys."""
        return self.taken(groups(list(self.keys.values()))[0]) if len(self) else self

    def minus(self, other: "Sums") -> "Sums":
        """What this has more than the other, where they differ."""
        found = joined([self, Sums(other.keys, -other.numbers)]).grouped()
        return found.taken(np.flatnonzero(found.numbers.any(axis=1)))


def joined(parts: Sequence[Sums]) -> Sums:
    """The rows of all parts, which have the same columns."""
    names = list(parts[0].keys)
    keys = {name: np.concatenate([part.keys[name] for part in parts]) for name in names}
    return Sums(keys, np.concatenate([part.numbers for part in parts]))


def nothing(columns: Sequence[str], width: int) -> Sums:
    """No rows."""
    return Sums({name: np.zeros(0, np.int64) for name in columns}, np.zeros((0, width), np.int64))


def counted(keys: Mapping[str, Counts], bins: Counts, width: int) -> tuple[Sums, Counts]:
    """How many rows of each key fall into each bin, and under which number each row's key is."""
    if not len(bins):
        return nothing(list(keys), width), np.zeros(0, np.int64)
    order, starts = groups(list(keys.values()))
    step = np.zeros(len(order), np.int64)
    step[starts[1:]] = 1
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(step)
    hist = np.bincount(number * width + bins, minlength=len(starts) * width)
    first = order[starts]
    found = Sums({name: column[first] for name, column in keys.items()}, hist.reshape(-1, width))
    return found, number


def match(wanted: Sequence[Counts], among: Sequence[Counts]) -> Counts:
    """For each wanted key its place among others that are all different; -1 where it is not."""
    size = len(wanted[0])
    columns = [np.concatenate(pair) for pair in zip(among, wanted, strict=True)]
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    order, starts = groups(columns, stable=True)
    group = np.zeros(len(order), np.int64)
    group[starts[1:]] = 1
    # Sorting is stable and the others come first: theirs is the first row of its group, if at all.
    first = order[starts][np.cumsum(group)]
    found = np.empty(len(order), np.int64)
    found[order] = np.where(first < len(among[0]), first, -1)
    return found[len(found) - size :]


def groups(columns: Sequence[Counts], *, stable: bool = False) -> tuple[Counts, Counts]:
    """The order that brings equal keys together, and where each key starts in it."""
    code = _codes(columns)
    order = np.argsort(code, kind="stable" if stable else None)
    ordered = code[order]
    new = np.ones(len(order), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return order, np.flatnonzero(new)


def _codes(columns: Sequence[Counts]) -> Counts:
    """One number per row that sorts as the columns do."""
    return reduce(_combined, columns, np.zeros(len(columns[0]), np.int64))


def _combined(code: Counts, column: Counts) -> Counts:
    low, high = int(column.min()), int(column.max())
    if (int(code.max()) + 1) * (high - low + 1) >= _MOST:
        code = np.unique(code, return_inverse=True)[1].astype(np.int64)
        ranks = np.unique(column, return_inverse=True)[1].astype(np.int64)
        column, low, high = ranks, 0, int(ranks.max())
    return code * (high - low + 1) + (column - low)
