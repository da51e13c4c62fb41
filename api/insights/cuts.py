"""A unit's score cut by channel, customer segment, language or advisor.

Advisors are people: their scores are told from 10 answers on, within their own branch, to it and to
whoever stands above it.
"""

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from api.core.errors import Invalid
from api.insights.figures import Figure, figures_of
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period
from api.insights.queries import Filters, cut_histograms, require_metric, require_touchpoint
from api.insights.sight import branches_of, some_branches
from api.insights.suppression import KEPT_BACK, told_parts
from api.security.viewer import Viewer
from scoring.tiers import DEFAULT_THRESHOLDS, Thresholds

Cut = Literal["channel", "segment", "language", "advisor"]
ADVISORS = Thresholds(10, 10, DEFAULT_THRESHOLDS.rank)
"""Answers that an advisor needs to be told at all."""


@dataclass(frozen=True, slots=True)
class CutFigure:
    """The score of one value of the cut."""

    value: str
    figure: Figure


def cut_figures(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    cut: Cut,
    *,
    unit: str,
    touchpoint: str | None = None,
) -> list[CutFigure]:
    """Scores of a unit per value of ``cut``, most answers first; raises NotFound outside.

    Beside the unit's own score a value with few answers could be worked out: see `suppression`.
    Raises Invalid for the advisors of anything but a branch.
    """
    info = require_metric(session, metric)
    node = viewer.require_unit_code(unit)
    if cut == "advisor" and not node.is_branch:
        raise Invalid(fields=[{"field": "unit", "message": "advisors are those of a branch"}])
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    filters = Filters(some_branches(viewer, branches_of(viewer, node)), place)
    found = cut_histograms(session, info, period, cut, filters)
    figures = figures_of(found.counts, info, pooled_spread(session, info, period, place))
    least = ADVISORS if cut == "advisor" else DEFAULT_THRESHOLDS
    answers = found.counts.sum(axis=1).tolist()
    enough = [
        figure if n >= least.count else KEPT_BACK
        for figure, n in zip(figures, answers, strict=True)
    ]
    figures = told_parts(enough, answers, least)
    named = [CutFigure(key[0], figure) for key, figure in zip(found.keys, figures, strict=True)]
    return sorted(named, key=lambda item: (-(item.figure.n or 0), item.value))
