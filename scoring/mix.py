"""Adjusters as levels (channel: sms, wechat, call), their columns, and an adjusted score's parts.

Owns how named levels become columns against a reference level and how coefficients are told level
by level, so that no level is special. Owns no statistics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scoring.adjustment import AdjustmentFit
from scoring.arrays import Counts, Floats, floats

UNKNOWN = -1
"""Place of a level that is not known."""


@dataclass(frozen=True, slots=True)
class Adjuster:
    """Something about answers that a branch does not control, in two levels or more.

    Attributes
    ----------
    name
        For instance ``channel``.
    levels
        Names of the levels; the first has no column, the others are compared with it.
    """

    name: str
    levels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or len(set(self.levels)) < len(self.levels):
            raise ValueError(f"adjuster {self.name} needs at least two levels, each once")


@dataclass(frozen=True, slots=True)
class LevelEffect:
    """What a level means for the score, whoever is compared.

    Attributes
    ----------
    adjuster, level
        Which one.
    share
        Share of the reference mix, 0..1.
    points, standard_error
        How much higher answers of this level are than those of the whole reference mix, all else
        equal, in units of the score.
    differs_by
        Standard deviation of ``against_first`` from branch to branch; 0 when it seems to be the
        same everywhere, and for the first.
    against_first, against_first_error
        The same against the adjuster's first level: the coefficient itself; 0 and 0 for the first.
    estimable
        False when it cannot be told apart from other levels, or never varied within a branch; of a
        first level when this is so of all the others.
    same_as
        Levels of earlier adjusters, as ``(adjuster, level)``, that it always occurs together with.
    """

    adjuster: str
    level: str
    share: float
    points: float
    standard_error: float
    differs_by: float
    against_first: float
    against_first_error: float
    estimable: bool
    same_as: tuple[tuple[str, str], ...]


def dummies(adjusters: Sequence[Adjuster], codes: Sequence[Counts | Sequence[int]]) -> Floats:
    """Columns of 0 and 1 for every level but the first of each adjuster.

    Parameters
    ----------
    adjusters
        In the order of their columns.
    codes : per adjuster an int array, shape (rows,)
        Place of each row's level among ``levels``; `UNKNOWN` makes the adjuster's columns nan.

    Returns
    -------
    float array, shape (rows, k)
    """
    parts = []
    for adjuster, column in zip(adjusters, codes, strict=True):
        place = np.asarray(column)
        own = floats(place[:, np.newaxis] == np.arange(1, len(adjuster.levels)))
        own[place == UNKNOWN] = np.nan
        parts.append(own)
    return np.concatenate(parts, axis=1)


def columns_of(adjusters: Sequence[Adjuster]) -> list[slice]:
    """Where each adjuster's columns are among the k."""
    ends = np.cumsum([0, *(len(adjuster.levels) - 1 for adjuster in adjusters)]).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


def shares_of(mix: Floats, columns: slice) -> Floats:
    """Shares of all levels of one adjuster, the first one's being what the others leave.

    Parameters
    ----------
    mix : float array, shape (..., k)
        Means of the columns.
    columns
        See `columns_of`.

    Returns
    -------
    float array, shape (..., levels)
    """
    own = floats(mix)[..., columns]
    return np.concatenate([1 - own.sum(axis=-1, keepdims=True), own], axis=-1)


def level_points(
    fit: AdjustmentFit, adjusters: Sequence[Adjuster], reference: Floats | None = None
) -> list[Floats]:
    """How much higher each level answers than the reference mix, per adjuster, shape (levels,)."""
    aim = fit.reference if reference is None else reference
    found = []
    for columns in columns_of(adjusters):
        effect = np.concatenate([[0.0], fit.coefficients[columns]])
        found.append(effect - shares_of(aim, columns) @ effect)
    return found


def level_effects(fit: AdjustmentFit, adjusters: Sequence[Adjuster]) -> list[LevelEffect]:
    """The coefficients as they are published: every level of every adjuster."""
    names = [(one.name, level) for one in adjusters for level in one.levels[1:]]
    found: list[LevelEffect] = []
    places = zip(adjusters, columns_of(adjusters), level_points(fit, adjusters), strict=True)
    for adjuster, columns, points in places:
        shares = shares_of(fit.reference, columns)
        own = fit.covariance[columns, columns]
        for number, level in enumerate(adjuster.levels):
            # The level's own dummy less the reference mix, over the columns.
            weight = -shares[1:].copy()
            if number:
                weight[number - 1] += 1
            at = columns.start + number - 1
            found.append(
                LevelEffect(
                    adjuster=adjuster.name,
                    level=level,
                    share=float(shares[number]),
                    points=float(points[number]),
                    standard_error=max(float(weight @ own @ weight), 0.0) ** 0.5,
                    differs_by=float(np.sqrt(fit.between[at, at])) if number else 0.0,
                    against_first=float(fit.coefficients[at]) if number else 0.0,
                    against_first_error=float(fit.standard_errors[at]) if number else 0.0,
                    estimable=bool(fit.estimable[at] if number else fit.estimable[columns].any()),
                    same_as=tuple(names[i] for i in fit.explained_by[at]) if number else (),
                )
            )
    return found


def level_parts(
    fit: AdjustmentFit,
    adjusters: Sequence[Adjuster],
    mix: Floats,
    reference: Floats | None = None,
) -> list[Floats]:
    """What each level adds to a branch's score when it is adjusted, in points.

    Parameters
    ----------
    fit, adjusters
        The model and its levels.
    mix : float array, shape (p, k)
        Mean of each column over the branch's answers; nan (not known) adds nothing.
    reference : float array, shape (k,), optional
        The mix adjusted to; by default that of the fit.

    Returns
    -------
    list of float arrays, shape (p, levels), one per adjuster
        ``-(level's points) (share - reference share)``, where a level's points are counted from the
        reference mix: it does not matter which level is the first. All of a branch's parts together
        are its adjusted score minus the raw one.
    """
    aim = fit.reference if reference is None else reference
    found = []
    places = zip(columns_of(adjusters), level_points(fit, adjusters, aim), strict=True)
    for columns, points in places:
        gap = shares_of(mix, columns) - shares_of(aim, columns)
        found.append(-np.nan_to_num(gap) * points)
    return found
