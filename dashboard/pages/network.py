"""The network's tree: what stands under a unit on a day, what the unit is, what changed."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.network import NetworkView, UnitCard
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.grid_cards import FITTING, lines_column
from dashboard.pages.parts import card

_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned"}
_COLUMNS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("unit_name", 200, {"cellRenderer": "BpLink", "flex": 2}),
    ("unit_code", 104, {}),
    ("level", 104, {}),
    ("above", 144, {"hide": True}),
    ("branches", 104, _NUMBER),
    ("city_tier", 96, {}),
    ("size", 96, {}),
    ("brand", 112, {}),
    ("group", 160, {}),
    ("state", 104, {}),
    ("former", 136, {}),
)


_LINES = (("level", "unit_code"), ("branches", "state"), ("city_tier", "size", "brand", "group"))


def network_page(view: NetworkView | None, say: Words, imports: str | None = None) -> Any:
    """The units, then the one that is looked at, then what changed; ``imports``: where files go."""
    if view is None:
        return states.missing(say)
    leaf = view.unit is not None and view.unit.is_branch
    parts = [
        None if leaf else _units(view, say, imports),
        _unit(view.unit, say) if view.unit else None,
        _changes(view, say),
    ]
    return html.Div(parts, className="bp-grid")


def _units(view: NetworkView, say: Words, imports: str | None) -> Any:
    on = html.Div(
        [
            html.Label(
                [
                    html.Span(say("units.on"), className="visually-hidden"),
                    dbc.Input(id=Id.UNITS_ON, type="date", value=view.on),
                ]
            ),
            html.Button(say("units.show"), id=Id.UNITS_SHOW, className="bp-button"),
            None if view.is_today else dcc.Link(say("units.today"), href=view.today,
                                                className="bp-button"),
            dcc.Link(say("units.import.title"), href=imports, className="bp-button")
            if imports else None,
        ],
        className="bp-buttons",
    )  # fmt: skip
    choice = html.Nav(
        [
            dcc.Link(one.label, href=one.href, className="active" if one.active else "")
            for one in view.depths
        ],
        className="bp-choice",
        **{"aria-label": say("units.depth")},
    )
    lead = html.Div([html.P(view.lead, className="bp-muted"), on], className="bp-table-head")
    note = None if view.is_today else html.P(say("units.past_note"), className="bp-note")
    if not view.rows:
        none = states.state("diagram-3", say("units.none"), say("units.none_words"))
        return card(None, lead, choice, none, note)
    columns = _columns(view, say)
    table = grid(
        Id.UNITS_GRID, columns, view.rows, language=say.language, row_id="unit_code", lead=choice,
        **FITTING,
    )  # fmt: skip
    return card(None, lead, table, note)


def _columns(view: NetworkView, say: Words) -> list[dict[str, Any]]:
    """The columns that say anything; what is the same nothing in every row is left out."""
    kept = [
        (name, width, more)
        for name, width, more in _COLUMNS
        if any(row[name] not in (None, "") for row in view.rows)
    ]
    columns = [
        {"field": name, "headerName": say(f"units.column.{name}"), "width": width,
         "minWidth": width, "flex": 1, **more}
        for name, width, more in kept
    ]  # fmt: skip
    heads = {"branches": say("units.column.branches")}
    return [*columns, lines_column("unit_name", _LINES, heads, say("units.column.unit_name"))]


def _unit(unit: UnitCard, say: Words) -> Any:
    facts = html.Dl(
        [html.Div([html.Dt(name), html.Dd(value)]) for name, value in unit.facts],
        className="bp-person-facts",
    )
    scores = dcc.Link(say("units.figures"), href=unit.figures, className="bp-button")
    past = [
        _ranges(say("units.places"), unit.places, say("units.no_places")),
        _ranges(say("units.profiles"), unit.profiles, say("units.no_profiles")),
    ]
    body = html.Div([html.Div([facts, scores]), html.Div(past)], className="bp-unit-card")
    return card(unit.name, body, note=say("units.profile_note"))


def _ranges(title: str, rows: Sequence[tuple[str, str]], none: str) -> Any:
    if not rows:
        return html.Div([html.H3(title), html.P(none, className="bp-muted")])
    return html.Div([html.H3(title), _log(rows)])


def _changes(view: NetworkView, say: Words) -> Any:
    title = say("units.changes")
    if not view.changes:
        return card(title, html.P(say("units.no_changes"), className="bp-muted"))
    return card(title, _log(view.changes), note=say("units.changes_note"))


def _log(rows: Sequence[tuple[str, str]]) -> Any:
    items = [
        html.Li([html.Span(when, className="bp-muted bp-small"), html.Span(words)])
        for when, words in rows
    ]
    return html.Ul(items, className="bp-person-log")
