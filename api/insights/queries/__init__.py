"""The SQL of the read side. Reads what the transaction may see; nothing is decided here."""

from api.insights.queries.asking import Funnel, ReasonCount, funnel, reasons_not_asked
from api.insights.queries.cells import (
    EVERYTHING,
    Filters,
    Histograms,
    cut_histograms,
    histograms,
    monthly_histograms,
    weekly_histograms,
)
from api.insights.queries.comments import CommentFilter, comment_count, comment_rows
from api.insights.queries.definitions import (
    list_metrics,
    require_metric,
    require_touchpoint,
    touchpoint_rows,
)
from api.insights.queries.tables import (
    ComputedTable,
    StoredTable,
    TableName,
    database_now,
    metric_version,
    newest_ready,
    newest_version,
    next_requested,
    stored_row,
    stored_rows,
    stored_table,
    structure_version,
    weightiest_parts,
)

__all__ = [
    "EVERYTHING",
    "CommentFilter",
    "ComputedTable",
    "Filters",
    "Funnel",
    "Histograms",
    "ReasonCount",
    "StoredTable",
    "TableName",
    "comment_count",
    "comment_rows",
    "cut_histograms",
    "database_now",
    "funnel",
    "histograms",
    "list_metrics",
    "metric_version",
    "monthly_histograms",
    "newest_ready",
    "newest_version",
    "next_requested",
    "reasons_not_asked",
    "require_metric",
    "require_touchpoint",
    "stored_row",
    "stored_rows",
    "stored_table",
    "structure_version",
    "touchpoint_rows",
    "weekly_histograms",
    "weightiest_parts",
]
