"""The league table: branches by score, with what chance leaves open.

Statistics do not depend on the viewer: they come from the table that a worker stored over the
whole comparison set, if there is one of the present data version. Until then the table is asked
for, scores and intervals come from cells, the rest is None and ``ranks_pending``. Rows are cut to
the viewer's scope.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from api.insights.figures import NOTHING, Figure, figures_of, shown_count
from api.insights.league_rows import ROW_COLUMNS, LeagueRow, in_table_order
from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms, own_branches, pooled_spread
from api.insights.periods import Period
from api.insights.queries import (
    Filters,
    StoredTable,
    TableName,
    histograms,
    metric_version,
    require_metric,
    require_touchpoint,
    stored_rows,
    stored_table,
)
from api.insights.repository import request_table
from api.insights.sight import branches_of, scored_branches
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scoring.tiers import Tier

__all__ = ["NETWORK", "ROW_COLUMNS", "League", "LeagueRow", "comparison_set", "league"]

NETWORK = "network"
_STORED_COLUMNS = (
    *("adjusted", "adjusted_low", "adjusted_high", "shrunk", "rank", "rank_low", "rank_high"),
    *("band", "change", "change_is_noise", "p_top", "tied_above", "simultaneous_low"),
    *("simultaneous_high", "marginal_low", "marginal_high", "peer_group"),
)
_READS = 3  # how often a table is read again when counts change meanwhile


@dataclass(frozen=True, slots=True)
class League:
    """A league table as one viewer sees it."""

    metric: str
    start: date
    end: date
    unit: str | None
    as_of: datetime
    comparison_set: str
    ranks_pending: bool
    data_version: int
    rows: list[LeagueRow]

    def as_dict(self) -> dict[str, Any]:
        """The contract's document; ``from`` and ``to`` are the first and the last day."""
        return {
            "metric": self.metric,
            "from": self.start.isoformat(),
            "to": (self.end - timedelta(days=1)).isoformat(),
            "unit": self.unit,
            "as_of": self.as_of.isoformat(),
            "comparison_set": self.comparison_set,
            "ranks_pending": self.ranks_pending,
            "rows": [row.as_dict() for row in self.rows],
        }


def league(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    now: datetime,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> League:
    """The table of ``metric`` over a half-open period, for the viewer's branches under ``unit``.

    ``unit`` and ``touchpoint`` are codes. Raises NotFound for a metric, unit or touchpoint that is
    not there or not the viewer's to see.
    """
    info = require_metric(session, metric)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    name = TableName(metric, period, comparison_set(touchpoint))
    version, stored, rows = _read(session, _Wanted(viewer, info, name, branches, place))
    return League(
        metric=metric,
        start=period.start,
        end=period.end,
        unit=unit,
        as_of=now,
        comparison_set=name.comparison_set,
        ranks_pending=stored is None and version > 0,
        data_version=version,
        rows=rows,
    )


def comparison_set(touchpoint: str | None) -> str:
    """The name of the set that branches are compared in: the network, perhaps at a touchpoint."""
    return NETWORK if touchpoint is None else f"{NETWORK}/{touchpoint}"


def table_version(session: Session, metric: str, period: Period) -> int:
    """The data version of a table: of its period and the one before, which the change needs."""
    return metric_version(session, metric, Period(period.before().start, period.end))


@dataclass(frozen=True, slots=True)
class _Wanted:
    viewer: Viewer
    metric: MetricInfo
    name: TableName
    branches: frozenset[int]
    touchpoint: int | None


def _read(session: Session, wanted: _Wanted) -> tuple[int, StoredTable | None, list[LeagueRow]]:
    """Version, stored table and rows of one and the same moment, however busy the folding is."""
    code, period = wanted.metric.code, wanted.name.period
    version = table_version(session, code, period)
    for _ in range(_READS):
        ready = _ready_table(session, wanted.name, version)
        rows = _rows(session, wanted, ready)
        before, version = version, table_version(session, code, period)
        if before == version:
            return version, ready, rows
    return version, None, _rows(session, wanted, None)


def _ready_table(session: Session, name: TableName, version: int) -> StoredTable | None:
    """The stored table of that data version; asks the workers for it if there is none."""
    if version == 0:
        return None
    stored = stored_table(session, name, version)
    if stored is None:
        request_table(session, name, version)
    return stored if stored is not None and stored.state == "ready" else None


def _rows(session: Session, wanted: _Wanted, ready: StoredTable | None) -> list[LeagueRow]:
    stored = stored_rows(session, ready.id) if ready is not None else {}
    if ready is not None:
        figures = {branch: _stored_figure(row) for branch, row in stored.items()}
    else:
        figures = _counted_figures(session, wanted)
    rows = [
        _row(wanted.viewer, node, figures.get(node.id, NOTHING), stored.get(node.id))
        for node in _shown_nodes(wanted, figures.keys())
    ]
    return sorted(rows, key=in_table_order)


def _stored_figure(row: Row[Any]) -> Figure:
    n = row.n if row.tier != "hidden" else shown_count(row.n, Tier.HIDDEN)
    return Figure(n, row.score, row.low, row.high, row.tier)


def _counted_figures(session: Session, wanted: _Wanted) -> dict[int, Figure]:
    """Figures from cells, as the transaction's scope shows them."""
    metric, period, place = wanted.metric, wanted.name.period, wanted.touchpoint
    opened = own_branches(session)
    if opened is None or opened >= wanted.viewer.hierarchy.branch_ids:
        # Nothing to hide, and checking a thousand branches row by row would double the time.
        found = network_histograms(session, metric, period, place)
    else:
        found = histograms(session, metric, period, filters=Filters(touchpoint=place))
    figures = figures_of(found.counts, metric, pooled_spread(session, metric, period, place))
    return {key[0]: figure for key, figure in zip(found.keys, figures, strict=True)}


def _shown_nodes(wanted: _Wanted, answered: Collection[int]) -> list[Node]:
    """Branches that were open in the period or have answers of it."""
    nodes, period = wanted.viewer.hierarchy.nodes, wanted.name.period
    return [
        node
        for node in (nodes[branch] for branch in wanted.branches if branch in nodes)
        if node.id in answered
        or (
            (node.opened_on is None or node.opened_on < period.end)
            and (node.closed_on is None or node.closed_on > period.start)
        )
    ]


def _row(viewer: Viewer, node: Node, figure: Figure, stored: Row[Any] | None) -> LeagueRow:
    return LeagueRow(
        branch_id=node.id,
        unit_code=node.code,
        unit_name=node.name(viewer.language),
        n=figure.n,
        score=figure.score,
        low=figure.low,
        high=figure.high,
        ranked=figure.tier == "ranked",
        tier=figure.tier,
        **{name: getattr(stored, name, None) for name in _STORED_COLUMNS},
    )
