"""Reads what a report may say of a unit: values of api.insights, nothing counted anew.

Every value is the one that the pages show the same viewer. What the viewer may not read, or what
does not exist for this kind of unit, is None.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session

from api.insights.changes import PartChange, branch_changes
from api.insights.comments import PAGE, Comment, Wanted, count_comments, list_comments
from api.insights.drivers.matrix import DriverMatrix
from api.insights.drivers.service import drivers
from api.insights.figures import Figure
from api.insights.index_tree import IndexTree, index_tree
from api.insights.league import League, league
from api.insights.network_stats import published_aggregates
from api.insights.overview import Overview, overview
from api.insights.own_branch.improve import Improvement, improvement
from api.insights.own_branch.score import Beside, said_of_others
from api.insights.periods import Period
from api.insights.queries import require_metric, require_touchpoint, touchpoint_rows
from api.insights.sight import branches_of
from api.insights.trend import RollingTrend, rolling_trend
from api.insights.unit import Touchpoint, TouchpointFigure, unit_page
from api.insights.warnings.reading import Warnings, early_warnings, judged_months
from api.insights.why import Why, why
from api.plans.effect import Effect, effect_of
from api.plans.service import list_plans
from api.reports.content.blocks import Kind, Names
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets.measures import LoopMeasures, measure_days
from api.tickets.published import loop_in_force
from api.tickets.queries import TicketCounts, ticket_counts
from scoring.scales import Kind as Scored

TREND = timedelta(weeks=52)
MOST_PLANS = 8


@dataclass(frozen=True, slots=True)
class Stop:
    """A touchpoint of the journey, beside the widest unit above that may be told."""

    figure: TouchpointFigure
    usual: Beside | None


@dataclass(frozen=True, slots=True)
class Loop:
    """Tickets of the period, those that stand open now, and what causes are called."""

    measures: LoopMeasures
    counts: TicketCounts
    causes: dict[str, Names]


@dataclass(frozen=True, slots=True)
class Worked:
    """A plan of action, its actions that are late, and what came of it so far."""

    title: str
    unit: Node
    started_on: date
    late: int
    effect: Effect
    kind: Kind  # of the metric's numbers


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report chooses from."""

    unit: Node
    period: Period
    seen: Overview
    above: list[Beside]
    trend: RollingTrend
    table: League
    own: Why | None
    nodes: dict[int, Node]
    moved: list[PartChange]
    journey: list[Stop]
    drivers: DriverMatrix | None
    improvement: Improvement | None
    warnings: Warnings | None
    comments: list[Comment] | None
    comment_count: int
    touchpoints: dict[str, Touchpoint]
    loop: Loop | None = None
    plans: list[Worked] = field(default_factory=list)
    indices: IndexTree | None = None

    @property
    def figure(self) -> Figure:
        """The score of the period."""
        return self.seen.figure


def read_facts(
    session: Session, viewer: Viewer, unit: Node, period: Period, metric: str, *, now: datetime
) -> Facts:
    """What there is to say of ``unit``; raises NotFound outside the viewer's scope."""
    code, branch = unit.code, unit.is_branch
    below = branches_of(viewer, unit)
    year = Period(min(period.start, period.end - TREND), period.end)
    seen = overview(session, viewer, metric, period, now=now, unit=code)
    comments, count = _comments(session, viewer, unit, period, metric)
    table = league(session, viewer, metric, period, now=now, unit=code)
    return Facts(
        unit=unit,
        period=period,
        seen=seen,
        above=said_of_others(viewer, seen.above, seen.figure),
        trend=rolling_trend(session, viewer, metric, year, unit=code),
        table=table,
        own=why(session, viewer, metric, period, now=now, unit=code)
        if branch and table.rows
        else None,
        nodes={row.branch_id: viewer.hierarchy.nodes[row.branch_id] for row in table.rows},
        moved=[] if branch else branch_changes(session, viewer, metric, period, below),
        journey=_journey(session, viewer, unit, period, metric),
        drivers=None if branch else drivers(session, viewer, metric, period, unit=code),
        improvement=improvement(session, viewer, metric, period, unit=code) if branch else None,
        warnings=_warnings(session, viewer, unit, period, metric, now=now),
        comments=comments,
        comment_count=count,
        touchpoints=_touchpoints(session),
        loop=_loop(session, viewer, unit, period, now=now),
        plans=_plans(session, viewer, unit, now),
        indices=index_tree(session, viewer, period, unit=code),
    )


def _comments(
    session: Session, viewer: Viewer, unit: Node, period: Period, metric: str
) -> tuple[list[Comment] | None, int]:
    """The newest comments of the unhappy, then of the happy; None where they are not to be read."""
    if not viewer.may(Permission.VIEW_COMMENTS, unit.id):
        return None, 0
    wanted = Wanted(period, metric, unit=unit.code, scored=True)
    kind = require_metric(session, metric).kind
    low = Wanted(period, metric, unit=unit.code, highest=6) if kind.value == "nps" else wanted
    high = Wanted(period, metric, unit=unit.code, lowest=9) if kind.value == "nps" else wanted
    found = {
        (one.response_id, one.question): one
        for chosen in (low, high)
        for one in list_comments(session, viewer, chosen, limit=PAGE).items
    }
    every = Wanted(period, metric, unit=unit.code)
    return list(found.values()), count_comments(session, viewer, every)


def _journey(
    session: Session, viewer: Viewer, unit: Node, period: Period, metric: str
) -> list[Stop]:
    page = unit_page(session, viewer, unit.code, period, metric=metric)
    return [Stop(one, _usual(session, viewer, unit, period, one)) for one in page.touchpoints]


def _usual(
    session: Session, viewer: Viewer, unit: Node, period: Period, own: TouchpointFigure
) -> Beside | None:
    place = require_touchpoint(session, own.touchpoint.code)
    listed = published_aggregates(session, viewer, own.metric, period, unit.id, touchpoint=place)
    told = said_of_others(viewer, listed, own.figure)
    return told[-1] if told else None


def _touchpoints(session: Session) -> dict[str, Touchpoint]:
    return {
        row.code: Touchpoint(row.code, row.stage, row.name_zh, row.name_en)
        for row in touchpoint_rows(session)
    }


def _warnings(
    session: Session, viewer: Viewer, unit: Node, period: Period, metric: str, *, now: datetime
) -> Warnings | None:
    """Of the newest judged month that touches the period."""
    last = (period.end - timedelta(days=1)).replace(day=1)
    judged = [one for one in judged_months(session, metric) if _within(one, period, last)]
    if not judged:
        return None
    return early_warnings(session, viewer, metric, max(judged), now=now, unit=unit.code)


def _within(month: date, period: Period, last: date) -> bool:
    return period.start.replace(day=1) <= month <= last


def _loop(
    session: Session, viewer: Viewer, unit: Node, period: Period, *, now: datetime
) -> Loop | None:
    """None where the viewer reads no comments, and so no tickets."""
    if not viewer.may(Permission.VIEW_COMMENTS, unit.id):
        return None
    rules = loop_in_force(session)
    causes = () if rules is None else rules.loop.causes
    days = (period.start, period.end)
    return Loop(
        measures=measure_days(session, viewer, unit.code, days, now)[0],
        counts=ticket_counts(session, viewer, unit.code, now=now),
        causes={one.code: Names(one.name("zh"), one.name("en")) for one in causes},
    )


def _plans(session: Session, viewer: Viewer, unit: Node, now: datetime) -> list[Worked]:
    """The newest plans of the unit and below it that were not dropped."""
    listed = list_plans(session, viewer, unit=unit.code, statuses=("open", "done"))
    return [
        Worked(
            title=one.row.title,
            unit=one.unit,
            started_on=one.row.started_on,
            late=one.overdue(now.date()),
            effect=(effect := effect_of(session, viewer.hierarchy, one.row, one.measured, now)),
            kind="mark" if effect.metric.kind is Scored.MEAN else "score",
        )
        for one in listed[:MOST_PLANS]
    ]
