"""The SQL of the read side. Reads what the transaction may see; nothing is decided here."""

from api.insights.queries.asking import Funnel, ReasonCount, funnel, reasons_not_asked
from api.insights.queries.cells import (
    EVERYTHING,
    Filters,
    Histograms,
    cut_histograms,
    histograms,
    weekly_histograms,
)
from api.insights.queries.comments import CommentFilter, comment_rows
from api.insights.queries.definitions import (
    list_metrics,
    require_metric,
    require_touchpoint,
    touchpoint_rows,
)
from api.insights.queries.tables import (
    StoredTable,
    TableName,
    metric_version,
    newest_version,
    next_requested,
    stored_rows,
    stored_table,
)

__all__ = [
    "EVERYTHING",
    "CommentFilter",
    "Filters",
    "Funnel",
    "Histograms",
    "ReasonCount",
    "StoredTable",
    "TableName",
    "comment_rows",
    "cut_histograms",
    "funnel",
    "histograms",
    "list_metrics",
    "metric_version",
    "newest_version",
    "next_requested",
    "reasons_not_asked",
    "require_metric",
    "require_touchpoint",
    "stored_rows",
    "stored_table",
    "touchpoint_rows",
    "weekly_histograms",
]
