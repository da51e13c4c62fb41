"""The indicator tree as its page shows it: scores of a unit, its targets, the units below."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from api.indicators.book import list_versions, may_write_indicators
from api.insights.figures import Difference, Figure
from api.insights.index_tree import IndexTree, NodeFigure, TargetFigure, UnitIndex, index_tree
from api.insights.index_trend import IndexTrend, index_trend
from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.metrics import INDEX_ENDS, as_shown
from dashboard.data.periods import day_text, days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.versions import VersionRow, version_row
from dashboard.figures.trend import COLUMNS as TREND
from dashboard.numbers import Metric
from scoring.indices import INDEX_POINTS, Points, points_of

MOST_BELOW = 60  # units below; the ranking has them all


@dataclass(frozen=True)
class Aim:
    """A target as it is shown; ``verdict`` is ``reached``, ``missed`` or ``open``."""

    value: float
    unit: str | None  # None: the unit's own
    share: float | None
    low: float | None
    high: float | None
    verdict: str


@dataclass(frozen=True)
class Drawn:
    """What is drawn of a figure, in points; None: nothing."""

    score: float | None
    low: float | None
    high: float | None
    target: float | None


@dataclass(frozen=True)
class Line:
    """One line of the tree: the index, a dimension or a question.

    ``metric`` says how its numbers are written; ``share`` is what it makes up of ``parent`` here,
    None where nothing was answered.
    """

    code: str
    name: str
    depth: int
    parent: str | None
    share: float | None
    metric: Metric
    figure: Figure
    points: str | None
    drawn: Drawn
    difference: Difference
    aim: Aim | None


@dataclass(frozen=True)
class Below:
    """A unit below with its index."""

    name: str
    href: str
    figure: Figure
    drawn: Drawn
    difference: Difference
    aim: Aim | None


@dataclass(frozen=True)
class IndicatorsView:
    """The page's numbers; without ``lines`` nothing is in force."""

    unit: str | None
    period: str
    days: int
    lines: list[Line]
    below: list[Below]
    more: int  # units below that are not listed
    trend: pd.DataFrame
    trend_weeks: int
    version: int
    since: str
    versions: list[VersionRow]
    ranking: str | None
    edit: str | None


def indicators_view(sitting: Sitting) -> IndicatorsView:
    """The tree in force at the end of the page's period, for the unit of the address."""
    period, touchpoint = shown_period(sitting), sitting.address.touchpoint
    unit = _unit(sitting)
    found = index_tree(sitting.session, sitting.viewer, period, unit=unit, touchpoint=touchpoint)
    trend = None
    if found is not None:
        code = found.tree.root.code
        trend = index_trend(
            sitting.session, sitting.viewer, code, period, unit=unit, touchpoint=touchpoint
        )
    return IndicatorsView(
        unit=found.unit.name(sitting.language) if found and found.unit else None,
        period=days_text(sitting.say, period),
        days=period.days,
        lines=_lines(sitting, found),
        below=[_below(sitting, one) for one in _ordered(found)[:MOST_BELOW]],
        more=max(0, len(found.children) - MOST_BELOW) if found else 0,
        trend=_frame(trend),
        trend_weeks=trend.weeks if trend else 1,
        version=found.tree.version if found else 0,
        since=day_text(sitting.say, found.tree.effective_from) if found else "",
        versions=version_rows(sitting),
        ranking=_ranking(sitting, found),
        edit=sitting.address.with_(unit=None, subject=None).to(Page.INDICATORS_EDIT).href
        if may_write_indicators(sitting.viewer)
        else None,
    )


def version_rows(sitting: Sitting) -> list[VersionRow]:
    """Every published version, the newest first; who published it is told to who may publish."""
    rows = [
        version_row(
            sitting,
            one,
            Page.INDICATORS_VERSION,
            since=day_text(sitting.say, one.effective_from),
        )
        for one in list_versions(sitting.session, sitting.viewer, sitting.now)
    ]
    if may_write_indicators(sitting.viewer):
        return rows
    return [replace(row, by="") for row in rows]


def index_points(code: str, name: str) -> Metric:
    """How points are written."""
    return Metric(code, name, "mean", *INDEX_ENDS)


def _unit(sitting: Sitting) -> str | None:
    """The unit of the address, else the viewer's own when it holds all that the viewer sees."""
    if sitting.address.unit is not None:
        return sitting.address.unit
    home, viewer = sitting.viewer.home, sitting.viewer
    if home is None:
        return None
    under = {one.id for one in viewer.hierarchy.branches_under(home.id)}
    return home.code if viewer.scope.whole or viewer.scope.branches <= under else None


def _lines(sitting: Sitting, found: IndexTree | None) -> list[Line]:
    if found is None:
        return []
    names = {one.line.code: one.name(sitting.language) for one in found.nodes}
    return [_line(sitting, one, names, found) for one in found.nodes]


def _line(sitting: Sitting, one: NodeFigure, names: dict[str, str], found: IndexTree) -> Line:
    name = names[one.line.code]
    points = index_points(one.line.code, name)
    return Line(
        code=one.line.code,
        name=name,
        depth=one.line.depth,
        parent=names.get(one.line.parent or ""),
        share=one.share,
        metric=points if one.metric is None else as_shown(one.metric, sitting),
        figure=one.figure,
        points=None if one.metric is None or one.points is None else points.text(one.points),
        drawn=_drawn(one.figure, one.target, _scale(one)),
        difference=one.difference,
        aim=_aim(sitting, one.target, found.unit.code if found.unit else None),
    )


def _scale(one: NodeFigure) -> Points:
    return INDEX_POINTS if one.metric is None else points_of(one.metric.kind, one.metric.scale)


def _drawn(figure: Figure, target: TargetFigure | None, scale: Points) -> Drawn:
    def points(value: float | None) -> float | None:
        return None if value is None else float(scale.of(value))

    aim = None if target is None else target.value
    return Drawn(points(figure.score), points(figure.low), points(figure.high), points(aim))


def _aim(sitting: Sitting, target: TargetFigure | None, own: str | None) -> Aim | None:
    if target is None:
        return None
    unit = None if target.unit.code == own else target.unit.name(sitting.language)
    return Aim(target.value, unit, target.share, target.low, target.high, target.verdict)


def _below(sitting: Sitting, one: UnitIndex) -> Below:
    return Below(
        name=one.unit.name(sitting.language),
        href=sitting.address.with_(unit=one.unit.code).href,
        figure=one.figure,
        drawn=_drawn(one.figure, one.target, INDEX_POINTS),
        difference=one.difference,
        aim=_aim(sitting, one.target, one.unit.code),
    )


def _ordered(found: IndexTree | None) -> Sequence[UnitIndex]:
    """Best first, those without a score last."""
    if found is None:
        return []

    def place(one: UnitIndex) -> float:
        return -one.figure.score if one.figure.score is not None else 1.0

    return sorted(found.children, key=place)


def _frame(trend: IndexTrend | None) -> pd.DataFrame:
    rows = [
        (point.week, point.figure.score, point.figure.low, point.figure.high, point.figure.n)
        for point in (trend.points if trend else [])
    ]
    return pd.DataFrame(rows, columns=list(TREND)).astype(
        {"score": float, "low": float, "high": float}
    )


def _ranking(sitting: Sitting, found: IndexTree | None) -> str | None:
    """The league table by the index, for those who compare branches."""
    compares = sitting.viewer.may(Permission.VIEW_NETWORK)
    if found is None or not compares or (found.unit is not None and found.unit.is_branch):
        return None
    address = sitting.address.with_(metric=found.tree.root.code)
    return address.to(Page.LEAGUE, address.unit).href
