"""Texts that are published: pages that show a version, and the one editor with its callbacks.

The address names the text that the editor works on. Registered by being imported, through the
wiring like all others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash import (
    ClientsideFunction,
    Dash,
    Input,
    Output,
    State,
    callback_context,
    no_update,
    set_props,
)
from dash.exceptions import PreventUpdate

from api.security.permissions import Permission
from dashboard.actions.indicators import publish_tree
from dashboard.actions.loop import publish_loop
from dashboard.actions.rules import keep_draft, publish_rules
from dashboard.address import Page
from dashboard.data.drafting import Checked, EditorView, Published, compared_text, fingerprint
from dashboard.data.indicator_texts import checked_tree, tree_text, version_view
from dashboard.data.indicators import indicators_view
from dashboard.data.loop_texts import checked_loop, loop_text
from dashboard.data.loopbook import loop_view
from dashboard.data.rule_texts import checked_rules, rules_text
from dashboard.data.sitting import Sitting
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import editor
from dashboard.pages.indicator_texts import version_page
from dashboard.pages.indicators import indicators_page
from dashboard.pages.loopbook import loop_page
from dashboard.wiring import callback


@dataclass(frozen=True)
class Text:
    """A text that people write and publish; ``keep``, where there is one, keeps a draft."""

    of: str  # where its own words stand in the catalogues
    begin: Callable[[Sitting], EditorView]
    check: Callable[[Sitting, str], Checked]
    publish: Callable[[Sitting, str], Published]
    keep: Callable[[Sitting, str], str] | None = None


TEXTS = {
    Page.RULES_EDIT: Text("rulebook", rules_text, checked_rules, publish_rules, keep_draft),
    Page.INDICATORS_EDIT: Text("indicators", tree_text, checked_tree, publish_tree),
    Page.LOOP_EDIT: Text("loopbook", loop_text, checked_loop, publish_loop),
}


def texts_group(sitting: Sitting) -> Any:
    """The page that the address names; None when it names none of these."""
    page, say = sitting.address.page, sitting.say
    if page in TEXTS:
        return editor.editor_page(TEXTS[page].begin(sitting), TEXTS[page].of, say)
    match page:
        case Page.INDICATORS:
            return indicators_page(indicators_view(sitting), say, dark=sitting.dark)
        case Page.INDICATORS_VERSION:
            return version_page(version_view(sitting), say)
        case Page.LOOP_RULES if sitting.viewer.may(Permission.VIEW_COMMENTS):
            return loop_page(loop_view(sitting), say)
        case _:
            return None


def register_texts(dash: Dash) -> None:
    """Registers what runs in the browser alone."""
    dash.clientside_callback(
        ClientsideFunction("asking", "drawLines"),
        Output(Id.RULES_DRAWN, "data"),
        Input(Id.RULES_TEXT, "value"),
        Input(Id.RULES_PROBLEMS, "data"),
    )


def _told(say: Words, key: str) -> Any:
    """An error in place of a result."""
    return editor.refused(say(key)), no_update


_BUTTONS = (Id.RULES_CHECK, Id.RULES_COMPARE, Id.RULES_SAVE, Id.RULES_PUBLISH)


@callback(
    [Output(Id.RULES_RESULT, "children"), Output(Id.RULES_PROBLEMS, "data")],
    [Input(button, "n_clicks") for button in _BUTTONS],
    [State(Id.RULES_TEXT, "value")],
    initial=False,
    failed=_told,
)
def work_on_text(sitting: Sitting, *given: Any) -> Any:
    """What the button that was pressed says of the text: result, and the lines with problems."""
    *clicks, written = given
    of = TEXTS.get(sitting.address.page)
    if of is None or not any(clicks):
        raise PreventUpdate
    text, say, pressed = written or "", sitting.say, callback_context.triggered_id
    if pressed == Id.RULES_COMPARE:
        return editor.compared(compared_text(of.begin(sitting), text), say), no_update
    if of.keep is not None and pressed in (Id.RULES_SAVE, Id.RULES_PUBLISH):
        kept = of.keep(sitting, text)
        if pressed == Id.RULES_SAVE:
            return editor.saved(kept, say), no_update
    found = of.check(sitting, text)
    if found.troubles or pressed != Id.RULES_PUBLISH:
        return editor.checked(found, of.of, say), [one.line for one in found.troubles]
    changes = compared_text(of.begin(sitting), text)
    return editor.sure(found, changes, fingerprint(text), of.of, say), []


@callback(
    Output(Id.RULES_SURE, "disabled"),
    Input(Id.RULES_SURE, "n_clicks"),
    [State(Id.RULES_SURE, "value"), State(Id.RULES_TEXT, "value")],
    initial=False,
)
def publish_text(
    sitting: Sitting, clicks: int | None, confirmed: str | None, text: str | None
) -> Any:
    """Publishes the text that was confirmed; one that changed meanwhile is asked about again."""
    of = TEXTS.get(sitting.address.page)
    if of is None or not clicks:
        raise PreventUpdate
    written, say = text or "", sitting.say
    if fingerprint(written) == confirmed:
        shown = editor.published(of.publish(sitting, written), say)
    else:
        shown = editor.refused(say("editor.moved"))
    set_props(Id.RULES_RESULT, {"children": shown})
    return True
