"""Plausible ranges of one branch's true score.

Owns the interval of each kind of metric, the correction for a finite number of customers and the
effective number of weighted answers. Each function takes arrays over branches and loops over none.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr, stdtrit

from scoring.arrays import Z95, Floats, Numbers, floats, ratio
from scoring.variances import PRIOR_ANSWERS, nps_adjusted_spread, shrunken_variance

BISECTIONS = 48
"""Halvings of [-1, 1]: the limits are exact to 1e-12 NPS points."""
FEW = 32
"""Branches up to which limits are found one by one: a page asks for a few units or weeks."""


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Lower and upper limit, each of shape (...), in the units of the score; nan if n = 0."""

    low: Floats
    high: Floats

    def clipped(self, lowest: float, highest: float) -> "Interval":
        """The same, cut to the values that a score can take."""
        return Interval(np.clip(self.low, lowest, highest), np.clip(self.high, lowest, highest))

    def narrowed(self, point: Floats, factor: Numbers) -> "Interval":
        """The same with both arms around ``point`` multiplied by ``factor``."""
        return Interval(
            point - factor * (point - self.low),
            point + factor * (self.high - point),
        )


def nps_score_interval(
    detractors: Numbers, passives: Numbers, promoters: Numbers, *, z: float = Z95
) -> Interval:
    """Plausible range of the true NPS: all values that a score test would not reject.

    Parameters
    ----------
    detractors, passives, promoters : arrays, shape (...)
        Counts, or counts multiplied by ``n_eff / n`` for weighted answers.
    z : float
        Normal quantile; 1.96 for 95 %, 1.645 for 90 %.

    Returns
    -------
    Interval
        In NPS points, always within -100..100; nan where there are no answers.

    Notes
    -----
    The default for NPS. Exact coverage at nominal 95 % is .961 (n = 10), .952 (n = 30), where the
    plain normal interval has .875 and .926 and a width of 0 when everyone is a promoter. It speaks
    of the customers' opinion in general; for the customers of one closed period see
    `finite_population_factor`.

    References
    ----------
    Tango, T. (1998). Equivalence test and confidence interval for the difference in proportions
    for the paired-sample design. Statistics in Medicine 17, 891-908.

    Examples
    --------
    >>> found = nps_score_interval(10, 20, 70)
    >>> round(float(found.low), 2), round(float(found.high), 2)
    (45.22, 71.28)
    """
    down, none, up = np.broadcast_arrays(floats(detractors), floats(passives), floats(promoters))
    n = down + none + up
    if n.size <= FEW:
        return _nps_one_by_one(down, up, n, z)
    point = ratio(up - down, n)
    inside = np.stack([point, point])
    outside = np.stack([np.full_like(point, -1.0), np.ones_like(point)])
    terms = _nps_terms(down, up, n, z)
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        plausible = _nps_is_plausible(middle, n, terms)
        inside = np.where(plausible, middle, inside)
        outside = np.where(plausible, outside, middle)
    low, high = np.where(n > 0, 50 * (inside + outside), np.nan)
    return Interval(low, high)


def _nps_one_by_one(down: Floats, up: Floats, n: Floats, z: float) -> Interval:
    """The same for few branches, where calls of numpy take longer than the arithmetic."""
    limits = np.full((2, *n.shape), np.nan)
    for place, size in np.ndenumerate(n):
        if size > 0:
            counted = float(down[place]), float(up[place]), float(size)
            limits[(0, *place)] = 50 * _nps_limit(*counted, z, -1.0)
            limits[(1, *place)] = 50 * _nps_limit(*counted, z, 1.0)
    return Interval(limits[0], limits[1])


def _nps_limit(down: float, up: float, n: float, z: float, end: float) -> float:
    """Twice the share at which the score test begins to reject, looked for towards ``end``.

    Step by step as `_nps_is_plausible` does it, and to the last bit.
    """
    slope, gap, eight, four, allowed = 2 * n - up + down, up - down, 8 * n, 4 * n, z**2 * n
    inside, outside = gap / n, end
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        rest = 1 - middle
        linear = slope * middle - up - down
        root = sqrt(max(linear * linear - eight * (-down * middle * rest), 0.0))
        spread = 2 * ((root - linear) / four) + middle * rest
        off = gap - n * middle
        if off * off <= allowed * spread:
            inside = middle
        else:
            outside = middle
    return inside + outside


@dataclass(frozen=True, slots=True, eq=False)
class _NpsTerms:
    """What the score test is made of and stays the same while its limits are looked for."""

    up: Floats
    down: Floats
    slope: Floats
    gap: Floats
    eight: Floats
    four: Floats
    allowed: Floats


def _nps_terms(down: Floats, up: Floats, n: Floats, z: float) -> _NpsTerms:
    return _NpsTerms(
        up=up,
        down=down,
        slope=2 * n - up + down,
        gap=up - down,
        eight=8 * n,
        four=np.where(n > 0, 4 * n, np.nan),
        allowed=z**2 * n,
    )


def _nps_is_plausible(
    difference: Floats, n: Floats, terms: _NpsTerms
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether the score test accepts ``promoters - detractors = difference`` (shares)."""
    rest = 1 - difference
    linear = terms.slope * difference - terms.up - terms.down
    constant = -terms.down * difference * rest
    root = np.sqrt(np.maximum(linear**2 - terms.eight * constant, 0.0))
    detractor_share = (root - linear) / terms.four
    spread = 2 * detractor_share + difference * rest
    return (terms.gap - n * difference) ** 2 <= terms.allowed * spread


def nps_adjusted_wald(
    detractors: Numbers, passives: Numbers, promoters: Numbers, *, z: float = Z95
) -> Interval:
    """Closed-form range of the true NPS: normal, after adding 3 imagined answers.

    Parameters
    ----------
    detractors, passives, promoters : arrays, shape (...)

    Returns
    -------
    Interval
        In NPS points. May reach beyond -100..100; clip it for display only.

    Notes
    -----
    The fall-back where a formula must fit into SQL or a spreadsheet; `nps_score_interval` covers
    better at few answers.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American
    Statistician 70.
    """
    down, none, up = np.broadcast_arrays(floats(detractors), floats(passives), floats(promoters))
    n = down + none + up
    some = np.where(n > 0, n + 3, np.nan)
    centre = 100 * (up - down) / some
    arm = z * np.sqrt(nps_adjusted_spread(down, n, up) / some)
    return Interval(centre - arm, centre + arm)


def wilson_interval(hits: Numbers, answers: Numbers, *, z: float = Z95) -> Interval:
    """Plausible range of the true share behind ``hits`` out of ``answers``.

    Parameters
    ----------
    hits, answers : arrays, shape (...)
        ``0 <= hits <= answers``; may be fractional (weighted answers).

    Returns
    -------
    Interval
        Within 0..1; nan where there are no answers.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    JASA 22, 209-212. Newcombe, R. G. (1998). Statistics in Medicine 17, 857-872 (method 3).

    Examples
    --------
    >>> found = wilson_interval(81, 263)
    >>> round(float(found.low), 4), round(float(found.high), 4)
    (0.2553, 0.3662)
    """
    n = floats(answers)
    share = ratio(hits, n)
    added = ratio(z**2, n)
    centre = (share + added / 2) / (1 + added)
    arm = np.sqrt(added * (share * (1 - share) + added / 4)) / (1 + added)
    # Rounding must not leave a limit of 1e-18 where the method says 0, nor 1 + 1e-16.
    low = np.where(share == 0, 0.0, centre - arm)
    high = np.where(share == 1, 1.0, centre + arm)
    return Interval(np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan))


def mean_interval(
    mean: Numbers, variance: Numbers, answers: Numbers, pooled_variance: Numbers, *, z: float = Z95
) -> Interval:
    """Plausible range of a true mean, with the branch's variance drawn towards the network's.

    Parameters
    ----------
    mean, variance, answers : arrays, shape (...)
        Sample mean, sample variance (divisor n-1; ignored where n < 2) and n.
    pooled_variance : float or array
        Within-branch variance of the comparison set, see `scoring.variances.pooled_variance`.
    z : float
        The normal quantile that names the confidence; the t quantile with n + 9 degrees of freedom
        of the same probability is used.

    Returns
    -------
    Interval
        In scale values, not clipped to the scale; nan where there are no answers.

    Notes
    -----
    Few answers on a skewed scale have too small a variance too often: the plain t interval covers
    .908 at n = 10 and is empty when all answers agree. This one covers .958.
    """
    n = floats(answers)
    spread = shrunken_variance(variance, n, pooled_variance)
    quantile = stdtrit(n - 1 + PRIOR_ANSWERS, ndtr(z))
    arm = quantile * np.sqrt(ratio(spread, n))
    return Interval(floats(mean) - arm, floats(mean) + arm)


def finite_population_factor(answers: Numbers, population: Numbers) -> Floats:
    """What a standard error is multiplied by when the answers are part of few customers.

    Parameters
    ----------
    answers, population : arrays, shape (...)
        n, and N customers served in the period.

    Returns
    -------
    float array, shape (...)
        ``sqrt((N - n) / (N - 1))``; 0 when everyone answered. A population below the answers (or
        nan) is not known well enough to narrow anything: 1.

    Notes
    -----
    Only where the score describes that period's customers. As a forecast, or as an estimate of how
    good a branch is, an interval must not be narrowed; league tables never are. Apply it with
    `Interval.narrowed`.
    """
    n, size = np.broadcast_arrays(floats(answers), floats(population))
    known = size >= np.maximum(n, 1)
    left = ratio(np.where(known, size - n, 1.0), np.where(known, np.maximum(size - 1, 1.0), 1.0))
    return np.sqrt(left)


def kish_effective_n(weights: Floats, *, axis: int = -1) -> Floats:
    """How many equally weighted answers the weighted ones are worth: ``(sum w)^2 / sum w^2``.

    Parameters
    ----------
    weights : array, shape (..., answers)
        At least 0; 0 means that the answer does not count.

    Returns
    -------
    float array, shape (...)
        0 where no answer counts. The design effect is ``n / n_eff``.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley, section 11.7.
    """
    weight = floats(weights)
    effective = ratio(weight.sum(axis=axis) ** 2, (weight**2).sum(axis=axis))
    return np.nan_to_num(effective)
