"""The pages of the rules of the closed loop, and the editor's callbacks.

Registered by being imported, through the wiring like all others.
"""

from typing import Any

from dash import Input, Output, State, callback_context, set_props
from dash.exceptions import PreventUpdate

from api.security.permissions import Permission
from dashboard.actions.loop import publish_loop
from dashboard.address import Page
from dashboard.data.drafting import fingerprint
from dashboard.data.loop_texts import checked_loop, compared_loop, loop_text
from dashboard.data.loopbook import loop_view
from dashboard.data.sitting import Sitting
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import loop_texts as texts
from dashboard.pages.loopbook import loop_page
from dashboard.wiring import callback


def loopbook_group(sitting: Sitting) -> Any:
    """The page that the address names; None when it names none of these."""
    match sitting.address.page:
        case Page.LOOP_RULES if sitting.viewer.may(Permission.VIEW_COMMENTS):
            return loop_page(loop_view(sitting), sitting.say)
        case Page.LOOP_EDIT:
            return texts.loop_editor_page(loop_text(sitting), sitting.say)
        case _:
            return None


def _told(say: Words, key: str) -> Any:
    return texts.refused(say(key))


_BUTTONS = (Id.LOOP_CHECK, Id.LOOP_COMPARE, Id.LOOP_PUBLISH)


@callback(
    Output(Id.LOOP_RESULT, "children"),
    [Input(button, "n_clicks") for button in _BUTTONS],
    [State(Id.RULES_TEXT, "value")],
    initial=False,
    failed=_told,
)
def work_on_loop(sitting: Sitting, *given: Any) -> Any:
    """What the button that was pressed says of the text: result, and the lines with problems."""
    *clicks, written = given
    if not any(clicks):
        raise PreventUpdate
    text, say = written or "", sitting.say
    if callback_context.triggered_id == Id.LOOP_COMPARE:
        return texts.compared(compared_loop(sitting, text), say)
    found = checked_loop(sitting, text)
    set_props(Id.RULES_PROBLEMS, {"data": [one.line for one in found.troubles]})
    if found.troubles or callback_context.triggered_id != Id.LOOP_PUBLISH:
        return texts.checked(found, say)
    return texts.sure(found, compared_loop(sitting, text), fingerprint(text), say)


@callback(
    Output(Id.LOOP_SURE, "disabled"),
    Input(Id.LOOP_SURE, "n_clicks"),
    [State(Id.LOOP_SURE, "value"), State(Id.RULES_TEXT, "value")],
    initial=False,
)
def publish_rules_of_the_loop(
    sitting: Sitting, clicks: int | None, confirmed: str | None, text: str | None
) -> Any:
    """Publishes the text that was confirmed; one that changed meanwhile is asked about again."""
    if not clicks:
        raise PreventUpdate
    written, say = text or "", sitting.say
    if fingerprint(written) == confirmed:
        href = sitting.address.to(Page.LOOP_RULES).href
        shown = texts.published(publish_loop(sitting, written), href, say)
    else:
        shown = texts.refused(say("loopbook.edit.moved"))
    set_props(Id.LOOP_RESULT, {"children": shown})
    return True
