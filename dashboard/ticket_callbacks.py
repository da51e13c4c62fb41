"""The callbacks of tickets: which page the address names, and what is done to a ticket.

Registered by being imported, through the wiring.
"""

from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.security.permissions import Permission
from api.tickets.errors import Stale
from dashboard.actions.tickets import add_file, take_step
from dashboard.address import Page
from dashboard.data.board import board_view
from dashboard.data.sitting import Sitting
from dashboard.data.ticket import named_ticket, ticket_view
from dashboard.data.ticket_form import Pressed, asks_for_choice, asks_for_words, read_pressed
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages import states
from dashboard.pages.board import board_page
from dashboard.pages.ticket import ticket_inside, ticket_page
from dashboard.wiring import callback

SHORTEST = 3  # letters that words must have


def tickets_room(sitting: Sitting) -> Made | None:
    """The board or one ticket; None when the address names another page."""
    page, say = sitting.address.page, sitting.say
    if page not in (Page.TICKETS, Page.TICKET):
        return None
    if not sitting.viewer.may(Permission.VIEW_COMMENTS):
        return Made(states.closed(say))
    if page is Page.TICKETS:
        return Made(board_page(board_view(sitting), say), follows=True)
    return Made(ticket_page(ticket_view(sitting, named_ticket(sitting)), say))


@callback(Output(Id.TICKET_FILED, "children"), Input(Id.TICKET_FILE, "filename"), initial=False)
def name_file(sitting: Sitting, name: str | None) -> Any:
    """Says which file will go along."""
    if not name:
        raise PreventUpdate
    return sitting.say("ticket.file_added", name=name[:80])


@callback(
    Output(Id.TICKET, "children"),
    Input(Id.TICKET_DO, "n_clicks"),
    [
        State(Id.TICKET_DO, "value"),
        State(Id.TICKET_NOTE, "value"),
        State(Id.TICKET_PICK, "value"),
        State(Id.TICKET_FILE, "contents"),
        State(Id.TICKET_FILE, "filename"),
    ],
    initial=False,
)
def work_on_ticket(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Does what the button says; afterwards the page stands at the step that comes next."""
    value, note, pick, content, name = given
    pressed = read_pressed(value)
    if not clicks or pressed is None:
        raise PreventUpdate
    words = str(note or "")
    if asks_for_choice(pressed.act) and not pick:
        return _missing(sitting, f"needs_pick.{pressed.act}")
    if asks_for_words(pressed.act) and len(words.strip()) < SHORTEST:
        return _missing(sitting, "needs_words")
    if pressed.act == "file":
        if not content or not name:
            return _missing(sitting, "needs_file")
        add_file(sitting, pressed.number, (str(name), str(content)))
        return _done(sitting, pressed)
    try:
        shown = take_step(sitting, pressed, words, str(pick or ""))
    except Stale:  # somebody was quicker: what they did is to be seen first
        _missing(sitting, "changed")
        return ticket_inside(ticket_view(sitting, pressed.number), sitting.say)
    return _done(sitting, pressed, shown)


def _missing(sitting: Sitting, what: str) -> Any:
    set_props(Id.NOTICES, {"children": notice(sitting.say(f"ticket.{what}"))})
    return no_update


def _done(sitting: Sitting, pressed: Pressed, shown: str | None = None) -> Any:
    """The ticket as it is now; the question leaves the address, unless a number is to be read."""
    set_props(Id.NOTICES, {"children": notice(sitting.say(f"ticket.act.{pressed.act}.done"))})
    if sitting.address.word("do") is None or shown is not None:
        return ticket_inside(ticket_view(sitting, pressed.number, shown), sitting.say)
    query = sitting.address.with_words(do=None).query
    set_props(Id.ADDRESS, {"search": f"?{query}" if query else ""})
    return no_update
