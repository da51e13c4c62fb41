"""Weights for those who answered, so that together they stand for all who were served.

Owns the response propensity, its classes, raking to known totals, trimming, and what weights cost
(design effect, effective n). Answers come grouped in cells that share everything known before they
were asked; a weight belongs to a cell, and each of its answers carries it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts, Floats, floats, ratio
from scoring.intervals import Interval, mean_interval, nps_score_interval, wilson_interval
from scoring.scales import Kind, Scale, boxes

RIDGE = 1e-6
"""Keeps coefficients finite where a group answered always or never."""
STEPS = 50
CLASSES = 5
TRIM = 5.0
"""No weight above so many times the median one."""


@dataclass(frozen=True, slots=True, eq=False)
class Raked:
    """Weights that meet the totals, and how well.

    Attributes
    ----------
    weights : float array, shape (cells,)
        One weight for each answer of the cell.
    gap : float
        Largest distance from a total, as a share of it; 0 when all are met.
    rounds : int
        Passes over the margins that were made.
    """

    weights: Floats
    gap: float
    rounds: int


def response_propensity(known: Floats, invited: Counts, answered: Counts) -> Floats:
    """How likely each cell's customers were to answer, by logistic regression.

    Parameters
    ----------
    known : float array, shape (cells, k)
        What was known of a cell before anyone answered; without a column of ones, which is added.
    invited, answered : int arrays, shape (cells,)
        ``answered <= invited``.

    Returns
    -------
    float array, shape (cells,)
        Fitted probabilities, above 0 and below 1.

    Raises
    ------
    ValueError
        More answered than were invited, or nobody was invited.

    Notes
    -----
    Iteratively reweighted least squares with a ridge of 1e-6, so that a group of which nobody
    answered has a small probability instead of an infinite coefficient. It can only even out what
    ``known`` tells: customers who stay silent because they are unhappy are not seen by it.

    References
    ----------
    Rosenbaum, P. R. and Rubin, D. B. (1983). The central role of the propensity score. Biometrika
    70, 41-55.
    """
    out, got = floats(invited), floats(answered)
    if np.any(got > out) or np.sum(out) <= 0:
        raise ValueError("of those invited, at most all answered, and somebody was invited")
    design = np.column_stack([np.ones(len(out)), floats(known)])
    beta = np.zeros(design.shape[1])
    penalty = RIDGE * np.sum(out) * np.eye(design.shape[1])
    for _ in range(STEPS):
        share = _logistic(design @ beta)
        curve = design.T @ (design * (out * share * (1 - share))[:, np.newaxis]) + penalty
        step = np.linalg.solve(curve, design.T @ (got - out * share) - penalty @ beta)
        beta += step
        if np.max(np.abs(step)) < 1e-10:
            break
    return np.clip(_logistic(design @ beta), 1e-9, 1 - 1e-9)


def _logistic(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def class_weights(
    propensity: Floats, invited: Counts, answered: Counts, *, classes: int = CLASSES
) -> Floats:
    """Inverse response rates of classes of like propensity.

    Parameters
    ----------
    propensity : float array, shape (cells,)
        See `response_propensity`.
    invited, answered : int arrays, shape (cells,)
    classes : int
        Of about equally many invited customers each.

    Returns
    -------
    float array, shape (cells,)
        Invited over answered of the cell's class; classes in which nobody answered share the rate
        of the next one that has answers.

    Notes
    -----
    Classes instead of the fitted probabilities themselves: a few tiny probabilities would give
    huge weights (Little 1986). Five take away about nine tenths of the bias that the propensity
    could take away (Cochran 1968).
    """
    order = np.argsort(propensity, kind="stable")
    out, got = floats(invited)[order], floats(answered)[order]
    middle = np.cumsum(out) - out / 2
    place = np.minimum((classes * middle / np.sum(out)).astype(np.int64), classes - 1)
    asked = np.bincount(place, weights=out, minlength=classes)
    heard = np.bincount(place, weights=got, minlength=classes)
    weights = np.empty(len(order))
    weights[order] = _inverse_rates(floats(asked), floats(heard))[place]
    return weights


def _inverse_rates(asked: Floats, heard: Floats) -> Floats:
    """Asked over heard; silent classes pool with the next that answered, the last with it."""
    answering = np.flatnonzero(heard > 0)
    if not len(answering):
        return np.ones(len(asked))
    pool = np.minimum(np.searchsorted(answering, np.arange(len(asked))), len(answering) - 1)
    rates: Floats = np.bincount(pool, weights=asked) / np.bincount(pool, weights=heard)
    return rates[pool]


def rake(
    weights: Floats,
    answers: Counts,
    groups: Sequence[Counts],
    totals: Sequence[Floats],
    *,
    rounds: int = 50,
    tolerance: float = 1e-6,
) -> Raked:
    """Scale weights until the weighted answers meet every margin's totals.

    Parameters
    ----------
    weights : float array, shape (cells,)
        To begin with, above 0.
    answers : int array, shape (cells,)
        Answers of each cell.
    groups : sequence of int arrays, shape (cells,)
        For each margin, the group of every cell, from 0.
    totals : sequence of float arrays, shape (groups of the margin,)
        What the weighted answers of each group shall sum to. Every margin is scaled to the sum of
        the first. Groups without answers cannot be met: their total goes to the margin's others.
    rounds : int
        At most so many passes.
    tolerance : float
        Largest gap at which to stop.

    Returns
    -------
    Raked
        The gap says how far the margins contradict one another.

    References
    ----------
    Deming, W. E. and Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency
    table when the expected marginal totals are known. Ann. Math. Stat. 11, 427-444.
    """
    raked, n = floats(weights).copy(), floats(answers)
    whole = float(np.sum(totals[0])) if totals else 0.0
    targets = [_reachable(g, t, n, whole) for g, t in zip(groups, totals, strict=True)]
    gap, done = np.inf, 0
    while done < rounds and gap > tolerance:
        gap, done = 0.0, done + 1
        for group, target in zip(groups, targets, strict=True):
            reached = np.bincount(group, weights=raked * n, minlength=len(target))
            factor = np.nan_to_num(ratio(target, reached), nan=1.0)
            gap = max(gap, float(np.max(np.abs(factor[target > 0] - 1), initial=0.0)))
            raked *= factor[group]
    return Raked(raked, gap if groups else 0.0, done)


def _reachable(group: Counts, total: Floats, n: Floats, whole: float) -> Floats:
    there = np.bincount(group, weights=n, minlength=len(total)) > 0
    target = np.where(there, floats(total), 0.0)
    return target * (whole / np.sum(target)) if np.sum(target) > 0 else target


def trimmed(weights: Floats, answers: Counts, *, most: float = TRIM) -> Floats:
    """Weights cut at ``most`` times the median weight of an answer.

    A few answers that stand for hundreds cost more precision than they take away bias.
    """
    n = floats(answers)
    order = np.argsort(weights, kind="stable")
    behind = np.cumsum(n[order])
    if not len(behind) or behind[-1] <= 0:
        return floats(weights)
    median = weights[order][np.searchsorted(behind, behind[-1] / 2)]
    cut: Floats = np.minimum(weights, most * median)
    return cut


def design_effect(weights: Floats, answers: Counts) -> float:
    """How many times as many answers are needed for the same precision, 1 for equal weights.

    Kish's ``n sum w^2 / (sum w)^2``; nan without answers. The effective n is n over it.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley, section 11.7.
    """
    n, w = floats(answers), floats(weights)
    return float(ratio(np.sum(n) * np.sum(n * w**2), np.sum(n * w) ** 2))


def representativity(propensity: Floats, invited: Counts) -> float:
    """R-indicator, 1 when all groups answered alike, lower the more their readiness differs.

    ``1 - 2 sd(propensity)`` over the invited customers.

    References
    ----------
    Schouten, B., Cobben, F. and Bethlehem, J. (2009). Indicators for the representativeness of
    survey response. Survey Methodology 35, 101-113.
    """
    n = floats(invited)
    mean = np.sum(n * propensity) / np.sum(n)
    return float(1 - 2 * np.sqrt(np.sum(n * (propensity - mean) ** 2) / np.sum(n)))


def weighted_score(histograms: Counts, weights: Floats, kind: Kind, scale: Scale) -> float:
    """The metric of weighted answers: NPS -100..100, share 0..1, mean in scale values.

    Parameters
    ----------
    histograms : int array, shape (cells, bins)
    weights : float array, shape (cells,)
    kind, scale
        The metric.

    Returns
    -------
    float
        nan without answers.
    """
    shares = weighted_shares(histograms, weights)
    match kind:
        case Kind.NPS:
            up, down = np.sum(shares[scale.promoter_from :]), np.sum(shares[: scale.passive_from])
            return float(100 * (up - down))
        case Kind.MEAN:
            return float(shares @ floats(np.array(scale.values)))
        case _:
            return float(np.sum(shares[-(boxes(kind, scale) or 0) :]))


def weighted_shares(histograms: Counts, weights: Floats) -> Floats:
    """Share of the weighted answers in each bin, shape (bins,); nan without answers."""
    heavy = floats(weights) @ floats(histograms)
    return ratio(heavy, np.sum(heavy))


def weighted_interval(
    histograms: Counts,
    weights: Floats,
    kind: Kind,
    scale: Scale,
    *,
    pooled: float | None = None,
) -> Interval:
    """95 % interval of a weighted metric: that of as many equal answers as the weighted are worth.

    Parameters
    ----------
    histograms : int array, shape (cells, bins)
    weights : float array, shape (cells,)
    kind, scale, pooled
        As in `scoring.scores.score_interval`.

    Returns
    -------
    Interval
        nan without answers.

    Notes
    -----
    The effective n stands for n in the formula of the metric's kind. It takes the weights as
    given: that they were estimated is not in it.
    """
    answers = histograms.sum(axis=1)
    worth = float(np.sum(answers)) / design_effect(weights, answers)
    shares = weighted_shares(histograms, weights)
    match kind:
        case Kind.NPS:
            cuts = np.add.reduceat(shares, [0, scale.passive_from, scale.promoter_from])
            return nps_score_interval(*(worth * cuts))
        case Kind.MEAN:
            values = floats(np.array(scale.values))
            middle = float(shares @ values)
            own = float(shares @ (values - middle) ** 2)
            known = own if pooled is None else pooled
            found = mean_interval(middle, own, worth, known)
            return found.clipped(scale.values[0], scale.values[-1])
        case _:
            return wilson_interval(
                worth * float(np.sum(shares[-(boxes(kind, scale) or 0) :])), worth
            )
