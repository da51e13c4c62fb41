"""Writing a text that is published: its line numbers; what checking, comparing, publishing say.

One page for every such text. ``of`` is where the words of one alone stand in the catalogues; the
others are those of ``editor``.
"""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.drafting import Checked, Compared, EditorView, Published, Trouble
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, icon
from dashboard.pages.rules import counting

GUTTER = "rules-gutter"


def editor_page(view: EditorView, of: str, say: Words) -> Any:
    """The text and, beside it (below it on a phone), what was found."""
    return html.Div(
        [
            html.Section(
                [
                    html.P(say(f"{of}.edit.lead"), className="bp-muted"),
                    text_field(view.text, say(f"{of}.edit.label")),
                    html.Div(_buttons(view, say), className="bp-buttons bp-editor-buttons"),
                ],
                className="bp-card bp-7",
            ),
            html.Div(ready(view, of, say), id=Id.RULES_RESULT, className="bp-5 bp-result",
                     **{"aria-live": "polite"}),
            dcc.Store(id=Id.RULES_PROBLEMS),
            dcc.Store(id=Id.RULES_DRAWN),
        ],
        className="bp-grid",
    )  # fmt: skip


def text_field(text: str, label: str) -> Any:
    """A text with its lines numbered."""
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
    def button(name: Id, word: str, symbol: str, css: str = "", *, there: bool = True) -> Any:
        words = [icon(symbol), say(f"editor.{word}")]
        return html.Button(words, id=name, className=f"bp-button {css}".strip(), hidden=not there)

    drafts = view.try_out is not None
    words = [icon("play-circle"), say("rulebook.page.try")]
    return [
        button(Id.RULES_CHECK, "check", "check-circle"),
        button(Id.RULES_COMPARE, "compare", "arrow-repeat"),
        button(Id.RULES_SAVE, "save", "download", there=drafts),
        dcc.Link(words, href=view.try_out, className="bp-button") if drafts else None,
        button(Id.RULES_PUBLISH, "publish", "send", "bp-primary"),
    ]


def ready(view: EditorView, of: str, say: Words) -> Any:
    """Before anything was asked: where the text comes from."""
    words = []
    if view.saved is not None:
        words = [say("editor.saved", when=view.saved)]
    elif view.version is not None:
        words = [say(f"{of}.edit.started", version=view.version)]
    if view.try_out is not None:
        words.append(say("editor.unsaved"))
    inner = states.state("file-earmark-text", say("editor.ready"), say("editor.ready_words"))
    return card(None, inner, note=say("rulebook.space").join(words))


def saved(when: str, say: Words) -> Any:
    """The draft was kept."""
    words = say("editor.saved", when=when), say("editor.unsaved")
    return card(None, states.state("check-circle", *words))


def checked(found: Checked, of: str, say: Words) -> Any:
    """Every problem with its line; without any, what the text says and whom its segments take."""
    if found.troubles:
        return troubles(found.troubles, say)
    counts = {name: count(number) for name, number in found.counts.items()}
    words = say(f"{of}.edit.fine_words", version=found.version, since=found.since, **counts)
    fine = card(None, states.state("check-circle", say("editor.fine"), words))
    if not found.segments_of:
        return fine
    live = card(
        say("rulebook.page.segments"),
        counting({"text": found.segments_of}, html.Div(className="bp-skeleton bp-counting")),
        note=say("rulebook.page.segments_note"),
    )
    return [fine, live]


def troubles(found: Sequence[Trouble], say: Words) -> Any:
    """Every problem with its line, to which it leads."""
    number = len(found)
    title = say("editor.problem" if number == 1 else "editor.problems", n=number)
    rows = [
        html.Button(
            [
                html.Span(say("editor.line", line=one.line), className="bp-line-number"),
                html.Span(one.words),
            ],
            className="bp-trouble",
            **{"data-line": str(one.line)},
        )
        for one in found
    ]
    return card(title, html.Div(rows, className="bp-troubles"),
                note=say("editor.problems_words"))  # fmt: skip


def compared(found: Compared, say: Words) -> Any:
    """What leaves and what comes, line by line."""
    if not found.added and not found.removed:
        words = say("editor.same_words", version=found.version)
        return card(None, states.state("check-circle", say("editor.same"), words))
    title = say("editor.diff", version=found.version)
    note = say("editor.diff_note", added=count(found.added), removed=count(found.removed))
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


def sure(found: Checked, compared_: Compared, value: str, of: str, say: Words) -> Any:
    """Asked before publishing: what will hold from when, and how much of it is new."""
    key = "sure_now" if found.at_once else "sure_words"
    button = html.Button(
        [icon("send"), say("editor.yes", version=found.version)],
        id=Id.RULES_SURE,
        value=value,
        className="bp-button bp-primary",
    )
    return card(
        say("editor.sure", version=found.version),
        html.P(say(f"{of}.edit.{key}", since=found.since), className="bp-floor"),
        *_changes(found, say),
        html.Div(button, className="bp-buttons"),
        diff(compared_) if compared_.added or compared_.removed else None,
    )


def _changes(found: Checked, say: Words) -> list[Any]:
    """How many rules of touchpoints are others; nothing of a text that has none."""
    changes = found.changes
    if changes is None:
        return []
    words = say("rulebook.edit.changes_none")
    if changes.any:
        words = say("rulebook.edit.changes", changed=changes.changed, new=changes.new,
                    gone=changes.gone)  # fmt: skip
    around = html.P(say("rulebook.edit.around")) if changes.around else None
    return [html.P(words), around]


def published(done: Published, say: Words) -> Any:
    """It is published; the way to it."""
    link = dcc.Link(say("editor.open"), href=done.href, className="bp-button bp-primary")
    words = say("editor.published_words" if done.since else "editor.published_now",
                since=done.since)  # fmt: skip
    title = say("editor.published", version=done.version)
    return card(None, states.state("check-circle", title, words, link))


def refused(words: str) -> Any:
    """It could not be done, in words."""
    return card(None, html.P([icon("exclamation-triangle"), words], className="bp-refusal"))
