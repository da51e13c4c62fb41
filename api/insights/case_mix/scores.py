"""Scores of a period adjusted to the usual mix, and what each level of channel or customers adds.

The mix of branches comes from cells and cut cells of the very period, the coefficients from what
is published for its scoring year. Reads the whole network: for workers and commands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Row
from sqlmodel import Session

from api.insights.case_mix.published import (
    Coefficients,
    PublishedCoefficients,
    coefficients_of,
    head_document,
    scoring_year,
)
from api.insights.case_mix.queries import level_counts, touchpoint_code
from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from scoring.adjustment import adjust, mix_variance
from scoring.arrays import Floats, ratio
from scoring.measured import Measured
from scoring.mix import columns_of, level_parts, shares_of


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedScores:
    """Adjusted scores of some branches, in their order.

    Attributes
    ----------
    measured
        Scores, intervals and variances for the usual mix.
    mix_variance : float array, shape (p,)
        What of the variance comes from not knowing the coefficients exactly.
    mix
        Per branch what each level adds: ``adjuster, level, share`` of the branch's answers,
        ``usual`` share, ``points`` added. All points of a branch are adjusted less raw score.
    coefficients
        Which coefficients: ``id, metric, year, from, to, answers, branches, …``.
    """

    measured: Measured
    mix_variance: Floats
    mix: list[list[dict[str, Any]]]
    coefficients: dict[str, Any]


def coefficients_for(session: Session, metric: str, period: Period) -> PublishedCoefficients | None:
    """What is published for the scoring year of a period: the year of its last day."""
    return coefficients_of(session, metric, scoring_year(period))


def adjusted_scores(
    session: Session,
    metric: MetricInfo,
    period: Period,
    branches: Sequence[int],
    raw: Measured,
    *,
    touchpoint: int | None = None,
    by: PublishedCoefficients | None = None,
) -> AdjustedScores | None:
    """Adjusts raw scores that ``branches`` (unit ids) had in ``period``; None without coefficients.

    ``by`` are coefficients of another year than the period's own, so that periods compared with
    each other are adjusted alike. A score of one touchpoint is adjusted to the touchpoint's mix.
    """
    published = by or coefficients_for(session, metric.code, period)
    if published is None:
        return None
    found = published.coefficients
    mix = branch_mix(session, found, period, branches, touchpoint)
    usual = found.usual(None if touchpoint is None else touchpoint_code(session, touchpoint))
    return AdjustedScores(
        measured=adjust(raw, found.fit, mix, usual),
        mix_variance=mix_variance(found.fit, mix, usual),
        mix=_parts(found, mix, usual),
        coefficients={"id": str(published.id), **head_document(found)},
    )


def branch_mix(
    session: Session,
    found: Coefficients,
    period: Period,
    branches: Sequence[int],
    touchpoint: int | None = None,
) -> Floats:
    """Mean of each coefficient's column over a branch's answers, shape (branches, k).

    nan where nothing is known: such a branch is not adjusted for it. Levels that the coefficients
    do not know count as not known. At one touchpoint nobody differs in touchpoints.
    """
    place = {branch: number for number, branch in enumerate(branches)}
    mix = np.full((len(branches), len(found.fit.coefficients)), np.nan)
    names = [
        adjuster.name
        for adjuster in found.adjusters
        if touchpoint is None or adjuster.name != "touchpoint"
    ]
    counted: dict[str, list[Row[Any]]] = {name: [] for name in names}
    for row in level_counts(session, found.metric, period, names, touchpoint):
        counted[row.adjuster].append(row)
    for adjuster, columns in zip(found.adjusters, columns_of(found.adjusters), strict=True):
        number = {level: code for code, level in enumerate(adjuster.levels)}
        counts = np.zeros((len(branches), len(adjuster.levels)))
        for row in counted.get(adjuster.name, ()):
            if row.branch_id in place and row.level in number:
                counts[place[row.branch_id], number[row.level]] += row.n
        mix[:, columns] = ratio(counts, counts.sum(axis=1, keepdims=True))[:, 1:]
    return mix


def _parts(found: Coefficients, mix: Floats, usual: Floats) -> list[list[dict[str, Any]]]:
    """Every level of what can be told apart, the weightiest first."""
    parts: list[list[dict[str, Any]]] = [[] for _ in mix]
    added = level_parts(found.fit, found.adjusters, mix, usual)
    spans = zip(found.adjusters, columns_of(found.adjusters), added, strict=True)
    for adjuster, columns, points in spans:
        if not found.fit.estimable[columns].any():
            continue
        own, others = shares_of(mix, columns), shares_of(usual, columns)
        for branch, (shares, point) in enumerate(zip(own.tolist(), points.tolist(), strict=True)):
            parts[branch] += [
                {
                    "adjuster": adjuster.name,
                    "level": level,
                    "share": share,
                    "usual": usual_share,
                    "points": value,
                }
                for level, share, usual_share, value in zip(
                    adjuster.levels, shares, others.tolist(), point, strict=True
                )
                if not np.isnan(share)
            ]
    return [sorted(own, key=lambda part: -abs(part["points"])) for own in parts]
