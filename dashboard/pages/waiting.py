"""The card of customers who wait: how many, how many too long, and who is next."""

from typing import Any

from dash import dcc, html

from dashboard.data.waiting import Waiting
from dashboard.data.words import Words
from dashboard.numbers import count
from dashboard.pages.board import ticket_row
from dashboard.pages.parts import card, icon


def waiting_card(view: Waiting | None, say: Words, width: int) -> Any:
    """The card; a line of good news where nobody waits, nothing for who reads no tickets."""
    if view is None:
        return None
    there = dcc.Link(say("waiting.all"), href=view.board)
    title = say("waiting.title")
    if not view.open:
        quiet = html.P([icon("check-circle"), _quiet(view, say)], className="bp-waiting-quiet")
        return card(title, quiet, aside=there, width=width)
    key = "waiting.some" if view.open > 1 else "waiting.one"
    lead = [say(key, n=count(view.open))]
    late = None
    if view.late:
        words = say("waiting.late" if view.late > 1 else "waiting.late_one", n=count(view.late))
        late = dcc.Link([icon("exclamation-triangle"), words], href=view.late_board,
                        className="bp-waiting-late")  # fmt: skip
    rows = html.Div([ticket_row(row) for row in view.rows], className="bp-tickets bp-brief-tickets")
    return card(title, html.P(lead), late, rows, aside=there, width=width)


def _quiet(view: Waiting, say: Words) -> str:
    return say("waiting.none_asked", n=count(view.asked)) if view.asked else say("waiting.none")
