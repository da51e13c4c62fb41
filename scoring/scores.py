"""A score and its interval from a histogram, for whatever unit: branch, region or network.

Owns which interval belongs to which kind of metric. Hides nothing: suppression is the business of
the league table and of those who show a single unit (see `scoring.tiers`).
"""

from dataclasses import dataclass

from scoring.arrays import Z95, Counts, Floats
from scoring.intervals import Interval, mean_interval, nps_score_interval, wilson_interval
from scoring.scales import (
    Kind,
    Scale,
    answers,
    bands,
    hits,
    mean,
    point_score,
    require_histograms,
    require_kind,
    variance,
)
from scoring.variances import pooled_variance


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Answers, score and 95 % interval of each unit, each field of shape (...); nan if n = 0."""

    n: Counts
    score: Floats
    low: Floats
    high: Floats


def score_interval(
    histograms: Counts, kind: Kind, scale: Scale, *, pooled: float | None = None, z: float = Z95
) -> Interval:
    """Plausible range of each unit's true score, by the method of its kind.

    Parameters
    ----------
    histograms : int array, shape (..., bins)
    kind, scale
        NPS: score interval; shares: Wilson; mean: shrunken variance and t, cut to the scale.
    pooled : float, optional
        Within-branch variance of the comparison set, for a mean; by default from ``histograms``.
    z : float
        Two-sided normal quantile.

    Returns
    -------
    Interval
        In units of the score: NPS -100..100, share 0..1, mean in scale values.
    """
    n = answers(histograms)
    match kind:
        case Kind.NPS:
            split = bands(histograms, scale)
            return nps_score_interval(split.detractors, split.passives, split.promoters, z=z)
        case Kind.MEAN:
            known = pooled_variance(histograms, scale) if pooled is None else pooled
            middle, own = mean(histograms, scale), variance(histograms, scale)
            found = mean_interval(middle, own, n, known, z=z)
            return found.clipped(scale.values[0], scale.values[-1])
        case _:
            return wilson_interval(hits(histograms, kind, scale), n, z=z)


def score_counts(
    histograms: Counts, kind: Kind, scale: Scale, *, pooled: float | None = None
) -> Scores:
    """Answers, score and interval of each unit; a parent's histogram is the sum of its branches'.

    Parameters
    ----------
    histograms : int array, shape (..., bins)
    kind, scale, pooled
        As in `score_interval`. A single unit's mean should be given the network's ``pooled``.

    Returns
    -------
    Scores

    Raises
    ------
    scoring.scales.NotOnScaleError
        The histograms or the kind do not fit the scale.
    """
    require_kind(kind, scale)
    counts = require_histograms(histograms, scale)
    interval = score_interval(counts, kind, scale, pooled=pooled)
    point = point_score(counts, kind, scale)
    return Scores(answers(counts), point, interval.low, interval.high)
