"""Places that each branch may truly have: confidence sets for ranks that assume no crowd.

Owns the auditable layer of the league table: what can be said of places from scores and variances
alone, with a guarantee for the whole table at once (simultaneous) and for each branch (marginal).
Knows nothing of shrinkage: the posterior rank interval is `scoring.shrinkage.posterior_ranks`.
"""

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts, Flags, Floats, floats


@dataclass(frozen=True, slots=True, eq=False)
class RankSets:
    """First and last place that each branch may have, int64 arrays of shape (p,); 1 = highest.

    Attributes
    ----------
    simultaneous_low, simultaneous_high
        With probability ``level`` all branches lie within theirs at once.
    marginal_low, marginal_high
        With probability ``level`` a branch named beforehand lies within its own.
    """

    simultaneous_low: Counts
    simultaneous_high: Counts
    marginal_low: Counts
    marginal_high: Counts


def tau_best(sets_low: Counts, tau: int) -> Flags:
    """Branches that may be among the ``tau`` best: ``low <= tau``, shape (p,)."""
    return np.asarray(sets_low) <= tau


def tau_worst(sets_high: Counts, tau: int) -> Flags:
    """Branches that may be among the ``tau`` worst: ``high >= p - tau + 1``, shape (p,)."""
    high = np.asarray(sets_high)
    return high >= high.size - tau + 1


def rank_sets(
    score: Floats, variance: Floats, *, seed: int, draws: int, level: float = 0.95
) -> RankSets:
    """Simultaneous and marginal confidence sets for the ranks of all branches."""
    x, v = floats(score), floats(variance)
    z = np.random.default_rng(seed).standard_normal((draws, x.size)) * np.sqrt(v)
    sigma = np.sqrt(v[:, None] + v)
    biggest = np.array([np.abs((d[:, None] - d) / sigma).max(axis=1) for d in z])
    t = (x[:, None] - x) / sigma
    one = np.quantile(biggest.max(axis=1), level, method="inverted_cdf")
    each = np.quantile(biggest, level, axis=0, method="inverted_cdf")[:, None]

    def sets(c: Floats) -> tuple[Counts, Counts]:
        return 1 + np.sum(t < -c, axis=1), x.size - np.sum(t > c, axis=1)

    return RankSets(*sets(one), *sets(each))
