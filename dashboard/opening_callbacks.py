"""The page and callbacks of a ticket that a colleague opens.

Registered by being imported, through the wiring.
"""

from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.tickets.errors import HasTicket
from api.tickets.notes import SHORTEST_NOTE
from dashboard.actions.tickets import open_ticket
from dashboard.address import Page
from dashboard.data.board import NEW, ticket_address
from dashboard.data.sitting import Sitting
from dashboard.data.ticket_new import new_ticket, read_matter, read_sure, read_whose, weigh
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages.ticket_new import consequence, new_ticket_page
from dashboard.wiring import callback


def opening_room(sitting: Sitting) -> Made | None:
    """The form; None when the address names another page."""
    if sitting.address.page is not Page.TICKET or sitting.address.subject != NEW:
        return None
    return Made(new_ticket_page(new_ticket(sitting), sitting.say))


@callback(
    Output(Id.OPENING_WEIGHED, "children"),
    Input(Id.OPENING_WEIGH, "n_clicks"),
    [
        State(Id.OPENING_WEIGH, "value"),
        State(Id.OPENING_SEVERITY, "value"),
        State(Id.OPENING_UNIT, "value"),
        State(Id.OPENING_SAID, "value"),
        State(Id.OPENING_NAME, "value"),
        State(Id.OPENING_REACH, "value"),
    ],
    initial=False,
)
def weigh_opening(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Whose the ticket would be and what would be due when."""
    if not clicks:
        raise PreventUpdate
    answer, severity, unit, said, name, reach = (str(one or "") for one in given)
    if not answer and (not unit or len(said.strip()) < SHORTEST_NOTE):
        set_props(Id.NOTICES, {"children": notice(sitting.say("byhand.needs_words"))})
        return no_update
    asked = read_matter(answer, severity, unit, said, read_whose(name, reach))
    return consequence(weigh(sitting, asked), sitting.say)


@callback(
    Output(Id.ADDRESS, "href", allow_duplicate=True),
    Input(Id.OPENING_SURE, "n_clicks"),
    [State(Id.OPENING_SURE, "value")],
    initial=False,
)
def open_by_hand(sitting: Sitting, clicks: int | None, sure: str | None) -> Any:
    """Opens what was asked about, and goes there; also to one that somebody opened meanwhile."""
    if not clicks:
        raise PreventUpdate
    try:
        number = open_ticket(sitting, read_sure(sitting, sure or ""))
    except HasTicket as error:
        number = error.params["ticket"]
        if number is None:
            raise
    return ticket_address(sitting.address, number).href
