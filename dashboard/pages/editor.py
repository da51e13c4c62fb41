"""Writing rules: the text with its line numbers, and what checking, comparing, publishing say."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.drafting import (
    Changes,
    Checked,
    Compared,
    EditorView,
    Published,
    Trouble,
)
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, icon
from dashboard.pages.rules import counting

GUTTER = "rules-gutter"


def editor_page(view: EditorView, say: Words) -> Any:
    """The text and, beside it (below it on a phone), what was found."""
    return html.Div(
        [
            html.Section(
                [
                    html.P(say("rulebook.edit.lead"), className="bp-muted"),
                    text_field(view.text, say("rulebook.edit.text_label")),
                    html.Div(_buttons(view, say), className="bp-buttons bp-editor-buttons"),
                ],
                className="bp-card bp-7",
            ),
            html.Div(ready(view, say), id=Id.RULES_RESULT, className="bp-5 bp-result",
                     **{"aria-live": "polite"}),
            dcc.Store(id=Id.RULES_PROBLEMS),
            dcc.Store(id=Id.RULES_DRAWN),
        ],
        className="bp-grid",
    )  # fmt: skip


def text_field(text: str, label: str) -> Any:
    """A text with its lines numbered; one editor is on a page at a time."""
    return html.Div(
        [
            html.Pre(id=GUTTER, className="bp-gutter", **{"aria-hidden": "true"}),
            html.Label(label, htmlFor=Id.RULES_TEXT, className="visually-hidden"),
            dcc.Textarea(
                id=Id.RULES_TEXT,
                value=text,
                className="bp-editor-text",
                spellCheck="false",
                wrap="off",
                title=label,
            ),
        ],
        className="bp-editor",
    )


def _buttons(view: EditorView, say: Words) -> list[Any]:
    def button(name: Id, word: str, symbol: str, css: str = "") -> Any:
        words = [icon(symbol), say(f"rulebook.edit.{word}")]
        return html.Button(words, id=name, className=f"bp-button {css}".strip())

    return [
        button(Id.RULES_CHECK, "check", "check-circle"),
        button(Id.RULES_COMPARE, "compare", "arrow-repeat"),
        button(Id.RULES_SAVE, "save", "download"),
        dcc.Link(
            [icon("play-circle"), say("rulebook.page.try")], href=view.try_out,
            className="bp-button",
        ),
        button(Id.RULES_PUBLISH, "publish", "send", "bp-primary"),
    ]  # fmt: skip


def ready(view: EditorView, say: Words) -> Any:
    """Before anything was asked: where the text comes from."""
    words = [say("rulebook.edit.unsaved")]
    if view.saved is not None:
        words.insert(0, say("rulebook.edit.saved", when=view.saved))
    elif view.version is not None:
        words.insert(0, say("rulebook.edit.started", version=view.version))
    inner = states.state(
        "file-earmark-text", say("rulebook.edit.ready"), say("rulebook.edit.ready_words")
    )
    return card(None, inner, note=say("rulebook.space").join(words))


def saved(when: str, say: Words) -> Any:
    """The draft was kept."""
    words = say("rulebook.edit.saved", when=when), say("rulebook.edit.unsaved")
    return card(None, states.state("check-circle", *words))


def checked(found: Checked, text: str, say: Words) -> Any:
    """Every problem with its line; without any, what the text says and whom its segments take."""
    if not found.troubles:
        words = say("rulebook.edit.fine_words", rules=count(found.rules),
                    segments=count(found.segments), since=found.since)  # fmt: skip
        fine = card(None, states.state("check-circle", say("rulebook.edit.fine"), words))
        live = card(
            say("rulebook.page.segments"),
            counting({"text": text}, html.Div(className="bp-skeleton bp-counting")),
            note=say("rulebook.page.segments_note"),
        )
        return [fine, live]
    return troubles(found.troubles, say)


def troubles(found: Sequence[Trouble], say: Words) -> Any:
    """Every problem with its line, to which it leads."""
    number = len(found)
    title = say("rulebook.edit.problem" if number == 1 else "rulebook.edit.problems", n=number)
    rows = [
        html.Button(
            [
                html.Span(say("rulebook.edit.line", line=one.line), className="bp-line-number"),
                html.Span(one.words),
            ],
            className="bp-trouble",
            **{"data-line": str(one.line)},
        )
        for one in found
    ]
    return card(title, html.Div(rows, className="bp-troubles"),
                note=say("rulebook.edit.problems_words"))  # fmt: skip


def compared(found: Compared, say: Words) -> Any:
    """What leaves and what comes, line by line."""
    if not found.added and not found.removed:
        words = say("rulebook.edit.same_words", version=found.version)
        return card(None, states.state("check-circle", say("rulebook.edit.same"), words))
    title = say("rulebook.edit.diff", version=found.version)
    note = say("rulebook.edit.diff_note", added=count(found.added), removed=count(found.removed))
    return card(title, diff(found), note=note)


def diff(found: Compared) -> Any:
    """The lines, marked and coloured."""
    names = {"+": "bp-comes", "-": "bp-leaves", "@": "bp-hunk"}
    signs = {"+": "+ ", "-": "\u2212 ", "@": ""}
    rows = [
        html.Div(signs.get(line.mark, "  ") + line.words, className=names.get(line.mark, ""))
        for line in found.lines
    ]
    return html.Pre(rows, className="bp-diff", tabIndex=0)


def sure(found: Checked, changes: Changes, compared_: Compared, value: str, say: Words) -> Any:
    """Asked before publishing: what will hold from when, and how much of it is new."""
    key = "rulebook.edit.sure_now" if found.at_once else "rulebook.edit.sure_words"
    counts = say("rulebook.edit.changes_none")
    if changes.any:
        counts = say("rulebook.edit.changes", changed=changes.changed, new=changes.new,
                     gone=changes.gone)  # fmt: skip
    button = html.Button(
        [icon("send"), say("rulebook.edit.yes", version=found.version)],
        id=Id.RULES_SURE,
        value=value,
        className="bp-button bp-primary",
    )
    return card(
        say("rulebook.edit.sure", version=found.version),
        html.P(say(key, since=found.since), className="bp-floor"),
        html.P(counts),
        html.P(say("rulebook.edit.around")) if changes.around else None,
        html.Div(button, className="bp-buttons"),
        diff(compared_) if compared_.added or compared_.removed else None,
    )


def published(done: Published, say: Words) -> Any:
    """It is published; the way to it."""
    link = dcc.Link(say("rulebook.edit.open"), href=done.href, className="bp-button bp-primary")
    words = say("rulebook.edit.published_words", since=done.since)
    title = say("rulebook.edit.published", version=done.version)
    return card(None, states.state("check-circle", title, words, link))


def refused(words: str) -> Any:
    """It could not be done, in words."""
    return card(None, html.P([icon("exclamation-triangle"), words], className="bp-refusal"))
