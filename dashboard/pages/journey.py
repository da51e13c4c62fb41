"""The customer's way: where it is good and where not, then unit by unit."""

from typing import Any

from dash import dcc, html

from dashboard.data.journey import JourneyView, Standout
from dashboard.data.words import Words
from dashboard.figures.graph import graph
from dashboard.figures.journey import HEIGHT, journey_figure
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.heat import heat_list, heat_table, problem
from dashboard.pages.parts import card


def journey_page(view: JourneyView | None, say: Words, *, dark: bool) -> Any:
    """The whole page."""
    if view is None:
        return states.unset(say)
    if view.problem is not None:
        return card(None, problem(view.problem, view.elsewhere, say))
    return html.Div(
        [_along(view, say, dark=dark), _standing_out(view, say), _units(view, say)],
        className="bp-grid",
    )


def _along(view: JourneyView, say: Words, *, dark: bool) -> Any:
    title = say("journey.along", unit=view.whose, metric=view.metric.name)
    if view.line is None or view.line.empty:
        return card(title, states.too_few(say, 10))
    drawn = journey_figure(view.line, view.metric, say("journey.answers"), dark=dark)
    return card(title, graph(drawn, say.language, HEIGHT), note=view.sentence)


def _standing_out(view: JourneyView, say: Words) -> Any:
    if not view.standouts:
        return None
    return card(
        say("journey.standouts"),
        html.Ul([_standout(one) for one in view.standouts], className="bp-heat-stands"),
    )


def _standout(one: Standout) -> Any:
    mark = html.B("\u25b2" if one.tone == "up" else "\u25bc", className=f"bp-{one.tone}-mark",
                  **{"aria-hidden": "true"})  # fmt: skip
    return html.Li([mark, dcc.Link(one.words, href=one.href)])


def _units(view: JourneyView, say: Words) -> Any:
    assert view.heat is not None
    title = say("journey.units")
    levels = None
    if view.levels:
        links = [
            dcc.Link(one.label, href=one.href, className="active" if one.active else "")
            for one in view.levels
        ]
        levels = html.Nav(links, className="bp-choice", **{"aria-label": say("journey.levels")})
    more = html.Details(
        [
            html.Summary(say("explore.list")),
            heat_list(Id.JOURNEY_GRID, view.rows, view.heads, say, kind=view.metric.kind),
        ],
        className="bp-heat-list",
    )
    table = heat_table(view.heat, say, label=title)
    return card(title, table, html.P(view.reading, className="bp-note"), more, aside=levels)
