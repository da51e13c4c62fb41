"""What changed since last week: the last full week beside the one before, and what chance explains.

Of many parts some always look changed, so parts are tested together: the more of them, the more
each has to move. Answers to the last week's questions are still coming in; how many may is said.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from api.core.errors import NotAllowed
from api.insights.figures import Difference, Figure
from api.insights.metrics import MetricInfo
from api.insights.overview import parts_of
from api.insights.periods import Period, full_weeks
from api.insights.pooling import BranchCounts, answers_over
from api.insights.queries import Filters, funnel, require_metric, require_touchpoint
from api.insights.sight import branches_of, scored_branches, some_branches
from api.insights.suppression import told_parts
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from scoring.change import change_between
from scoring.families import z_among


@dataclass(frozen=True, slots=True)
class PartChange:
    """How far a unit below moved; ``is_noise`` says whether chance among so many explains it."""

    unit: Node
    change: float
    is_noise: bool


@dataclass(frozen=True, slots=True)
class WeekChanges:
    """The last full week of a unit, or of all that a viewer sees, beside the week before.

    ``parts`` are the units below with enough answers in both weeks, the largest change first.
    """

    metric: MetricInfo
    week: Period
    figure: Figure
    previous: Figure
    difference: Difference
    parts: list[PartChange]
    open_links: int


def last_week(period: Period, today: date) -> Period:
    """The last full week that is over, up to the end of ``period``."""
    return full_weeks(1, min(period.end, today))


def week_changes(
    session: Session,
    viewer: Viewer,
    metric: str,
    week: Period,
    *,
    now: datetime,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> WeekChanges:
    """What changed from the week before to ``week``; raises NotFound outside the scope."""
    info = require_metric(session, metric)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    if node is None and not branches:
        raise NotAllowed(permission=Permission.VIEW_SCORES)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    some = some_branches(viewer, branches)
    counts = BranchCounts.read(session, viewer, info, week, Filters(some, place))
    ((figure, previous, difference),) = counts.figures([branches])
    return WeekChanges(
        metric=info,
        week=week,
        figure=figure,
        previous=previous,
        difference=difference,
        parts=_moved(counts, parts_of(viewer, node, branches)),
        open_links=funnel(session, week, some, now, place).open_links,
    )


def branch_changes(
    session: Session, viewer: Viewer, metric: str, period: Period, branches: frozenset[int]
) -> list[PartChange]:
    """How each branch changed from the period before, tested as one family."""
    info = require_metric(session, metric)
    filters = Filters(some_branches(viewer, branches))
    counts = BranchCounts.read(session, viewer, info, period, filters)
    nodes = viewer.hierarchy.nodes
    return _moved(counts, [(nodes[one], frozenset({one})) for one in sorted(branches)])


def _moved(counts: BranchCounts, parts: list[tuple[Node, frozenset[int]]]) -> list[PartChange]:
    """Parts whose score is told in both weeks, tested as a family."""
    sets = [below for _, below in parts]
    found = counts.figures(sets)
    now = told_parts([one for one, _, _ in found], answers_over(counts.now, sets))
    before = told_parts([one for _, one, _ in found], answers_over(counts.before, sets))
    told = [
        part
        for part, later, earlier in zip(parts, now, before, strict=True)
        if later.score is not None and earlier.score is not None
    ]
    if not told:
        return []
    sets = [below for _, below in told]
    change = change_between(
        counts.now.over(sets),
        counts.before.over(sets),
        counts.metric.kind,
        counts.metric.scale,
        pooled=counts.spread,
        z=z_among(len(told)),
    )
    moved = [
        PartChange(unit, size, noise)
        for (unit, _), size, noise in zip(
            told, change.change.tolist(), change.is_noise.tolist(), strict=True
        )
    ]
    return sorted(moved, key=lambda one: (one.is_noise, -abs(one.change), one.unit.code))
