"""The pages of the indicator tree: scores, a version, the editor; and the editor's callbacks.

Registered by being imported, through the wiring like all others.
"""

from typing import Any

from dash import Input, Output, State, callback_context, set_props
from dash.exceptions import PreventUpdate

from dashboard.actions.indicators import publish_tree
from dashboard.address import Page
from dashboard.data.drafting import fingerprint
from dashboard.data.indicator_texts import checked_tree, compared_tree, tree_text, version_view
from dashboard.data.indicators import indicators_view
from dashboard.data.sitting import Sitting
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import indicator_texts as texts
from dashboard.pages.indicators import indicators_page
from dashboard.wiring import callback


def indicators_group(sitting: Sitting) -> Any:
    """The page that the address names; None when it names none of these."""
    match sitting.address.page:
        case Page.INDICATORS:
            return indicators_page(indicators_view(sitting), sitting.say, dark=sitting.dark)
        case Page.INDICATORS_VERSION:
            return texts.version_page(version_view(sitting), sitting.say)
        case Page.INDICATORS_EDIT:
            return texts.editor_page(tree_text(sitting), sitting.say)
        case _:
            return None


def _told(say: Words, key: str) -> Any:
    return texts.refused(say(key))


_BUTTONS = (Id.INDICATORS_CHECK, Id.INDICATORS_COMPARE, Id.INDICATORS_PUBLISH)


@callback(
    Output(Id.INDICATORS_RESULT, "children"),
    [Input(button, "n_clicks") for button in _BUTTONS],
    [State(Id.RULES_TEXT, "value")],
    initial=False,
    failed=_told,
)
def work_on_indicators(sitting: Sitting, *given: Any) -> Any:
    """What the button that was pressed says of the text: result, and the lines with problems."""
    *clicks, written = given
    if not any(clicks):
        raise PreventUpdate
    text, say = written or "", sitting.say
    if callback_context.triggered_id == Id.INDICATORS_COMPARE:
        return texts.compared(compared_tree(sitting, text), say)
    found = checked_tree(sitting, text)
    set_props(Id.RULES_PROBLEMS, {"data": [one.line for one in found.troubles]})
    if found.troubles or callback_context.triggered_id != Id.INDICATORS_PUBLISH:
        return texts.checked(found, say)
    return texts.sure(found, compared_tree(sitting, text), fingerprint(text), say)


@callback(
    Output(Id.INDICATORS_SURE, "disabled"),
    Input(Id.INDICATORS_SURE, "n_clicks"),
    [State(Id.INDICATORS_SURE, "value"), State(Id.RULES_TEXT, "value")],
    initial=False,
)
def publish_indicators(
    sitting: Sitting, clicks: int | None, confirmed: str | None, text: str | None
) -> Any:
    """Publishes the text that was confirmed; one that changed meanwhile is asked about again."""
    if not clicks:
        raise PreventUpdate
    written, say = text or "", sitting.say
    if fingerprint(written) == confirmed:
        shown = texts.published(publish_tree(sitting, written), say)
    else:
        shown = texts.refused(say("indicators.edit.moved"))
    set_props(Id.INDICATORS_RESULT, {"children": shown})
    return True
