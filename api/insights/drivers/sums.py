"""The sums behind drivers: who is compared with whom, and what is resampled.

Reads pair sums touchpoint by touchpoint, so that customers are compared within a branch at a
touchpoint. With ten branches or more, branches are resampled; with fewer, the months of each.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from api.insights.metrics import MetricInfo
from api.insights.periods import Period, next_month
from api.insights.queries.moments import PairSums
from scoring.arrays import Counts, Floats, floats
from scoring.composite import Moments
from scoring.intervals import kish_effective_n
from scoring.resampling import FEWEST_CLUSTERS

Resampled = Literal["branches", "months"]
Reader = Callable[[Sequence[MetricInfo], Period, int], PairSums]
"""Reads the pair sums of metrics, in the months of a period, at one touchpoint."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Sums of parts (a branch at a touchpoint, perhaps one month of it), the outcome first.

    ``group`` numbers the branch and touchpoint of each part, ``cluster`` what is resampled, and
    ``branch`` is its branch's id; ``marks`` holds the outcome and the low and high marks of every
    driver, see `scoring.contrast.penalty_reward`.
    """

    moments: Moments
    marks: Moments
    group: Counts
    cluster: Counts
    branch: Counts
    resampled: Resampled

    @property
    def together(self) -> int:
        """People who answered both, of the pair of questions that fewest answered."""
        return int(self.moments.counts.sum(axis=0).min()) if len(self.branch) else 0

    @property
    def branches(self) -> frozenset[int]:
        """Branches that customers can be compared within."""
        return frozenset(self.branch.tolist())

    @property
    def clusters(self) -> int:
        """How many there are to resample."""
        return int(self.cluster.max()) + 1 if len(self.cluster) else 0

    @property
    def mark_counts(self) -> Floats:
        """How many low marks each driver has, then how many high ones."""
        marks: Floats = np.diagonal(self.marks.products.sum(axis=0))[1:]
        return marks

    def by_branch(self) -> Moments:
        """The same sums per branch, for the relation between branches."""
        _, place = np.unique(self.branch, return_inverse=True)
        many = int(place.max()) + 1 if len(place) else 0
        arrays = (self.moments.respondents, self.moments.counts, self.moments.sums)
        return Moments(*(_added(one, place, many) for one in (*arrays, self.moments.products)))


def _added(array: Floats, place: Counts, many: int) -> Floats:
    added = np.zeros((many, *array.shape[1:]))
    np.add.at(added, place, array)
    return added


def driver_parts(
    read: Reader, metrics: Sequence[MetricInfo], months: Period, touchpoints: Sequence[int]
) -> Parts:
    """The parts of an outcome (first) and its drivers; of few branches month by month."""
    whole = [(read(metrics, months, place), place, 0) for place in touchpoints]
    if _effective_branches([sums for sums, _, _ in whole]) >= FEWEST_CLUSTERS:
        return _parts(whole, len(metrics), "branches")
    monthly = [
        (read(metrics, month, place), place, number)
        for number, month in enumerate(_each(months))
        for place in touchpoints
    ]
    return _parts(monthly, len(metrics), "months")


def _effective_branches(sums: Sequence[PairSums]) -> float:
    """How many branches of equal size would tell as much: one large one counts for little more."""
    size: dict[int, int] = {}
    for one in sums:
        for branch, n in zip(one.branches, one.respondents.tolist(), strict=True):
            size[branch] = size.get(branch, 0) + n
    return float(kish_effective_n(np.array(list(size.values()) or [0], dtype=float)))


def _each(months: Period) -> Iterator[Period]:
    day = months.start
    while day < months.end:
        yield Period(day, next_month(day))
        day = next_month(day)


def _parts(found: Sequence[tuple[PairSums, int, int]], size: int, resampled: Resampled) -> Parts:
    """All sums one behind the other; ``found`` holds them with touchpoint and month."""
    keys = [(branch, place, month) for sums, place, month in found for branch in sums.branches]
    empty = (Moments(*_nothing(size)), Moments(*_nothing(2 * size - 1)))
    moments, marks = empty
    if keys:
        moments = _joined([sums.composite() for sums, _, _ in found])
        marks = _joined([_marks(sums) for sums, _, _ in found])
    return Parts(
        moments=moments,
        marks=marks,
        group=_numbered([(branch, place) for branch, place, _ in keys]),
        cluster=_numbered([(branch, month) for branch, _, month in keys]),
        branch=np.array([branch for branch, _, _ in keys], dtype=np.int64),
        resampled=resampled,
    )


def _nothing(size: int) -> tuple[Floats, Floats, Floats, Floats]:
    square = np.zeros((0, size, size))
    return np.zeros(0), square, square, square


def _numbered(keys: Sequence[tuple[int, int]]) -> Counts:
    numbers: dict[tuple[int, int], int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _joined(several: Sequence[Moments]) -> Moments:
    return Moments(
        np.concatenate([one.respondents for one in several]),
        np.concatenate([one.counts for one in several]),
        np.concatenate([one.sums for one in several]),
        np.concatenate([one.products for one in several]),
    )


def _marks(sums: PairSums) -> Moments:
    """The outcome's values beside 0/1 marks: low on each driver, then high on each."""

    def tiled(corner: Counts, top: Sequence[Counts], side: Sequence[Counts],
              inner: Sequence[Sequence[Counts]]) -> Floats:  # fmt: skip
        rows = [np.concatenate([corner[:, :1, :1], *(part[:, :1, 1:] for part in top)], axis=2)]
        for part, row in zip(side, inner, strict=True):
            cells = [part[:, 1:, :1], *(cell[:, 1:, 1:] for cell in row)]
            rows.append(np.concatenate(cells, axis=2))
        return floats(np.concatenate(rows, axis=1))

    n, values, low, high = sums.counts, sums.values, sums.low, sums.high
    turned = np.swapaxes(sums.low_high, -1, -2)
    cost, gain = (np.swapaxes(one, -1, -2) for one in (sums.value_low, sums.value_high))
    return Moments(
        floats(sums.respondents),
        tiled(n, [n, n], [n, n], [[n, n], [n, n]]),
        tiled(values, [values, values], [low, high], [[low, low], [high, high]]),
        tiled(
            sums.value_products,
            [sums.value_low, sums.value_high],
            [cost, gain],
            [[sums.low_low, sums.low_high], [turned, sums.high_high]],
        ),
    )
