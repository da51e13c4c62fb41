"""The league table of a comparison set: scores for every request, ranks for the workers.

Owns what enters the table and what is blanked. Statistics are computed over the whole comparison
set; who may see which row is decided elsewhere, after. Adjusted scores and bands are not made here.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from scoring.arrays import Counts, Flags, Floats
from scoring.change import change_between
from scoring.scales import Kind, Scale, point_score, require_histograms, require_kind
from scoring.scores import score_counts
from scoring.shrinkage import EmpiricalBayes, Ranks, empirical_bayes, posterior_ranks
from scoring.tiers import DEFAULT_THRESHOLDS, Thresholds, Tier, tiers
from scoring.variances import metric_variance, pooled_variance


@dataclass(frozen=True, slots=True, eq=False)
class LeagueScores:
    """The table without its ranks; every array of shape (p,), one entry per branch as given.

    Attributes
    ----------
    n : int array
        Answers, also of hidden branches (who shows them looks at ``tier``).
    score, low, high : float arrays
        Raw score and its 95 % interval; nan below tier `Tier.SHOWN`.
    shrunk : float array
        Score drawn towards the network; nan unless ranked.
    tier : int array
        Values of `Tier`.
    ranked : bool array
        Whether the branch takes part in the table.
    change : float array
        Score minus the score of the period before; nan unless both periods are shown.
    change_is_noise : bool array
        Whether chance explains the change; meaningless (True) where ``change`` is nan.
    mu, tau : float
        Mean and standard deviation of the true scores of the ranked branches; nan if none.
    """

    n: Counts
    score: Floats
    low: Floats
    high: Floats
    shrunk: Floats
    tier: Counts
    ranked: Flags
    change: Floats
    change_is_noise: Flags
    mu: float
    tau: float


@dataclass(frozen=True, slots=True, eq=False)
class LeagueRanks:
    """Places of the branches, float arrays of shape (p,) holding whole numbers; nan unless ranked.

    1 is the highest score. The true place lies in ``rank_low..rank_high`` with probability 95 %.
    """

    rank: Floats
    rank_low: Floats
    rank_high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class League:
    """The complete table: `LeagueScores` and `LeagueRanks` of the same branches."""

    scores: LeagueScores
    ranks: LeagueRanks


def league_seed(*parts: str) -> int:
    """Seed of a stored table, from what names it (metric, first and last day, comparison set)."""
    return crc32("\x1f".join(parts).encode())


def league_scores(
    histograms: Counts,
    previous: Counts | None,
    kind: Kind,
    scale: Scale,
    *,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> LeagueScores:
    """Everything of the table that needs no random draws: a few milliseconds for 2,000 branches.

    Parameters
    ----------
    histograms : int array, shape (p, bins)
        Answers of the period, one row for every branch of the comparison set.
    previous : int array, shape (p, bins), optional
        Answers of the period before, the same branches; a branch without is a row of zeros.
    kind, scale
        The metric.
    thresholds : Thresholds
        Fewest answers to be shown and ranked.

    Returns
    -------
    LeagueScores

    Raises
    ------
    scoring.scales.NotOnScaleError
        The histograms or the kind do not fit the scale.
    """
    now = require_histograms(histograms, scale)
    pooled = _pooled(now, kind, scale)
    found = score_counts(now, kind, scale, pooled=pooled)
    tier = tiers(found.n, thresholds)
    shown, ranked = tier >= Tier.SHOWN, tier >= Tier.RANKED
    before = np.zeros_like(now) if previous is None else require_histograms(previous, scale)
    change, is_noise = _shown_change(now, before, kind, scale, thresholds)
    fit = fit_ranked(now[ranked], kind, scale, pooled=pooled)
    return LeagueScores(
        n=found.n,
        score=np.where(shown, found.score, np.nan),
        low=np.where(shown, found.low, np.nan),
        high=np.where(shown, found.high, np.nan),
        shrunk=_at(ranked, fit.score),
        tier=tier,
        ranked=ranked,
        change=change,
        change_is_noise=is_noise,
        mu=fit.mu,
        tau=float(np.sqrt(fit.tau2)),
    )


def league_ranks(
    histograms: Counts,
    kind: Kind,
    scale: Scale,
    *,
    seed: int,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    draws: int = 2000,
) -> LeagueRanks:
    """Places with their 95 % intervals: below a second for 2,000 branches, for workers to store.

    Parameters
    ----------
    histograms : int array, shape (p, bins)
        The same as for `league_scores`, whose shrunken scores these places follow.
    kind, scale, thresholds
        The same too.
    seed : int
        See `league_seed`; to be stored with the table.
    draws : int
        Tables drawn.

    Returns
    -------
    LeagueRanks
    """
    require_kind(kind, scale)
    counts = require_histograms(histograms, scale)
    ranked = tiers(counts.sum(axis=-1), thresholds) >= Tier.RANKED
    fit = fit_ranked(counts[ranked], kind, scale, pooled=_pooled(counts, kind, scale))
    places: Ranks = posterior_ranks(fit.score, fit.sd, seed=seed, draws=draws)
    return LeagueRanks(_at(ranked, places.rank), _at(ranked, places.low), _at(ranked, places.high))


def score_league(
    histograms: Counts,
    previous: Counts | None,
    kind: Kind,
    scale: Scale,
    *,
    seed: int,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    draws: int = 2000,
) -> League:
    """The complete table: `league_scores` and `league_ranks` of the same histograms."""
    return League(
        league_scores(histograms, previous, kind, scale, thresholds=thresholds),
        league_ranks(histograms, kind, scale, seed=seed, thresholds=thresholds, draws=draws),
    )


def fit_ranked(
    histograms: Counts, kind: Kind, scale: Scale, *, pooled: float | None = None
) -> EmpiricalBayes:
    """Fit the spread of true scores to branches that are ranked.

    Parameters
    ----------
    histograms : int array, shape (p, bins)
        Ranked branches only; each with answers.
    kind, scale, pooled
        As in `scoring.variances.metric_variance`.

    Returns
    -------
    EmpiricalBayes
        Raw scores with adjusted variances, as METHODS 2.4 demands.
    """
    point = point_score(histograms, kind, scale)
    return empirical_bayes(point, metric_variance(histograms, kind, scale, pooled=pooled))


def _pooled(histograms: Counts, kind: Kind, scale: Scale) -> float | None:
    return pooled_variance(histograms, scale) if kind is Kind.MEAN else None


def _shown_change(
    now: Counts, before: Counts, kind: Kind, scale: Scale, thresholds: Thresholds
) -> tuple[Floats, Flags]:
    """Change and noise, blanked where one of the periods is not shown."""
    found = change_between(now, before, kind, scale)
    fewest = np.minimum(now.sum(axis=-1), before.sum(axis=-1))
    hidden = tiers(fewest, thresholds) < Tier.SHOWN
    return np.where(hidden, np.nan, found.change), found.is_noise | hidden


def _at(places: Flags, values: Floats | Counts) -> Floats:
    """``values`` at ``places``, nan elsewhere."""
    spread = np.full(places.shape, np.nan)
    spread[places] = values
    return spread
