"""The league table: branches by score, with what chance leaves open.

Statistics do not depend on the viewer: they come from the table that a worker stored over the
whole comparison set, if there is one of the present data version. Until then the table is asked
for, scores and intervals come from cells, the rest is None and ``ranks_pending``. Rows are cut to
the viewer's scope.
"""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlmodel import Session

from api.insights.comparison import NETWORK, comparison_set
from api.insights.figures import NOTHING, Figure, figures_of
from api.insights.indices import IndexInfo, index_figures
from api.insights.league_compute import table_version
from api.insights.league_rows import ROW_COLUMNS, STORED_COLUMNS, LeagueRow, in_table_order
from api.insights.measures import Measure, require_measure
from api.insights.network_stats import network_histograms, own_branches, pooled_spread
from api.insights.periods import Period
from api.insights.queries import (
    Filters,
    StoredTable,
    TableName,
    histograms,
    newest_ready,
    require_touchpoint,
    stored_rows,
)
from api.insights.repository import request_table
from api.insights.sight import branches_of, scored_branches
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scoring.tiers import Tier

__all__ = ["NETWORK", "ROW_COLUMNS", "League", "LeagueRow", "comparison_set", "league"]

RENEWED_AFTER = 30
"""Seconds after which a table of older data is computed anew when somebody looks."""
SHOWN_FOR = 60
"""Seconds for which a table of older data is shown, with the moment of its counts."""
_HIDDEN = Tier.HIDDEN.name.lower()
_READS = 3  # how often a table is read again when counts change meanwhile


@dataclass(frozen=True, slots=True)
class League:
    """A league table as one viewer sees it.

    ``data_version`` is that of the counts now. While a table of older data is still shown
    (``behind``), ``as_of`` says when its counts were read. ``table`` is the stored table.
    """

    metric: str
    start: date
    end: date
    unit: str | None
    as_of: datetime
    comparison_set: str
    ranks_pending: bool
    data_version: int
    rows: list[LeagueRow]
    behind: bool = False
    table: StoredTable | None = None

    def as_json(self) -> bytes:
        """The document as JSON."""
        return orjson.dumps(self.as_dict())

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
    peers: bool = False,
) -> League:
    """The table of ``metric`` over a half-open period, for the viewer's branches under ``unit``.

    ``unit`` and ``touchpoint`` are codes; with ``peers`` branches are compared within their peer
    group. Raises NotFound for a metric, unit or touchpoint that is
    not there or not the viewer's to see.
    """
    measure = require_measure(session, metric, period)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    name = TableName(metric, period, comparison_set(touchpoint, peers=peers))
    version, stored, rows = _read(session, _Wanted(viewer, measure, name, branches, place))
    behind = stored is not None and stored.data_version < version
    return League(
        metric=metric,
        start=period.start,
        end=period.end,
        unit=unit,
        as_of=(stored.computed_at if stored and behind else None) or now,
        comparison_set=name.comparison_set,
        ranks_pending=stored is None and version > 0,
        data_version=version,
        rows=rows,
        behind=behind,
        table=stored,
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    viewer: Viewer
    measure: Measure
    name: TableName
    branches: frozenset[int]
    touchpoint: int | None


def _read(session: Session, wanted: _Wanted) -> tuple[int, StoredTable | None, list[LeagueRow]]:
    """The present version, the table that is served, and rows all of one data version."""
    version = table_version(session, wanted.name)
    for _ in range(_READS):
        table = served_table(session, wanted.name, version)
        if table is None:
            break
        stored = stored_rows(session, table.id)
        if stored is not None:  # else a newer table has just taken its place
            return version, table, _rows(wanted, stored)
    return version, None, _pending_rows(session, wanted)


def served_table(session: Session, name: TableName, version: int) -> StoredTable | None:
    """The table to show; asks the workers for the present one where that is due.

    One of older data is shown while it is young: where answers come every second, a table that
    must be of the very newest would never be seen.
    """
    if version == 0:
        return None
    newest = newest_ready(session, name)
    if newest is not None and newest.data_version == version:
        return newest
    age = math.inf if newest is None or newest.age_seconds is None else newest.age_seconds
    if age >= RENEWED_AFTER:
        request_table(session, name, version)
    return newest if age < SHOWN_FOR else None


def _pending_rows(session: Session, wanted: _Wanted) -> list[LeagueRow]:
    figures = _counted_figures(session, wanted)
    known = {branch: _of_figure(figure) for branch, figure in figures.items()}
    return _in_order(wanted, known, set(figures))


def _rows(wanted: _Wanted, stored: Mapping[int, Sequence[Any]]) -> list[LeagueRow]:
    known = {branch: _without_hidden(columns) for branch, columns in stored.items()}
    return _in_order(wanted, known, set(stored))


def _in_order(
    wanted: _Wanted, known: Mapping[int, Sequence[Any]], answered: AbstractSet[int]
) -> list[LeagueRow]:
    """A row of every branch to be shown: its names, then `STORED_COLUMNS` as they are known."""
    english = wanted.viewer.language == "en"
    rows = [
        LeagueRow(
            node.id,
            node.code,
            node.name_en if english else node.name_zh,
            *known.get(node.id, _NO_ANSWERS),
        )
        for node in _shown_nodes(wanted, answered)
    ]
    return sorted(rows, key=in_table_order)


_TOLD = ("n", "score", "low", "high", "tier", "ranked")
_PLACES = tuple(_TOLD.index(name) if name in _TOLD else None for name in STORED_COLUMNS)


def _of_figure(figure: Figure) -> Sequence[Any]:
    """What is known of a branch while its table is computed."""
    ranked = figure.tier == "ranked"
    told = (figure.n, figure.score, figure.low, figure.high, figure.tier, ranked)
    return [None if place is None else told[place] for place in _PLACES]


_NO_ANSWERS = _of_figure(NOTHING)
_N, _TIER = STORED_COLUMNS.index("n"), STORED_COLUMNS.index("tier")


def _without_hidden(columns: Sequence[Any]) -> Sequence[Any]:
    """A stored row without a count that may not be told."""
    if columns[_TIER] != _HIDDEN or columns[_N] == 0:
        return columns
    return [None if place == _N else value for place, value in enumerate(columns)]


def _counted_figures(session: Session, wanted: _Wanted) -> dict[int, Figure]:
    """Figures from cells, as the transaction's scope shows them."""
    measure, period, place = wanted.measure, wanted.name.period, wanted.touchpoint
    opened = own_branches(session)
    if isinstance(measure, IndexInfo):
        return index_figures(session, measure, period, place)
    if opened is None or opened >= wanted.viewer.hierarchy.branch_ids:
        # Nothing to hide, and checking a thousand branches row by row would double the time.
        found = network_histograms(session, measure, period, place)
    else:
        found = histograms(session, measure, period, filters=Filters(touchpoint=place))
    figures = figures_of(found.counts, measure, pooled_spread(session, measure, period, place))
    return {key[0]: figure for key, figure in zip(found.keys, figures, strict=True)}


def _shown_nodes(wanted: _Wanted, answered: AbstractSet[int]) -> list[Node]:
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
