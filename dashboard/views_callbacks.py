"""The callbacks of the menu of saved views. Registered by being imported."""

from typing import Any

from dash import Input, Output, State, set_props
from dash.exceptions import PreventUpdate

from dashboard.actions import views as actions
from dashboard.data.sitting import Sitting
from dashboard.data.views import saved_views, view_id
from dashboard.ids import Id
from dashboard.pages.views import deleted, told, view_list
from dashboard.wiring import Refused, callback


@callback(
    Output(Id.VIEWS, "children"),
    [Input(Id.VIEW_SAVE, "n_clicks"), Input(Id.VIEW_NAME, "n_submit")],
    [State(Id.VIEW_NAME, "value")],
    initial=False,
)
def save_view(sitting: Sitting, clicks: int | None, submits: int | None, name: str | None) -> Any:
    """Saves the page of the address under the name."""
    if not clicks and not submits:
        raise PreventUpdate
    try:
        saved = actions.save_here(sitting, name or "")
    except Refused as error:
        return _list(sitting, said=told(sitting.say(error.key)))
    set_props(Id.VIEW_NAME, {"value": ""})
    return _list(sitting, said=told(sitting.say("views.saved", name=saved.name)))


@callback(
    Output(Id.VIEWS, "children", allow_duplicate=True),
    Input(Id.VIEW_ACT, "data"),
    initial=False,
)
def act_on_view(sitting: Sitting, act: dict[str, Any] | None) -> Any:
    """Opens the field for a new name, deletes a view, or brings back one that was deleted."""
    wanted = act or {}
    view, found = str(wanted.get("view")), view_id(str(wanted.get("view")))
    match wanted.get("act"):
        case "edit":
            return _list(sitting, edited=view)
        case "delete" if found is not None:
            gone = actions.delete(sitting, found)
            return _list(sitting, said=deleted(gone.name, gone.href, sitting.say))
        case "undo":
            actions.save_again(sitting, str(wanted.get("name")), view)
            return _list(sitting)
        case _:
            raise PreventUpdate


@callback(
    Output(Id.VIEWS, "children", allow_duplicate=True),
    [Input(Id.VIEW_RENAMED, "n_clicks"), Input(Id.VIEW_RENAME, "n_submit")],
    [State(Id.VIEW_RENAMED, "value"), State(Id.VIEW_RENAME, "value")],
    initial=False,
)
def rename_view(
    sitting: Sitting, clicks: int | None, submits: int | None, view: str | None, name: str | None
) -> Any:
    """Gives a view the name that was written."""
    found = view_id(view)
    if (not clicks and not submits) or found is None:
        raise PreventUpdate
    try:
        actions.rename(sitting, found, name or "")
    except Refused as error:
        return _list(sitting, edited=view, said=told(sitting.say(error.key)))
    return _list(sitting)


def _list(sitting: Sitting, *, edited: str | None = None, said: Any = None) -> list[Any]:
    return view_list(saved_views(sitting), sitting.say, edited=edited, said=said)
