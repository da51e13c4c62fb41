"""What is normal for a branch: its own level in past months, without the network's ups and downs.

Owns monthly scores, the moments of one answer, the shrunken baseline with its uncertainty, and the
variance of a branch from month to month that chance in the answers does not explain. Judges no
month: that is `scoring.warnings`.
"""

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts, Flags, Floats, floats, ratio
from scoring.scales import (
    Kind,
    NotOnScaleError,
    Scale,
    answers,
    merge,
    point_score,
    require_histograms,
    require_kind,
)
from scoring.shrinkage import empirical_bayes

ALTERNATIONS = 20
"""Rounds in which branch levels and month effects are fitted to each other."""
NETWORK_ANSWERS = 40
"""Imagined answers, spread like the network's, that join a branch's own before moments are taken:
about as strongly as its level is drawn to the network. With 10, high levels go with too small
variances and false discoveries exceed their rate by 3 to 5 points where few branches sink."""


@dataclass(frozen=True, slots=True, eq=False)
class MonthlyScores:
    """Scores of branches by month, and what one answer of each branch is like.

    Attributes
    ----------
    n : int array, shape (p, t)
        Answers.
    score : float array, shape (p, t)
        Score of the month; its value where ``n`` is 0 does not matter.
    variance, third : float arrays, shape (p,)
        Second and third central moment of one answer's contribution to the score.
    """

    n: Counts
    score: Floats
    variance: Floats
    third: Floats

    def months(self, first: int, end: int) -> "MonthlyScores":
        """The months from index ``first`` up to before ``end``."""
        return MonthlyScores(
            self.n[:, first:end], self.score[:, first:end], self.variance, self.third
        )


@dataclass(frozen=True, slots=True, eq=False)
class OwnNormal:
    """What each branch may be expected to score.

    Attributes
    ----------
    n : int array, shape (p,)
        Answers of the baseline.
    score : float array, shape (p,)
        Baseline level, drawn to the network; nan for branches without a baseline.
    variance : float array, shape (p,)
        Posterior variance of that level: the same error in every month that follows.
    month_variance : float
        Variance of a branch's true score from month to month.
    mu, tau : float
        Mean and standard deviation of the branches' levels.
    """

    n: Counts
    score: Floats
    variance: Floats
    month_variance: float
    mu: float
    tau: float


def contributions(kind: Kind, scale: Scale) -> Floats:
    """What an answer in each bin adds to the score, shape (bins,): their mean is the score.

    NPS: -100, 0, 100; shares: 0 or 1; mean: the value itself.
    """
    require_kind(kind, scale)
    return point_score(np.eye(scale.bins, dtype=np.int64), kind, scale)


def answer_moments(histograms: Counts, kind: Kind, scale: Scale) -> tuple[Floats, Floats]:
    """Variance and third central moment of one answer's contribution, the variance never 0.

    Parameters
    ----------
    histograms : int array, shape (p, bins)
        Answers of each branch.
    kind, scale
        The metric.

    Returns
    -------
    variance, third : float arrays, shape (p,)
        In squared and cubed units of the score.

    Notes
    -----
    Each branch's histogram gets 40 imagined answers that are spread like the network's, and the
    network itself one that is spread evenly over the bins: a branch with nothing but tens is not
    certain, and a branch without answers is like the network. For NPS these are the moments of a
    trinomial; for other kinds of the histogram as it is.
    """
    worth = contributions(kind, scale)
    network = answers(histograms.T) + 1 / scale.bins
    likely = histograms + NETWORK_ANSWERS * network / np.sum(network)
    likely = likely / np.sum(likely, axis=-1, keepdims=True)
    distance = worth - (likely @ worth)[:, np.newaxis]
    return np.sum(likely * distance**2, axis=-1), np.sum(likely * distance**3, axis=-1)


def monthly_scores(
    histograms: Counts, kind: Kind, scale: Scale, *, baseline_months: int
) -> MonthlyScores:
    """Scores by branch and month from histograms.

    Parameters
    ----------
    histograms : int array, shape (p, t, bins)
        Answers by branch and month, oldest month first.
    kind, scale
        The metric.
    baseline_months : int
        The first so many months tell what one answer is like.

    Returns
    -------
    MonthlyScores

    Raises
    ------
    scoring.scales.NotOnScaleError
        The histograms or the kind do not fit the scale.
    """
    counts = require_histograms(histograms, scale)
    if counts.ndim != 3:
        raise NotOnScaleError("monthly histograms are counted by branch, month and bin")
    pooled = merge(counts[:, :baseline_months], axis=1)
    variance, third = answer_moments(pooled, kind, scale)
    return MonthlyScores(answers(counts), point_score(counts, kind, scale), variance, third)


def own_normal(baseline: MonthlyScores) -> OwnNormal:
    """Each branch's own level over the months of ``baseline``, network month effects removed.

    Parameters
    ----------
    baseline : MonthlyScores
        The months that say what is normal, shape (p, t).

    Returns
    -------
    OwnNormal

    Notes
    -----
    Levels and month effects are fitted by alternating means weighted with answers. Let ``r`` be
    what is left and ``Q_j = sum_t n_jt r_jt^2``. In expectation
    ``Q_j = v_j (T_j - 1) + tw (N_j - sum_t n_jt^2 / N_j)``, which gives the month-to-month variance
    ``tw`` (0 when chance alone explains ``Q``). A level's sampling variance is
    ``v_j / N_j + tw sum_t n_jt^2 / N_j^2``; `scoring.shrinkage.empirical_bayes` draws the level to
    the network, and what remains uncertain is ``variance``.

    Misleads when a branch was already sinking in the baseline (then that is its normal), and when
    it changed for good in the middle of it.
    """
    n = floats(baseline.n)
    total = np.sum(n, axis=1)
    known = total > 0
    level, left = _levels(n[known], baseline.score[known])
    v, squares = baseline.variance[known], np.sum(n[known] ** 2, axis=1)
    between_months = _month_variance(n[known], left, v)
    sampling = v / total[known] + between_months * squares / total[known] ** 2
    fit = empirical_bayes(level, sampling)
    return OwnNormal(
        n=np.sum(baseline.n, axis=1),
        score=_at(known, fit.score),
        variance=_at(known, fit.sd**2),
        month_variance=between_months,
        mu=fit.mu,
        tau=float(np.sqrt(fit.tau2)),
    )


def _levels(n: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Level of each branch (p,), and what is left of its scores beside level and month (p, t)."""
    x = np.where(n > 0, score, 0.0)
    month = np.zeros(n.shape[1])
    by_branch, by_month = np.sum(n, axis=1), np.sum(n, axis=0)
    level = np.zeros(n.shape[0])
    for _ in range(ALTERNATIONS):
        level = np.sum(n * (x - month), axis=1) / by_branch
        effect = np.nan_to_num(ratio(np.sum(n * (x - level[:, np.newaxis]), axis=0), by_month))
        # Only differences between months are months' own; the rest belongs to the branches.
        month = effect - ratio(np.sum(by_month * effect), np.sum(by_month))
    return level, np.where(n > 0, x - level[:, np.newaxis] - month, 0.0)


def _month_variance(n: Floats, left: Floats, variance: Floats) -> float:
    """The moment estimate ``tw``; fitting the months' effects has cost ``t - 1`` degrees too."""
    answered = n > 0
    months = np.sum(answered, axis=1)
    freedom = float(np.sum(months - 1))
    spent = max(int(np.sum(np.any(answered, axis=0))) - 1, 0)
    if freedom <= spent:
        return 0.0
    share = (freedom - spent) / freedom
    total = np.sum(n, axis=1)
    excess = float(np.sum(n * left**2) - share * np.sum(variance * (months - 1)))
    room = share * float(np.sum(total - np.sum(n**2, axis=1) / total))
    return max(excess / room, 0.0)


def _at(places: Flags, values: Floats) -> Floats:
    """``values`` at ``places``, nan elsewhere."""
    spread = np.full(places.shape, np.nan)
    spread[places] = values
    return spread
