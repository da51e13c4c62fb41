"""The league table as the page shows it: rows of `api.insights.league`, with what they lack."""

from dataclasses import dataclass
from typing import Any

from api.insights.league import League, LeagueRow, league
from dashboard.address import Page
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric
from scoring.tiers import DEFAULT_THRESHOLDS


@dataclass(frozen=True)
class LeagueView:
    """One league table."""

    metric: Metric
    period: str
    rows: list[dict[str, Any]]
    ranked: int
    apart: int
    answers: int
    pending: bool
    version: int
    elsewhere: Link | None = None
    rank_from: int = DEFAULT_THRESHOLDS.rank

    @property
    def is_empty(self) -> bool:
        """True when no branch has an answer."""
        return all(row["n"] == 0 for row in self.rows)


def league_view(sitting: Sitting) -> LeagueView | None:
    """The table that the address asks for; None while nothing can be counted yet."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    found = read_league(sitting, metric.code)
    ranked = [row for row in found.rows if row.ranked]
    empty = all(row.n == 0 for row in found.rows)
    return LeagueView(
        metric=metric,
        period=days_text(sitting.say, shown_period(sitting)),
        rows=[_row(sitting, row) for row in found.rows],
        ranked=len(ranked),
        apart=len(found.rows) - len(ranked),
        answers=sum(row.n or 0 for row in found.rows),
        pending=found.ranks_pending,
        version=found.data_version,
        elsewhere=elsewhere(sitting, metric.code, sitting.address.unit) if empty else None,
    )


def read_league(sitting: Sitting, metric: str) -> League:
    """The table behind the page, for the address's unit, period and touchpoint."""
    return league(
        sitting.session,
        sitting.viewer,
        metric,
        shown_period(sitting),
        now=sitting.now,
        unit=sitting.address.unit,
        touchpoint=sitting.address.touchpoint,
    )


def _row(sitting: Sitting, row: LeagueRow) -> dict[str, Any]:
    region = sitting.viewer.hierarchy.region_of(row.branch_id)
    return {
        **row.as_dict(),
        "region": region.name(sitting.language) if region else None,
        "href": sitting.address.to(Page.UNIT, row.unit_code).href,
        "tier": row.tier,
        "lacks": None if row.ranked else _lacks(sitting, row),
    }


def _lacks(sitting: Sitting, row: LeagueRow) -> str:
    if row.n is None:
        return sitting.say("league.lacks_hidden", count=DEFAULT_THRESHOLDS.count)
    return sitting.say("league.lacks", missing=DEFAULT_THRESHOLDS.rank - row.n)
