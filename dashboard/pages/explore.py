"""An own question of the data: choose two dimensions, read the table, follow a cell."""

from typing import Any

from dash import dcc, html

from dashboard.data.explore import Choice, ExploreView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.heat import heat_list, heat_table, problem
from dashboard.pages.parts import card, icon


def explore_page(view: ExploreView | None, say: Words) -> Any:
    """The whole page."""
    if view is None:
        return states.unset(say)
    asking = (_ready(view, say), _own(view, say))
    if view.heat is None:
        state = problem(view.problem or "", view.elsewhere, say)
        return html.Div([card(None, *asking, state)], className="bp-grid")
    title = say("explore.table", rows=view.heads[0], columns=view.heads[1].lower())
    more = html.Details(
        [
            html.Summary(say("explore.list")),
            heat_list(Id.EXPLORE_GRID, view.rows, view.heads, say, kind=view.metric.kind),
        ],
        className="bp-heat-list",
    )
    return html.Div(
        [
            card(None, *asking, html.P(view.lead, className="bp-muted")),
            card(
                title,
                heat_table(view.heat, say, label=title),
                html.P(view.sentence, className="bp-note"),
                more,
            ),
        ],
        className="bp-grid",
    )


def _ready(view: ExploreView, say: Words) -> Any:
    links = [
        dcc.Link(one.label, href=one.href, className="active" if one.active else "")
        for one in view.ready
    ]
    label = say("explore.ready.label")
    return html.Nav(
        [html.Span(label, className="bp-muted"), html.Div(links)],
        className="bp-heat-ready",
        **{"aria-label": label},
    )


def _own(view: ExploreView, say: Words) -> Any:
    parts: list[Any] = [_menu(one) for one in view.choices]
    if view.swap is not None:
        parts.append(dcc.Link(view.swap.label, href=view.swap.href, className="bp-button"))
    if view.only is not None:
        parts.append(
            dcc.Link(
                [view.only.label, icon("x-circle")],
                href=view.only.href,
                className="bp-button",
                title=say("explore.only_not"),
            )
        )
    if view.unit is not None:
        parts.append(dcc.Link(view.unit.label, href=view.unit.href, className="bp-button"))
    return html.Div(parts, className="bp-heat-choices")


def _menu(choice: Choice) -> Any:
    active = next((one.label for one in choice.links if one.active), "")
    links = [
        dcc.Link(one.label, href=one.href, className="active" if one.active else "")
        for one in choice.links
    ]
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(choice.label, className="bp-muted"),
                    html.Span(active),
                    icon("chevron-down"),
                ],
                className="bp-filter",
            ),
            html.Div(links, className="bp-sheet"),
        ],
        className="bp-menu",
    )
