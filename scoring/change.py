"""What changed between two periods, and whether it is only noise.

Owns the comparison of a branch with itself in two periods that do not overlap. Knows nothing of
tiers: whether a change is shown is decided elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from scoring.arrays import Z95, Counts, Flags, Floats, floats
from scoring.scales import Kind, Scale, answers, bands, hits, mean, point_score
from scoring.variances import (
    PRIOR_ANSWERS,
    metric_variance,
    nps_adjusted_spread,
    pooled_variance,
    share_adjusted_spread,
)

IMAGINED = 2
"""Answers, half of them hits, that the comparison of two shares adds to each period."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Difference of two periods' scores, each field of shape (...).

    Attributes
    ----------
    change : float array
        Later minus earlier raw score, in units of the score; nan where a period has no answers.
    is_noise : bool array
        True where chance explains the change, and where there is none to explain (nan).
    """

    change: Floats
    is_noise: Flags


def change_between(
    now: Counts,
    before: Counts,
    kind: Kind,
    scale: Scale,
    *,
    pooled: float | None = None,
    z: float = Z95,
) -> Change:
    """Compare each branch with itself in an earlier period.

    Parameters
    ----------
    now, before : int arrays, shape (..., bins)
        Histograms of two periods that share no answer, branches in the same order.
    kind, scale
        The metric.
    pooled : float, optional
        Within-branch variance of the comparison set, for a mean; by default from both periods'
        histograms.
    z : float
        Two-sided normal quantile of the test: 1.96 for 5 %.

    Returns
    -------
    Change

    Notes
    -----
    The change shown is raw. The test compares *adjusted* scores by adjusted variances: with 3
    imagined answers a period for NPS, with 2 for shares (Agresti and Caffo), with shrunken
    variances and the t quantile of ``n_now + n_before + 18`` degrees of freedom for means.
    Adjusting variances alone is not enough: a raw NPS change tested that way is a false alarm in
    6-9 of 100 unchanged branches with 10-30 answers, where this test has 3-4 (exact enumeration).

    The test is per branch: among 1,000 branches without any change up to 50 are called changed, so
    a list of changes is a list of candidates. The customers of the two periods are taken as
    independent.

    References
    ----------
    Agresti, A. and Caffo, B. (2000). Simple and effective confidence intervals for proportions and
    differences of proportions result from adding two successes and two failures. The American
    Statistician 54, 280-288.
    """
    apart, spread = _apart(now, before, kind, scale, pooled)
    change = point_score(now, kind, scale) - point_score(before, kind, scale)
    # Unequal numbers of answers move adjusted scores apart: that alone is never a change.
    real = (np.abs(apart) > _critical(now, before, kind, z) * spread) & (change * apart > 0)
    return Change(change, ~real)


def chance_of(
    now: Counts, before: Counts, kind: Kind, scale: Scale, *, pooled: float | None = None
) -> Floats:
    """Probability of a difference at least as large by chance alone, shape (...).

    Parameters
    ----------
    now, before : int arrays, shape (..., bins)
        Histograms of two groups that share no answer: periods, or a branch and all others.
    kind, scale, pooled
        As for `change_between`.

    Returns
    -------
    float array, shape (...)
        Two-sided; nan where a group has no answers, 1 where raw and adjusted scores lie apart in
        opposite directions. Below 0.05 exactly where `change_between` sees more than noise.

    Notes
    -----
    Of many comparisons at once some fall below 0.05 by chance: these belong into
    `scoring.warnings.benjamini_hochberg` first.
    """
    apart, spread = _apart(now, before, kind, scale, pooled)
    change = point_score(now, kind, scale) - point_score(before, kind, scale)
    size = np.divide(np.abs(apart), spread, out=np.full(apart.shape, np.nan), where=spread > 0)
    tail = ndtr(-size)
    if kind is Kind.MEAN:
        tail = stdtr(answers(now) + answers(before) + 2 * (PRIOR_ANSWERS - 1), -size)
    return floats(np.where(np.isnan(change), np.nan, np.where(change * apart > 0, 2 * tail, 1.0)))


def _apart(
    now: Counts, before: Counts, kind: Kind, scale: Scale, pooled: float | None
) -> tuple[Floats, Floats]:
    """Difference of the adjusted scores and its standard error, both shape (...)."""
    spread = pooled
    if kind is Kind.MEAN and pooled is None:
        spread = pooled_variance(np.stack(np.broadcast_arrays(now, before)), scale)
    later, later_variance = _adjusted(now, kind, scale, spread)
    earlier, earlier_variance = _adjusted(before, kind, scale, spread)
    return later - earlier, np.sqrt(later_variance + earlier_variance)


def _adjusted(
    histograms: Counts, kind: Kind, scale: Scale, pooled: float | None
) -> tuple[Floats, Floats]:
    """Score with the imagined answers, and its variance, both shape (...)."""
    n = answers(histograms)
    match kind:
        case Kind.NPS:
            split = bands(histograms, scale)
            spread = nps_adjusted_spread(split.detractors, n, split.promoters)
            return 100 * (split.promoters - split.detractors) / (n + 3), spread / (n + 3)
        case Kind.MEAN:
            found = metric_variance(histograms, kind, scale, pooled=pooled)
            return mean(histograms, scale), found
        case _:
            hit, more = hits(histograms, kind, scale), n + IMAGINED
            spread = share_adjusted_spread(hit, n, added=IMAGINED)
            return (hit + IMAGINED / 2) / more, spread / more


def _critical(now: Counts, before: Counts, kind: Kind, z: float) -> Floats:
    """Quantile that the standardised change must pass."""
    if kind is not Kind.MEAN:
        return floats(z)
    freedom = answers(now) + answers(before) + 2 * (PRIOR_ANSWERS - 1)
    return floats(stdtrit(freedom, ndtr(z)))
