"""What is known of each branch before branches are compared: answers, score, interval, variance.

Owns the one shape that metrics, composite indices and adjusted scores share, so that shrinkage,
ranks, bands and changes need not know which of them they compare.
"""

from dataclasses import dataclass, fields

import numpy as np

from scoring.arrays import Z95, Counts, Flags, Floats
from scoring.change import Change
from scoring.scales import Kind, Scale, require_histograms
from scoring.scores import score_counts
from scoring.variances import metric_variance


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One score for each branch, every array of shape (p,); nan where there are no answers.

    Attributes
    ----------
    n : int array
        Answers behind the score; of a composite its respondents, of weighted answers those that
        were given (not the effective number).
    score, low, high : float arrays
        Score and 95 % interval in units of the metric.
    variance : float array
        Sampling variance of ``score`` for comparisons, never 0: from adjusted or shrunken counts
        (`scoring.variances.metric_variance`), so that it is not the interval's squared half width.
    """

    n: Counts
    score: Floats
    low: Floats
    high: Floats
    variance: Floats

    def at(self, branches: Flags | Counts) -> "Measured":
        """The same of some branches, chosen by flags or places."""
        return Measured(*(getattr(self, field.name)[branches] for field in fields(self)))


def measured(
    histograms: Counts, kind: Kind, scale: Scale, *, pooled: float | None = None
) -> Measured:
    """Measure every branch by a metric of its answers.

    Parameters
    ----------
    histograms : int array, shape (p, bins)
    kind, scale
        The metric.
    pooled : float, optional
        Within-branch variance of the comparison set, for a mean; by default from ``histograms``.

    Returns
    -------
    Measured

    Raises
    ------
    scoring.scales.NotOnScaleError
        The histograms or the kind do not fit the scale.
    """
    counts = require_histograms(histograms, scale)
    found = score_counts(counts, kind, scale, pooled=pooled)
    spread = metric_variance(counts, kind, scale, pooled=pooled)
    return Measured(found.n, found.score, found.low, found.high, spread)


def change_of(now: Measured, before: Measured, *, z: float = Z95) -> Change:
    """Compare each branch with itself in an earlier period, by scores and variances alone.

    For composites and adjusted scores; a metric's own histograms give `change.change_between`,
    which is more exact for few answers.

    Parameters
    ----------
    now, before : Measured
        The same branches in two periods that share no answer.
    z : float
        Two-sided normal quantile of the test.

    Returns
    -------
    Change
        nan and noise where a period has no score.
    """
    change = now.score - before.score
    limit = z * np.sqrt(now.variance + before.variance)
    real = np.abs(change) > np.nan_to_num(limit, nan=np.inf)
    return Change(change, ~real)
