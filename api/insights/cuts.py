"""A unit's score cut by channel, customer segment or advisor."""

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from api.insights.figures import Figure, figures_of
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period
from api.insights.queries import Filters, cut_histograms, require_metric, require_touchpoint
from api.insights.sight import branches_of, some_branches
from api.security.viewer import Viewer

Cut = Literal["channel", "segment", "advisor"]


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
    """Scores of a unit per value of ``cut``, most answers first; raises NotFound outside."""
    info = require_metric(session, metric)
    node = viewer.require_unit_code(unit)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    filters = Filters(some_branches(viewer, branches_of(viewer, node)), place)
    found = cut_histograms(session, info, period, cut, filters)
    figures = figures_of(found.counts, info, pooled_spread(session, info, period, place))
    named = [CutFigure(key[0], figure) for key, figure in zip(found.keys, figures, strict=True)]
    return sorted(named, key=lambda item: (-(item.figure.n or 0), item.value))
