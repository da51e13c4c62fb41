"""The pages around tickets: alerts and mutes, notices and choices, messages to the own system.

Registered by being imported, through the wiring. Buttons within rows of a list all speak through
one store, which says what was pressed.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.security.permissions import Permission
from dashboard.actions import told as telling
from dashboard.actions.alerts import end_mute, mute
from dashboard.address import Page
from dashboard.data.alerts import alerts_view
from dashboard.data.measured import measured_view
from dashboard.data.sitting import Sitting
from dashboard.data.told import ROWS, choices_view, notices_view
from dashboard.data.unread import unread
from dashboard.data.webhook import webhook_view
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages import states
from dashboard.pages.alerts import alerts_page, mutes_inside
from dashboard.pages.frame import bell_inside
from dashboard.pages.measured import measured_page
from dashboard.pages.told import away_inside, choices_page, notices_inside, notices_page
from dashboard.pages.webhook import webhook_inside, webhook_page
from dashboard.wiring import callback

SHORTEST = 3  # letters that a reason must have


def loop_room(sitting: Sitting) -> Made | None:
    """One of these pages; None when the address names another one."""
    found = _PAGES.get(sitting.address.page)
    if found is None:
        return None
    permission, make = found
    if not sitting.viewer.may(permission):
        return Made(states.closed(sitting.say))
    return make(sitting)


def _alerts(sitting: Sitting) -> Made:
    return Made(alerts_page(alerts_view(sitting), sitting.say))


def _measured(sitting: Sitting) -> Made:
    return Made(measured_page(measured_view(sitting), sitting.say))


def _notices(sitting: Sitting) -> Made:
    return Made(notices_page(notices_view(sitting), sitting.say))


def _choices(sitting: Sitting) -> Made:
    return Made(choices_page(choices_view(sitting), sitting.say))


def _webhook(sitting: Sitting) -> Made:
    return Made(webhook_page(webhook_view(sitting), sitting.say))


_PAGES: Mapping[Page, tuple[Permission, Callable[[Sitting], Made]]] = MappingProxyType(
    {
        Page.ALERTS: (Permission.VIEW_COMMENTS, _alerts),
        Page.LOOP: (Permission.VIEW_COMMENTS, _measured),
        Page.NOTICES: (Permission.VIEW_SCORES, _notices),
        Page.NOTICE_CHOICES: (Permission.VIEW_SCORES, _choices),
        Page.WEBHOOK: (Permission.MANAGE_LOOP, _webhook),
    }
)


@callback(
    Output(Id.ROW_ACT, "data"),
    Input(Id.ROW_ACT, "data"),
    initial=False,
)
def act_on_row(sitting: Sitting, pressed: dict[str, Any] | None) -> Any:
    """Does what the button in a row says, and shows the list as it is afterwards."""
    act, _, subject = str((pressed or {}).get("act", "")).partition(" ")
    work = _ROWS.get(act)
    if work is None or not subject:
        raise PreventUpdate
    work(sitting, subject)
    return no_update


def _unmute(sitting: Sitting, subject: str) -> None:
    end_mute(sitting, subject)
    _show_mutes(sitting, "ended")


def _back(sitting: Sitting, subject: str) -> None:
    telling.end_absence(sitting, subject)
    _show_away(sitting, "back")


def _resend(sitting: Sitting, subject: str) -> None:
    telling.send_again(sitting, subject)
    set_props(Id.DEAD_MESSAGES, {"children": webhook_inside(webhook_view(sitting), sitting.say)})
    _say(sitting, "told.done_again")


def _read(sitting: Sitting, subject: str) -> None:
    """Read by opening it: the browser is on its way to what it is about."""
    telling.read_one(sitting, subject)
    _show_bell(sitting)


_ROWS: Mapping[str, Callable[[Sitting, str], None]] = MappingProxyType(
    {"unmute": _unmute, "back": _back, "resend": _resend, "read": _read}
)


@callback(
    Output(Id.MUTE, "disabled"),
    Input(Id.MUTE, "n_clicks"),
    [
        State(Id.MUTE_UNIT, "value"),
        State(Id.MUTE_RULE, "value"),
        State(Id.MUTE_DAYS, "value"),
        State(Id.MUTE_REASON, "value"),
    ],
    initial=False,
)
def mute_branch(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Mutes what was chosen."""
    if not clicks:
        raise PreventUpdate
    unit, rule, days, reason = (str(one or "") for one in given)
    if not unit:
        _say(sitting, "alerted.needs_branch")
        return no_update
    if len(reason.strip()) < SHORTEST:
        _say(sitting, "alerted.needs_reason")
        return no_update
    mute(sitting, unit, rule, days, reason)
    _show_mutes(sitting, "muted")
    return no_update


@callback(Output(Id.TOLD, "children"), Input(Id.READ_ALL, "n_clicks"), initial=False)
def read_all(sitting: Sitting, clicks: int | None) -> Any:
    """Marks everything as read."""
    if not clicks:
        raise PreventUpdate
    telling.read_all(sitting)
    _show_bell(sitting)
    _say(sitting, "told.done_read")
    return notices_inside(notices_view(sitting), sitting.say)


@callback(
    Output(Id.CHOICES_SAVE, "disabled"),
    Input(Id.CHOICES_SAVE, "n_clicks"),
    [
        State(Id.QUIET, "value"),
        State(Id.QUIET_FROM, "value"),
        State(Id.QUIET_UNTIL, "value"),
        State(Id.WECOM, "value"),
        *(State(row, "value") for row in ROWS.values()),
    ],
    initial=False,
)
def save_choices(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Keeps how the viewer wants to be told."""
    if not clicks:
        raise PreventUpdate
    quiet, first, last, member, *chosen = given
    ways = {kind: list(one or ()) for kind, one in zip(ROWS, chosen, strict=True)}
    hours = (str(first or ""), str(last or "")) if quiet else None
    telling.choose(sitting, ways, hours, str(member or ""))
    _say(sitting, "told.done_saved")
    return no_update


@callback(
    Output(Id.AWAY_GO, "disabled"),
    Input(Id.AWAY_GO, "n_clicks"),
    [
        State(Id.AWAY_FROM, "value"),
        State(Id.AWAY_UNTIL, "value"),
        State(Id.AWAY_DEPUTY, "value"),
    ],
    initial=False,
)
def enter_absence(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Enters that the viewer is away."""
    if not clicks:
        raise PreventUpdate
    first, last, deputy = (str(one or "") for one in given)
    if not first or not last:
        _say(sitting, "told.needs_days")
        return no_update
    telling.be_away(sitting, first, last, deputy)
    _show_away(sitting, "away")
    return no_update


def _show_mutes(sitting: Sitting, what: str) -> None:
    set_props(Id.MUTES, {"children": mutes_inside(alerts_view(sitting), sitting.say)})
    _say(sitting, f"alerted.done_{what}")


def _show_away(sitting: Sitting, what: str) -> None:
    set_props(Id.AWAY, {"children": away_inside(choices_view(sitting), sitting.say)})
    _say(sitting, f"told.done_{what}")


def _show_bell(sitting: Sitting) -> None:
    set_props(Id.BELL, {"children": bell_inside(unread(sitting), sitting.say)})


def _say(sitting: Sitting, key: str) -> None:
    set_props(Id.NOTICES, {"children": notice(sitting.say(key))})
