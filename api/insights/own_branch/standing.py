"""Where a branch stands against its region and the network: along the journey, and per question.

Of others only published aggregates are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from api.insights.figures import Figure, figure_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread, published_aggregates
from api.insights.own_branch.day import require_branch
from api.insights.own_branch.score import Beside, said_of_others
from api.insights.periods import Period
from api.insights.queries import (
    Filters,
    histograms,
    list_metrics,
    require_metric,
    require_touchpoint,
)
from api.insights.sight import branches_of, some_branches
from api.insights.unit import Touchpoint, TouchpointFigure, unit_page
from api.security.hierarchy import Node
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Compared:
    """One score of the branch beside those of the units above it that may be told, nearest first.

    ``touchpoint`` is None for all of them.
    """

    metric: MetricInfo
    touchpoint: Touchpoint | None
    figure: Figure
    above: list[Beside]

    @property
    def usual(self) -> Beside | None:
        """The widest unit that may be told: the network, as a rule."""
        return self.above[-1] if self.above else None


@dataclass(frozen=True, slots=True)
class Standing:
    """A branch beside others: the metric at every touchpoint, and every metric."""

    unit: Node
    metric: MetricInfo
    touchpoints: list[Compared]
    metrics: list[Compared]


def standing(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    unit: str,
    touchpoint: str | None = None,
) -> Standing:
    """Where the branch called ``unit`` stands; with ``touchpoint`` its metrics at that one.

    Raises NotFound for what is no branch, or not the viewer's to see.
    """
    node = require_branch(viewer, unit)
    info = require_metric(session, metric)
    wanted = metric if touchpoint is None else None  # at one touchpoint all metrics are listed
    page = unit_page(session, viewer, unit, period, metric=wanted)
    reader = _Reader(session, viewer, node, period)
    if touchpoint is None:
        each: Sequence[_Own | TouchpointFigure] = reader.everywhere()
    else:
        require_touchpoint(session, touchpoint)
        each = [one for one in page.touchpoints if one.touchpoint.code == touchpoint]
    along = [one for one in page.touchpoints if one.metric.code == metric]
    return Standing(
        unit=node,
        metric=info,
        touchpoints=[reader.compared(one.metric, one.touchpoint, one.figure) for one in along],
        metrics=[reader.compared(one.metric, one.touchpoint, one.figure) for one in each],
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Puts what may be told of others beside a figure of the branch."""

    session: Session
    viewer: Viewer
    node: Node
    period: Period

    def everywhere(self) -> list["_Own"]:
        """The branch's own score on every metric that anybody answered."""
        some = some_branches(self.viewer, branches_of(self.viewer, self.node))
        found = []
        for metric in list_metrics(self.session):
            total = histograms(self.session, metric, self.period, filters=Filters(some)).total
            if total.any():
                spread = pooled_spread(self.session, metric, self.period)
                found.append(_Own(metric, None, figure_of(total, metric, spread)))
        return found

    def compared(self, metric: MetricInfo, touchpoint: Touchpoint | None, own: Figure) -> Compared:
        place = None if touchpoint is None else require_touchpoint(self.session, touchpoint.code)
        listed = published_aggregates(
            self.session, self.viewer, metric, self.period, self.node.id, touchpoint=place
        )
        return Compared(metric, touchpoint, own, said_of_others(self.viewer, listed, own))


@dataclass(frozen=True, slots=True)
class _Own:
    metric: MetricInfo
    touchpoint: Touchpoint | None
    figure: Figure
