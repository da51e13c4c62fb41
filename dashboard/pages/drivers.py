"""What drives a metric: what to do first, the matrix, the same in numbers, how it comes about."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.drivers import DriversView, Line, Priority
from dashboard.data.words import Words
from dashboard.figures.drivers import HEIGHT, driver_figure
from dashboard.figures.graph import graph
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon


def drivers_page(view: DriversView | None, say: Words, *, dark: bool) -> Any:
    """The whole page."""
    if view is None:
        return states.unset(say)
    if view.problem is not None:
        return html.Div([_level(view, say), _nothing(view, say)], className="bp-grid")
    return html.Div(
        [
            _level(view, say),
            _first(view, say),
            card(say("drivers.figure.title"), _figure(view, say, dark=dark), note=view.sentence),
            _table(view, say),
            _how(view, say),
        ],
        className="bp-grid",
    )


def _level(view: DriversView, say: Words) -> Any:
    links = [
        dcc.Link(link.label, href=link.href, className="active" if link.active else "")
        for link in view.levels
    ]
    choice = html.Nav(links, className="bp-choice", **{"aria-label": say("drivers.level.label")})
    words = html.Span(say("drivers.level.label"), className="bp-muted")
    return html.Div([words, choice], className="bp-12 bp-driver-level")


def _nothing(view: DriversView, say: Words) -> Any:
    more = [html.P(words) for words in view.left_out]
    return card(
        None, states.state("info-circle", say("drivers.problem.title"), view.problem or "", *more)
    )


def _first(view: DriversView, say: Words) -> Any:
    return card(
        say("drivers.lead"),
        html.Div([_priority(one) for one in view.priorities], className="bp-priorities"),
        html.P([icon("check-circle"), view.strength], className="bp-driver-strength")
        if view.strength
        else None,
    )


def _priority(one: Priority) -> Any:
    return html.Div(
        [html.Strong(one.title), html.P(one.words)], className=f"bp-priority {one.tone}".strip()
    )


def _figure(view: DriversView, say: Words, *, dark: bool) -> Any:
    assert view.points is not None
    assert view.matrix is not None
    drawn = driver_figure(view.points, view.matrix, lines=view.lines, dark=dark)
    return graph(drawn, say.language, HEIGHT)


def _table(view: DriversView, say: Words) -> Any:
    columns = [
        say(f"drivers.table.{name}")
        for name in ("driver", "weight", "performance", "network", "quadrant", "ends")
    ]
    body = [html.Tr(_cells(line, columns)) for line in view.table]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(one, scope="col") for one in columns])), html.Tbody(body)],
        className="bp-driver-table",
    )
    unit = html.P(view.ends_unit, className="bp-note") if view.ends_unit else None
    return card(say("drivers.table.title"), table, unit, note=say("drivers.table.sentence"))


def _cells(line: Line, columns: Sequence[str]) -> list[Any]:
    cautions = [
        html.Span([icon("exclamation-triangle"), words], className="bp-driver-caution")
        for words in line.cautions
    ]
    cells = [
        [html.Strong(line.name), *cautions],
        [html.B(line.weight), _small(line.weight_range)],
        [html.B(line.rating), _small(line.rating_range)],
        [html.B(line.network)],
        [chip(line.quadrant, line.tone)],
        [html.Span(line.role), _small(line.ends)] if line.ends else [html.Span("–")],
    ]
    return [
        html.Td(inner, **{"data-label": column})
        for inner, column in zip(cells, columns, strict=True)
    ]


def _small(words: str) -> Any:
    return html.Span(words, className="bp-muted bp-small")


def _how(view: DriversView, say: Words) -> Any:
    sentences = [*view.how, *view.left_out]
    return card(
        say("drivers.how.title"),
        html.Ul([html.Li(sentence) for sentence in sentences], className="bp-how"),
    )
