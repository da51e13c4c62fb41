"""What drives a metric: what to do first, the matrix, the same in numbers, how it comes about."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dashboard.data.drivers import DriversView, Line, Priority
from dashboard.data.words import Words
from dashboard.figures.drivers import HEIGHT, driver_figure
from dashboard.figures.graph import graph
from dashboard.numbers import UNKNOWN
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
    if not view.levels:
        return None
    links = [
        dcc.Link(link.label, href=link.href, className="active" if link.active else "")
        for link in view.levels
    ]
    choice = html.Nav(links, className="bp-choice", **{"aria-label": say("drivers.level.label")})
    words = html.Span(say("drivers.level.label"), className="bp-muted")
    return html.Div([words, choice], className="bp-12 bp-driver-level")


def _nothing(view: DriversView, say: Words) -> Any:
    more = [html.P(words) for words in view.left_out]
    words = say("drivers.problem.title"), view.problem or ""
    instead = [
        html.P(say("drivers.instead_words")),
        dcc.Link(view.instead.label, href=view.instead.href, className="bp-button bp-primary"),
    ] if view.instead else []  # fmt: skip
    return card(None, states.state("info-circle", *words, *instead, *more, _places(view, say)))


def _first(view: DriversView, say: Words) -> Any:
    return card(
        say("drivers.lead"),
        html.Div([_priority(one) for one in view.priorities], className="bp-priorities"),
        html.P([icon("check-circle"), view.strength], className="bp-driver-strength")
        if view.strength
        else None,
        _places(view, say),
    )


def _places(view: DriversView, say: Words) -> Any:
    """Touchpoints where more questions can be compared."""
    if not view.places:
        return None
    links = [dcc.Link(link.label, href=link.href, className="bp-button") for link in view.places]
    words = html.Span(say("drivers.places"), className="bp-muted")
    return html.Div([words, *links], className="bp-driver-places")


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
    shown = [name for name in _COLUMNS if name != "network" or view.compared]
    columns = {name: say(f"drivers.table.{name}") for name in shown}
    body = [html.Tr(_cells(line, columns)) for line in view.table]
    head = [html.Th(words, scope="col") for words in columns.values()]
    table = html.Table(
        [html.Thead(html.Tr(head)), html.Tbody(body)],
        className="bp-driver-table",
    )
    unit = html.P(view.ends_unit, className="bp-note") if view.ends_unit else None
    return card(say("drivers.table.title"), table, unit, note=say("drivers.table.sentence"))


_COLUMNS = ("driver", "weight", "performance", "network", "quadrant", "ends")


def _cells(line: Line, columns: Mapping[str, str]) -> list[Any]:
    cautions = [
        html.Span([icon("exclamation-triangle"), words], className="bp-driver-caution")
        for words in line.cautions
    ]
    cells = {
        "driver": [html.Strong(line.name), *cautions],
        "weight": [html.B(line.weight), _small(line.weight_range)],
        "performance": [html.B(line.rating), _small(line.rating_range)],
        "network": [html.B(line.network)],
        "quadrant": [chip(line.quadrant, line.tone)],
        "ends": _ends(line),
    }
    return [html.Td(cells[name], **{"data-label": words}) for name, words in columns.items()]


def _ends(line: Line) -> list[Any]:
    role = [html.Span(line.role)] if line.role else []
    return [*role, _small(line.ends)] if line.ends else [html.Span(UNKNOWN)]


def _small(words: str) -> Any:
    return html.Span(words, className="bp-muted bp-small")


def _how(view: DriversView, say: Words) -> Any:
    sentences = [*view.how, *view.left_out]
    return card(
        say("drivers.how.title"),
        html.Ul([html.Li(sentence) for sentence in sentences], className="bp-how"),
    )
