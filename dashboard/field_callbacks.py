"""The callbacks of those who work with customers: the interviewer's calls, branches' codes.

Registered by being imported, through the wiring like all others.
"""

from typing import Any
from uuid import UUID

from dash import Input, Output, State, callback_context
from dash.exceptions import PreventUpdate

from api.core.errors import NotFound
from dashboard.actions import calls as calling
from dashboard.actions import points as printing
from dashboard.address import Page
from dashboard.data.calls import agreed_moment, calls_view
from dashboard.data.frame import may_call, may_print
from dashboard.data.points import points_view
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.pages.calls import calls_inside, calls_page, number_link
from dashboard.pages.points import points_inside, points_page
from dashboard.wiring import callback


def field_page(sitting: Sitting) -> Any:
    """The page that the address names; None when it is none of these, or not the viewer's."""
    if sitting.address.page is Page.CALLS and may_call(sitting):
        return calls_page(calls_view(sitting), calling.OUTCOMES, sitting.say)
    if sitting.address.page is Page.POINTS and may_print(sitting):
        return points_page(points_view(sitting), sitting.say)
    return None


@callback(
    Output(Id.CALLS, "children"),
    [Input(Id.CALL_NEXT, "n_clicks")],
    initial=False,
)
def take_call(sitting: Sitting, clicks: int | None) -> Any:
    """The next call in turn."""
    if not clicks:
        raise PreventUpdate
    calling.claim_next(sitting)
    return _calls(sitting)


@callback(
    Output(Id.CALL_NUMBER, "children"),
    Input(Id.CALL_REVEAL, "n_clicks"),
    [State(Id.CALL_REVEAL, "value")],
    initial=False,
)
def show_number(sitting: Sitting, clicks: int | None, call: str | None) -> Any:
    """The number to call; written into the audit."""
    if not clicks:
        raise PreventUpdate
    return number_link(calling.reveal(sitting, _id(call)))


@callback(Output(Id.CALL_WHEN, "className"), Input(Id.CALL_OUTCOME, "value"), initial=False)
def ask_when(sitting: Sitting, outcome: str | None) -> Any:
    """Day and time are asked for an appointment only."""
    return "bp-dates" if outcome == "appointment" else "bp-dates bp-hidden"


@callback(
    Output(Id.CALLS, "children", allow_duplicate=True),
    [Input(Id.CALL_SAVE, "n_clicks"), Input(Id.CALL_RELEASE, "n_clicks")],
    [
        State(Id.CALL_SAVE, "value"),
        State(Id.CALL_RELEASE, "value"),
        State(Id.CALL_OUTCOME, "value"),
        State(Id.CALL_DAY, "value"),
        State(Id.CALL_TIME, "value"),
    ],
    initial=False,
)
def end_call(sitting: Sitting, saves: int | None, releases: int | None, *given: Any) -> Any:
    """What came of the call, or that it was not made."""
    call, zone, outcome, day, clock = given
    if callback_context.triggered_id == Id.CALL_RELEASE and releases:
        calling.give_back(sitting, _id(call))
    elif saves and outcome:
        calling.record(sitting, _id(call), outcome, agreed_moment(day, clock, zone))
    else:
        raise PreventUpdate
    return _calls(sitting)


@callback(
    Output(Id.POINTS, "children"),
    Input(Id.POINT_MAKE, "n_clicks"),
    [
        State(Id.POINT_UNIT, "value"),
        State(Id.POINT_KIND, "value"),
        State(Id.POINT_ABOUT, "value"),
        State(Id.POINT_LABEL, "value"),
    ],
    initial=False,
)
def make_point(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """A new code, once it has a label."""
    unit, kind, about, label = (str(one or "") for one in given)
    if not clicks or not label.strip():
        raise PreventUpdate
    printing.make(sitting, unit, kind, about, label.strip())
    return points_inside(points_view(sitting), sitting.say)


@callback(
    Output(Id.POINTS, "children", allow_duplicate=True),
    Input(Id.POINT_CLOSE, "n_clicks"),
    [State(Id.POINT_CLOSE, "value")],
    initial=False,
)
def close_point(sitting: Sitting, clicks: int | None, point: str | None) -> Any:
    """Closes the code that is looked at."""
    if not clicks:
        raise PreventUpdate
    printing.close(sitting, _id(point))
    return points_inside(points_view(sitting), sitting.say)


def _calls(sitting: Sitting) -> Any:
    return calls_inside(calls_view(sitting), calling.OUTCOMES, sitting.say)


def _id(value: str | None) -> UUID:
    """The id that a browser sent; *not found* when it is none."""
    try:
        return UUID(value or "")
    except ValueError:
        raise NotFound from None
