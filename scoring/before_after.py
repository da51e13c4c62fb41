"""Whether what was done helped: change of the treated branches less that of branches like them.

Owns the difference in differences with its interval. Takes histograms before and after a day, of
the branches that acted and of peers that did not; knows nothing of plans.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from scoring.arrays import Counts, Floats
from scoring.scales import Kind, Scale, answers, point_score
from scoring.variances import metric_variance, pooled_variance

FEWEST_PEERS = 5
"""Peers with answers before and after that a comparison needs."""


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A difference in differences, in units of the score.

    Attributes
    ----------
    own : float
        Change of the treated branches.
    usual : float
        Mean change of the peers.
    effect, low, high : float
        ``own - usual``, and its 95 % interval.
    by_itself : float
        What peers that stood as low (or high) before moved more (or less) than `usual`: the part
        of `effect` to be expected of branches that were chosen for their score.
    drift : float
        Standard deviation of true changes from branch to branch among the peers (tau).
    peers : int
        Peers with answers before and after.
    """

    own: float
    usual: float
    effect: float
    low: float
    high: float
    by_itself: float
    drift: float
    peers: int

    @property
    def is_noise(self) -> bool:
        """True where chance and the usual coming and going of branches explain the effect."""
        return self.low <= 0 <= self.high


def difference_in_differences(
    treated: tuple[Counts, Counts],
    peers: tuple[Counts, Counts],
    kind: Kind,
    scale: Scale,
    *,
    level: float = 0.95,
) -> BeforeAfter | None:
    """Compare how treated branches changed with how their peers did.

    Parameters
    ----------
    treated : pair of int arrays, shape (k, bins)
        Histograms of the branches that acted, before and after.
    peers : pair of int arrays, shape (m, bins)
        Histograms of branches like them that did not, before and after.
    kind, scale
        The metric.
    level : float
        Of the interval.

    Returns
    -------
    BeforeAfter or None
        None where no treated branch, or fewer than 5 peers, have answers both before and after.

    Notes
    -----
    Branches change without any plan, and more than their answers' sampling error says. The variance
    of true changes among the peers (tau squared) is estimated by DerSimonian and Laird's method of
    moments; every change, of treated and peers, then weighs ``1 / (v + tau^2)``, and the interval
    takes the t quantile of ``m - 2`` degrees of freedom, as the prediction interval of Higgins,
    Thompson and Spiegelhalter does. A single treated branch is thus compared with what one more
    untreated branch would have done, not with the peers' mean alone.

    Changes are those of raw scores: adjusted ones are pulled to 0 by few answers, and an unequal
    number before and after would pass for an effect.

    Who picks what stands lowest sees it rise without doing anything. `by_itself` says by how much:
    the slope of the peers' changes on their scores before, times the distance of the treated
    branches from them. Errors of the scores before are in the slope on purpose, since the treated
    branches' scores before have them too. It is told beside the effect, not taken out of it.

    References
    ----------
    DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical
    Trials 7, 177-188. Higgins, J. P. T., Thompson, S. G. and Spiegelhalter, D. J. (2009). A
    re-evaluation of random-effects meta-analysis. JRSS A 172, 137-159. Barnett, A. G., van der
    Pols, J. C. and Dobson, A. J. (2005). Regression to the mean: what it is and how to deal with
    it. International Journal of Epidemiology 34, 215-220.
    """
    spread = None
    if kind is Kind.MEAN:
        spread = pooled_variance(np.concatenate([np.stack(treated), np.stack(peers)], 1), scale)
    own = _changes(treated, kind, scale, spread)
    others = _changes(peers, kind, scale, spread)
    m = len(others.change)
    if not len(own.change) or m < FEWEST_PEERS:
        return None
    between = between_variance(others.change, others.variance)
    mine, mine_variance = _weighted(own.change, own.variance + between)
    usual, usual_variance = _weighted(others.change, others.variance + between)
    effect = mine - usual
    margin = float(stdtrit(m - 2, (1 + level) / 2)) * np.sqrt(mine_variance + usual_variance)
    return BeforeAfter(
        own=mine,
        usual=usual,
        effect=effect,
        low=float(effect - margin),
        high=float(effect + margin),
        by_itself=_by_itself(own, others, between),
        drift=float(np.sqrt(between)),
        peers=m,
    )


def between_variance(changes: Floats, variances: Floats) -> float:
    """Variance of the true changes, by DerSimonian and Laird.

    Parameters
    ----------
    changes, variances : float arrays, shape (m,)
        Estimates and their sampling variances, all above 0.

    Returns
    -------
    float
        Tau squared, in squared units of the changes; 0 where sampling explains all.
    """
    weights = 1 / variances
    mean, _ = _weighted(changes, variances)
    heterogeneity = float(weights @ (changes - mean) ** 2)
    total = weights.sum()
    return max(0.0, (heterogeneity - len(changes) + 1) / float(total - (weights**2).sum() / total))


@dataclass(frozen=True, slots=True)
class _Changes:
    """Of branches with answers before and after, each of shape (branches,)."""

    before: Floats
    change: Floats
    variance: Floats


def _changes(
    pair: tuple[Counts, Counts], kind: Kind, scale: Scale, spread: float | None
) -> _Changes:
    both = (answers(pair[0]) > 0) & (answers(pair[1]) > 0)
    before, after = pair[0][both], pair[1][both]
    earlier = point_score(before, kind, scale)
    variances = [metric_variance(each, kind, scale, pooled=spread) for each in (before, after)]
    return _Changes(earlier, point_score(after, kind, scale) - earlier, variances[0] + variances[1])


def _weighted(values: Floats, variances: Floats) -> tuple[float, float]:
    """Precision-weighted mean and its variance."""
    weights = 1 / variances
    total = float(weights.sum())
    return float(weights @ values) / total, 1 / total


def _by_itself(own: _Changes, others: _Changes, between: float) -> float:
    weights = 1 / (others.variance + between)
    usual = float(weights @ others.before) / float(weights.sum())
    apart = others.before - usual
    across = float(weights @ apart**2)
    if across == 0:
        return 0.0
    slope = float(weights @ (apart * others.change)) / across
    stood, _ = _weighted(own.before, own.variance + between)
    return slope * (stood - usual)
