"""The callbacks of subscriptions. Registered by being imported, through the wiring."""

from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.security.permissions import Permission
from dashboard.actions import subscriptions as subscribing
from dashboard.actions.subscriptions import Given
from dashboard.address import Page
from dashboard.data.sitting import Sitting
from dashboard.data.subscriptions import subscriptions_view
from dashboard.ids import Id
from dashboard.notices import notice
from dashboard.pages.subscriptions import subscriptions_inside, subscriptions_page, undo_button
from dashboard.wiring import callback


def subscriptions_group(sitting: Sitting) -> Any:
    """The page; None when the address names another one, or there is nothing to subscribe to."""
    if sitting.address.page is Page.SUBSCRIPTIONS and sitting.viewer.may(Permission.EXPORT):
        return subscriptions_page(subscriptions_view(sitting), sitting.say)
    return None


@callback(
    Output(Id.SUBSCRIPTIONS, "children"),
    Input(Id.SUBSCRIPTION_SAVE, "n_clicks"),
    [
        State(Id.SUBSCRIPTION_KIND, "value"),
        State(Id.SUBSCRIPTION_UNIT, "value"),
        State(Id.SUBSCRIPTION_LANGUAGE, "value"),
        State(Id.SUBSCRIPTION_DAY, "value"),
        State(Id.SUBSCRIPTION_AT, "value"),
        State(Id.SUBSCRIPTION_ZONE, "value"),
        State(Id.SUBSCRIPTION_WAYS, "value"),
        State(Id.SUBSCRIPTION_FORMATS, "value"),
        State(Id.SUBSCRIPTION_WEEKS, "value"),
    ],
    initial=False,
)
def save_subscription(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Puts down what the form says."""
    if not clicks:
        raise PreventUpdate
    *words, ways, formats, weeks = given
    if not ways:
        _say(sitting, "needs_way")
        return no_update
    kind, unit, language, day, at, zone = (str(word or "") for word in words)
    number = weeks if isinstance(weeks, int) else None
    wanted = Given(kind, unit, language, day, at, zone, list(ways), list(formats or []), number)
    subscribing.save(sitting, wanted)
    return _done(sitting, "saved")


@callback(
    Output(Id.SUBSCRIPTIONS, "children", allow_duplicate=True),
    Input(Id.SUBSCRIPTION_ACT, "data"),
    initial=False,
)
def act_on_subscription(sitting: Sitting, wanted: Any) -> Any:
    """Holds one back, has it come again, takes it away or back, or sends the letter now."""
    asked = wanted if isinstance(wanted, dict) else {}
    act, about = asked.get("act"), str(asked.get("about") or "")
    match act:
        case "on" | "off":
            subscribing.turn(sitting, about, on=act == "on")
        case "forget":
            kept = subscribing.forget(sitting, about)
            return _done(sitting, f"said_{act}", undo_button(kept, sitting.say))
        case "undo":
            subscribing.bring_back(sitting, about)
        case "send":
            subscribing.send(sitting, about)
        case _:
            raise PreventUpdate
    return _done(sitting, f"said_{act}")


def _done(sitting: Sitting, what: str, undo: Any = None) -> Any:
    _say(sitting, what, undo)
    return subscriptions_inside(subscriptions_view(sitting), sitting.say)


def _say(sitting: Sitting, what: str, undo: Any = None) -> None:
    words = sitting.say(f"subscriptions.page.{what}")
    set_props(Id.NOTICES, {"children": notice(words, undo)})
