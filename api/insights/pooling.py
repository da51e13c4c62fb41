"""Histograms of branches in a period and the one before, pooled over any sets of branches.

A unit above branches pools the answers below it (`figures.POOLED`). Knows no viewer: which branches
are read is the caller's business.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from sqlmodel import Session

from api.insights.figures import Difference, Figure, differences_of, figures_of
from api.insights.kept_weeks import seen_histograms
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period
from api.insights.queries import Filters, Histograms
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True, eq=False)
class BranchCounts:
    """Histograms by branch: now, and in the period of the same length directly before."""

    metric: MetricInfo
    now: Histograms
    before: Histograms
    spread: float | None

    @classmethod
    def read(
        cls, session: Session, viewer: Viewer, metric: MetricInfo, period: Period, filters: Filters
    ) -> "BranchCounts":
        """Both periods from cells, with the network's variance where the kind needs it."""
        now, before = (
            seen_histograms(session, viewer, metric, days, filters=filters)
            for days in (period, period.before())
        )
        spread = pooled_spread(session, metric, period, filters.touchpoint)
        return cls(metric, now, before, spread)

    def figures(self, sets: Sequence[Collection[int]]) -> list[tuple[Figure, Figure, Difference]]:
        """Pooled over each set of branches: now, before, and what changed."""
        now, before = self.now.over(sets), self.before.over(sets)
        figures = figures_of(np.concatenate([now, before]), self.metric, self.spread)
        differences = differences_of(now, before, self.metric, self.spread)
        return list(zip(figures[: len(sets)], figures[len(sets) :], differences, strict=True))


def answers_over(counts: Histograms, sets: Sequence[Collection[int]]) -> list[int]:
    """How many answers each set of branches has."""
    answers: list[int] = counts.over(sets).sum(axis=1).tolist()
    return answers
