"""One unit along the journey: every metric at every touchpoint, and the way down and up.

A unit above branches pools the answers below it (`figures.POOLED`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from api.insights.figures import POOLED, Figure, figures_of
from api.insights.kept_weeks import seen_histograms
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period
from api.insights.queries import Filters, Histograms, list_metrics, touchpoint_rows
from api.insights.sight import branches_of, some_branches
from api.insights.suppression import told_parts
from api.security.hierarchy import Node
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """A moment of the journey."""

    code: str
    stage: str
    name_zh: str
    name_en: str

    def name(self, language: str) -> str:
        """The touchpoint's name in ``language``."""
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True, slots=True)
class TouchpointFigure:
    """One metric at one touchpoint."""

    touchpoint: Touchpoint
    metric: MetricInfo
    figure: Figure


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit with its breadcrumbs (as far up as the viewer sees), children and touchpoints."""

    unit: Node
    breadcrumbs: list[Node]
    children: list[Node]
    touchpoints: list[TouchpointFigure]
    pooling: str = POOLED


def unit_page(
    session: Session, viewer: Viewer, code: str, period: Period, *, metric: str | None = None
) -> UnitPage:
    """The unit called ``code``, with one metric or all; raises NotFound outside the scope.

    Touchpoints without any answer in the period are left out, and so are imported counts, which
    belong to none.
    """
    node = viewer.require_unit_code(code)
    branches = branches_of(viewer, node)
    filters = Filters(some_branches(viewer, branches))
    places = touchpoint_rows(session)
    figures = [
        figure
        for info in list_metrics(session)
        if metric is None or info.code == metric
        for figure in _along(
            info,
            places,
            seen_histograms(session, viewer, info, period, by=_PLACES, filters=filters),
            pooled_spread(session, info, period),
        )
    ]
    order = {row.code: row.position for row in places}
    return UnitPage(
        unit=node,
        breadcrumbs=[unit for unit in viewer.hierarchy.path(node.id) if viewer.sees_unit(unit.id)],
        children=[unit for unit in viewer.hierarchy.children(node.id) if viewer.sees_unit(unit.id)],
        touchpoints=sorted(figures, key=lambda item: order[item.touchpoint.code]),
    )


_PLACES = ("touchpoint_id",)


def _along(
    metric: MetricInfo, places: Sequence[Row[Any]], found: Histograms, spread: float | None
) -> list[TouchpointFigure]:
    answered = [row for row in places if (row.id,) in found.keys]
    counts = found.at([(row.id,) for row in answered])
    figures = told_parts(
        figures_of(counts, metric, spread),
        counts.sum(axis=1).tolist(),
    )
    return [
        TouchpointFigure(Touchpoint(row.code, row.stage, row.name_zh, row.name_en), metric, figure)
        for row, figure in zip(answered, figures, strict=True)
    ]
