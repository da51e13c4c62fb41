"""The indicator tree of one unit: every node's score, change, target and how far it is attained.

A unit above branches pools the answers below it. Targets hold for a unit and everything below,
until something nearer has its own; of the year in which the period ends.
"""

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from sqlmodel import Session

from api.indicators.tree import Indicators, TreeNode
from api.insights.figures import (
    Difference,
    Figure,
    differences_of,
    figures_of,
    measured_figures,
)
from api.insights.index_answers import IndexAnswers, own_answers
from api.insights.indices import index_info, last_day, tree_of
from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from api.insights.queries import Filters, list_metrics, require_touchpoint
from api.insights.sight import branches_of, scored_branches, some_branches
from api.network.codes import UnitCodes, load_codes
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scoring.indices import INDEX_POINTS, IndexNode, Points, attainment, points_of
from scoring.measured import Measured, change_of
from scoring.tiers import DEFAULT_THRESHOLDS

REACHED, MISSED, OPEN = "reached", "missed", "open"


@dataclass(frozen=True, slots=True)
class TargetFigure:
    """A target and how far it is attained; shares, None where there is no score to compare.

    ``verdict`` is ``reached``, ``missed`` or ``open`` (cannot be told yet).
    """

    value: float
    unit: Node
    share: float | None
    low: float | None
    high: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class NodeFigure:
    """One line of the tree for a unit.

    ``metric`` is None for the index and its dimensions, whose figures are in points; a question's
    are in its metric's own unit. ``points`` is the score on 0-100, ``share`` what the node makes up
    of its parent here (None: nothing was answered), ``weight`` the same as written.
    """

    line: TreeNode
    metric: MetricInfo | None
    name_zh: str
    name_en: str
    weight: float
    share: float | None
    figure: Figure
    points: float | None
    difference: Difference
    target: TargetFigure | None

    def name(self, language: str) -> str:
        """The node's name in ``language``."""
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True, slots=True)
class UnitIndex:
    """The index of a unit below the one that is shown."""

    unit: Node
    figure: Figure
    difference: Difference
    target: TargetFigure | None


@dataclass(frozen=True, slots=True)
class IndexTree:
    """The tree of one unit (None: everything the viewer sees) in one period."""

    unit: Node | None
    period: Period
    tree: Indicators
    nodes: list[NodeFigure]
    children: list[UnitIndex]


def index_tree(
    session: Session,
    viewer: Viewer,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> IndexTree | None:
    """The tree in force at the period's end for a unit; None where none is published.

    ``unit`` and ``touchpoint`` are codes. Raises NotFound outside the viewer's scope.
    """
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    tree = tree_of(session, period)
    if tree is None:
        return None
    read = _Reading.of(session, tree, period, Filters(some_branches(viewer, branches), place))
    aims = _Aims(tree, load_codes(session), viewer, last_day(period))
    return IndexTree(
        unit=node,
        period=period,
        tree=tree,
        nodes=read.lines(branches, aims, node or viewer.hierarchy.root),
        children=_children(viewer, node, branches, read, aims),
    )


class _Aims:
    """The targets of a tree in the year of a day, found by unit."""

    def __init__(self, tree: Indicators, codes: UnitCodes, viewer: Viewer, on: date) -> None:
        self.viewer = viewer
        self.of = {
            line.code: {
                codes.resolve(one.unit, on): one.value
                for one in tree.targets_of(line.code, on.year)
            }
            for line in tree.nodes
        }

    def nearest(self, code: str, unit: Node | None) -> tuple[float, Node] | None:
        """The target of ``unit`` or of the nearest above it that has one."""
        of = self.of[code]
        if unit is None or not of:
            return None
        above = self.viewer.hierarchy.ancestors(unit.id)
        return next(((of[one.id], one) for one in above if one.id in of), None)

    def figure(
        self, code: str, unit: Node | None, told: Figure, line: Points
    ) -> TargetFigure | None:
        """The target with its attainment; None where there is no target."""
        found = self.nearest(code, unit)
        return None if found is None else target_figure(*found, told, line)


def target_figure(value: float, unit: Node, told: Figure, line: Points) -> TargetFigure:
    """How far a figure attains a target, both in the metric's own unit."""
    score, interval_low, interval_high = (
        math.nan if one is None else one for one in (told.score, told.low, told.high)
    )
    found = attainment(score, interval_low, interval_high, value, line)
    share, low, high = (_number(one) for one in (found.share, found.low, found.high))
    verdict = REACHED if found.reached else MISSED if found.missed else OPEN
    return TargetFigure(value, unit, share, low, high, verdict)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """The answers of a period and of the one before, with what the network is pooled to."""

    tree: Indicators
    metrics: dict[str, MetricInfo]
    now: IndexAnswers
    before: IndexAnswers
    pooled: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, session: Session, tree: Indicators, period: Period, filters: Filters) -> "_Reading":
        """Of the branches that the transaction may see."""
        metrics = list_metrics(session)
        index = index_info(tree, tree.root, metrics)
        read = [own_answers(session, index, one, filters) for one in (period, period.before())]
        (now, network_now), (before, network_before) = read
        pooled = {
            node.code: (network_now.score(node).pooled, network_before.score(node).pooled)
            for node in tree.root.inner
        }
        return cls(tree, {one.code: one for one in metrics}, now, before, pooled)

    def lines(self, branches: frozenset[int], aims: _Aims, unit: Node | None) -> list[NodeFigure]:
        """Every node of the tree over all of ``branches``."""
        now, before = self.now.over([branches]), self.before.over([branches])
        of = replace(self, now=now, before=before)
        return [of.line(line, aims, unit) for line in self.tree.nodes]

    def line(self, line: TreeNode, aims: _Aims, unit: Node | None) -> NodeFigure:
        """One node; the answers are those of one unit."""
        node = self.tree.require(line.code)
        metric = None if node.parts else self.metrics[line.code]
        if metric is None:
            ((figure, difference),) = self.figures(node)
            points, scale = figure.score, INDEX_POINTS
        else:
            figure, difference = self._question(metric)
            scale = points_of(metric.kind, metric.scale)
            points = None if figure.score is None else float(scale.of(figure.score))
        return NodeFigure(
            line=line,
            metric=metric,
            name_zh=line.name_zh or (metric.name_zh if metric else line.code),
            name_en=line.name_en or (metric.name_en if metric else line.code),
            weight=line.share,
            share=self._share(line, node),
            figure=figure,
            points=points,
            difference=difference,
            target=aims.figure(line.code, unit, figure, scale),
        )

    def figures(self, node: IndexNode) -> list[tuple[Figure, Difference]]:
        """An index's or dimension's figures and changes, a row each."""
        of_now, of_before = self.pooled[node.code]
        now = self.now.score(node, pooled=of_now).measured
        before = self.before.score(node, pooled=of_before).measured
        return list(zip(measured_figures(now), measured_differences(now, before), strict=True))

    def _question(self, metric: MetricInfo) -> tuple[Figure, Difference]:
        place = [leaf.code for leaf in self.now.leaves].index(metric.code)
        now, before = self.now.counts[place], self.before.counts[place]
        spread = self.now.spreads[place]
        (figure,) = figures_of(now, metric, spread)
        (difference,) = differences_of(now, before, metric, spread)
        return figure, difference

    def _share(self, line: TreeNode, node: IndexNode) -> float | None:
        """What the node makes up of its parent where only some questions were answered."""
        above = self.tree.require(line.parent or line.code)
        weights = self.now.weights(above)[0]
        below = [leaf.code in node.leaves for leaf in self.now.leaves]
        return float(weights[below].sum()) if weights.any() else None


def _children(
    viewer: Viewer,
    node: Node | None,
    branches: frozenset[int],
    read: _Reading,
    aims: _Aims,
) -> list[UnitIndex]:
    """The index of every unit below that has answers in the period."""
    if node is None:
        return []
    units = [
        (unit, {branch.id for branch in viewer.hierarchy.branches_under(unit.id)} & branches)
        for unit in viewer.hierarchy.children(node.id)
    ]
    units = [(unit, below) for unit, below in units if below & set(read.now.branches)]
    if not units:
        return []
    sets = [below for _, below in units]
    root = read.tree.root
    told = replace(read, now=read.now.over(sets), before=read.before.over(sets)).figures(root)
    return [
        UnitIndex(unit, figure, difference, aims.figure(root.code, unit, figure, INDEX_POINTS))
        for (unit, _), (figure, difference) in zip(units, told, strict=True)
    ]


def measured_differences(now: Measured, before: Measured) -> list[Difference]:
    """What changed between two periods, where both scores are shown."""
    found = change_of(now, before)
    shown = np.minimum(now.n, before.n) >= DEFAULT_THRESHOLDS.score
    columns = zip(found.change.tolist(), found.is_noise.tolist(), shown.tolist(), strict=True)
    return [
        Difference(change, noise) if both else Difference(None, None)
        for change, noise, both in columns
    ]


def _number(value: Any) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number
