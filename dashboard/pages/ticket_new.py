"""The form of a ticket that a colleague opens; before it is opened it says what follows."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.ticket_new import USUAL, Consequence, NewTicket
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import card, icon


def new_ticket_page(view: NewTicket, say: Words) -> Any:
    """What it is about, how grave it is, and a way on."""
    back = dcc.Link([icon("chevron-right"), say("byhand.back")], href=view.back,
                    className="bp-back")  # fmt: skip
    return html.Div(
        [html.Div(back, className="bp-back-row"), _body(view, say)], className="bp-grid bp-ticket"
    )


def _body(view: NewTicket, say: Words) -> Any:
    if view.there is not None:
        link = dcc.Link(view.there.label, href=view.there.href, className="bp-button")
        words = say("byhand.has_one"), say("byhand.has_one_words")
        return card(None, states.state("check-circle", *words, link))
    parts = [
        html.P(view.about, className="bp-muted") if view.about else None,
        *(html.Blockquote(words, className="bp-quote") for words in view.quotes),
        html.Div(
            [
                _select(say("byhand.unit"), Id.OPENING_UNIT, view.units, view.unit,
                        hidden=bool(view.answer)),
                _select(say("byhand.severity"), Id.OPENING_SEVERITY, view.severities, USUAL),
            ],
            className="bp-make",
        ),
        _said(say, hidden=bool(view.answer)),
        _whose(say, hidden=bool(view.answer)),
        html.Div(
            html.Button(say("byhand.weigh"), id=Id.OPENING_WEIGH, value=view.answer,
                        className="bp-button bp-primary"),
            className="bp-buttons",
        ),
        html.Div(id=Id.OPENING_WEIGHED, role="status"),
    ]  # fmt: skip
    title = say("byhand.open_about" if view.answer else "byhand.name")
    return card(title, html.Div(parts, className="bp-person-form"), note=say("byhand.note"))


def consequence(one: Consequence, say: Words) -> Any:
    """Whose it will be and what is due when, with the button that opens it."""
    facts = [html.Div([html.Dt(name), html.Dd(words)]) for name, words in one.facts]
    button = html.Button(
        [icon("check-lg"), say("byhand.open")], id=Id.OPENING_SURE, value=one.sure,
        className="bp-button bp-primary",
    )  # fmt: skip
    return html.Div(
        [
            html.H2(one.title),
            html.Dl(facts, className="bp-person-facts"),
            *(html.P(words) for words in one.notes),
            html.Div(button, className="bp-buttons"),
        ],
        className="bp-person-question",
    )


def _select(
    label: str, name: Id, options: Sequence[tuple[str, str]], value: str | None, *,
    hidden: bool = False,
) -> Any:  # fmt: skip
    choices = [{"label": words, "value": code} for code, words in options]
    return html.Label([label, dbc.Select(id=name, options=choices, value=value)], hidden=hidden)


def _said(say: Words, *, hidden: bool) -> Any:
    field = dcc.Textarea(
        id=Id.OPENING_SAID, value="", maxLength=2_000, rows=4, className="form-control"
    )
    return html.Label([say("byhand.said"), field], hidden=hidden)


def _whose(say: Words, *, hidden: bool) -> Any:
    """Who it was: never shown again but as on any ticket."""
    fields = [
        html.Label([say(f"byhand.{word}"),
                    dbc.Input(id=name, value="", maxLength=longest, autocomplete="off")])
        for word, name, longest in (
            ("customer", Id.OPENING_NAME, 200), ("reach", Id.OPENING_REACH, 254),
        )
    ]  # fmt: skip
    help_line = html.P(say("byhand.whose"), className="bp-muted bp-small")
    return html.Div([html.Div(fields, className="bp-make"), help_line], hidden=hidden)
