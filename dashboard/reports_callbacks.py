"""The pages and callbacks of ordered reports. Registered by being imported, through the wiring."""

from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.security.permissions import Permission
from dashboard.actions import reports as ordering
from dashboard.address import Page
from dashboard.data.reports import order_id, order_view, reports_view
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages.reports import order_page, reports_page
from dashboard.wiring import callback


def reports_room(sitting: Sitting) -> Made | None:
    """The page, which follows what is being made; None when the address names another one."""
    if not sitting.viewer.may(Permission.EXPORT):
        return None
    if sitting.address.page is Page.REPORTS:
        view = reports_view(sitting)
        return Made(reports_page(view, sitting.say), follows=True, pending=view.pending)
    if sitting.address.page is Page.REPORT_ORDER:
        one = order_view(sitting)
        return Made(order_page(one, sitting.say), follows=True, pending=one.pending)
    return None


@callback(
    Output(Id.VERSION, "data", allow_duplicate=True),
    Input(Id.REPORT_MAKE, "n_clicks"),
    [
        State(Id.REPORT_FORMATS, "value"),
        State(Id.REPORT_LANGUAGE, "value"),
        State(Id.REPORT_PACK, "value"),
    ],
    initial=False,
    running=[(Output(Id.REPORT_MAKE, "disabled"), True, False)],
)
def order_report(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Orders what the form says; the page then shows it."""
    formats, language, which = given
    if not clicks or sitting.address.page is not Page.REPORTS:
        raise PreventUpdate
    if not formats:
        _say(sitting, "orders.page.needs_format")
        return no_update
    ordering.order(sitting, formats, str(language or ""), pack=which == "pack")
    _say(sitting, "orders.page.said_order")
    return _again(sitting)


@callback(
    Output(Id.ADDRESS, "href", allow_duplicate=True),
    Input(Id.REPORT_NOW, "data"),
    initial=False,
)
def order_what_is_shown(sitting: Sitting, wanted: Any) -> Any:
    """Orders the report of the page and opens the order, where the file is to be had."""
    if not wanted or sitting.address.page is Page.REPORT_ORDER:  # the second of two clicks
        raise PreventUpdate
    placed = ordering.order_shown(sitting)
    _say(sitting, "orders.page.said_now")
    return sitting.address.about(Page.REPORT_ORDER, str(placed)).href


@callback(
    Output(Id.VERSION, "data", allow_duplicate=True),
    Input(Id.REPORT_ACT, "data"),
    initial=False,
)
def act_on_order(sitting: Sitting, wanted: Any) -> Any:
    """Stops an order, or goes on with it."""
    asked = wanted if isinstance(wanted, dict) else {}
    act, about = asked.get("act"), str(asked.get("about") or "")
    if act == "cancel":
        ordering.cancel(sitting, order_id(about))
    elif act == "resume":
        ordering.resume(sitting, order_id(about))
    else:
        raise PreventUpdate
    _say(sitting, f"orders.page.said_{act}")
    return _again(sitting)


def _again(sitting: Sitting) -> float:
    """What makes the browser ask for its page again: a version that it never had."""
    return sitting.now.timestamp()


def _say(sitting: Sitting, key: str) -> None:
    set_props(Id.NOTICES, {"children": notice(sitting.say(key))})
