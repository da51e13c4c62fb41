"""What counting needs to know of the declared metrics, as tables that numpy can look up.

Pure. Everything comes from `scoring.scales`: bins, bands, and what a kind makes of a value.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts
from scoring.scales import SCALES, Kind, Scale, point_score, scale_of

WIDTH = max(scale.bins for scale in SCALES.values())
_LOWEST = min(scale.values[0] for scale in SCALES.values())
_HIGHEST = max(scale.values[-1] for scale in SCALES.values())


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """The metrics in the order of their codes; tables have a row per metric.

    Attributes
    ----------
    codes, scales
        Of each metric.
    value, score, low, high : int64 arrays, shape (metrics, WIDTH)
        Of each bin: its value, what the metric's kind makes of it, and whether it is below the
        passives or among the promoters.
    bin_of : int64 array
        Of each value from the lowest of any scale on: its bin, -1 off the scale.
    """

    codes: tuple[str, ...]
    scales: tuple[Scale, ...]
    value: Counts
    score: Counts
    low: Counts
    high: Counts
    bin_of: Counts

    @classmethod
    def of(cls, declared: Iterable[tuple[str, str, str]]) -> "Metrics":
        """From code, kind and scale of each."""
        rows = sorted(declared)
        scales = tuple(scale_of(scale) for _, _, scale in rows)
        shape = (len(rows), WIDTH)
        value, score, low, high = (np.zeros(shape, np.int64) for _ in range(4))
        bins = np.full((len(rows), _HIGHEST - _LOWEST + 1), -1, np.int64)
        for number, ((_, kind, _), scale) in enumerate(zip(rows, scales, strict=True)):
            place = np.arange(scale.bins)
            value[number, : scale.bins] = scale.values
            score[number, : scale.bins] = _scores(Kind(kind), scale)
            low[number, : scale.bins] = place < scale.passive_from
            high[number, : scale.bins] = place >= scale.promoter_from
            bins[number, np.array(scale.values) - _LOWEST] = np.arange(scale.bins)
        return cls(tuple(code for code, _, _ in rows), scales, value, score, low, high, bins)

    def bins(self, metric: Counts, value: Counts) -> Counts:
        """The bin of each value of a metric; -1 for values that are not on its scale."""
        inside = (value >= _LOWEST) & (value <= _HIGHEST)
        return np.where(inside, self.bin_of[metric, np.where(inside, value - _LOWEST, 0)], -1)


def _scores(kind: Kind, scale: Scale) -> Counts:
    """What one answer in each bin scores: the metric of a histogram with nothing else in it."""
    if kind not in scale.kinds:
        return np.array(scale.values, dtype=np.int64)
    alone = point_score(np.eye(scale.bins, dtype=np.int64), kind, scale)
    return np.rint(alone / 100 if kind is Kind.NPS else alone).astype(np.int64)
