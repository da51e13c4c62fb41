"""Histograms of branches in a period and the one before, pooled over any sets of branches.

A unit above branches pools the answers below it (`figures.POOLED`). Knows no viewer: which branches
are read is the caller's business.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from sqlmodel import Session

from api.insights.figures import Difference, Figure, differences_of, figures_of
from api.insights.kept_weeks import seen_histograms
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period
from api.insights.queries import Filters, Histograms
from api.security.viewer import Viewer
from scoring.arrays import Counts


@dataclass(frozen=True, slots=True, eq=False)
class BranchCounts:
    """Histograms by branch: now, and in the period of the same length directly before."""

    metric: MetricInfo
    now: Mapping[int, Counts]
    before: Mapping[int, Counts]
    spread: float | None

    @classmethod
    def read(
        cls, session: Session, viewer: Viewer, metric: MetricInfo, period: Period, filters: Filters
    ) -> "BranchCounts":
        """Both periods from cells, with the network's variance where the kind needs it."""
        now, before = (
            by_branch(seen_histograms(session, viewer, metric, days, filters=filters))
            for days in (period, period.before())
        )
        spread = pooled_spread(session, metric, period, filters.touchpoint)
        return cls(metric, now, before, spread)

    def figures(self, sets: Sequence[Collection[int]]) -> list[tuple[Figure, Figure, Difference]]:
        """Pooled over each set of branches: now, before, and what changed."""
        now, before = self.pooled(self.now, sets), self.pooled(self.before, sets)
        figures = figures_of(np.concatenate([now, before]), self.metric, self.spread)
        differences = differences_of(now, before, self.metric, self.spread)
        return list(zip(figures[: len(sets)], figures[len(sets) :], differences, strict=True))

    def answers(self, counts: Mapping[int, Counts], sets: Sequence[Collection[int]]) -> list[int]:
        """How many answers each set has."""
        answers: list[int] = self.pooled(counts, sets).sum(axis=1).tolist()
        return answers

    def pooled(self, counts: Mapping[int, Counts], sets: Sequence[Collection[int]]) -> Counts:
        """One histogram per set; shape (sets, bins)."""
        bins = self.metric.scale.bins
        rows = [pooled_over(counts, branches, bins) for branches in sets]
        return np.array(rows, dtype=np.int64).reshape(len(rows), bins)


def by_branch(found: Histograms) -> dict[int, Counts]:
    """Histograms whose first key is the branch."""
    return {key[0]: counts for key, counts in zip(found.keys, found.counts, strict=True)}


def pooled_over(counts: Mapping[int, Counts], branches: Collection[int], bins: int) -> Counts:
    """The sum over some branches; zeros where none has answers."""
    found = [counts[branch] for branch in branches if branch in counts]
    if len(found) == 1:
        return found[0]
    return reduce(np.add, found, np.zeros(bins, dtype=np.int64))
