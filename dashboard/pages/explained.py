"""Why somebody was asked or not: every check in order, the messages that went out, the caps."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.explained import (
    CapRow,
    CheckRow,
    CustomerView,
    EventRow,
    EventView,
    MessageRow,
)
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon

_SYMBOLS = {"passed": "check-circle", "blocked": "x-circle", "failed": "x-circle",
            "further": "check-circle", "open": "dash-circle"}  # fmt: skip
_TONES = {"send": "bp-up", "hold": "bp-soon", "drop": "bp-down"}


def search_page(say: Words) -> Any:
    """Nothing is asked for yet: where to type it."""
    words = say("explained.start"), say("explained.start_words")
    return html.Div(
        [search(say), card(None, states.state("question-circle", *words))], className="bp-grid"
    )


def search(say: Words, value: str = "") -> Any:
    """One box for events and customers alike."""
    box = html.Label(
        [
            html.Span(say("explained.seek"), className="visually-hidden"),
            icon("search"),
            dbc.Input(
                id=Id.SEEK,
                type="search",
                value=value,
                placeholder=say("explained.seek"),
                debounce=True,
            ),
        ],
        className="bp-search bp-wide",
    )
    words = html.P(say("explained.seek_words"), className="bp-muted bp-small bp-under")
    return html.Section([box, words, html.Div(id=Id.SEEK_PLACE)], className="bp-card bp-12 bp-seek")


def nothing_found(say: Words) -> Any:
    """The words led to nothing that the viewer may see."""
    return html.P(say("explained.nothing"), className="bp-refusal", role="status")


def event_page(view: EventView, say: Words) -> Any:
    """The decision first, then what led to it, then what went out."""
    return html.Div(
        [
            search(say),
            html.Div(
                [_verdict(view, say), _messages(view.messages, say)],
                className="bp-5 bp-stack bp-natural",
            ),
            html.Div(
                [_checks(view.checks, say), _facts(view, say)],
                className="bp-7 bp-stack bp-natural",
            ),
        ],
        className="bp-grid",
    )


def _verdict(view: EventView, say: Words) -> Any:
    """What was decided and why, in the biggest letters."""
    key = "explained.would" if view.dry else "explained.decided"
    facts = [
        chip(say("explained.version", version=view.rule_version)) if view.rule_version else None,
        chip(view.decided_at) if view.decided_at else None,
    ]
    earliest = None
    if view.earliest is not None:
        earliest = html.P(
            say(f"explained.earliest.{view.decision}", when=view.earliest), className="bp-hero-line"
        )
    return html.Section(
        [
            html.Div(say(key), className="bp-hero-label"),
            html.Div(
                [
                    html.Span(say(f"asking.decision.{view.decision}"), className="bp-verdict"),
                ],
                className=_TONES[view.decision],
            ),
            html.P(view.reason, className="bp-hero-line"),
            earliest,
            html.Div(facts, className="bp-facts"),
        ],
        className="bp-card bp-12",
    )


def _facts(view: EventView, say: Words) -> Any:
    """What the event is, without anything about the person."""
    rows = [html.Div([html.Dt(name), html.Dd(words)]) for name, words in view.facts]
    whole = None
    if view.customer is not None:
        whole = dcc.Link(
            [say("explained.all_of_customer"), icon("arrow-right")],
            href=view.customer,
            className="bp-button bp-more",
        )
    return card(say("explained.event"), html.Dl(rows, className="bp-rule bp-facts-list"), whole,
                width=7)  # fmt: skip


def _checks(rows: Sequence[CheckRow], say: Words) -> Any:
    """Every rule in order; the first that blocked stands out."""
    items = [_check(row, say) for row in rows]
    return card(say("explained.checks"), html.Ol(items, className="bp-checks"),
                note=say("explained.checks_note"), width=7)  # fmt: skip


def _check(row: CheckRow, say: Words) -> Any:
    said: list[Any] = [html.Span(row.name, className="bp-name")]
    if row.state == "blocked":
        said.append(chip(say("explained.first"), "bp-down"))
    if row.state in ("further", "failed"):
        said.append(html.Span(say("explained.further"), className="bp-small"))
    if row.state == "open":
        said.append(html.Span(say("explained.not_reached"), className="bp-small"))
    values = [
        html.Span(words, className="bp-small bp-muted") for words in (row.value, row.limit) if words
    ]
    return html.Li(
        [
            icon(_SYMBOLS[row.state]),
            html.Div([html.Div(said), html.Div(values, className="bp-values")]),
        ],
        className=f"bp-check bp-{row.state}",
    )


def _messages(rows: Sequence[MessageRow], say: Words) -> Any:
    """The chain: what went out when, and what the provider and the customer did."""
    title = say("explained.messages")
    if not rows:
        words = say("explained.no_messages"), say("explained.no_messages_words")
        return card(title, states.state("inbox", *words), width=5)
    items = [
        html.Li(
            [
                html.Div([html.Strong(row.title), chip(row.status, row.tone)], className="bp-lead"),
                html.Ul([html.Li(words) for words in row.steps], className="bp-timeline"),
            ]
        )
        for row in rows
    ]
    return card(title, html.Ol(items, className="bp-messages"), width=5)


def customer_page(view: CustomerView, say: Words) -> Any:
    """Every event of one customer with its decision, and which caps are used until when."""
    return html.Div([search(say), _caps(view, say), _events(view.events, say)], className="bp-grid")


def _caps(view: CustomerView, say: Words) -> Any:
    rows: Sequence[CapRow] = view.caps
    title = say("explained.caps")
    if not rows:
        words = say("explained.no_caps"), say("explained.no_caps_words")
        return card(title, states.state("check-circle", *words), width=5)
    items = [
        html.Div(
            [
                html.Span(row.words, className="bp-name"),
                html.B(say("explained.used", used=row.used, limit=row.limit)),
                html.Span(row.until, className=f"bp-small bp-when {row.tone or 'bp-muted'}"),
            ],
            className="bp-wait-row",
        )
        for row in rows
    ]
    elsewhere = html.P(view.elsewhere, className="bp-note") if view.elsewhere else None
    return card(title, html.Div(items, className="bp-waiting"), elsewhere,
                note=say("explained.caps_note"), width=5)  # fmt: skip


def _events(rows: Sequence[EventRow], say: Words) -> Any:
    title = say("explained.events")
    if not rows:
        words = say("explained.no_events"), say("explained.no_events_words")
        return card(title, states.state("inbox", *words), width=7)
    items = [
        dcc.Link(
            [
                html.Div(
                    [html.Strong(row.title), html.Div(row.facts, className="bp-muted bp-small")]
                ),
                html.Div(
                    [
                        chip(say(f"asking.decision.{row.decision}"), _TONES[row.decision])
                        if row.decision
                        else chip(say("explained.undecided")),
                        html.Div(row.reason, className="bp-muted bp-small"),
                    ],
                    className="bp-ask-outcome",
                ),
            ],
            href=row.href,
            className="bp-event-row",
        )
        for row in rows
    ]
    return card(title, html.Div(items, className="bp-event-rows"), width=7)
