"""The editor of the rules of the closed loop: the text and, beside it, what was found."""

from typing import Any

from dash import dcc, html

from dashboard.data.drafting import Compared
from dashboard.data.loop_texts import LoopChecked, LoopText
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.editor import compared, diff, refused, text_field, troubles
from dashboard.pages.parts import card, icon

__all__ = ["checked", "compared", "loop_editor_page", "published", "refused", "sure"]


def loop_editor_page(view: LoopText, say: Words) -> Any:
    """The text and, beside it (below it on a phone), what was found."""
    text = html.Section(
        [
            html.P(say("loopbook.edit.lead"), className="bp-muted"),
            text_field(view.text, say("loopbook.edit.label")),
            html.Div(_buttons(say), className="bp-buttons bp-editor-buttons"),
        ],
        className="bp-card bp-7",
    )
    words = say("loopbook.edit.ready"), say("loopbook.edit.ready_words")
    note = say("loopbook.edit.started", version=view.version) if view.version else None
    ready = card(None, states.state("file-earmark-text", *words), note=note)
    result = html.Div(
        ready, id=Id.LOOP_RESULT, className="bp-5 bp-result", **{"aria-live": "polite"}
    )
    stores = [dcc.Store(id=Id.RULES_PROBLEMS), dcc.Store(id=Id.RULES_DRAWN)]
    return html.Div([text, result, *stores], className="bp-grid")


def _buttons(say: Words) -> list[Any]:
    def button(name: Id, word: str, symbol: str, css: str = "") -> Any:
        words = [icon(symbol), say(f"loopbook.edit.{word}")]
        return html.Button(words, id=name, className=f"bp-button {css}".strip())

    return [
        button(Id.LOOP_CHECK, "check", "check-circle"),
        button(Id.LOOP_COMPARE, "compare", "arrow-repeat"),
        button(Id.LOOP_PUBLISH, "publish", "send", "bp-primary"),
    ]


def checked(found: LoopChecked, say: Words) -> Any:
    """Every problem with its line; without any, what the text would publish."""
    if found.troubles:
        return troubles(found.troubles, say)
    words = say(
        "loopbook.edit.fine_words",
        version=found.version,
        rules=count(found.rules),
        causes=count(found.causes),
        calendars=count(found.calendars),
    )
    return card(None, states.state("check-circle", say("loopbook.edit.fine"), words))


def sure(found: LoopChecked, changes: Compared, value: str, say: Words) -> Any:
    """Asked before publishing: what will hold, and what changes."""
    button = html.Button(
        [icon("send"), say("loopbook.edit.yes", version=found.version)],
        id=Id.LOOP_SURE,
        value=value,
        className="bp-button bp-primary",
    )
    return card(
        say("loopbook.edit.sure", version=found.version),
        html.P(say("loopbook.edit.sure_words"), className="bp-floor"),
        html.Div(button, className="bp-buttons"),
        diff(changes) if changes.added or changes.removed else None,
    )


def published(version: int, href: str, say: Words) -> Any:
    """It is published; the way to it."""
    link = dcc.Link(say("loopbook.edit.open"), href=href, className="bp-button bp-primary")
    title = say("loopbook.edit.done", version=version)
    return card(None, states.state("check-circle", title, say("loopbook.edit.done_words"), link))
