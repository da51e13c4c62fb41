"""One version of the indicator tree: what it is made of, its targets, its text."""

from typing import Any

from dash import dcc, html

from dashboard.data.indicator_texts import Part, VersionView
from dashboard.data.words import Words
from dashboard.numbers import percent
from dashboard.pages.parts import card, chip, folded_text, icon


def version_page(view: VersionView, say: Words) -> Any:
    """One version: what it is made of, its targets, its text."""
    name = view.parts[0].name
    title = say("indicators.page.version", version=view.row.version, name=name)
    words = html.Div(
        [
            html.Div(
                [html.H2(title), chip(say(f"indicators.state.{view.row.state}"))],
                className="bp-lead",
            ),
            html.P(say("indicators.page.version_words", since=view.row.since)),
        ]
    )
    back = dcc.Link(say("indicators.page.back"), href=view.back, className="bp-button")
    edit = dcc.Link(
        [icon("pencil-square"), say("indicators.page.edit")],
        href=view.edit,
        className="bp-button bp-primary",
    )
    buttons = html.Div([back, edit if view.edit else None], className="bp-buttons")
    return html.Div(
        [
            html.Section([words, buttons], className="bp-card bp-between-ends"),
            card(say("indicators.page.tree"), _parts(view.parts, say), width=6),
            card(say("indicators.page.targets"), _targets(view, say), width=6),
            folded_text(view.text, say),
        ],
        className="bp-grid",
    )


def _parts(parts: list[Part], say: Words) -> Any:
    rows = [
        html.Div(
            [
                html.Span(part.name, style={"paddingLeft": f"{part.depth * 20}px"}),
                html.B(percent(part.share) if part.parent else ""),
            ],
            className="bp-part",
        )
        for part in parts
    ]
    return html.Div(rows, className="bp-parts")


def _targets(view: VersionView, say: Words) -> Any:
    if not view.targets:
        return html.P(say("indicators.page.no_targets"), className="bp-muted")
    names = ("part", "unit", "year", "target")
    head = [html.Th(say(f"indicators.column.{name}"), scope="col") for name in names]
    body = [
        html.Tr([html.Td(one.name), html.Td(one.unit), html.Td(str(one.year)), html.Td(one.value)])
        for one in view.targets
    ]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="bp-table bp-words")
    return html.Div(table, className="bp-scroll bp-targets", tabIndex=0)
