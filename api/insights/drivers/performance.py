"""How the questions behind drivers are rated: means on 0..100, of the exact period.

A question is read by its values whatever its kind, so that questions on different scales can stand
on one axis. The spread that a mean's interval needs is that of the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlmodel import Session

from api.insights.drivers.matrix import Spoken
from api.insights.figures import figure_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms
from api.insights.periods import Period
from api.insights.queries import Filters, histograms
from scoring.arrays import Counts
from scoring.scales import Kind, Scale
from scoring.variances import pooled_variance


@dataclass(frozen=True, slots=True)
class Rated:
    """One question's rating in the viewer's branches, and in the network."""

    own: Spoken
    network: float | None


def ratings(
    session: Session,
    questions: Sequence[MetricInfo],
    period: Period,
    filters: Filters,
    *,
    everywhere: bool,
) -> list[Rated]:
    """The rating of each question; the network's is for statistics, not yet to be told.

    ``everywhere``: the viewer's branches are the network.
    """
    return [
        _rated(session, question, period, filters, everywhere=everywhere) for question in questions
    ]


def _rated(
    session: Session, question: MetricInfo, period: Period, filters: Filters, *, everywhere: bool
) -> Rated:
    mean = replace(question, kind=Kind.MEAN)
    whole = network_histograms(session, mean, period, filters.touchpoint)
    spread = pooled_variance(whole.counts, mean.scale)
    found = whole if everywhere else histograms(session, mean, period, filters=filters)
    rated = spoken_rating(found.total, mean, spread)
    return Rated(rated, spoken_rating(whole.total, mean, spread).score)


def spoken_rating(total: Counts, mean: MetricInfo, spread: float) -> Spoken:
    """The mean of a histogram on 0..100 of its scale; ``spread`` is that within branches."""
    known = None if np.isnan(spread) else spread
    figure = figure_of(total, mean, known)
    return Spoken(*(_percent(one, mean.scale) for one in (figure.score, figure.low, figure.high)))


def _percent(value: float | None, scale: Scale) -> float | None:
    lowest, highest = scale.values[0], scale.values[-1]
    return None if value is None else 100 * (value - lowest) / (highest - lowest)
