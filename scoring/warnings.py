"""Early warning: which branches have fallen below their own normal, by more than chance does.

Owns the chart of a branch (an exponentially weighted mean of what its months lacked), the three
corrections that keep its false alarms honest, the control of false discoveries over all branches
of a month, and the two levels. What is normal comes from `scoring.baseline`; who is told, and how
far back months reach, is decided by the caller.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.special import ndtr

from scoring.arrays import Counts, Flags, Floats, floats, ratio
from scoring.baseline import MonthlyScores, OwnNormal, monthly_scores, own_normal
from scoring.scales import Kind, Scale

ALREADY_LOW = -1.959963984540054
"""A branch with a ``z`` below this (2.5 %) a month ago no longer says how the network does."""


class Level(IntEnum):
    """How loudly a branch is pointed out."""

    USUAL = 0
    WATCH = 1
    ALERT = 2


@dataclass(frozen=True, slots=True)
class WarningRules:
    """What is needed to judge a branch, and how many of those pointed out may be false.

    Attributes
    ----------
    smoothing : float
        Weight of the newest month, 0..1.
    watch, alert : float
        Expected share of false ones among the branches pointed out in a month.
    month_answers : int
        Fewest answers of a month that is judged.
    baseline_answers, watched_answers : int
        Fewest answers before the watched months, and in them so far.
    """

    smoothing: float = 0.2
    watch: float = 0.2
    alert: float = 0.1
    month_answers: int = 3
    baseline_answers: int = 10
    watched_answers: int = 10


DEFAULT_RULES = WarningRules()


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Every branch's control chart over the watched months; float arrays of shape (p, t).

    Attributes
    ----------
    effect : float array, shape (t,)
        What the month did to the whole network.
    expected : float array
        Own normal plus the month's effect; nan for branches without an own normal.
    smoothed : float array
        Exponentially weighted mean of actual minus expected score, beginning at 0.
    weight : float array
        Sum of the weights in it, 0..1: ``smoothed / weight`` is how far the branch is from its
        normal lately.
    z : float array
        ``smoothed`` in standard deviations, corrected for skewness; nan before the first answer.
    """

    effect: Floats
    expected: Floats
    smoothed: Floats
    weight: Floats
    z: Floats


@dataclass(frozen=True, slots=True, eq=False)
class EarlyWarnings:
    """Findings by branch and watched month, arrays of shape (p, t) unless said otherwise.

    Attributes
    ----------
    n : int array
        Answers.
    score : float array
        Score of the month; nan without answers.
    chart : Chart
        Where they come from.
    p, q : float arrays
        Probability of so low a chart by chance, and the smallest false discovery rate at which the
        branch would be pointed out; nan where the branch was not judged.
    tested : bool array
        Whether the branch was judged in that month.
    level : int array
        Values of `Level`.
    since : int array, shape (p,)
        First month of the unbroken run of months with a level that lasts until the last month; -1
        for branches without one. Months in which the branch was not judged break no run.
    normal : OwnNormal
        What is normal for each branch.
    """

    n: Counts
    score: Floats
    chart: Chart
    p: Floats
    q: Floats
    tested: Flags
    level: Counts
    since: Counts
    normal: OwnNormal

    @property
    def drop(self) -> Floats:
        """How far the branch is below its own normal lately, above 0 when it is, shape (p, t)."""
        return -ratio(self.chart.smoothed, self.chart.weight)


def skew_corrected(z: Floats, skewness: Floats) -> Floats:
    """Standard scores whose normal tail is right for a skewed variable.

    ``z - g (z^2 - 1) / 6``, the first term of the Cornish-Fisher expansion.

    Parameters
    ----------
    z, skewness : float arrays of one shape
        Standardised values, and the third standardised cumulant ``g`` of what they standardise.

    Returns
    -------
    float array

    Notes
    -----
    The parabola turns at ``z = 3 / g``. Beyond it a more extreme value would count as a less
    extreme one; there the value at the turn is kept, which makes the test cautious.

    References
    ----------
    Hall, P. (1992). On the removal of skewness by transformation. J. R. Stat. Soc. B 54, 221-228.
    """
    values, g = np.broadcast_arrays(floats(z), floats(skewness))
    turn = np.full(g.shape, np.inf)
    np.divide(3.0, np.abs(g), out=turn, where=g != 0)
    held = np.where(g > 0, np.minimum(values, turn), np.maximum(values, -turn))
    return floats(held - g * (held**2 - 1) / 6)


def benjamini_hochberg(p: Floats) -> Floats:
    """Smallest false discovery rate at which each hypothesis would be rejected.

    Parameters
    ----------
    p : float array, shape (tests,)
        Probabilities under the null hypothesis; nan takes no part.

    Returns
    -------
    float array, shape (tests,)
        ``q``; rejecting every ``q <= a`` keeps the expected share of false rejections below ``a``.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. J. R. Stat. Soc. B
    57, 289-300.
    """
    given = floats(p)
    q = np.full(given.shape, np.nan)
    part = np.flatnonzero(~np.isnan(given))
    order = part[np.argsort(given[part], kind="stable")]
    scaled = given[order] * part.size / np.arange(1, part.size + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def ewma_chart(
    watched: MonthlyScores, normal: OwnNormal, *, smoothing: float = DEFAULT_RULES.smoothing
) -> Chart:
    """Chart of every branch over the watched months.

    Parameters
    ----------
    watched : MonthlyScores
        The months after the baseline, oldest first, shape (p, t).
    normal : OwnNormal
        The same branches' baseline.
    smoothing : float
        Weight ``l`` of the newest month.

    Returns
    -------
    Chart

    Notes
    -----
    ``F <- (1 - l) F + l r`` with ``r`` = score - own normal - month effect; a month without answers
    changes nothing. Its variance is ``sum w^2 (v_j / n + tw)`` plus
    ``pv_j (sum w)^2``: the error of the baseline is the same in every month and does not average
    out. The third cumulant of the answers corrects for skewness (`skew_corrected`).

    The month effect is the mean of ``score - own normal`` over branches, weighted by precision,
    without those that were low a month before (`ALREADY_LOW`): a twentieth of the network sinking
    by 20 points would else pull the mean down by one point and hide itself. Its own uncertainty is
    part of the variance, which matters in small networks. A fall of the whole network is an effect
    of the month and warns of nobody.

    To begin anew after a confirmed intervention, give ``n = 0`` for the months before it.
    """
    branches, months = watched.n.shape
    state = _State.fresh(branches)
    effects, columns = [], []
    for month in range(months):
        n, score = floats(watched.n[:, month]), watched.score[:, month]
        answered = (n > 0) & ~np.isnan(normal.score)
        noise = ratio(watched.variance, n) + normal.month_variance
        gap = np.where(answered, score - normal.score, 0.0)
        share = _shares(noise + normal.variance, answered, state.z)
        effect = float(np.sum(share * gap))
        own = np.where(answered, noise, 0.0)
        third = np.where(answered, ratio(watched.third, n**2), 0.0)
        state = state.after(
            np.where(answered, smoothing, 0.0),
            gap - effect,
            (1 - 2 * share) * own + float(np.sum(share**2 * own)),
            third,
            normal.variance,
        )
        effects.append(effect)
        columns.append((normal.score + effect, state.smoothed, state.weight, state.z))
    expected, smoothed, weight, z = np.moveaxis(np.array(columns), 0, -1)
    return Chart(np.array(effects), expected, smoothed, weight, z)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The chart after a month; arrays of shape (p,)."""

    smoothed: Floats
    weight: Floats
    variance: Floats
    third: Floats
    z: Floats

    @classmethod
    def fresh(cls, branches: int) -> "_State":
        """Before the first month."""
        nothing = np.zeros(branches)
        return cls(nothing, nothing, nothing, nothing, np.full(branches, np.nan))

    def after(
        self, step: Floats, gap: Floats, variance: Floats, third: Floats, persistent: Floats
    ) -> "_State":
        """After one more month; ``step`` is its weight, 0 where nothing was answered."""
        kept = 1 - step
        smoothed = kept * self.smoothed + step * gap
        weight = kept * self.weight + step
        white = kept**2 * self.variance + step**2 * variance
        cumulant = kept**3 * self.third + step**3 * third
        spread = np.sqrt(white + persistent * weight**2)
        z = skew_corrected(ratio(smoothed, spread), np.nan_to_num(ratio(cumulant, spread**3)))
        return _State(smoothed, weight, white, cumulant, z)


def _shares(variance: Floats, answered: Flags, z: Floats) -> Floats:
    """How much each branch says about the month: by precision, nothing from those already low."""
    telling = answered & ~(z < ALREADY_LOW)
    if not np.any(telling):
        telling = answered
    precision = np.where(telling, ratio(1.0, variance), 0.0)
    return np.nan_to_num(ratio(precision, np.sum(precision)))


def early_warnings(
    histograms: Counts,
    kind: Kind,
    scale: Scale,
    *,
    baseline_months: int,
    rules: WarningRules = DEFAULT_RULES,
) -> EarlyWarnings:
    """Judge every branch of a network in every month after the baseline.

    Parameters
    ----------
    histograms : int array, shape (p, t, bins)
        Answers by branch and month, oldest month first; a branch that was not there has none.
    kind, scale
        The metric.
    baseline_months : int
        The first so many months say what is normal; between 1 and ``t - 1``.
    rules : WarningRules

    Returns
    -------
    EarlyWarnings
        About the ``t - baseline_months`` watched months.

    Raises
    ------
    ValueError
        No month is left for the baseline or to be judged.
    scoring.scales.NotOnScaleError
        The histograms or the kind do not fit the scale.

    Notes
    -----
    The test is one-sided: only sinking branches are pointed out. In each month the branches with
    enough answers are one family of Benjamini and Hochberg; months are judged one by one, so a
    branch that stays usual may still be pointed out once in a long time.

    What it cannot do: a branch with few answers that drops a little is not found, whatever the
    rule. With 10 answers a month and a baseline of 6 months a fall by 25 NPS points is pointed out
    within 3 months in less than one case of ten.

    References
    ----------
    Roberts, S. W. (1959). Control chart tests based on geometric moving averages. Technometrics 1,
    239-250. Benjamini and Hochberg (1995), see `benjamini_hochberg`. Spiegelhalter, D. et al.
    (2012). Statistical methods for healthcare regulation. J. R. Stat. Soc. A 175, 1-47 (charts of
    many providers with false discovery control).
    """
    counts = np.asarray(histograms)
    if not 1 <= baseline_months < counts.shape[1]:
        raise ValueError("at least one month says what is normal and one is judged")
    monthly = monthly_scores(counts, kind, scale, baseline_months=baseline_months)
    normal = own_normal(monthly.months(0, baseline_months))
    watched = monthly.months(baseline_months, counts.shape[1])
    chart = ewma_chart(watched, normal, smoothing=rules.smoothing)
    tested = (
        (watched.n >= rules.month_answers)
        & (np.cumsum(watched.n, axis=1) >= rules.watched_answers)
        & (normal.n >= rules.baseline_answers)[:, np.newaxis]
    )
    p = np.where(tested, ndtr(chart.z), np.nan)
    q = np.stack([benjamini_hochberg(month) for month in p.T], axis=1)
    level = warning_levels(q, rules)
    return EarlyWarnings(
        watched.n, watched.score, chart, p, q, tested, level, warned_since(level, tested), normal
    )


def warning_levels(q: Floats, rules: WarningRules = DEFAULT_RULES) -> Counts:
    """The level of each false discovery rate, same shape; `Level.USUAL` where it is nan."""
    return np.where(q <= rules.alert, Level.ALERT, np.where(q <= rules.watch, Level.WATCH, 0))


def warned_since(level: Counts, tested: Flags) -> Counts:
    """First month of each branch's run of levels that lasts until the last month, -1 for none.

    Parameters
    ----------
    level, tested : arrays, shape (p, t)
        Values of `Level`, and where they were judged; a month that was not neither carries nor
        breaks a run, and a branch that was not judged in the last month has none.
    """
    months = level.shape[1]
    since = np.full(level.shape[0], -1, dtype=np.int64)
    running = level[:, -1] > Level.USUAL
    for month in range(months - 1, -1, -1):
        warned = level[:, month] > Level.USUAL
        running &= warned | ~tested[:, month]
        since[running & warned] = month
    return since
