"""The pages and callbacks of action plans. Registered by being imported, through the wiring."""

from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.plans.service import PlanWish
from api.security.permissions import Permission
from dashboard.actions import plans as planning
from dashboard.address import Page
from dashboard.data.plans import ANYBODY, NEW, plan_form, plan_id, plan_view, plans_view
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages.plan import plan_inside, plan_page
from dashboard.pages.plans import plan_new, plans_page
from dashboard.wiring import callback

_SHORTEST = 3
_QUIET = ("tick", "undone", "drop")  # the list itself shows it


def plans_room(sitting: Sitting) -> Made | None:
    """The page; None when the address names another one, or it is not the viewer's."""
    if sitting.address.page is not Page.PLANS or not sitting.viewer.may(Permission.VIEW_SCORES):
        return None
    subject = sitting.address.subject
    if subject is None:
        return Made(plans_page(plans_view(sitting), sitting.say))
    if subject == NEW:
        return Made(plan_new(plan_form(sitting), sitting.say))
    return Made(plan_page(plan_view(sitting, subject), sitting.say))


@callback(
    Output(Id.ADDRESS, "href", allow_duplicate=True),
    Input(Id.PLAN_START, "n_clicks"),
    [
        State(Id.PLAN_START, "value"),
        State(Id.PLAN_UNIT, "value"),
        State(Id.PLAN_DRIVER, "value"),
        State(Id.PLAN_PLACE, "value"),
        State(Id.PLAN_TITLE, "value"),
        State(Id.PLAN_FROM, "value"),
    ],
    initial=False,
)
def start_plan(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Writes the plan down and opens it."""
    if not clicks:
        raise PreventUpdate
    outcome, unit, driver, place, title, begun = (str(one or "") for one in given)
    if len(title.strip()) < _SHORTEST:
        return _missing(sitting)
    if not begun:
        return _missing(sitting, "day")
    day = planning.day_of("started_on", begun)
    wish = PlanWish(unit, outcome, title, day, driver or None, _chosen(place))
    made = planning.start(sitting, wish)
    return sitting.address.about(Page.PLANS, str(made)).href


@callback(
    Output(Id.PLAN, "children"),
    Input(Id.PLAN_ADD, "n_clicks"),
    [
        State(Id.PLAN_KEY, "data"),
        State(Id.PLAN_WHAT, "value"),
        State(Id.PLAN_DUE, "value"),
        State(Id.PLAN_OWNER, "value"),
    ],
    initial=False,
)
def add_step(sitting: Sitting, clicks: int | None, key: str | None, *given: Any) -> Any:
    """Adds an action to the plan."""
    what, due, owner = (str(one or "") for one in given)
    if not clicks:
        raise PreventUpdate
    if len(what.strip()) < _SHORTEST:
        return _missing(sitting)
    if not due:
        return _missing(sitting, "day")
    planning.add_step(sitting, _key(key)[0], what, due, _chosen(owner))
    return _anew(sitting, key)


@callback(
    Output(Id.PLAN, "children", allow_duplicate=True),
    Input(Id.PLAN_ACT, "data"),
    [State(Id.PLAN_KEY, "data"), State(Id.PLAN_LESSON, "value")],
    initial=False,
)
def act(sitting: Sitting, pressed: Any, key: str | None, lesson: str | None) -> Any:
    """An action is done, not done or taken out; or the plan goes on."""
    name, about = (str((pressed or {}).get(one) or "") for one in ("act", "about"))
    plan, version = _key(key)
    match name:
        case "tick" | "undone":
            planning.tick(sitting, plan, plan_id(about), done=name == "tick")
        case "drop":
            planning.remove(sitting, plan, plan_id(about))
        case "done" | "dropped":
            planning.end(sitting, plan, name, lesson or "", version)
        case "open":
            planning.reopen(sitting, plan, version)
        case "share":
            planning.share(sitting, plan, lesson or "")
        case "withdraw":
            planning.withdraw(sitting, plan)
        case _:
            raise PreventUpdate
    if name not in _QUIET:
        _say(sitting, f"plans.said.{name}")
    return _anew(sitting, key)


def _anew(sitting: Sitting, key: str | None) -> Any:
    return plan_inside(plan_view(sitting, str(_key(key)[0])), sitting.say)


def _key(key: str | None) -> tuple[Any, int]:
    plan, _, version = (key or "").partition(" ")
    return plan_id(plan), int(version) if version.isdigit() else 0


def _chosen(value: str) -> str | None:
    return None if value in ("", ANYBODY) else value


def _missing(sitting: Sitting, what: str = "words") -> Any:
    _say(sitting, f"plans.said.{what}")
    return no_update


def _say(sitting: Sitting, key: str) -> None:
    set_props(Id.NOTICES, {"children": notice(sitting.say(key))})
