"""The pages of comments: which the address names, the search, and new comments as they come in.

Registered by being imported, through the wiring.
"""

from typing import Any

from dash import Input, Output, State, callback_context, no_update, set_props
from dash.exceptions import PreventUpdate

from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.one_response import response_view
from dashboard.data.sitting import Sitting
from dashboard.data.voices import VoicesView, voices_view
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.pages import states
from dashboard.pages.one_response import response_page
from dashboard.pages.voices import voices_list, voices_page
from dashboard.wiring import callback


def voices_room(sitting: Sitting) -> Made | None:
    """Comments or one response; None when the address names another page."""
    page, say = sitting.address.page, sitting.say
    if page not in (Page.VOICES, Page.RESPONSE):
        return None
    if not sitting.viewer.may(Permission.VIEW_COMMENTS):
        return Made(states.closed(say))
    if page is Page.RESPONSE:
        return Made(response_page(response_view(sitting), say))
    return _voices(sitting)


def _voices(sitting: Sitting) -> Made:
    """The list; what comes in goes into the list that is there, or words half typed were lost."""
    view = voices_view(sitting)
    if view is None or not _stands(view):
        shape = "" if view is None else view.shape
        return Made(voices_page(view, sitting.say), follows=True, shape=shape)
    set_props(Id.VOICES_LIST, {"children": voices_list(view, sitting.say)})
    return Made(no_update, follows=True, shape=view.shape)


def _stands(view: VoicesView) -> bool:
    """Whether the browser shows this very list, and asks only because answers were counted."""
    shown = callback_context.states.get(f"{Id.SHOWN}.data") or {}
    return callback_context.triggered_id == Id.VERSION and shown.get("grid") == view.shape


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    [Input(Id.VOICES_SEARCH, "n_submit"), Input(Id.VOICES_SEEK, "n_clicks")],
    [State(Id.VOICES_SEARCH, "value")],
    initial=False,
)
def seek_words(sitting: Sitting, submits: int | None, clicks: int | None, typed: str | None) -> Any:
    """The words to look for, into the address; without any, all comments again."""
    if not submits and not clicks:
        raise PreventUpdate
    words = (typed or "").strip()
    return "?" + sitting.address.with_words(words=words or None, after=None).query
