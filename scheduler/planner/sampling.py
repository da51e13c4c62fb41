"""How many to ask: respondents for a margin, response rates, budgets and the day's quota.

Arrays in, arrays or frozen values out; one method, one function. Margins are half-widths of the
interval of a score.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

NPS_SD = 0.75  # of one answer, on -1, 0, +1
LEAST = 0.02  # nobody's branch falls silent: a few are always asked
_EPOCH = date(2024, 1, 1)
_STEPS = 60


def z_of(confidence: float) -> float:
    """The two-sided normal quantile: 1.645 for 0.90, 1.960 for 0.95."""
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies between 0 and 1")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def required_answers(
    margin: float,
    population: ArrayLike = np.inf,
    *,
    confidence: float = 0.90,
    sd: float = NPS_SD,
) -> Floats:
    """Answers needed so that the interval of a mean is ``± margin``, in a finite population.

    Parameters
    ----------
    margin : float
        In the units of ``sd``: 0.10 for ten NPS points.
    population : array_like, shape (branches,), or float
        Customers who could be asked in the period.
    confidence : float
    sd : float
        Standard deviation of one answer; 0.75 is a careful one for NPS.

    Returns
    -------
    ndarray of float, shape of ``population``
        Not rounded.

    Notes
    -----
    ``n0 = (z sd / e)²``, ``n = n0 / (1 + n0 / N)``. Simple random sampling is assumed; a sample
    that was chosen by the branch has no margin at all.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques, 3rd ed., section 4.7.

    Examples
    --------
    >>> [round(float(required_answers(e / 100))) for e in (5, 10, 15, 20)]
    [609, 152, 68, 38]
    """
    if margin <= 0 or sd <= 0:
        raise ValueError("a margin and a standard deviation are above 0")
    unlimited = (z_of(confidence) * sd / margin) ** 2
    people = np.asarray(population, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(unlimited / (1 + unlimited / people), dtype=np.float64)


def expected_margin(
    answers: ArrayLike,
    population: ArrayLike = np.inf,
    *,
    confidence: float = 0.90,
    sd: float = NPS_SD,
) -> Floats:
    """The margin that so many answers give; the inverse of :func:`required_answers`.

    Parameters
    ----------
    answers : array_like, shape (branches,)
    population : array_like, shape (branches,), or float
    confidence, sd : float

    Returns
    -------
    ndarray of float
        Infinite for no answers, 0 when everybody has answered.
    """
    got = np.asarray(answers, dtype=np.float64)
    people = np.asarray(population, dtype=np.float64)
    with np.errstate(divide="ignore"):
        left = np.clip(1 / got - 1 / people, 0, None)
    return np.asarray(z_of(confidence) * sd * np.sqrt(left), dtype=np.float64)


def shrunken_rates(answered: ArrayLike, asked: ArrayLike, *, prior: float = 0.2) -> Floats:
    """Response rates of branches, each drawn towards the network's by how little is known of it.

    Parameters
    ----------
    answered, asked : array_like, shape (branches,)
        Counts, ``answered <= asked``.
    prior : float
        The rate where nobody was asked yet anywhere.

    Returns
    -------
    ndarray of float, shape (branches,)
        Within (0, 1).

    Notes
    -----
    Beta-binomial, empirical Bayes: with the network's rate ``p`` and ``M`` from the moments,
    ``(answered + M p) / (asked + M)``. When branches differ no more than chance, ``M`` is infinite
    and everybody has ``p``. One invitation with the prior rate is added to the network's counts,
    so that no rate is 0 or 1.

    References
    ----------
    Kleinman, J. C. (1973). Proportions with extraneous variance: single and independent samples.
    JASA 68, 46-54.
    """
    got, out = np.asarray(answered, dtype=np.float64), np.asarray(asked, dtype=np.float64)
    if np.any(got > out) or np.any(got < 0):
        raise ValueError("answers lie between 0 and the number asked")
    total = out.sum()
    if total == 0:
        return np.full(out.shape, prior)
    mean = float((got.sum() + prior) / (total + 1))
    weight = _weight_of_the_mean(got, out, mean)
    if np.isinf(weight):
        return np.full(out.shape, mean)
    return np.asarray((got + weight * mean) / (out + weight), dtype=np.float64)


def _weight_of_the_mean(got: Floats, out: Floats, mean: float) -> float:
    """``M`` of the beta distribution, by moments with weights of the counts."""
    some = out > 0
    got, out = got[some], out[some]
    spare = 1 - out / out.sum()
    noise = mean * (1 - mean) * spare.sum()
    signal = mean * (1 - mean) * ((out * spare).sum() - spare.sum())
    if signal <= 0:
        return float("inf")
    share = ((out * (got / out - mean) ** 2).sum() - noise) / signal
    return float("inf") if share <= 0 else float(max(1 / min(share, 1.0) - 1, 1.0))


@dataclass(frozen=True, slots=True)
class Allocation:
    """Invitations per branch, and the margin that every branch reaches that can."""

    invitations: Floats
    margin: float


def equal_precision(
    eligible: ArrayLike,
    rates: ArrayLike,
    budget: float,
    *,
    confidence: float = 0.90,
    sd: float = NPS_SD,
) -> Allocation:
    """Share a budget of invitations so that the worst margin is as small as it can be.

    Parameters
    ----------
    eligible : array_like, shape (branches,)
        Customers who may be asked, after the caps.
    rates : array_like, shape (branches,)
        Response rates, above 0.
    budget : float
        Invitations altogether.
    confidence, sd : float

    Returns
    -------
    Allocation
        Everybody is asked when the budget is enough for that, with the margin 0. A branch that
        cannot reach the common margin with all its customers is asked in full.

    Notes
    -----
    Water-filling: a common margin is bisected so that ``sum min(eligible, needed / rate)`` is the
    budget.
    """
    people, rate = np.asarray(eligible, dtype=np.float64), np.asarray(rates, dtype=np.float64)
    if np.any(rate <= 0) or budget <= 0:
        raise ValueError("a budget and response rates are above 0")
    if people.sum() <= budget:
        return Allocation(people.copy(), 0.0)

    def spent(margin: float) -> Floats:
        need = required_answers(margin, people, confidence=confidence, sd=sd)
        return np.minimum(people, need / rate)

    low, high = 1e-6, 1.0
    while spent(high).sum() > budget:
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle).sum() > budget else (low, middle)
    return Allocation(spent(high), high)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a branch stands in its period.

    Parameters
    ----------
    answered : int
        Answers so far in the period.
    pending : int
        Invitations of which an answer may still come.
    expected : float
        Events a day that could be asked about.
    rate : float
        Share of those asked that answer, above 0.
    """

    answered: int
    pending: int
    expected: float
    rate: float


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What a branch needs, lacks and asks today; ``probability`` in [:data:`LEAST`, 1]."""

    needed: int
    probability: float
    deficit: float


def plan_day(
    standing: Standing, *, margin: float, confidence: float, days: int, day: date
) -> DayPlan:
    """How likely an event of a branch is drawn on ``day``.

    Parameters
    ----------
    standing : Standing
    margin : float
        In NPS points.
    confidence : float
    days : int
        Length of the period.
    day : date

    Returns
    -------
    DayPlan

    Notes
    -----
    The day's quota is what is still lacking, as invitations, over the days that are left; its share
    of the events expected is the probability. Answers that are likely to come from invitations
    under way are not lacking. A branch that has what it needs keeps :data:`LEAST`; one of which no
    events are expected asks everybody.
    """
    _, last = period_of(day, days)
    people = max(standing.expected * days, 1.0)
    needed = required_answers(margin / 100, people, confidence=confidence)
    coming = standing.answered + standing.pending * standing.rate
    lacking = max(float(needed) - coming, 0.0)
    left = (last - day).days + 1
    quota = lacking / standing.rate / left
    probability = quota / standing.expected if standing.expected > 0 else 1.0
    return DayPlan(
        needed=round(float(needed)),
        probability=min(max(probability, LEAST), 1.0),
        deficit=min(lacking / float(needed), 1.0),
    )


def period_of(day: date, days: int) -> tuple[date, date]:
    """The period that holds ``day``: its first and last day; periods follow one another."""
    if days < 1:
        raise ValueError("a period has at least one day")
    start = _EPOCH + timedelta(days=(day - _EPOCH).days // days * days)
    return start, start + timedelta(days=days - 1)
