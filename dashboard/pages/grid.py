"""The one place that makes a grid: its words, its look, its habits."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import dash_ag_grid as dag

_ZH = Path(__file__).parents[1] / "assets" / "vendor" / "ag-grid-locale" / "zh.json"
_THEME = (
    "themeQuartz.withParams({accentColor: 'var(--bp-accent)', backgroundColor: 'var(--bp-card)', "
    "foregroundColor: 'var(--bp-ink)', borderColor: 'var(--bp-line)', "
    "headerBackgroundColor: 'var(--bp-card)', headerTextColor: 'var(--bp-muted)', "
    "chromeBackgroundColor: 'var(--bp-card)', rowHoverColor: 'var(--bp-raised)', "
    "oddRowBackgroundColor: 'var(--bp-card)', fontFamily: 'inherit', fontSize: 14, "
    "headerFontWeight: 500, wrapperBorder: false, headerColumnResizeHandleColor: 'transparent', "
    "rowHeight: 48, headerHeight: 48, cellHorizontalPadding: 12})"
)


def grid(name: str, columns: list[dict[str, Any]], rows: list[dict[str, Any]], *,
         language: str, row_id: str, options: dict[str, Any] | None = None,
         listeners: dict[str, list[str]] | None = None) -> Any:  # fmt: skip
    """A sortable, filterable, searchable grid in the page's language."""
    return dag.AgGrid(
        id=name,
        columnDefs=columns,
        rowData=rows,
        getRowId=f"params.data.{row_id}",
        defaultColDef={"sortable": True, "filter": True, "resizable": True,
                       "suppressHeaderMenuButton": True},
        columnSize=None,
        eventListeners=listeners or {},
        className="ag-theme-bp",
        style={"height": None, "width": "100%"},
        dashGridOptions={
            "theme": {"function": _THEME},
            "localeText": locale_text(language),
            "pagination": len(rows) > 100,
            "paginationPageSize": 100,
            "paginationPageSizeSelector": [50, 100, 500],
            "domLayout": "autoHeight",
            "animateRows": False,
            "suppressCellFocus": False,
            "enableCellTextSelection": True,
            **(options or {}),
        },
    )  # fmt: skip


@cache
def locale_text(language: str) -> dict[str, str]:
    """The grid's own words; English is what the grid speaks by itself."""
    if language != "zh":
        return {}
    words: dict[str, str] = json.loads(_ZH.read_text(encoding="utf-8"))
    return words
