"""What stands on the overview beside the score: last week's changes, the index, the warnings."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.insights.changes import PartChange, WeekChanges, last_week, week_changes
from api.insights.figures import Difference, Figure
from api.insights.index_tree import NodeFigure, index_tree
from api.insights.warnings.reading import BranchWarning, Warnings, early_warnings
from dashboard.address import Page
from dashboard.data.indicators import index_points
from dashboard.data.metrics import shown_metric
from dashboard.data.months import asked_month, month_text, shown_month
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric

MOST_WARNED = 5


@dataclass(frozen=True)
class Mover:
    """A unit below that moved; ``change`` as it is written."""

    name: str
    href: str
    change: str


@dataclass(frozen=True)
class Changes:
    """The last full week beside the one before.

    ``compared`` units below have enough answers in both; ``moved`` of them moved by more than
    chance explains, ``largest`` is the largest change when none did.
    """

    metric: Metric
    days: str
    figure: Figure
    previous: Figure
    difference: Difference
    kind: str
    compared: int
    moved: list[Mover]
    largest: Mover | None
    open_links: int


@dataclass(frozen=True)
class IndexGlance:
    """The index beside the metric: how it is written, and its target where there is one."""

    metric: Metric
    figure: Figure
    difference: Difference
    target: float | None
    verdict: str | None
    href: str


@dataclass(frozen=True)
class Warned:
    """A branch that fell below its own normal."""

    name: str
    href: str
    level: str
    drop: str


@dataclass(frozen=True)
class WarningsBrief:
    """The warnings of a month, the gravest first; ``more`` are not listed."""

    month: str
    alerts: int
    watches: int
    judged: int
    rows: list[Warned]
    more: int
    href: str


@dataclass(frozen=True)
class Lately:
    """All of it; None where there is nothing to say."""

    changes: Changes
    index: IndexGlance | None
    warnings: WarningsBrief | None


def lately(sitting: Sitting, unit: str | None) -> Lately | None:
    """What the overview of ``unit`` says beside its score; None while nothing is measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    return Lately(
        changes=_changes(sitting, metric, unit),
        index=_index(sitting, unit),
        warnings=_warnings(sitting, metric, unit),
    )


def _changes(sitting: Sitting, metric: Metric, unit: str | None) -> Changes:
    found = week_changes(
        sitting.session,
        sitting.viewer,
        metric.code,
        last_week(shown_period(sitting), sitting.today),
        now=sitting.now,
        unit=unit,
        touchpoint=sitting.address.touchpoint,
    )
    moved = [_mover(sitting, metric, one) for one in found.parts if not one.is_noise]
    most = found.parts[0] if found.parts and not moved else None
    return Changes(
        metric=metric,
        days=days_text(sitting.say, found.week),
        figure=found.figure,
        previous=found.previous,
        difference=found.difference,
        kind=_kind(found),
        compared=len(found.parts),
        moved=moved,
        largest=None if most is None else _mover(sitting, metric, most),
        open_links=found.open_links,
    )


def _kind(found: WeekChanges) -> str:
    return found.parts[0].unit.kind if found.parts else "branch"


def _mover(sitting: Sitting, metric: Metric, one: PartChange) -> Mover:
    return Mover(
        one.unit.name(sitting.language),
        sitting.address.to(Page.UNIT, one.unit.code).href,
        metric.signed(one.change),
    )


def _index(sitting: Sitting, unit: str | None) -> IndexGlance | None:
    """The root of the tree in force; None where none is published."""
    found = index_tree(
        sitting.session,
        sitting.viewer,
        shown_period(sitting),
        unit=unit,
        touchpoint=sitting.address.touchpoint,
    )
    if found is None:
        return None
    root: NodeFigure = next(one for one in found.nodes if one.line.parent is None)
    return IndexGlance(
        metric=index_points(root.line.code, root.name(sitting.language)),
        figure=root.figure,
        difference=root.difference,
        target=root.target.value if root.target else None,
        verdict=root.target.verdict if root.target else None,
        href=sitting.address.to(Page.INDICATORS, unit).href,
    )


def _warnings(sitting: Sitting, metric: Metric, unit: str | None) -> WarningsBrief | None:
    """The month's warnings; None for a month that was not judged."""
    month = shown_month(sitting)
    found = early_warnings(
        sitting.session, sitting.viewer, metric.code, month, now=sitting.now, unit=unit
    )
    if found.computed_at is None or not found.judged:
        return None
    warned = [row for row in found.rows if row.level is not None]
    return WarningsBrief(
        month=month_text(sitting.say, found.month),
        alerts=sum(row.level == "alert" for row in warned),
        watches=sum(row.level == "watch" for row in warned),
        judged=found.judged,
        rows=[_warned(sitting, metric, row) for row in _gravest(warned)],
        more=max(len(warned) - MOST_WARNED, 0),
        href=_warnings_href(sitting, found, unit),
    )


def _gravest(warned: Sequence[BranchWarning]) -> list[BranchWarning]:
    ordered = sorted(warned, key=lambda row: (row.level != "alert", -row.drop, row.unit_code))
    return ordered[:MOST_WARNED]


def _warned(sitting: Sitting, metric: Metric, row: BranchWarning) -> Warned:
    href = sitting.address.with_(touchpoint=None).to(Page.UNIT, row.unit_code).href
    return Warned(row.unit_name, href, row.level or "watch", metric.signed(-row.drop))


def _warnings_href(sitting: Sitting, found: Warnings, unit: str | None) -> str:
    """The page of warnings, of the same month."""
    address = sitting.address.with_(touchpoint=None)
    if asked_month(sitting) is None:
        address = address.with_(first=None, last=None)
    return address.to(Page.WARNINGS, unit).href
