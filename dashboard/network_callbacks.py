"""The page of the network's tree and its one callback. Registered by being imported."""

from datetime import date
from typing import Any

from dash import Input, Output, State
from dash.exceptions import PreventUpdate

from dashboard.address import Page
from dashboard.data.frame import compares
from dashboard.data.network import network_view
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.pages.network import network_page
from dashboard.wiring import callback


def network_room(sitting: Sitting) -> Made | None:
    """The page; None when the address names another one, or the viewer compares no branches."""
    if sitting.address.page is not Page.NETWORK or not compares(sitting):
        return None
    return Made(network_page(network_view(sitting), sitting.say))


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    Input(Id.UNITS_SHOW, "n_clicks"),
    [State(Id.UNITS_ON, "value")],
    initial=False,
)
def show_day(sitting: Sitting, clicks: int | None, on: str | None) -> Any:
    """The day into the address; what is no day leaves it as it is."""
    if not clicks or sitting.address.page is not Page.NETWORK:
        raise PreventUpdate
    try:
        day = date.fromisoformat(on or "")
    except ValueError:
        raise PreventUpdate from None
    word = None if day == sitting.today else day.isoformat()
    query = sitting.address.with_words(on=word).query
    return f"?{query}" if query else ""
