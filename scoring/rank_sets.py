"""Places that each branch may truly have: confidence sets for ranks that assume no crowd.

Owns the auditable layer of the league table: what can be said of places from scores and variances
alone, with a guarantee for the whole table at once (simultaneous) and for each branch (marginal).
Knows nothing of shrinkage: the posterior rank interval is `scoring.shrinkage.posterior_ranks`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts, Flags, Floats, floats
from scoring.largest_differences import Differences, LargestDifferences, Singles


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


@dataclass(frozen=True, slots=True, eq=False)
class PlaceSets:
    """One layer of `RankSets`: first and last place, and the critical value each was found with.

    ``low`` and ``high`` are int64, ``critical`` float arrays of shape (p,).
    """

    low: Counts
    high: Counts
    critical: Floats


def rank_sets(
    score: Floats, variance: Floats, *, seed: int, draws: int, level: float = 0.95
) -> RankSets:
    """Simultaneous and marginal confidence sets for the places of all branches.

    Parameters
    ----------
    score, variance : float arrays, shape (p,)
        Raw or adjusted scores (not shrunken ones) and their sampling variances, above 0
        (`scoring.variances.cautious_variance`).
    seed, draws : int
        Errors drawn to find the critical values. The same seed gives the same sets, in whatever
        order the branches come. With 1,000 draws a limit may differ by a place or two from that
        of another seed; store seed and draws with a table.
    level : float
        Probability of the statements.

    Returns
    -------
    RankSets

    Raises
    ------
    ValueError
        A score is not finite, a variance not above 0, or the draws are too few for the level.

    Notes
    -----
    ``j`` is placed above ``k`` for certain when ``(x_j - x_k) / sqrt(s_j^2 + s_k^2)`` exceeds the
    ``level`` quantile of the largest such difference among the comparisons not yet decided, were
    all branches alike; decided comparisons are left out and the rest is tried again (stepdown).
    A branch's first place is 1 + those certainly above it, its last p - those certainly below.
    Simultaneous sets allow for all p (p - 1) comparisons, a marginal one for those of its branch.

    Errors of different branches are taken as independent. The sets are honest and wide: with 60
    answers a branch and 2,000 branches they span nearly the whole table. With variances that are
    too small by luck they promise too much, see there.

    Both layers of 2,000 branches take half a second and 250 MB, those of 5,000 four seconds and
    640 MB: the memory grows with the square of the branches. No pair of any draw is skipped that
    could matter, see `scoring.largest_differences`.

    References
    ----------
    Mogstad, M., Romano, J. P., Shaikh, A. M. and Wilhelm, D. (2024). Inference for ranks with
    applications to mobility across neighbourhoods and academic achievement across countries.
    Review of Economic Studies 91, 476-518. Romano, J. P. and Wolf, M. (2005). Econometrica 73,
    1237-1282 (stepdown).
    """
    differences = _differences(score, variance, seed, draws, level)
    largest = differences.largest()
    whole = _simultaneous(differences, largest, level)
    each = _marginal(differences, largest, level)
    return RankSets(whole.low, whole.high, each.low, each.high)


def simultaneous_sets(
    score: Floats, variance: Floats, *, seed: int, draws: int, level: float = 0.95
) -> PlaceSets:
    """The simultaneous layer of `rank_sets` alone."""
    differences = _differences(score, variance, seed, draws, level)
    return _simultaneous(differences, differences.largest(), level)


def marginal_sets(
    score: Floats, variance: Floats, *, seed: int, draws: int, level: float = 0.95
) -> PlaceSets:
    """The marginal layer of `rank_sets` alone, for every branch."""
    differences = _differences(score, variance, seed, draws, level)
    return _marginal(differences, differences.largest(), level)


def tau_best(sets_low: Counts, tau: int) -> Flags:
    """Branches that may be among the ``tau`` best.

    Parameters
    ----------
    sets_low : int array, shape (p,)
        `RankSets.simultaneous_low`; then all of the true ``tau`` best are marked with the
        probability of the sets.

    Returns
    -------
    bool array, shape (p,)
        ``low <= tau``.
    """
    return np.asarray(sets_low) <= tau


def tau_worst(sets_high: Counts, tau: int) -> Flags:
    """Branches that may be among the ``tau`` worst: ``high >= p - tau + 1``, see `tau_best`."""
    high = np.asarray(sets_high)
    return high >= high.size - tau + 1


def _differences(
    score: Floats, variance: Floats, seed: int, draws: int, level: float
) -> Differences:
    x, v = floats(score), floats(variance)
    if not (np.isfinite(x).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("rank sets need finite scores and variances above 0")
    if not 0 < level < 1 or round(draws * (1 - level), 6) < 1:
        raise ValueError(f"{draws} draws are too few for a level of {level}")
    return Differences.drawn(x, v, seed=seed, draws=draws)


def _quantile(values: Singles, level: float) -> Floats:
    """The least value, along the last axis, that a share ``level`` of the values does not exceed.

    Rounded first: 0.29 * 100 is 28.999999999999996.
    """
    nth = int(np.ceil(round(values.shape[-1] * level, 6))) - 1
    return np.partition(values, nth, axis=-1)[..., nth].astype(np.float64)


def _simultaneous(differences: Differences, largest: LargestDifferences, level: float) -> PlaceSets:
    """Step down with one critical value for all comparisons."""

    def critical(left: LargestDifferences, _: Flags) -> Floats:
        whole = np.max(left.value, axis=0, initial=0)
        return np.full(left.value.shape[0], _quantile(whole, level))

    return _stepdown(differences, largest.copy(), critical)


def _marginal(differences: Differences, largest: LargestDifferences, level: float) -> PlaceSets:
    """Step down with a critical value for each branch, the same for branches that are equal."""
    own = np.empty(largest.value.shape[0])

    def critical(left: LargestDifferences, changed: Flags) -> Floats:
        own[changed] = _quantile(left.value[changed], level)
        return differences.equals.highest(own)

    return _stepdown(differences, largest.copy(), critical)


def _stepdown(
    differences: Differences,
    left: LargestDifferences,
    critical: Callable[[LargestDifferences, Flags], Floats],
) -> PlaceSets:
    """Decide, leave out what is decided, and try the rest with the smaller critical value.

    ``critical`` is told the branches whose largest differences have changed. Those that are stale
    are at least what a new search would find, so that only such above the critical value matter.
    """
    branches = left.value.shape[0]
    decided = np.zeros((branches, 2 * branches), dtype=bool)
    c = critical(left, np.ones(branches, dtype=bool))
    while not np.array_equal(found := differences.beyond(c), decided):
        decided = found
        stale = left.depends_on(decided)
        while (open_ := stale & (left.value >= c[:, np.newaxis])).any():
            differences.search_again(left, open_, decided)
            stale &= ~open_
            c = critical(left, np.asarray(open_.any(axis=1)))
    above, below = np.hsplit(decided, 2)
    order = differences.order
    low, high, used = np.empty_like(order), np.empty_like(order), np.empty(branches)
    low[order], high[order] = 1 + above.sum(axis=1), branches - below.sum(axis=1)
    used[order] = c
    return PlaceSets(low, high, used)
