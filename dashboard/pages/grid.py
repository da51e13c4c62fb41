"""The one place that makes a table: its words, its look, its habits.

Every table is searched, sorted and filtered, its columns are chosen, and what stands on the screen
is taken along as a file; `assets/15-tables.js` does in the browser what needs no server.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import html

from dashboard.data.order import in_order, is_chinese
from dashboard.data.tables import FORMATS, Table, Wanted, column_id, picked
from dashboard.data.words import Words
from dashboard.pages.parts import icon

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
_ROW = "params.data."
_TOOLS = "bp-buttons bp-table-tools"
_FEW = 8  # rows that are seen at a glance: nobody searches them


def grid(name: str, columns: list[dict[str, Any]], rows: list[dict[str, Any]], *,
         language: str, row_id: str, options: dict[str, Any] | None = None,
         listeners: dict[str, list[str]] | None = None, lead: Any = None,
         buttons: Sequence[Any] = (), legend: Any = None, remade: bool = True) -> Any:  # fmt: skip
    """A table in the page's language, with search, choice of columns and files above it.

    ``lead`` and ``buttons`` stand left and right in the line above the table, ``legend`` between
    the two. ``remade``: the page of the address makes this table again when a file of it is wanted;
    otherwise the browser sends its rows, and the page's own callback says which of them it takes.
    """
    say = Words("zh" if language == "zh" else "en")
    tools = [
        _search(name, say) if len(rows) > _FEW else None,
        _choice(name, columns, say),
        _files(name, say, remade),
    ]
    table = _table(
        name, columns, rows, row_id=row_id, listeners=listeners or {},
        options={"localeText": locale_text(language), **(options or {})},
    )  # fmt: skip
    return html.Div(
        [
            html.Div(
                [html.Div(lead), html.Div([*tools, *buttons], className=_TOOLS)],
                className="bp-table-head",
                **{"data-grid": name},
            ),
            legend,
            table,
        ],
        className="bp-grid-table",
    )


def _table(name: str, columns: list[dict[str, Any]], rows: list[dict[str, Any]], *, row_id: str,
           options: dict[str, Any], listeners: dict[str, list[str]]) -> Any:  # fmt: skip
    ready = {"firstDataRendered": ["bpReady(params)"]}
    return dag.AgGrid(
        id=name,
        columnDefs=[_sorted_by_words(name, one, rows) for one in columns],
        rowData=rows,
        getRowId=f"{_ROW}{row_id}",
        defaultColDef={"sortable": True, "filter": True, "resizable": True,
                       "suppressHeaderMenuButton": True},
        columnSize=None,
        eventListeners={**listeners, **ready},
        className="ag-theme-bp",
        style={"height": None, "width": "100%"},
        dashGridOptions={
            "theme": {"function": _THEME},
            "pagination": len(rows) > 100,
            "paginationPageSize": 100,
            "paginationPageSizeSelector": [50, 100, 500],
            "domLayout": "autoHeight",
            "animateRows": False,
            "suppressCellFocus": False,
            "enableCellTextSelection": True,
            "context": {"name": name, "order": dict(_orders(columns, rows))},
            **options,
        },
    )  # fmt: skip


def _search(name: str, say: Words) -> Any:
    words = say("tables.search")
    return html.Label(
        [
            html.Span(words, className="visually-hidden"),
            icon("search"),
            dbc.Input(id=f"{name}-search", type="search", debounce=False, placeholder=words),
        ],
        className="bp-search",
    )


def _choice(name: str, columns: list[dict[str, Any]], say: Words) -> Any:
    """Which columns are shown."""
    listed = [one for one in columns if _is_chosen(one)]
    if len(listed) < 2:
        return None
    options = [{"label": one.get("headerName", ""), "value": column_id(one)} for one in listed]
    shown = [column_id(one) for one in listed if not one.get("hide")]
    boxes = dbc.Checklist(options=options, value=shown, id=f"{name}-columns")
    narrow = any((one.get("context") or {}).get("card") for one in columns)
    menu = _menu([icon("layout-three-columns"), say("tables.columns")], boxes)
    # Where each row is a card there are no columns to choose from.
    return html.Div(menu, className="bp-wide-only") if narrow else menu


def _is_chosen(column: dict[str, Any]) -> bool:
    """Whether a column is one's choice: not the one of a narrow screen, nor one without a name."""
    return bool(column.get("headerName")) and not (column.get("context") or {}).get("card")


def _files(name: str, say: Words, remade: bool) -> Any:
    entries = [
        html.Button(
            say(f"tables.{kind}"),
            id=f"{name}-{kind}",
            className="bp-entry bp-take",
            **{"data-grid": name, "data-format": kind, "data-rows": "page" if remade else "own"},
        )
        for kind in FORMATS
    ]
    menu = _menu([icon("download"), say("tables.take")], entries)
    return html.Div(menu, className="bp-takes")


def _menu(summary: list[Any], sheet: Any) -> Any:
    return html.Details(
        [
            html.Summary(summary, className="bp-button"),
            html.Div(sheet, className="bp-sheet bp-right"),
        ],
        className="bp-menu",
    )


def _orders(
    columns: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> Iterator[tuple[str, list[str]]]:
    """The words of each column that has Chinese ones, in the order in which they are read out."""
    for column in columns:
        field = column.get("field", "")
        words = [row[field] for row in rows if isinstance(row.get(field), str)]
        if column.get("sortable", True) and any(map(is_chinese, words)):
            yield field, in_order(words)


def _sorted_by_words(
    name: str, column: dict[str, Any], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """A column of words sorts as its language does, numbers and what has its own order as such."""
    field = column.get("field", "")
    first = next((row[field] for row in rows if row.get(field) is not None), None)
    if "comparator" in column or not isinstance(first, str):
        return column
    compare = f"bpByWords(valueA, valueB, isDescending, '{name}', '{field}')"
    return {**column, "comparator": {"function": compare}}


def table_in(page: Any, wanted: Wanted) -> Table | None:
    """What is wanted of the table of that name on a page; None when the page has none."""
    found = next((one for one in _parts(page) if getattr(one, "id", None) == wanted.grid), None)
    if not isinstance(found, dag.AgGrid):
        return None
    row_id = str(found.getRowId).removeprefix(_ROW)
    return picked(found.columnDefs, found.rowData, wanted, row_id)


def _parts(page: Any) -> Iterator[Any]:
    """A component and all within it."""
    for one in page if isinstance(page, list | tuple) else [page]:
        if one is not None and not isinstance(one, str | int | float):
            yield one
            yield from _parts(getattr(one, "children", None))


@cache
def locale_text(language: str) -> dict[str, str]:
    """The grid's own words; English is what the grid speaks by itself."""
    if language != "zh":
        return {}
    words: dict[str, str] = json.loads(_ZH.read_text(encoding="utf-8"))
    return words
