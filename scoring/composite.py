"""The composite index of several questions: its score and its honest standard error.

Owns the moments from which a composite is made (sums over respondents, so they merge over branches
and periods as counts do) and the linearised variance. Does not know which questions belong
together: weights come from the indicator tree.
"""

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts, Floats, floats, ratio


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """What a composite needs of its respondents; two of them merge by ``+``.

    Attributes
    ----------
    respondents : float array, shape (...)
        People who answered at least one of the questions.
    counts : float array, shape (..., q, q)
        ``[a, b]`` = people who answered both a and b.
    sums : float array, shape (..., q, q)
        ``[a, b]`` = sum of the answers to a of people who answered b too.
    products : float array, shape (..., q, q)
        ``[a, b]`` = sum of answer a times answer b.
    """

    respondents: Floats
    counts: Floats
    sums: Floats
    products: Floats

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.respondents + other.respondents,
            self.counts + other.counts,
            self.sums + other.sums,
            self.products + other.products,
        )


@dataclass(frozen=True, slots=True, eq=False)
class CompositeScore:
    """A composite per branch, each field of shape (...).

    ``variance`` is the variance of one respondent's (linearised) contribution: give it with its
    pooled value to `scoring.intervals.mean_interval`. ``standard_error`` is ``sqrt(variance / n)``.
    """

    score: Floats
    standard_error: Floats
    variance: Floats
    respondents: Floats


def answer_moments(values: Floats, branch: Counts | None = None, *, branches: int = 1) -> Moments:
    """Sum up respondents' answers into mergeable moments, per branch.

    Parameters
    ----------
    values : float array, shape (respondents, q)
        Answers; nan where a question was not answered.
    branch : int array, shape (respondents,), optional
        Index of each respondent's branch; without it all belong to branch 0.
    branches : int
        Number of branches.

    Returns
    -------
    Moments
        With leading axis ``(branches,)``.
    """
    place = np.zeros(len(values), dtype=np.int64) if branch is None else branch
    given = ~np.isnan(values)
    answer = np.where(given, values, 0.0)
    return Moments(
        respondents=floats(np.bincount(place[given.any(axis=1)], minlength=branches)),
        counts=_cross_sums(floats(given), floats(given), place, branches),
        sums=_cross_sums(answer, floats(given), place, branches),
        products=_cross_sums(answer, answer, place, branches),
    )


def _cross_sums(left: Floats, right: Floats, place: Counts, branches: int) -> Floats:
    """Sum ``left[:, a] * right[:, b]`` per branch, shape (branches, q, q)."""
    questions = left.shape[1]
    crossed = np.empty((branches, questions, questions))
    for a in range(questions):
        for b in range(questions):
            product = left[:, a] * right[:, b]
            crossed[:, a, b] = np.bincount(place, weights=product, minlength=branches)
    return crossed


def composite_score(moments: Moments, weights: Floats) -> CompositeScore:
    """Weighted mean of question means, with the standard error of correlated, gappy answers.

    Parameters
    ----------
    moments : Moments
        Of shape (...); questions on one common scale (0-100 for an index).
    weights : float array, shape (q,)
        Product of weights down the indicator tree. Renormalised per branch over the questions that
        anyone of the branch answered.

    Returns
    -------
    CompositeScore
        nan score without respondents, nan standard error below 2.

    Notes
    -----
    ``u_i = sum_q w_q (n / n_q) a_iq (y_iq - ybar_q)``, ``SE^2 = sum u_i^2 / (n (n - 1))``. One
    person's answers hang together: combining the questions' own standard errors as if they were
    independent gives intervals about 40 % too short.

    References
    ----------
    Woodruff, R. S. (1971). A simple method for approximating the variance of a complicated
    estimate. JASA 66, 411-414.
    """
    answered = np.diagonal(moments.counts, axis1=-2, axis2=-1)
    total = np.diagonal(moments.sums, axis1=-2, axis2=-1)
    means = np.nan_to_num(ratio(total, answered))
    present = np.where(answered > 0, floats(weights), 0.0)
    weight = ratio(present, present.sum(axis=-1, keepdims=True))
    score = np.sum(weight * means, axis=-1)
    n = floats(moments.respondents)
    lift = weight * np.nan_to_num(ratio(n[..., np.newaxis], answered))
    squares = np.einsum("...a,...ab,...b->...", lift, _centred(moments, means), lift)
    variance = ratio(np.maximum(squares, 0.0), np.where(n > 1, n - 1, 0.0))
    return CompositeScore(score, np.sqrt(ratio(variance, n)), variance, n)


def _centred(moments: Moments, means: Floats) -> Floats:
    """Sum over respondents of ``(y_a - mean_a)(y_b - mean_b)`` where both were answered."""
    a, b = means[..., :, np.newaxis], means[..., np.newaxis, :]
    crossed = moments.products - moments.sums * b - np.swapaxes(moments.sums, -1, -2) * a
    centred: Floats = crossed + a * b * moments.counts
    return centred
