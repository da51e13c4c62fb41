"""The SQL of the read side. Reads what the transaction may see; nothing is decided here."""

from api.insights.queries.cells import (
    EVERYTHING,
    Filters,
    Histograms,
    cut_histograms,
    histograms,
    weekly_histograms,
)
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
    "Filters",
    "Histograms",
    "StoredTable",
    "TableName",
    "cut_histograms",
    "histograms",
    "list_metrics",
    "metric_version",
    "newest_version",
    "next_requested",
    "require_metric",
    "require_touchpoint",
    "stored_rows",
    "stored_table",
    "touchpoint_rows",
    "weekly_histograms",
]
