"""Falling volume: branches from which fewer events come than their own weekdays let expect.

Owns a branch's pattern by weekday, how much its counts scatter about it, the network's own season,
and the verdict with a stated number of false alarms. Which days are holidays, and who is told, is
decided by the caller.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammaincc

from scoring.arrays import Counts, Flags, Floats, floats, ratio

WEEKDAYS = 7
DAYS_A_YEAR = 365.0
POOLED_DAYS = 50.0
"""Days of the network's scatter that join a branch's own: eight weeks alone leave it to chance."""
SEASON_BRANCHES = 10
"""Fewest branches with events that say how the network does."""
SEASON_FLOOR = 0.5
"""A season takes away half at most: when nearly everything stops, it is a fault and no season."""
DAYS_OF_EACH = 2
"""Fewest days of each weekday that make a pattern."""
POISSON = 1.0001
"""Below this ratio of variance to mean the negative binomial is the Poisson."""


class NotDaysError(ValueError):
    """Counts, weekdays and counted days do not fit each other, or leave no pattern."""


@dataclass(frozen=True, slots=True)
class VolumeRules:
    """When a fall is pointed out.

    Attributes
    ----------
    share : float
        At most this share of what is to be expected, 0..1; 0: nothing came at all.
    least : float
        Fewest events to be expected in the watched days.
    false_alarms : float
        False alarms that are accepted, per branch and year, if it is judged once a day.
    """

    share: float = 0.0
    least: float = 10.0
    false_alarms: float = 0.1

    @property
    def chance(self) -> float:
        """Probability of a false alarm on one day: the year's, evenly."""
        return self.false_alarms / DAYS_A_YEAR


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """What is usual for each branch.

    Attributes
    ----------
    rate : float array, shape (p, 7)
        Events on a day of each weekday (0 is Monday); nan where no such day was counted.
    days : int array, shape (p, 7)
        Days that it rests on.
    dispersion : float array, shape (p,)
        Variance of a day's count over its mean, at least 1, drawn to the network's.
    clustering : float
        By how much sums over the watched span scatter more than single days do, at least 1.
    """

    rate: Floats
    days: Counts
    dispersion: Floats
    clustering: float


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """What came and what was to be expected in the watched days; arrays of shape (p,).

    Attributes
    ----------
    observed : int array
        Events on the watched days that count.
    expected : float array
        Events to be expected, the network's season included.
    p : float array
        Probability of as few by chance; nan for branches that were not judged.
    judged : bool array
        Whether the branch has a pattern, and days that count.
    low : bool array
        Whether it is pointed out.
    season : float
        What the network did to everybody's volume, 0.5..1.
    pattern : Pattern
        What the expectation comes from.
    """

    observed: Counts
    expected: Floats
    p: Floats
    judged: Flags
    low: Flags
    season: float
    pattern: Pattern


def judge_volume(
    counts: Counts,
    weekdays: Counts,
    *,
    watched: int,
    counted: Flags | None = None,
    rules: VolumeRules | None = None,
) -> Volume:
    """Which branches' volume has stopped or fallen in the last ``watched`` days.

    Parameters
    ----------
    counts : int array, shape (p, d)
        Events by branch and day, consecutive full days, the oldest first.
    weekdays : int array, shape (d,)
        Weekday of each day, 0 (Monday) to 6.
    watched : int
        How many of the last days are judged; those before make the pattern. At least 1.
    counted : bool array, shape (p, d), optional
        Days that count. Holidays and days before a branch's first event do not.
    rules : VolumeRules, optional
        When a fall is pointed out.

    Returns
    -------
    Volume

    Raises
    ------
    NotDaysError
        Shapes or weekdays do not fit, or no day is left to make a pattern.

    Notes
    -----
    The expectation is the sum of the branch's own weekday means over the watched days, times the
    season: what came to all branches that had any event over what was to be expected of them, not
    above 1 and not below a half. Counts scatter with ``dispersion x clustering`` times their mean
    (quasi-Poisson), to which the error of the weekday means is added; the tail probability is a
    negative binomial's of that mean and variance.

    A branch is pointed out when at least ``rules.least`` events were to be expected, at most
    ``rules.share`` of the expectation came, and the tail probability is at most
    ``rules.false_alarms / 365``. Judged once a day, the expected number of days with a false alarm
    is then at most ``rules.false_alarms`` a year, however much the spans overlap; spells of such
    days are fewer. Days since a branch's very last event make no pattern, so that a feed is found
    that has been dead for weeks; another fall that has lasted for longer than the pattern reaches
    back is the new pattern. The method misleads where a branch's volume follows something besides
    weekday, holiday and the network's season, such as a harvest.

    References
    ----------
    Farrington, C. P. et al. (1996). A statistical algorithm for the early detection of outbreaks of
    infectious disease. JRSS A 159, 547-563 (quasi-Poisson expectation from comparable days).

    Examples
    --------
    >>> usual = np.tile([6, 6, 6, 6, 6, 0, 0], (1, 9))
    >>> usual[0, -7:] = 0
    >>> found = judge_volume(usual, np.arange(63) % 7, watched=7)
    >>> int(found.observed[0]), float(found.expected[0]), bool(found.low[0])
    (0, 30.0, True)
    """
    rules = rules or VolumeRules()
    open_days = _require_days(counts, weekdays, watched, counted)
    pattern = _pattern(counts, weekdays, open_days & _alive(counts), watched)
    last = slice(counts.shape[1] - watched, None)
    usual = pattern.rate[:, weekdays[last]]
    enough = (pattern.days[:, weekdays[last]] >= DAYS_OF_EACH) & open_days[:, last]
    observed = np.where(enough, counts[:, last], 0).sum(axis=1)
    plain = np.where(enough, usual, 0.0).sum(axis=1)
    judged = enough.any(axis=1) & (plain > 0)
    season = _season(observed, plain, judged)
    expected = plain * season
    error = _error(pattern, weekdays[last], enough) * season**2
    scatter = pattern.dispersion * pattern.clustering
    p = np.full(observed.shape, np.nan)
    p[judged] = lower_tail(
        observed[judged], expected[judged], (scatter * (expected + error))[judged]
    )
    rare = np.nan_to_num(p, nan=1.0) <= rules.chance
    low = judged & (expected >= rules.least) & (observed <= rules.share * expected) & rare
    return Volume(observed, expected, p, judged, low, season, pattern)


def lower_tail(observed: Counts, mean: Floats, variance: Floats) -> Floats:
    """Probability of ``observed`` or fewer under a negative binomial of this mean and variance.

    Parameters
    ----------
    observed : int array
        Counts, not negative.
    mean, variance : float arrays of the same shape
        Above 0. Where the variance is not above the mean the distribution is the Poisson.

    Returns
    -------
    float array
        Probabilities, 0..1.

    Examples
    --------
    >>> at, mean = np.array([0, 2]), np.array([3.0, 3.0])
    >>> [round(float(p), 4) for p in lower_tail(at, mean, mean)]
    [0.0498, 0.4232]
    >>> [round(float(p), 4) for p in lower_tail(at, mean, 2 * mean)]
    [0.125, 0.5]
    """
    over = variance > POISSON * mean
    excess = np.where(over, variance - mean, 1.0)
    size = mean**2 / excess
    spread = betainc(size, observed + 1.0, np.where(over, mean / variance, 0.5))
    plain = gammaincc(observed + 1.0, mean)
    return np.asarray(np.where(over, spread, plain), dtype=np.float64)


def _require_days(counts: Counts, weekdays: Counts, watched: int, counted: Flags | None) -> Flags:
    if counts.ndim != 2 or weekdays.shape != counts.shape[1:]:
        raise NotDaysError("one weekday for each day of the counts")
    if counted is not None and counted.shape != counts.shape:
        raise NotDaysError("counted days as the counts have them")
    if not 1 <= watched < counts.shape[1]:
        raise NotDaysError("days before the watched ones have to make a pattern")
    if weekdays.size and not 0 <= weekdays.min() <= weekdays.max() < WEEKDAYS:
        raise NotDaysError("weekdays are 0 to 6")
    return np.ones(counts.shape, dtype=np.bool_) if counted is None else counted


def _alive(counts: Counts) -> Flags:
    """Days on or after which anything came yet: what follows is judged, and no pattern."""
    later = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(later > 0)


def _pattern(counts: Counts, weekdays: Counts, counted: Flags, watched: int) -> Pattern:
    """Weekday means and scatter of the days before the watched ones."""
    end = counts.shape[1] - watched
    day, use = weekdays[:end], counted[:, :end]
    came = np.where(use, counts[:, :end], 0)
    is_day = (day[:, np.newaxis] == np.arange(WEEKDAYS)).astype(np.int64)
    days = use.astype(np.int64) @ is_day
    rate = ratio(came @ is_day, days)
    usual = np.where(use, rate[:, day], 0.0)
    usual = np.nan_to_num(usual, nan=0.0)
    dispersion = _dispersion(came, usual, days)
    return Pattern(rate, days, dispersion, _clustering(came, usual, dispersion, watched))


def _dispersion(came: Counts, usual: Floats, days: Counts) -> Floats:
    """Pearson's statistic over its degrees of freedom, drawn to the network's, at least 1."""
    squares = np.nan_to_num(ratio((came - usual) ** 2, usual), nan=0.0).sum(axis=1)
    freedom = np.maximum((days - 1).clip(min=0).sum(axis=1), 0)
    total = freedom.sum()
    network = squares.sum() / total if total else 1.0
    own = (squares + POOLED_DAYS * network) / (freedom + POOLED_DAYS)
    return np.maximum(floats(own), 1.0)


def _clustering(came: Counts, usual: Floats, dispersion: Floats, span: int) -> float:
    """How sums over ``span`` days scatter, in terms of single days, over the whole network."""
    blocks = came.shape[1] // span
    if blocks < 2:
        return 1.0
    first = came.shape[1] - blocks * span
    shape = (came.shape[0], blocks, span)
    expected = usual[:, first:].reshape(shape).sum(axis=2)
    squares = (came[:, first:].reshape(shape).sum(axis=2) - expected) ** 2
    parts = ratio(squares, expected * dispersion[:, np.newaxis])
    told = np.isfinite(parts).sum() * (blocks - 1) / blocks
    return max(float(np.nansum(parts) / told), 1.0) if told else 1.0


def _season(observed: Counts, expected: Floats, judged: Flags) -> float:
    """What all branches together got, of what was to be expected; silent ones say nothing."""
    alive = judged & (observed > 0)
    if alive.sum() < SEASON_BRANCHES:
        return 1.0
    return float(np.clip(observed[alive].sum() / expected[alive].sum(), SEASON_FLOOR, 1.0))


def _error(pattern: Pattern, watched: Counts, enough: Flags) -> Floats:
    """Variance of the expectation for want of days, in terms of a count's dispersion."""
    is_day = (watched[:, np.newaxis] == np.arange(WEEKDAYS)).astype(np.int64)
    times = enough.astype(np.int64) @ is_day
    return np.asarray(np.nansum(ratio(times**2 * pattern.rate, pattern.days), axis=1))
