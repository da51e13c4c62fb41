"""Scores and ranks that allow for chance: empirical Bayes over the branches of a comparison set.

Owns the spread between branches (Paule-Mandel), the shrunken scores and the rank intervals drawn
from their posterior. Knows scores and variances, not where they come from; who takes part is
decided by the caller.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.arrays import Counts, Floats, floats
from scoring.equals import Equals

NEWTON_STEPS = 100
CHUNK_CELLS = 1 << 20
"""Random numbers held at once while ranks are drawn (4 MB)."""
TOP_SHARE = 0.1
"""Share of the places that count as the top."""


@dataclass(frozen=True, slots=True, eq=False)
class EmpiricalBayes:
    """A fitted spread of true scores and where each branch lies in it.

    Attributes
    ----------
    mu : float
        Mean of the branches' true scores.
    tau2 : float
        Variance of the true scores between branches; 0 when chance alone explains the table.
    b : float array, shape (p,)
        How much of the distance from ``mu`` a branch keeps, 0..1.
    score : float array, shape (p,)
        ``mu + b (x - mu)``, the best guess of the true score.
    sd : float array, shape (p,)
        ``sqrt(b) s``, its uncertainty.
    """

    mu: float
    tau2: float
    b: Floats
    score: Floats
    sd: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """Place of each branch, 1 = highest score.

    Attributes
    ----------
    rank, low, high : int64 arrays, shape (p,)
        ``low <= rank <= high``.
    p_top : float array, shape (p,)
        Probability of being among the top share of the places, 0..1, from the same draws.
    """

    rank: Counts
    low: Counts
    high: Counts
    p_top: Floats


def paule_mandel_tau2(scores: Floats, variances: Floats) -> float:
    """Variance between branches that makes their scatter just as large as expected.

    Solves ``sum (x_j - mu)^2 / (s_j^2 + tau2) = p - 1`` by Newton steps from 0, which approach the
    root from below (the left side is convex and falling).

    Parameters
    ----------
    scores, variances : float arrays, shape (p,)
        Finite; variances above 0.

    Returns
    -------
    float
        0 when the scores scatter no more than their variances explain, and for p < 2.

    Raises
    ------
    ValueError
        A score is not finite or a variance not above 0.

    References
    ----------
    Paule, R. C. and Mandel, J. (1982). Consensus values and weighting factors. J. Res. NBS 87,
    377-385. DerSimonian, R. and Kacker, R. (2007). Contemporary Clinical Trials 28, 105-114.
    """
    x, v = floats(scores), floats(variances)
    if not (np.isfinite(x).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("empirical Bayes needs finite scores and variances above 0")
    tau2 = 0.0
    if x.size < 2:
        return tau2
    for _ in range(NEWTON_STEPS):
        weight = 1 / (v + tau2)
        squared = (x - _weighted_mean(x, weight)) ** 2
        excess = float(np.sum(weight * squared)) - (x.size - 1)
        if excess <= 1e-12 * x.size:
            break
        tau2 += excess / float(np.sum(weight**2 * squared))
    return tau2


def _weighted_mean(x: Floats, weight: Floats) -> float:
    return float(np.sum(weight * x) / np.sum(weight)) if x.size else float("nan")


def empirical_bayes(
    scores: Floats, variances: Floats, *, tau2: float | None = None
) -> EmpiricalBayes:
    """Draw every branch's score towards the network, the more the fewer answers it has.

    Parameters
    ----------
    scores, variances : float arrays, shape (p,)
        Raw scores and their sampling variances (`scoring.variances.metric_variance`).
    tau2 : float, optional
        Variance between branches; by default `paule_mandel_tau2`.

    Returns
    -------
    EmpiricalBayes

    Notes
    -----
    Model: ``theta_j ~ N(mu, tau2)``, ``x_j | theta_j ~ N(theta_j, s_j^2)``. Coverage of what
    follows is an average over branches, not a promise for each, and assumes a roughly normal
    spread: fit two brands apart.

    References
    ----------
    Efron, B. and Morris, C. (1975). Data analysis using Stein's estimator and its generalizations.
    JASA 70, 311-319.
    """
    x, v = floats(scores), floats(variances)
    between = paule_mandel_tau2(x, v) if tau2 is None else tau2
    mu = _weighted_mean(x, 1 / (v + between))
    b = between / (v + between)
    return EmpiricalBayes(mu, between, b, mu + b * (x - mu), np.sqrt(b * v))


def posterior_ranks(
    score: Floats,
    sd: Floats,
    *,
    seed: int,
    draws: int = 2000,
    coverage: float = 0.95,
    share: float = TOP_SHARE,
) -> Ranks:
    """Place of every branch with the range of places that chance leaves open.

    Parameters
    ----------
    score, sd : float arrays, shape (p,)
        Posterior means and standard deviations, see `EmpiricalBayes`.
    seed : int
        The same seed gives the same ranks.
    draws : int
        Tables drawn from the posterior; the limits are quantiles of a branch's places in them.
    coverage : float
        Share of places between the limits.
    share : float
        What counts as the top, see `top_places`.

    Returns
    -------
    Ranks

    Notes
    -----
    The point rank is the place by shrunken score, not by expected rank: the two agree about equally
    well with the truth, and the table is sorted by a number that is on it. Equal scores share the
    best of their places (1, 2, 2, 4).

    The result does not depend on the order of the branches: draws are dealt in order of score, and
    branches that are equal in score and sd get one interval and one probability. With ``sd = 0``
    everywhere (chance alone explains the table) all are first, anyone may stand anywhere, 1..p, and
    the top is as probable for everyone.

    Memory is ``2 draws p`` bytes up to 65,535 branches, plus 4 MB chunks.

    References
    ----------
    Laird, N. M. and Louis, T. A. (1989). Empirical Bayes ranking methods. J. Educ. Stat. 14, 29-46.
    """
    m, s = floats(score), floats(sd)
    rank = 1 + m.size - np.searchsorted(np.sort(m), m, side="right")
    if not np.any(s > 0):
        # Draws without spread would put equal branches in an arbitrary order.
        anywhere = np.full(m.size, top_places(m.size, share) / max(m.size, 1))
        return Ranks(rank, np.ones_like(rank), np.full_like(rank, m.size), anywhere)
    order = np.lexsort((s, -m))
    places = _drawn_places(m[order], s[order], seed, draws)
    equals = Equals.of(m[order], s[order])
    low, high, top = np.empty_like(rank), np.empty_like(rank), np.empty(m.size)
    limits = _place_limits(places, coverage)
    low[order] = equals.lowest(limits[0])
    high[order] = equals.highest(limits[1])
    top[order] = equals.mean(np.mean(places <= top_places(m.size, share), axis=0))
    return Ranks(rank, np.minimum(low, rank), np.maximum(high, rank), top)


def top_places(branches: int, share: float = TOP_SHARE) -> int:
    """How many places are the top ``share`` of so many: rounded down, but at least one."""
    # 0.29 * 100 is 28.999999999999996.
    return max(1, int(np.floor(branches * share + 1e-9))) if branches else 0


def _drawn_places(m: Floats, s: Floats, seed: int, draws: int) -> NDArray[np.unsignedinteger]:
    """Places of the branches in each drawn table, shape (draws, p)."""
    noise = np.random.default_rng(seed)
    kind = np.uint16 if m.size < 1 << 16 else np.uint32
    places = np.empty((draws, m.size), dtype=kind)
    # float32 halves time and memory; centred first, so that no digit is spent on the level.
    unit = float(np.max(s))
    centre = ((m - np.mean(m)) / unit).astype(np.float32)
    width = (s / unit).astype(np.float32)
    rows = max(1, CHUNK_CELLS // m.size)
    one_to_p = np.arange(1, m.size + 1, dtype=kind)
    for start in range(0, draws, rows):
        part = places[start : start + rows]
        drawn = noise.standard_normal(part.shape, dtype=np.float32)
        np.multiply(drawn, width, out=drawn)
        np.subtract(-centre, drawn, out=drawn)
        np.put_along_axis(part, np.argsort(drawn, axis=1), one_to_p[np.newaxis], axis=1)
    return places


def _place_limits(places: NDArray[np.unsignedinteger], coverage: float) -> tuple[Counts, Counts]:
    """Quantiles of each branch's places; at most half of ``1 - coverage`` is left either side."""
    draws, branches = places.shape
    first = int(np.floor(draws * (1 - coverage) / 2))
    last = draws - 1 - first
    low, high = np.empty(branches, dtype=np.int64), np.empty(branches, dtype=np.int64)
    columns = max(1, CHUNK_CELLS // draws)
    for start in range(0, branches, columns):
        part = np.ascontiguousarray(places[:, start : start + columns].T)
        part.partition((first, last), axis=1)
        low[start : start + columns] = part[:, first]
        high[start : start + columns] = part[:, last]
    return low, high
