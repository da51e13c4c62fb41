"""The weekly ranking of one unit's branches, as values: built for a viewer, rendered elsewhere.

Every figure is the network-wide table's (api.insights); this module only cuts and orders. The
week itself is told as counts, never as a rank.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from sqlmodel import Session

from api.core.errors import NotFound
from api.insights.league import LeagueRow, league
from api.insights.periods import Period, full_weeks
from api.reports import repository
from api.reports.repository import Voice, WeekCounts
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scoring.tiers import answers_lacking

METRIC = "nps"
VOICES = 5


@dataclass(frozen=True)
class RankingRow:
    """A branch's line: its row of the network-wide table, and its week."""

    row: LeagueRow
    week: WeekCounts

    @property
    def lacking(self) -> int:
        """Answers still missing for a place in the table."""
        return int(answers_lacking(np.array(self.row.n or 0)))


@dataclass(frozen=True)
class WeeklyRanking:
    """What a regional manager gets on Monday morning."""

    unit: Node
    period: Period
    before: Period
    week: Period
    as_of: datetime
    ranks_pending: bool
    ranked: list[RankingRow]
    apart: list[RankingRow]
    voices: list[tuple[Node, Voice]]

    @property
    def week_total(self) -> WeekCounts:
        """The week of all branches together."""
        weeks = [line.week for line in (*self.ranked, *self.apart)]
        return WeekCounts(
            sum(week.answers for week in weeks),
            sum(week.detractors for week in weeks),
            sum(week.comments for week in weeks),
        )


def ranking_period(session: Session, before: date) -> Period:
    """The full weeks that rankings look at (13, unless the network is set otherwise)."""
    network = repository.read_network(session)
    if network is None:
        raise NotFound(network="")
    return full_weeks(network.ranking_weeks, before)


def weekly_ranking(
    session: Session, viewer: Viewer, unit: Node, *, before: date, now: datetime
) -> WeeklyRanking:
    """The ranking of ``unit``'s branches over the full weeks before ``before``."""
    viewer.require_unit(unit.id)
    period = ranking_period(session, before)
    week = full_weeks(1, before)
    table = league(session, viewer, METRIC, period, now=now, unit=unit.code)
    branches = [row.branch_id for row in table.rows]
    weeks = repository.week_counts(session, branches, METRIC, week.start, week.end)
    lines = [
        RankingRow(row, weeks.get(row.branch_id, WeekCounts(0, 0, 0)))
        for row in table.rows
        if not _is_gone(viewer.hierarchy.nodes[row.branch_id], period)
    ]
    voices = repository.week_voices(session, branches, METRIC, (week.start, week.end), VOICES)
    return WeeklyRanking(
        unit=unit,
        period=period,
        before=period.before(),
        week=week,
        as_of=table.as_of,
        ranks_pending=table.ranks_pending,
        ranked=[line for line in lines if line.row.ranked],
        apart=[line for line in lines if not line.row.ranked],
        voices=[(viewer.hierarchy.nodes[voice.branch_id], voice) for voice in voices],
    )


def _is_gone(branch: Node, period: Period) -> bool:
    return branch.closed_on is not None and branch.closed_on <= period.start
