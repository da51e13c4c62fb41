"""Messages to the network's own system that it never took: why, and the button to send again."""

from typing import Any

from dash import dcc, html

from dashboard.data.webhook import DeadMessage, WebhookView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, icon


def webhook_page(view: WebhookView, say: Words) -> Any:
    """The whole page; sending again makes the list anew."""
    return html.Div(webhook_inside(view, say), id=Id.DEAD_MESSAGES, className="bp-grid")


def webhook_inside(view: WebhookView, say: Words) -> list[Any]:
    """The messages, or why there is none."""
    title = say("told.dead")
    if not view.items:
        key = "told.dead_none" if view.on else "told.dead_off"
        symbol = "check-circle" if view.on else "info-circle"
        return [card(title, states.state(symbol, say(key), say(f"{key}_words")))]
    rows = html.Div([_row(one, say) for one in view.items], className="bp-letters")
    note = say("told.dead_note", n=count(view.total))
    return [card(title, rows, _ways(view, say), note=note)]


def _row(one: DeadMessage, say: Words) -> Any:
    words = html.Div(
        [
            html.Strong(one.title),
            html.Div(one.reason),
            html.Div(one.facts, className="bp-muted bp-small"),
            dcc.Link(say("told.open_ticket"), href=one.href, className="bp-small")
            if one.href
            else None,
        ]
    )
    act = {"data-row-act": f"resend {one.id}"}
    again = html.Button([icon("arrow-repeat"), say("told.again")], className="bp-button", **act)
    return html.Article([words, again], className="bp-letter-row")


def _ways(view: WebhookView, say: Words) -> Any:
    first, older = view.first, view.older
    ways = [
        dcc.Link(say("board.first"), href=first, className="bp-button") if first else None,
        dcc.Link(say("board.older"), href=older, className="bp-button") if older else None,
    ]
    return html.Div(ways, className="bp-buttons bp-more") if any(ways) else None
