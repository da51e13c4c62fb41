"""A score as a value: answers, score, interval, and how much of it may be said.

Pure; the statistics are those of `scoring`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from api.insights.metrics import MetricInfo
from scoring.arrays import Counts
from scoring.change import change_between
from scoring.measured import Measured
from scoring.scores import score_counts
from scoring.tiers import Tier, tiers

POOLED = "pooled_answers"  # how a parent's score comes about: all answers below it weigh the same


@dataclass(frozen=True, slots=True)
class Figure:
    """A unit's score of one period.

    ``n`` is None for 1-4 answers (privacy), ``score``, ``low`` and ``high`` below 10; ``tier`` is
    ``hidden``, ``insufficient``, ``shown`` (not to be ranked) or ``ranked``.
    """

    n: int | None
    score: float | None
    low: float | None
    high: float | None
    tier: str


NOTHING = Figure(0, None, None, None, "hidden")


@dataclass(frozen=True, slots=True)
class Difference:
    """A score less the score before, and whether chance explains it; None where not shown."""

    change: float | None
    is_noise: bool | None


def figures_of(counts: Counts, metric: MetricInfo, pooled: float | None = None) -> list[Figure]:
    """One figure per histogram (rows of ``counts``)."""
    scores = score_counts(counts, metric.kind, metric.scale, pooled=pooled)
    columns = zip(
        scores.n.tolist(),
        plain(scores.score),
        plain(scores.low),
        plain(scores.high),
        tiers(scores.n).tolist(),
        strict=True,
    )
    return [_told(*column) for column in columns]


def measured_figures(found: Measured) -> list[Figure]:
    """One figure per branch of what was measured, an index for instance."""
    numbers = (plain(found.score), plain(found.low), plain(found.high))
    columns = zip(found.n.tolist(), *numbers, tiers(found.n).tolist(), strict=True)
    return [_told(*column) for column in columns]


def figure_of(counts: Counts, metric: MetricInfo, pooled: float | None = None) -> Figure:
    """The figure of a single histogram."""
    return figures_of(counts[np.newaxis, :], metric, pooled)[0]


def differences_of(
    now: Counts, before: Counts, metric: MetricInfo, pooled: float | None = None
) -> list[Difference]:
    """What changed between two periods' histograms (rows), where both scores are shown."""
    found = change_between(now, before, metric.kind, metric.scale, pooled=pooled)
    shown = tiers(np.minimum(now.sum(axis=-1), before.sum(axis=-1))) >= Tier.SHOWN
    columns = zip(found.change.tolist(), found.is_noise.tolist(), shown.tolist(), strict=True)
    return [
        Difference(change, noise) if both else Difference(None, None)
        for change, noise, both in columns
    ]


def plain(values: Any) -> Sequence[float | None]:
    """An array's numbers, None for nan."""
    return [None if math.isnan(number) else number for number in values.tolist()]


_TIERS = [tier.name.lower() for tier in Tier]
_SHOWN = int(Tier.SHOWN)


def _told(n: int, score: float | None, low: float | None, high: float | None, tier: int) -> Figure:
    name = _TIERS[tier]
    if tier >= _SHOWN:
        return Figure(n, score, low, high, name)
    return Figure(shown_count(n, tier), None, None, None, name)


def shown_count(n: int, tier: int) -> int | None:
    """How many answers may be said: nobody is recognised in none, but in one to four."""
    return n if n == 0 or tier > Tier.HIDDEN else None
