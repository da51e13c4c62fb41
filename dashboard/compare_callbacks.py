"""The page that compares units: what its address shows, and one more unit into the address.

Registered by being imported, through the wiring like all others.
"""

from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from dashboard.address import Page
from dashboard.data.compare import compare_view, with_typed
from dashboard.data.frame import compares
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages import states
from dashboard.pages.compare import compare_page
from dashboard.wiring import callback


def compare_room(sitting: Sitting) -> Made | None:
    """The page; None when the address names another one."""
    if sitting.address.page is not Page.COMPARE:
        return None
    if not compares(sitting):
        return Made(states.missing(sitting.say))
    page = compare_page(compare_view(sitting), sitting.say, dark=sitting.dark)
    return Made(page, follows=True)


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    [Input(Id.COMPARE_ADD, "n_clicks"), Input(Id.COMPARE_UNIT, "n_submit")],
    [State(Id.COMPARE_UNIT, "value")],
    initial=False,
)
def add_unit(sitting: Sitting, clicks: int | None, submits: int | None, typed: str | None) -> Any:
    """One more unit into the address, by its name or code; what nobody is called is said so."""
    if not (clicks or submits) or not typed or sitting.address.page is not Page.COMPARE:
        raise PreventUpdate
    query = with_typed(sitting, typed)
    if query is None:
        words = sitting.say("compare.unknown", typed=typed.strip()[:80])
        set_props(Id.NOTICES, {"children": notice(words)})
        return no_update
    return "?" + query
