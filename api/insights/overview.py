"""A unit at one glance: its score, what changed, week by week, its parts, and who was asked.

A parent's score pools the answers below it (`figures.POOLED`): every answer weighs the same. What
lies outside the viewer's scope appears as published aggregates only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce

import numpy as np
from sqlmodel import Session

from api.core.errors import NotAllowed
from api.insights.figures import POOLED, Difference, Figure, differences_of, figures_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import Published, pooled_spread, published_aggregates
from api.insights.periods import Period, weeks_of
from api.insights.queries import (
    Filters,
    Funnel,
    Histograms,
    ReasonCount,
    funnel,
    histograms,
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
from scoring.arrays import Counts


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
    """What is to be seen of a unit, or of all that a viewer sees (``unit`` None)."""

    unit: Node | None
    metric: MetricInfo
    period: Period
    figure: Figure
    previous: Figure
    difference: Difference
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
    counts = _Counts.read(session, info, period, Filters(some, place))
    ((figure, previous, difference),) = counts.figures([branches])
    return Overview(
        unit=node,
        metric=info,
        period=period,
        figure=figure,
        previous=previous,
        difference=difference,
        trend=_trend(session, info, period, Filters(some, place), counts.spread),
        children=_children(viewer, node, branches, counts),
        above=[]
        if node is None
        else published_aggregates(session, viewer, info, period, node.id, touchpoint=place),
        funnel=funnel(session, period, some, now, place),
        reasons=reasons_not_asked(session, period, some, place),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Histograms of branches in a period and the one before."""

    metric: MetricInfo
    now: Mapping[int, Counts]
    before: Mapping[int, Counts]
    spread: float | None

    @classmethod
    def read(
        cls, session: Session, metric: MetricInfo, period: Period, filters: Filters
    ) -> "_Counts":
        now = _by_branch(histograms(session, metric, period, filters=filters))
        before = _by_branch(histograms(session, metric, period.before(), filters=filters))
        spread = pooled_spread(session, metric, period, filters.touchpoint)
        return cls(metric, now, before, spread)

    def figures(self, sets: Sequence[Collection[int]]) -> list[tuple[Figure, Figure, Difference]]:
        """Pooled over each set of branches: now, before, and what changed."""
        now = np.stack([self._pooled(self.now, branches) for branches in sets])
        before = np.stack([self._pooled(self.before, branches) for branches in sets])
        columns = (
            figures_of(now, self.metric, self.spread),
            figures_of(before, self.metric, self.spread),
            differences_of(now, before, self.metric, self.spread),
        )
        return list(zip(*columns, strict=True))

    def answers(self, counts: Mapping[int, Counts], sets: Sequence[Collection[int]]) -> list[int]:
        """How many answers each set has."""
        return [int(self._pooled(counts, branches).sum()) for branches in sets]

    def _pooled(self, counts: Mapping[int, Counts], branches: Collection[int]) -> Counts:
        found = [counts[branch] for branch in branches if branch in counts]
        nothing = np.zeros(self.metric.scale.bins, dtype=np.int64)
        return reduce(np.add, found, nothing)


def _by_branch(found: Histograms) -> dict[int, Counts]:
    return {key[0]: counts for key, counts in zip(found.keys, found.counts, strict=True)}


def _trend(
    session: Session, metric: MetricInfo, period: Period, filters: Filters, spread: float | None
) -> list[TrendPoint]:
    weeks = [week.start for week in weeks_of(period)]
    found = weekly_histograms(session, metric, period, filters)
    figures = figures_of(found.at([(week,) for week in weeks]), metric, spread)
    return [TrendPoint(week, figure) for week, figure in zip(weeks, figures, strict=True)]


def _children(
    viewer: Viewer, node: Node | None, branches: frozenset[int], counts: _Counts
) -> list[UnitFigure]:
    """The units below with answers in either period; without a unit, the branches themselves."""
    tree = viewer.hierarchy
    if node is not None:
        units: Sequence[Node] = tree.children(node.id)
    else:
        known = (tree.nodes[branch] for branch in branches if branch in tree.nodes)
        units = sorted(known, key=lambda unit: (unit.sort_key, unit.id))
    answered = counts.now.keys() | counts.before.keys()
    parts = [(unit, _below(viewer, unit) & branches) for unit in units]
    parts = [(unit, below) for unit, below in parts if below & answered]
    if not parts:
        return []
    sets = [below for _, below in parts]
    figures, earlier, change = zip(*counts.figures(sets), strict=True)
    now = told_parts(figures, counts.answers(counts.now, sets))
    before = told_parts(earlier, counts.answers(counts.before, sets))
    return [
        UnitFigure(unit, figure, previous, told_change(figure, previous, difference))
        for (unit, _), figure, previous, difference in zip(parts, now, before, change, strict=True)
    ]


def _below(viewer: Viewer, unit: Node) -> set[int]:
    return {branch.id for branch in viewer.hierarchy.branches_under(unit.id)}
