"""A unit at one glance: its score, what changed, week by week, its parts, and who was asked.

A parent's score pools the answers below it (`figures.POOLED`): every answer weighs the same. What
lies outside the viewer's scope appears as published aggregates only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from api.core.errors import NotAllowed
from api.insights.bands import Bands, bands_of
from api.insights.figures import POOLED, Difference, Figure, figures_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import Published, published_aggregates
from api.insights.periods import Period, weeks_of
from api.insights.pooling import BranchCounts, answers_over
from api.insights.queries import (
    Filters,
    Funnel,
    ReasonCount,
    funnel,
    reasons_not_asked,
    require_metric,
    require_touchpoint,
    weekly_histograms,
)
from api.insights.sight import branches_of, scored_branches, some_branches
from api.insights.suppression import told_change, told_parts
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """A unit with its score of the period and what changed since the period before."""

    unit: Node
    figure: Figure
    previous: Figure
    difference: Difference


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One full week's score."""

    week: date
    figure: Figure


@dataclass(frozen=True, slots=True)
class Overview:
    """What is to be seen of a unit, or of all that a viewer sees (``unit`` None).

    ``trend`` and ``reasons`` are empty where no details were asked for.
    """

    unit: Node | None
    metric: MetricInfo
    period: Period
    figure: Figure
    previous: Figure
    difference: Difference
    bands: Bands | None
    trend: list[TrendPoint]
    children: list[UnitFigure]
    above: list[Published]
    funnel: Funnel
    reasons: list[ReasonCount]
    pooling: str = POOLED

    @property
    def provisional(self) -> bool:
        """True while links that were sent for the period can still be answered."""
        return self.funnel.open_links > 0


def overview(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    now: datetime,
    unit: str | None = None,
    touchpoint: str | None = None,
    detailed: bool = True,
) -> Overview:
    """The unit's overview; without ``unit`` that of everything the viewer sees.

    Raises NotFound for what is not there or not the viewer's to see.
    """
    info = require_metric(session, metric)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    if node is None and not branches:
        raise NotAllowed(permission=Permission.VIEW_SCORES)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    some = some_branches(viewer, branches)
    filters = Filters(some, place)
    counts = BranchCounts.read(session, viewer, info, period, filters)
    ((figure, previous, difference),) = counts.figures([branches])
    return Overview(
        unit=node,
        metric=info,
        period=period,
        figure=figure,
        previous=previous,
        difference=difference,
        bands=bands_of(info, counts.now.over([branches])[0]),
        trend=_trend(session, info, period, filters, counts.spread) if detailed else [],
        children=_children(viewer, node, branches, counts),
        above=[]
        if node is None
        else published_aggregates(session, viewer, info, period, node.id, touchpoint=place),
        funnel=funnel(session, period, some, now, place),
        reasons=reasons_not_asked(session, period, some, place) if detailed else [],
    )


def _trend(
    session: Session, metric: MetricInfo, period: Period, filters: Filters, spread: float | None
) -> list[TrendPoint]:
    weeks = [week.start for week in weeks_of(period)]
    found = weekly_histograms(session, metric, period, filters)
    figures = figures_of(found.at([(week,) for week in weeks]), metric, spread)
    return [TrendPoint(week, figure) for week, figure in zip(weeks, figures, strict=True)]


def _children(
    viewer: Viewer, node: Node | None, branches: frozenset[int], counts: BranchCounts
) -> list[UnitFigure]:
    """The units below with answers in either period."""
    answered = counts.now.firsts.keys() | counts.before.firsts.keys()
    parts = [pair for pair in parts_of(viewer, node, branches) if pair[1] & answered]
    if not parts:
        return []
    sets = [below for _, below in parts]
    figures, earlier, change = zip(*counts.figures(sets), strict=True)
    now = told_parts(figures, answers_over(counts.now, sets))
    before = told_parts(earlier, answers_over(counts.before, sets))
    return [
        UnitFigure(unit, figure, previous, told_change(figure, previous, difference))
        for (unit, _), figure, previous, difference in zip(parts, now, before, change, strict=True)
    ]


def parts_of(
    viewer: Viewer, node: Node | None, branches: frozenset[int]
) -> list[tuple[Node, frozenset[int]]]:
    """The units below with their readable branches; without a unit, the branches themselves."""
    tree = viewer.hierarchy
    if node is not None:
        units: Sequence[Node] = tree.children(node.id)
    else:
        known = (tree.nodes[branch] for branch in branches if branch in tree.nodes)
        units = sorted(known, key=lambda unit: (unit.sort_key, unit.id))
    return [(unit, below_of(viewer, unit) & branches) for unit in units]


def below_of(viewer: Viewer, unit: Node) -> frozenset[int]:
    """The branches of a unit's subtree (itself, if it is one)."""
    return frozenset(branch.id for branch in viewer.hierarchy.branches_under(unit.id))
