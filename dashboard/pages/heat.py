"""A table of two dimensions, drawn: a number with its range in each cell, colour as a second word.

Colour only repeats what the sign and the words of a cell say.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dash import dcc, html

from dashboard.data.frame import Link
from dashboard.data.heat import Head, Heat, Line, Square
from dashboard.data.words import Words
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.grid import grid

_SIGNS = {"up": "\u25b2", "down": "\u25bc"}
_SORT = {"comparator": {"function": "bpUnknownLast(valueA, valueB, nodeA, nodeB, isDescending)"}}
_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned", **_SORT}


def problem(words: str, elsewhere: Link | None, say: Words) -> Any:
    """Why there is no table, and where there is one."""
    there = None
    if elsewhere is not None:
        label = say("dashboard.empty.elsewhere", days=elsewhere.label)
        there = dcc.Link(label, href=elsewhere.href, className="bp-button")
    return states.state("inbox", say("explore.nothing"), words, there)


def heat_table(found: Heat, say: Words, *, label: str) -> Any:
    """The table in a frame that scrolls sideways; the names of the rows stay."""
    head = [
        _groups(found),
        html.Tr([_corner(found), *map(_column, found.columns), _all(found, say)]),
    ]
    lines = ([found.whole] if found.whole else []) + found.lines
    body = [_row(line, css="bp-heat-whole" if line is found.whole else "") for line in lines]
    table = html.Table(
        [html.Thead(head), html.Tbody(body)],
        className="bp-heat",
        style={"--bp-columns": len(found.columns) + _has_totals(found)},
    )
    more = None
    if found.left_out:
        more = html.P(say("explore.left_out", rows=count(found.left_out)), className="bp-note")
    frame = html.Div(
        table,
        className="bp-heat-frame",
        tabIndex=0,
        role="region",
        **{"aria-label": label},
    )
    return html.Div([frame, _legend(say) if found.compared else None, more])


def _groups(found: Heat) -> Any:
    """A row above the columns that says which of them belong together."""
    if not any(one.group for one in found.columns):
        return None
    cells: list[Any] = [html.Td()]
    for name, members in groupby(found.columns, key=lambda one: one.group):
        cells.append(html.Th(name, colSpan=len(list(members)), scope="colgroup"))
    return html.Tr(
        [*cells, *([html.Td()] if _has_totals(found) else [])], className="bp-heat-groups"
    )


def _corner(found: Heat) -> Any:
    return html.Th(found.corner, scope="col", className="bp-heat-corner")


def _column(head: Head) -> Any:
    inner = dcc.Link(head.name, href=head.href) if head.href else head.name
    return html.Th(inner, scope="col")


def _all(found: Heat, say: Words) -> Any:
    if not _has_totals(found):
        return None
    return html.Th(say("explore.all"), scope="col", className="bp-heat-total")


def _has_totals(found: Heat) -> bool:
    return any(line.total is not None for line in found.lines)


def _row(line: Line, *, css: str) -> Any:
    name = dcc.Link(line.head.name, href=line.head.href) if line.head.href else line.head.name
    cells = [html.Td(_inner(one), **_look(one)) for one in line.squares]
    if line.total is not None:
        cells.append(html.Td(_inner(line.total), className="bp-heat-total", title=line.total.label))
    return html.Tr([html.Th(name, scope="row"), *cells], className=css)


def _look(square: Square) -> dict[str, Any]:
    """What a cell looks like: the further apart, the deeper; what chance explains stays pale."""
    css = f"bp-heat-{square.tone}" if square.tone else ""
    css += " bp-heat-clear" if square.clear else ""
    look: dict[str, Any] = {"className": css.strip(), "title": square.label}
    if square.tone:
        look["style"] = {"--bp-far": f"{square.strength:.2f}"}
    return look


def _inner(square: Square) -> Any:
    if not square.score:
        return html.Span(square.label, className="visually-hidden")
    sign = _SIGNS[square.tone] if square.clear else ""
    parts = [
        html.B([html.I(sign, **{"aria-hidden": "true"}) if sign else None, square.score]),
        html.Span(square.range),
        html.Span(square.answers),
    ]
    return dcc.Link(parts, href=square.href) if square.href else html.Div(parts)


def _legend(say: Words) -> Any:
    keys = [
        html.Span([html.I(className=f"bp-heat-key bp-heat-{name}"), say(f"explore.legend.{name}")])
        for name in ("down", "noise", "up")
    ]
    return html.Div(keys, className="bp-keys")


def heat_list(
    name: str, rows: Sequence[dict[str, Any]], heads: tuple[str, str], say: Words, *, kind: str
) -> Any:
    """The same cells as a table to sort, to filter and to take along."""
    score = {**_NUMBER, "valueFormatter": {"function": f"bpScore(params, '{kind}')"}}
    answers = {**_NUMBER, "valueFormatter": {"function": "bpScore(params, 'nps')"}}
    columns = [
        {"field": "row", "headerName": heads[0], "minWidth": 160, "flex": 2},
        {"field": "column", "headerName": heads[1], "minWidth": 160, "flex": 2},
        *(
            {"field": one, "headerName": say(f"explore.column.{one}"), "width": width, **more}
            for one, width, more in (
                ("score", 104, score),
                ("low", 104, score),
                ("high", 104, score),
                ("n", 104, answers),
                ("apart", 128, score),
                ("clear", 168, {}),
            )
        ),
    ]
    return grid(name, columns, list(rows), language=say.language, row_id="key")
