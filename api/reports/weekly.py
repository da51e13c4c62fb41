"""The weekly ranking of one unit's branches, as values: built for a viewer, rendered elsewhere.

Every figure is the network-wide table's (api.insights); this module only cuts and orders. The
week itself is told as counts, never as a rank.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.errors import NotAllowed, NotFound
from api.insights.changes import branch_changes
from api.insights.league import league
from api.insights.periods import Period, full_weeks
from api.insights.sight import scored_branches
from api.insights.warnings.judging import months_before
from api.insights.warnings.reading import BranchWarning, alerted, early_warnings
from api.reports.choosing import is_silent, steps, worth_reading
from api.reports.overdue import Overdue, overdue_of
from api.reports.ranking_rows import Lately, RankingRow, Step, Voiced
from api.reports.repository import weekly as repository
from api.reports.repository.weekly import WeekCounts
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer

METRIC = "nps"
VOICES = 3
_LOOKED_THROUGH = 60  # comments, of which these are chosen
NO_WEEK = WeekCounts(0, 0, 0)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class WeeklyRanking:
    """What a regional manager gets on Monday morning.

    ``movers`` changed by more than chance does among all that are compared, ``compared`` many.
    ``warned_month`` None: no branch has months enough to be judged.
    ``whole``: every branch of the unit is the reader's, so that it may be called by its name.
    """

    unit: Node
    period: Period
    before: Period
    week: Period
    as_of: datetime
    ranks_pending: bool
    ranked: list[RankingRow]
    apart: list[RankingRow]
    movers: list[RankingRow]
    compared: int
    warnings: list[BranchWarning]
    warned_month: date | None
    overdue: Overdue
    voices: list[Voiced]
    steps: list[Step]

    @property
    def beyond_noise(self) -> int:
        """Branches whose change, looked at by itself, is more than noise."""
        lines = (*self.ranked, *self.apart)
        return sum(line.row.change is not None and not line.row.change_is_noise for line in lines)

    @property
    def week_total(self) -> WeekCounts:
        """The week of all branches together."""
        weeks = [line.week for line in (*self.ranked, *self.apart)]
        return WeekCounts(
            sum(week.answers for week in weeks),
            sum(week.detractors for week in weeks),
            sum(week.comments for week in weeks),
        )


def ranking_period(session: Session, before: date, weeks: int | None = None) -> Period:
    """The full weeks that a ranking looks at (13, unless it or the network is set otherwise)."""
    network = repository.read_network(session)
    if network is None:
        raise NotFound(network="")
    return full_weeks(weeks or network.ranking_weeks, before)


def zone_of(session: Session, viewer: Viewer, unit: Node) -> ZoneInfo:
    """The time zone of a unit: its own or that of the nearest above, else the network's."""
    network = repository.read_network(session)
    default = "UTC" if network is None else network.default_timezone
    return ZoneInfo(viewer.hierarchy.timezone(unit.id, default))


def weekly_ranking(
    session: Session,
    viewer: Viewer,
    unit: Node,
    *,
    before: date,
    now: datetime,
    weeks: int | None = None,
) -> WeeklyRanking:
    """The ranking of the viewer's branches under ``unit`` over the full weeks before ``before``.

    ``unit`` is one that `api.reports.subscriptions.subject_of` found. Raises NotAllowed where
    none of its branches' scores are the viewer's to read.
    """
    period, week = ranking_period(session, before, weeks), full_weeks(1, before)
    below = frozenset(node.id for node in viewer.hierarchy.branches_under(unit.id))
    branches = below & scored_branches(viewer)
    if below and not branches:
        raise NotAllowed(permission=Permission.VIEW_SCORES)
    code = unit.code if viewer.sees_unit(unit.id) else None
    table = league(session, viewer, METRIC, period, now=now, unit=code)
    ids = [row.branch_id for row in table.rows if row.branch_id in branches]
    counts = repository.week_counts(session, ids, METRIC, week.start, week.end)
    lines = [
        RankingRow(row, counts.get(row.branch_id, NO_WEEK))
        for row in table.rows
        if row.branch_id in branches and not _is_gone(viewer, row.branch_id, period)
    ]
    moved = branch_changes(session, viewer, METRIC, period, frozenset(ids))
    real = {one.unit.id for one in moved if not one.is_noise}
    movers = sorted(
        (line for line in lines if line.row.branch_id in real and line.row.change is not None),
        key=lambda line: (-abs(line.row.change or 0), line.row.unit_code),
    )
    found = early_warnings(session, viewer, METRIC, None, now=now, unit=code)
    warnings = [one for one in found.rows if one.level and one.branch_id in branches]
    overdue = overdue_of(session, viewer, code, now)
    alerts = [one.branch_id for one in warnings if one.level == "alert"]
    lately = Lately(
        monthly=week.end.day <= 7,
        alerted=alerted(session, METRIC, months_before(found.month, 1), alerts),
        moved=_moved_before(session, viewer, period, frozenset(ids)) if movers else frozenset(),
        quiet=_often_quiet(session, period, week, lines),
    )
    return WeeklyRanking(
        unit=unit,
        period=period,
        before=period.before(),
        week=week,
        as_of=table.as_of.astimezone(zone_of(session, viewer, unit)),
        ranks_pending=table.ranks_pending,
        ranked=[line for line in lines if line.row.ranked],
        apart=[line for line in lines if not line.row.ranked],
        movers=movers,
        compared=len(moved),
        warnings=warnings,
        warned_month=found.month if found.judged else None,
        overdue=overdue,
        voices=_voices(session, viewer, ids, week, {one.branch_id for one in warnings}),
        steps=steps(lines, movers, warnings, overdue, lately),
    )


def _moved_before(
    session: Session, viewer: Viewer, period: Period, branches: frozenset[int]
) -> frozenset[int]:
    """Who had moved a week ago already, among as many."""
    earlier = Period(period.start - _WEEK, period.end - _WEEK)
    moved = branch_changes(session, viewer, METRIC, earlier, branches)
    return frozenset(one.unit.id for one in moved if not one.is_noise)


def _often_quiet(
    session: Session, period: Period, week: Period, lines: list[RankingRow]
) -> frozenset[int]:
    """Which of the branches without answers in the week had none in others of the period."""
    silent = [line.row.branch_id for line in lines if is_silent(line)]
    if not silent:
        return frozenset()
    before = (week.start - period.start) // _WEEK
    weeks = repository.answered_weeks(session, silent, METRIC, period.start, week.start)
    return frozenset(one for one in silent if weeks.get(one, 0) < before)


def _voices(
    session: Session, viewer: Viewer, branches: list[int], week: Period, warned: set[int]
) -> list[Voiced]:
    """The week's comments that are worth reading, of branches whose comments the viewer reads."""
    readable = scored_branches(viewer, Permission.VIEW_COMMENTS) & set(branches)
    days = (week.start, week.end)
    found = repository.week_voices(session, readable, METRIC, days, _LOOKED_THROUGH)
    nodes = viewer.hierarchy.nodes
    return worth_reading([Voiced(nodes[one.branch_id], one) for one in found], warned, VOICES)


def _is_gone(viewer: Viewer, branch: int, period: Period) -> bool:
    closed = viewer.hierarchy.nodes[branch].closed_on
    return closed is not None and closed <= period.start
