"""The one place that makes a table: its words, its look, its habits.

Every table is searched, sorted and filtered, its columns are chosen, and what stands on the screen
is taken along as a file; `assets/15-tables.js` does in the browser what needs no server.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
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
from dashboard.table_words import TableWords

_ZH = Path(__file__).parents[1] / "assets" / "vendor" / "ag-grid-locale" / "zh.json"
_THEME = "bpTheme(themeQuartz)"  # one object: another one would dress the table anew
_ROW = "params.data."
_TOOLS = "bp-buttons bp-table-tools"
_LONGEST_SEARCH = 80
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
        _search(name, say, few=len(rows) <= _FEW),
        _plain(name, say) if remade else None,
        _choice(name, columns, say),
        _files(name, say, remade),
    ]
    table = _table(
        name, columns, rows, row_id=row_id, listeners=listeners or {}, remade=remade,
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
           options: dict[str, Any], listeners: dict[str, list[str]],
           remade: bool) -> Any:  # fmt: skip
    ready = {
        "firstDataRendered": ["bpReady(params)"],
        **{event: ["bpSaid(params)"] for event in ("sortChanged", "filterChanged")},
    }
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
            "suppressDragLeaveHidesColumns": True,  # what is hidden stands in the menu of columns
            "enableCellTextSelection": True,
            "context": {
                "name": name,
                "order": dict(_orders(columns, rows)),
                **({"plain": _as_it_comes(columns)} if remade else {}),
            },
            **options,
        },
    )  # fmt: skip


def _search(name: str, say: Words, *, few: bool) -> Any:
    words = say("tables.search")
    return html.Label(
        [
            html.Span(words, className="visually-hidden"),
            icon("search"),
            dbc.Input(
                id=f"{name}-search",
                type="search",
                debounce=False,
                placeholder=words,
                maxLength=_LONGEST_SEARCH,
            ),
        ],
        id=f"{name}-seek",
        hidden=few,
        className="bp-search",
    )


def _plain(name: str, say: Words) -> Any:
    """The way back to the table as it comes, once somebody arranged it."""
    words = [icon("x-circle"), say("tables.plain")]
    return html.Button(words, id=f"{name}-plain", hidden=True, className="bp-button bp-plain")


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
        words = {row[field] for row in rows if isinstance(row.get(field), str)}
        if column.get("sortable", True) and is_chinese("".join(words)):
            yield field, in_order(words)


def _as_it_comes(columns: list[dict[str, Any]]) -> dict[str, Any]:
    """The order and the hidden columns of a table that nobody arranged."""
    return {
        "order": ",".join(f"{column_id(one)}-{one['sort']}" for one in columns if one.get("sort")),
        "hidden": [column_id(one) for one in columns if one.get("hide")],
    }


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


def arrange(page: Any, tables: Sequence[TableWords]) -> None:
    """Puts the tables of a page into the order, and so on, that its address says."""
    if not tables:
        return
    parts = {name: one for one in _parts(page) if (name := getattr(one, "id", None))}
    for said in tables:
        table = parts.get(said.grid)
        if isinstance(table, dag.AgGrid) and "plain" in table.dashGridOptions["context"]:
            _arrange(table, said)
            _arrange_tools(parts, said)


def _arrange_tools(parts: Mapping[str, Any], said: TableWords) -> None:
    """What stands above the table says the same; who searches a short table sees the words."""
    parts[f"{said.grid}-plain"].hidden = False
    parts[f"{said.grid}-search"].value = said.search
    seek = parts[f"{said.grid}-seek"]
    seek.hidden = seek.hidden and not said.search
    choice = parts.get(f"{said.grid}-columns")
    if choice is not None:
        listed = [one["value"] for one in choice.options]
        choice.value = [one for one in listed if _shows(said, one, one in choice.value)]


def _arrange(table: Any, said: TableWords) -> None:
    order = {column: (place, way) for place, (column, way) in enumerate(said.order or ())}
    columns = []
    for one in table.columnDefs:
        name, arranged = column_id(one), dict(one)
        if said.order is not None and one.get("sortable", True):
            place, way = order.get(name, (None, None))
            arranged |= {"sort": way, "sortIndex": place}
        if _is_chosen(one):
            arranged["hide"] = not _shows(said, name, not one.get("hide"))
        columns.append(arranged)
    table.columnDefs = columns
    table.filterModel = {
        one.column: one.model for one in said.filters if _kind(table, one.column) == one.kind
    }
    table.dashGridOptions = {**table.dashGridOptions, "quickFilterText": said.search}


def _shows(said: TableWords, column: str, at_first: bool) -> bool:
    return (at_first or column in said.shown) and column not in said.hidden


def _kind(table: Any, name: str) -> str:
    """Whether a column is filtered as text or as numbers; nothing for one that is not."""
    column = next((one for one in table.columnDefs if column_id(one) == name), {"filter": False})
    if column.get("filter", True) is not True:
        return "number" if column["filter"] == "agNumberColumnFilter" else ""
    values = (row.get(column.get("field", "")) for row in table.rowData)
    first = next((one for one in values if one is not None), None)
    return {str: "text", int: "number", float: "number"}.get(type(first), "")


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
