"""Case mix and channel: what a score would be if every branch had the network's customers.

Owns the within-branch linear model, the adjusted score with its variance and interval, and what
each column adds to it. Which adjusters there are is `scoring.mix`'s and the caller's business: only
what a branch does not control (channel, customers), never how it works (waiting time, staff).
"""

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Z95, Flags, Floats, floats
from scoring.branch_moments import BranchMoments
from scoring.measured import Measured

CLUSTERED_FROM = 40
"""Branches from which the covariance is clustered (see `fit_adjustment`)."""
ALIASED = 1e-9
"""Share of a column's own variation below which the columns before it explain it."""


class NothingToFitError(ValueError):
    """No branch has two answers: nothing can be compared within branches."""


@dataclass(frozen=True, slots=True, eq=False)
class AdjustmentFit:
    """Coefficients of k adjuster columns; an association within branches, not a cause.

    Attributes
    ----------
    coefficients : float array, shape (k,)
        Points of the score per unit of a column, for two answers to the same branch that differ in
        nothing else. 0 where not ``estimable``.
    covariance : float array, shape (k, k)
        Of the coefficients; rows and columns that are not estimable are 0.
    between : float array, shape (k, k)
        Variance of a branch's own coefficients about the common ones, from
        `scoring.effect_spread`; 0 when an effect is taken to be the same everywhere.
    estimable : bool array, shape (k,)
        False for a column that does not vary within branches or that the columns before it explain.
    explained_by : tuple of tuples of int
        Per column the places of those columns that explain it; empty when it is estimable, and when
        it does not vary.
    residual_variance : float
        Variance of an answer about branch and mix.
    unexplained : float
        ``residual_variance`` as a share (0..1) of the variance within branches: what is left.
    reference : float array, shape (k,)
        The mix that scores are adjusted to: that of all answers of the fit.
    answers, branches : int
        What the fit was made of.
    clustered : bool
        Whether ``covariance`` allows for errors that hang together within a branch.
    """

    coefficients: Floats
    covariance: Floats
    between: Floats
    estimable: Flags
    explained_by: tuple[tuple[int, ...], ...]
    residual_variance: float
    unexplained: float
    reference: Floats
    answers: int
    branches: int
    clustered: bool

    @property
    def standard_errors(self) -> Floats:
        """Standard error of each coefficient, shape (k,); 0 where not estimable."""
        return np.sqrt(np.diagonal(self.covariance))


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """Sums of squares and products about the branches' own means."""

    xx: Floats
    xy: Floats
    yy: float
    scores: Floats  # x'y of each branch, shape (p, k)
    own: Floats  # x'x of each branch, shape (p, k, k)


def fit_adjustment(moments: BranchMoments) -> AdjustmentFit:
    """Fit ``y = branch + x'beta + error`` by least squares, from sums alone.

    Parameters
    ----------
    moments : BranchMoments
        Of the answers of the whole network over the year of the fit.

    Returns
    -------
    AdjustmentFit

    Raises
    ------
    NothingToFitError
        No branch has two answers.

    Notes
    -----
    The model is linear for shares and NPS too: only so is the adjusted score the raw one plus a sum
    of named parts. Every branch has its own level (fixed effect): without it the quality of the
    branches that happen to phone would be taken for an effect of the telephone.

    The covariance is clustered by branch from `CLUSTERED_FROM` branches on (CR1, with the factor
    ``p/(p-1) (n-1)/(n-k-1)``, p being the branches that any column varies in): answers spread
    differently in different branches, and an effect need not be the same everywhere. For fewer
    branches that is too small, and it is ``s^2 (X'X)^-1``.

    It misleads when customers choose the channel by how content they are: what is found is an
    association. Of two columns that always occur together the first is given the coefficient. Time
    grows with ``p k^2``: 4 ms for 2,000 branches and 10 columns.

    References
    ----------
    O'Malley, A. J. et al. (2005). Case-mix adjustment of the CAHPS Hospital Survey. Health Services
    Research 40. Elliott, M. N. et al. (2009). Effects of survey mode, patient mix, and nonresponse
    on CAHPS Hospital Survey scores. Health Services Research 44. Arellano, M. (1987). Computing
    robust standard errors for within-groups estimators. Oxford Bulletin 49.
    """
    answers, branches = float(moments.n.sum()), int(np.count_nonzero(moments.n))
    if answers <= branches:
        raise NothingToFitError("no branch has two answers: nothing can be compared within one")
    within = within_branches(moments)
    kept, explained_by = _independent(within.xx)
    inverse = np.zeros_like(within.xx)
    inverse[np.ix_(kept, kept)] = np.linalg.inv(within.xx[np.ix_(kept, kept)])
    beta = inverse @ within.xy
    freedom = answers - branches
    rest = max(within.yy - float(beta @ within.xy), 0.0)
    s2 = rest / max(freedom - np.count_nonzero(kept), 1)
    clustered = branches >= CLUSTERED_FROM
    return AdjustmentFit(
        coefficients=beta,
        covariance=_clustered(within, beta, inverse, answers) if clustered else s2 * inverse,
        between=np.zeros_like(inverse),
        estimable=kept,
        explained_by=explained_by,
        residual_variance=s2,
        unexplained=min(1.0, s2 * freedom / within.yy) if within.yy > 0 else 1.0,
        reference=np.nan_to_num(moments.network_mix),
        answers=round(answers),
        branches=branches,
        clustered=clustered,
    )


def within_branches(moments: BranchMoments) -> Within:
    """Take the branches' own means away: what is left to tell effects from."""
    mix, level = np.nan_to_num(moments.mix), np.nan_to_num(moments.score)
    own = moments.xx - moments.x[:, :, np.newaxis] * mix[:, np.newaxis, :]
    scores = moments.xy - moments.x * level[:, np.newaxis]
    return Within(
        xx=own.sum(axis=0),
        xy=scores.sum(axis=0),
        yy=float(np.sum(moments.yy - moments.y * level)),
        scores=scores,
        own=own,
    )


def _independent(xx: Floats) -> tuple[Flags, tuple[tuple[int, ...], ...]]:
    """Which columns vary, and not only together with those before them; else with which ones."""
    kept = np.zeros(len(xx), dtype=bool)
    explained_by: list[tuple[int, ...]] = []
    for column in range(len(xx)):
        own, before = xx[column, column], np.flatnonzero(kept)
        shared = xx[before, column]
        share = np.linalg.solve(xx[np.ix_(before, before)], shared)
        limit = ALIASED * max(own, 1.0)
        kept[column] = own - shared @ share > limit
        together = before[np.abs(share) > 1e-6] if own > limit and not kept[column] else before[:0]
        explained_by.append(tuple(together.tolist()))
    return kept, tuple(explained_by)


def _clustered(within: Within, beta: Floats, inverse: Floats, answers: float) -> Floats:
    """The sandwich: how far each branch on its own pulls at the coefficients."""
    pulls = within.scores - within.own @ beta
    vary = int(np.count_nonzero(np.trace(within.own, axis1=1, axis2=2) > ALIASED))
    columns = int(np.count_nonzero(np.diagonal(inverse)))
    factor = vary / max(vary - 1, 1) * (answers - 1) / max(answers - columns - 1, 1)
    found: Floats = factor * inverse @ (pulls.T @ pulls) @ inverse
    return found


def effects(fit: AdjustmentFit, mix: Floats, reference: Floats | None = None) -> Floats:
    """What each column adds to a branch's score when it is adjusted, in points.

    Parameters
    ----------
    fit : AdjustmentFit
    mix : float array, shape (p, k)
        Mean of each column over the branch's answers; nan (not known) adds nothing.
    reference : float array, shape (k,), optional
        The mix adjusted to; by default that of the fit.

    Returns
    -------
    float array, shape (p, k)
        ``-beta (mix - reference)``; a row's sum is the adjusted score minus the raw one.
    """
    aim = fit.reference if reference is None else reference
    return -np.nan_to_num(floats(mix) - aim) * fit.coefficients


def mix_variance(fit: AdjustmentFit, mix: Floats, reference: Floats | None = None) -> Floats:
    """Variance that an adjusted score owes to not knowing the branch's effects, shape (p,).

    The coefficients are uncertain, and the effect may differ from branch to branch (``between``).
    It grows with the square of a branch's distance from the reference mix: a branch that only ever
    phones is told how much of its score the telephone is by the other branches alone.
    """
    aim = fit.reference if reference is None else reference
    gap = np.nan_to_num(floats(mix) - aim)
    found: Floats = np.einsum("ja,ab,jb->j", gap, fit.covariance + fit.between, gap)
    return np.maximum(found, 0.0)


def adjust(
    raw: Measured, fit: AdjustmentFit, mix: Floats, reference: Floats | None = None
) -> Measured:
    """What every branch would score with the reference mix of customers and channels.

    Parameters
    ----------
    raw : Measured
        Scores of p branches as they were given.
    fit, mix, reference
        As in `effects`.

    Returns
    -------
    Measured
        ``score = raw - beta'(mix - reference)``; ``variance`` is the raw one, less what the mix
        explains of it, plus `mix_variance`. The interval's arms are widened by the same (method of
        variance estimates recovery), each on its own side.

    Notes
    -----
    Adding a constant to all answers adds it to all adjusted scores. With the fit's own answers and
    reference, answers times scores have the same total before and after. A branch with the
    reference mix keeps its score. A score is not cut to its scale, so that its parts add up: an NPS
    may come out at 101.

    The variance is the branch's own and not ``s^2 / n``, as content branches scatter less. That the
    effects may be others in this very branch it contains only with ``fit.between``.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a
    general approach. Statistics in Medicine 27, 1693-1702.
    """
    added = effects(fit, mix, reference).sum(axis=1)
    spread = mix_variance(fit, mix, reference)
    low = _arm(raw.score - raw.low, fit.unexplained, spread)
    high = _arm(raw.high - raw.score, fit.unexplained, spread)
    score = raw.score + added
    variance = fit.unexplained * raw.variance + spread
    return Measured(raw.n, score, score - low, score + high, variance)


def _arm(raw: Floats, unexplained: float, spread: Floats) -> Floats:
    return np.sqrt(unexplained * raw**2 + Z95**2 * spread)
