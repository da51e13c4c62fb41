"""Indices: what many questions say together, on one scale of 0-100, down to each question.

Owns how a metric's own unit becomes points, how weights run down the tree where questions are
missing, and the interval of the whole. Does not know who defines trees and targets, nor where
answers come from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.arrays import Z95, Counts, Flags, Floats, Numbers, floats, ratio
from scoring.composite import Moments, composite_score
from scoring.intervals import mean_interval
from scoring.measured import Measured
from scoring.scales import Kind, Scale, point_score, require_kind
from scoring.variances import metric_variance, shrunken_variance

LOWEST, HIGHEST = 0.0, 100.0
_EVENLY = (HIGHEST - LOWEST) ** 2 / 12  # variance of points spread evenly


@dataclass(frozen=True, slots=True)
class Points:
    """How a kind of metric becomes points: ``(answer - origin) * unit``, 0 at worst, 100 at best.

    ``origin`` and ``unit`` are of one answer as the kind counts it: NPS -1, 0, 1; boxes 0, 1; a
    mean the value. ``per`` is how many times an answer's count the score is shown as (NPS: 100).
    """

    origin: float
    unit: float
    per: float = 1.0

    def of(self, score: Numbers) -> Floats:
        """Points of a score in the metric's own unit."""
        return (floats(score) / self.per - self.origin) * self.unit


def points_of(kind: Kind, scale: Scale) -> Points:
    """How a metric becomes points.

    NPS ``(x + 100) / 2``; shares (top box, top two boxes, agreeing) ``100 x``; a mean linear from
    the lowest value of its scale to the highest.

    Raises
    ------
    scoring.scales.NotOnScaleError
        The kind does not fit the scale.
    """
    require_kind(kind, scale)
    if kind is Kind.NPS:
        return Points(-1, 50, per=100)
    if kind is Kind.MEAN:
        low, high = scale.values[0], scale.values[-1]
        return Points(low, 100 / (high - low))
    return Points(0, 100)


@dataclass(frozen=True, slots=True)
class IndexNode:
    """The index, a dimension, or (without parts) a question, with its weight among its siblings."""

    code: str
    weight: float = 1.0
    parts: tuple["IndexNode", ...] = ()

    @property
    def leaves(self) -> tuple[str, ...]:
        """The codes of the questions below, in order."""
        if not self.parts:
            return (self.code,)
        return tuple(code for part in self.parts for code in part.leaves)

    @property
    def inner(self) -> tuple["IndexNode", ...]:
        """The node and the dimensions below it, parents first; not the questions."""
        below = tuple(one for part in self.parts for one in part.inner)
        return (self, *below) if self.parts else ()


def leaf_weights(node: IndexNode, leaves: Sequence[str], answered: Flags) -> Floats:
    """What each question weighs in the score of ``node``, branch by branch.

    Parameters
    ----------
    node : IndexNode
    leaves : sequence of str, q codes
        Order of the last axis; may hold questions that are not below ``node``.
    answered : bool array, shape (..., q)
        Whether the branch was asked the question, and anyone answered.

    Returns
    -------
    float array, shape (..., q)
        Sums to 1 over the last axis; all 0 where nothing below ``node`` was answered.

    Notes
    -----
    Renormalised level by level: what a missing question weighed goes to the other questions of its
    own dimension, and only a dimension without any answer hands its weight to the other dimensions.
    So every node's score is the weighted mean of the scores that are shown below it.
    """
    place = {code: number for number, code in enumerate(leaves)}
    return _weights(node, place, np.asarray(answered, dtype=bool))


def _weights(node: IndexNode, place: dict[str, int], answered: Flags) -> Floats:
    if not node.parts:
        own = np.zeros(answered.shape)
        own[..., place[node.code]] = answered[..., place[node.code]]
        return own
    below = np.stack([_weights(part, place, answered) for part in node.parts])
    weight = np.array([part.weight for part in node.parts])
    shape = (len(weight), *(1,) * (answered.ndim - 1))
    present = below.any(axis=-1) * weight.reshape(shape)
    share = np.nan_to_num(ratio(present, present.sum(axis=0)))
    weights: Floats = np.sum(share[..., np.newaxis] * below, axis=0)
    return weights


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One question's answers in every branch, in points; every array of shape (p,).

    ``error`` is the standard error of the question alone (`variances.metric_variance`).
    """

    n: Counts
    score: Floats
    error: Floats


def leaf_points(
    histograms: Counts, kind: Kind, scale: Scale, *, pooled: float | None = None
) -> Leaf:
    """One question in points, from histograms of shape (p, bins); nan without answers.

    ``pooled`` as in `scoring.scores.score_counts`.
    """
    line = points_of(kind, scale)
    variance = metric_variance(histograms, kind, scale, pooled=pooled)
    return Leaf(
        histograms.sum(axis=-1),
        line.of(point_score(histograms, kind, scale)),
        np.sqrt(variance) * line.unit / line.per,
    )


@dataclass(frozen=True, slots=True, eq=False)
class IndexScores:
    """A node's score in every branch.

    Attributes
    ----------
    measured : Measured
        Respondents, score, interval and variance of the score, in points, each of shape (p,).
    spread : float array, shape (p,)
        Variance of one respondent's linearised contribution; nan below 2 respondents.
    pooled : float
        The same within branches of the comparison set, to which each is drawn.
    """

    measured: Measured
    spread: Floats
    pooled: float


def index_scores(
    weights: Floats,
    leaves: Sequence[Leaf],
    respondents: Counts,
    moments: Moments,
    *,
    pooled: float | None = None,
    z: float = Z95,
) -> IndexScores:
    """Score every branch by a weighted mean of questions, with an honest interval.

    Parameters
    ----------
    weights : float array, shape (p, q)
        `leaf_weights` over the questions that were answered.
    leaves : sequence of Leaf, q
        From the answers of exactly the period.
    respondents : int array, shape (p,)
        People who answered in the period; where no question has a weight they are taken as none.
    moments : Moments, leading axis p
        In points; may be of a somewhat longer time (whole months): only the variance of one
        respondent's contribution is taken from it.
    pooled : float, optional
        ``pooled`` of the whole comparison set; by default from the branches given.
    z : float
        Two-sided normal quantile.

    Returns
    -------
    IndexScores

    Notes
    -----
    ``u_i = sum_q w_q (n / n_q) a_iq (y_iq - ybar_q)``; the variance of u is drawn to the pooled one
    (`variances.shrunken_variance`), the interval is `intervals.mean_interval`'s cut to 0-100.
    A question of which it is not known who answered it (imported counts) is taken to move together
    with all others, which is the widest that can be.

    References
    ----------
    Woodruff (1971), see `scoring.composite.composite_score`.
    """
    weight = floats(weights)
    n = np.where(weight.any(axis=-1), np.asarray(respondents, dtype=np.int64), 0)
    score = np.sum(weight * np.nan_to_num(_column(leaves, "score")), axis=-1)
    spread = _contribution(weight, leaves, floats(n), moments)
    shared = pooled_contribution(n, spread) if pooled is None else pooled
    score = np.where(weight.any(axis=-1), score, np.nan)
    interval = mean_interval(score, spread, n, shared, z=z).clipped(LOWEST, HIGHEST)
    variance = ratio(shrunken_variance(spread, n, shared), floats(n))
    return IndexScores(Measured(n, score, interval.low, interval.high, variance), spread, shared)


def months_respondents(n: Counts, answered: Counts, in_months: Floats) -> Floats:
    """How many people the moments are of, when they are of a longer time than the period.

    Parameters
    ----------
    n : int array, shape (p,)
        People who answered in the period.
    answered : int array, shape (p, q)
        Answers to each question in the period.
    in_months : float array, shape (p, q)
        Answers to each question behind the moments.

    Returns
    -------
    float array, shape (p,)
        ``n`` times how many more answers the moments hold; 0 where they hold none.
    """
    known = np.where(in_months > 0, answered, 0).sum(axis=-1)
    return np.nan_to_num(floats(n) * ratio(floats(in_months).sum(axis=-1), floats(known)))


def pooled_contribution(n: Counts, spread: Floats) -> float:
    """Variance of one respondent's contribution within branches, pooled over all of them.

    As `variances.pooled_variance`, with one imagined degree of freedom of points spread evenly.
    """
    freedom = np.where(np.isnan(spread), 0, np.maximum(n - 1, 0))
    return float((np.sum(freedom * np.nan_to_num(spread)) + _EVENLY) / (freedom.sum() + 1))


def _contribution(weight: Floats, leaves: Sequence[Leaf], n: Floats, moments: Moments) -> Floats:
    """Variance of one respondent's contribution, shape (p,)."""
    known = np.diagonal(moments.counts, axis1=-2, axis2=-1) > 0
    joint = np.where(known, weight, 0.0)
    share = joint.sum(axis=-1)
    together = np.sqrt(composite_score(moments, joint).variance) * share
    apart = np.where(known, 0.0, weight) * np.nan_to_num(_column(leaves, "error"))
    single = apart.sum(axis=-1) * np.sqrt(n)
    deviation = np.where(share > 0, together, 0.0) + single
    return np.where(weight.any(axis=-1), deviation**2, np.nan)


def _column(leaves: Sequence[Leaf], name: str) -> Floats:
    return np.stack([getattr(leaf, name) for leaf in leaves], axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Attainment:
    """How far a target is attained; each field of shape (...), nan where unknown.

    ``share`` is score over target, both in points (1: exactly attained), ``low`` and ``high`` its
    interval. ``reached`` and ``missed`` are verdicts beyond chance; where neither holds it cannot
    be told yet.
    """

    share: Floats
    low: Floats
    high: Floats
    reached: Flags
    missed: Flags


def attainment(
    score: Numbers, low: Numbers, high: Numbers, target: Numbers, line: Points
) -> Attainment:
    """Compare scores and their intervals with targets, all in the metric's own unit.

    Parameters
    ----------
    score, low, high, target : arrays, shape (...)
        nan where there is no score or no target.
    line : Points
        How that unit becomes points; `INDEX_POINTS` for an index or a dimension.

    Returns
    -------
    Attainment

    Notes
    -----
    ``reached``: the whole interval lies at or above the target; ``missed``: all of it below. With a
    95 % interval a branch that stands exactly at its target is called either in 5 of 100 cases.
    A target of 0 points has no share.
    """
    aim = line.of(target)
    return Attainment(
        share=_over(line.of(score), aim),
        low=_over(line.of(low), aim),
        high=_over(line.of(high), aim),
        reached=floats(low) >= floats(target),
        missed=floats(high) < floats(target),
    )


def _over(points: Floats, aim: Floats) -> Floats:
    return ratio(points, np.where(aim > 0, aim, math.nan))


INDEX_POINTS = Points(LOWEST, 1.0)
