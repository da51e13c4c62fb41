"""The board of tickets: how many stand where, and what is late first. Made for a phone first."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.board import BoardView, Clock, TicketRow, Tile
from dashboard.data.words import Words
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon
from dashboard.pages.voices import choice_menu


def board_page(view: BoardView, say: Words) -> Any:
    """The numbers as ways to the tickets behind them, then the tickets."""
    return html.Div([_numbers(view, say), _list(view, say)], className="bp-grid bp-board")


def _numbers(view: BoardView, say: Words) -> Any:
    tiles = html.Nav(
        [_tile(one) for one in view.tiles],
        className="bp-tiles bp-board-tiles",
        **{"aria-label": say("board.tiles")},
    )
    further = html.Nav(
        [_further(one) for one in view.further],
        className="bp-board-further",
        **{"aria-label": say("board.further")},
    )
    return html.Section([tiles, further], className="bp-card bp-12 bp-board-numbers")


def _tile(one: Tile) -> Any:
    css = ["bp-tile", "active" if one.active else "", "bp-alarming" if one.alarming else ""]
    inside = [
        html.B(one.number),
        html.Span(one.name),
        html.Span(one.words, className="bp-muted bp-small bp-tile-words"),
    ]
    return dcc.Link(inside, href=one.href, className=" ".join(filter(None, css)))


def _further(one: Tile) -> Any:
    inside = [one.name, html.B(one.number)]
    return dcc.Link(inside, href=one.href, className="active" if one.active else "")


def _list(view: BoardView, say: Words) -> Any:
    menus = [choice_menu(one) for one in view.choices]
    clear = dcc.Link(say("board.clear"), href=view.clear, className="bp-clear")
    new = dcc.Link(view.new.label, href=view.new.href, className="bp-button") if view.new else None
    filters = html.Div([*menus, clear if view.narrowed else None, new], className="bp-filters")
    inside = ticket_list(view.rows, say) if view.rows else _nothing(view, say)
    return card(say("board.list"), inside, _ways(view, say), aside=filters)


def ticket_list(rows: Sequence[TicketRow], say: Words) -> Any:
    """Rows that lead to their tickets; what is late stands together, on top."""
    late = [row for row in rows if row.late]
    rest = [row for row in rows if not row.late]
    if not late or not rest:
        return html.Div([ticket_row(row) for row in rows], className="bp-tickets")
    parts = [
        html.H3(say("board.late_first")),
        html.Div([ticket_row(row) for row in late], className="bp-tickets"),
        html.H3(say("board.in_time")),
        html.Div([ticket_row(row) for row in rest], className="bp-tickets"),
    ]
    return html.Div(parts, className="bp-ticket-groups")


def ticket_row(row: TicketRow) -> Any:
    """One ticket."""
    said = [
        html.Div(row.words, className="bp-ticket-words"),
        html.Div(" · ".join(row.facts), className="bp-muted bp-small"),
    ]
    chips = [
        chip(row.state, row.state_tone),
        chip(row.urgent, "bp-down") if row.urgent else None,
        chip(row.escalated, "bp-down") if row.escalated else None,
    ]
    inside = [
        html.Div(row.mark or icon("chat-dots"), className=f"bp-mark-score {row.tone}".strip()),
        html.Div([*said, html.Div(chips, className="bp-ticket-chips")]),
        clock_part(row.clock),
    ]
    return dcc.Link(inside, href=row.href, className="bp-ticket-row")


def clock_part(clock: Clock | None) -> Any:
    """What is due, and when."""
    if clock is None:
        return html.Div()
    css = "bp-clock bp-late" if clock.late else "bp-clock"
    return html.Div(
        [html.Strong([icon("clock-history"), clock.words]), html.Span(clock.when)], className=css
    )


def _ways(view: BoardView, say: Words) -> Any:
    ways = [
        dcc.Link(say("board.first"), href=view.first, className="bp-button")
        if view.first
        else None,
        dcc.Link(say("board.older"), href=view.older, className="bp-button")
        if view.older
        else None,
    ]
    return html.Div(ways, className="bp-buttons bp-more") if any(ways) else None


def _nothing(view: BoardView, say: Words) -> Any:
    """Why there is none, which is mostly good news."""
    if view.nothing == "narrowed":
        clear = dcc.Link(say("board.clear"), href=view.clear, className="bp-button")
        return states.state("search", say("board.none"), say("board.none_words"), clear)
    quiet = view.nothing in ("open", "late")
    words = f"board.nothing_{view.nothing}" if quiet else "board.nothing_here"
    symbol = "check-circle" if quiet else "inbox"
    return states.state(symbol, say(words), say(f"{words}_words"))
