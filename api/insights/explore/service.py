"""A metric by two dimensions: a figure in each cell, its totals, and what stands out.

Every cell obeys the rules of suppression, and no hidden one can be worked out from the totals
beside it. Whether a cell stands out is judged against the rest of its column, for all cells of
the table together.
"""

from dataclasses import dataclass

import numpy as np
from sqlmodel import Session

from api.core.errors import NotAllowed
from api.insights.cuts import ADVISORS
from api.insights.explore.dimensions import Asked, Dimension, Only, Value, buckets
from api.insights.explore.errors import TooManyCells
from api.insights.explore.hiding import hidden_cells
from api.insights.explore.queries import Wanted, counted
from api.insights.explore.values import COLUMN, Found, values_of
from api.insights.figures import Figure, figures_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.queries import Filters, Histograms, require_metric, require_touchpoint
from api.insights.sight import branches_of, scored_branches, some_branches
from api.insights.suppression import KEPT_BACK
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from scoring.arrays import Counts, Flags, Floats
from scoring.change import chance_of
from scoring.scores import score_counts
from scoring.tiers import DEFAULT_THRESHOLDS
from scoring.warnings import benjamini_hochberg

MOST_CELLS = 20_000
FALSE_SHARE = 0.05
"""Of the cells said to stand out at most this share is expected to do so by chance alone."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure; ``apart`` is its score less that of the rest of its column, where both are told,
    ``clear`` whether that is more than chance.
    """

    figure: Figure
    apart: float | None = None
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A metric by rows and columns; totals pool the answers of their line."""

    asked: Asked
    unit: Node | None
    metric: MetricInfo
    rows: list[Value]
    columns: list[Value]
    cells: list[list[Cell]]
    row_totals: list[Figure]
    column_totals: list[Figure]
    whole: Figure

    @property
    def compared(self) -> int:
        """Cells that were compared with the rest of their column."""
        return sum(cell.apart is not None for row in self.cells for cell in row)

    @property
    def clear(self) -> int:
        """Cells that stand out from the rest of their column."""
        return sum(cell.clear for row in self.cells for cell in row)


def explore(session: Session, viewer: Viewer, asked: Asked) -> Table:
    """The table; raises NotFound for what is not there or not the viewer's, Invalid for dimensions
    that do not go together, TooManyCells.
    """
    metric = require_metric(session, asked.metric)
    node, branches = _whose(viewer, asked.unit)
    asked.check(node)
    place = None if asked.touchpoint is None else require_touchpoint(session, asked.touchpoint)
    days = buckets(asked.both, asked.period)
    wanted = Wanted(
        metric=metric,
        buckets=days,
        columns=sorted({COLUMN[one] for one in asked.both if one in COLUMN}),
        cuts=asked.cuts,
        filters=Filters(some_branches(viewer, branches), place),
    )
    if len(days) > MOST_CELLS:
        raise TooManyCells(most=MOST_CELLS)
    found = _narrowed(counted(session, wanted), wanted, asked.only)
    read = Found(viewer, node, branches, days, found, ("bucket", *wanted.columns, *wanted.cuts))
    (rows, row_at), (columns, column_at) = (values_of(session, one, read) for one in asked.both)
    if len(rows) * len(columns) > MOST_CELLS:
        raise TooManyCells(most=MOST_CELLS)
    counts = np.zeros((len(rows), len(columns), metric.scale.bins), dtype=np.int64)
    # What is of no value here belongs to no cell: imported counts, for instance, to no touchpoint.
    known = (row_at >= 0) & (column_at >= 0)
    np.add.at(counts, (row_at[known], column_at[known]), found.counts[known])
    spread = pooled_spread(session, metric, asked.period, place)
    return _told(asked, metric, counts, node=node, rows=rows, columns=columns, spread=spread)


def _whose(viewer: Viewer, unit: str | None) -> tuple[Node | None, frozenset[int]]:
    """The unit and its branches; of all that the viewer sees, it is the only branch if there is."""
    if unit is not None:
        node = viewer.require_unit_code(unit)
        return node, branches_of(viewer, node)
    branches = scored_branches(viewer)
    if not branches:
        raise NotAllowed(permission=Permission.VIEW_SCORES)
    alone = viewer.hierarchy.nodes.get(min(branches)) if len(branches) == 1 else None
    return alone, branches


def _narrowed(found: Histograms, wanted: Wanted, only: Only | None) -> Histograms:
    """What has the only value that is wanted of a cut."""
    if only is None:
        return found
    place = 1 + len(wanted.columns) + list(wanted.cuts).index(only.cut)
    kept = [index for index, key in enumerate(found.keys) if key[place] == only.value]
    return Histograms([found.keys[index] for index in kept], found.counts[kept])


def _told(
    asked: Asked,
    metric: MetricInfo,
    counts: Counts,
    *,
    node: Node | None,
    rows: list[Value],
    columns: list[Value],
    spread: float | None,
) -> Table:
    thresholds = ADVISORS if Dimension.ADVISOR in asked.cuts else DEFAULT_THRESHOLDS
    whole = _with_totals(counts)
    hidden = hidden_cells(counts.sum(axis=-1), thresholds)
    figures = _figures(whole, hidden, metric, spread)
    cells = _compared(figures, counts, hidden, metric, spread)
    return Table(
        asked=asked,
        unit=node,
        metric=metric,
        rows=rows,
        columns=columns,
        cells=cells,
        row_totals=[line[-1] for line in figures[:-1]],
        column_totals=figures[-1][:-1],
        whole=figures[-1][-1],
    )


def _with_totals(counts: Counts) -> Counts:
    rows = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    found: Counts = np.concatenate([rows, rows.sum(axis=0, keepdims=True)], axis=0)
    return found


def _figures(
    counts: Counts, hidden: Flags, metric: MetricInfo, spread: float | None
) -> list[list[Figure]]:
    lines, columns, bins = counts.shape
    flat = figures_of(counts.reshape(-1, bins), metric, spread)
    kept = [KEPT_BACK if one else figure for figure, one in zip(flat, hidden.flat, strict=True)]
    return [kept[line * columns : (line + 1) * columns] for line in range(lines)]


def _compared(
    figures: list[list[Figure]],
    counts: Counts,
    hidden: Flags,
    metric: MetricInfo,
    spread: float | None,
) -> list[list[Cell]]:
    """Each cell with how it stands to the rest of its column."""
    rest = counts.sum(axis=0, keepdims=True) - counts
    told = _both_told(counts, rest, hidden)
    apart = _scores(counts, metric, spread) - _scores(rest, metric, spread)
    chance = chance_of(counts, rest, metric.kind, metric.scale, pooled=spread)
    rate = benjamini_hochberg(np.where(told, chance, np.nan).ravel()).reshape(told.shape)
    clear = told & (np.nan_to_num(rate, nan=1.0) <= FALSE_SHARE)
    return [
        [
            Cell(figure, float(far) if known else None, bool(sure))
            for figure, far, known, sure in zip(line, *flags, strict=False)
        ]
        for line, *flags in zip(figures[:-1], apart, told, clear, strict=True)
    ]


def _both_told(counts: Counts, rest: Counts, hidden: Flags) -> Flags:
    """Where a cell, its column's total, and so the rest of the column, have a score to tell."""
    enough = np.minimum(counts.sum(axis=-1), rest.sum(axis=-1)) >= DEFAULT_THRESHOLDS.score
    found: Flags = enough & ~hidden[:-1, :-1] & ~hidden[-1:, :-1]
    return found


def _scores(counts: Counts, metric: MetricInfo, spread: float | None) -> Floats:
    return score_counts(counts, metric.kind, metric.scale, pooled=spread).score
