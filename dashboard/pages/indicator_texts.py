"""The indicator tree as it is written: one version, and the editor with what it says."""

from typing import Any

from dash import dcc, html

from dashboard.data.drafting import Compared, Published
from dashboard.data.indicator_texts import Part, TreeChecked, TreeText, VersionView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count, percent
from dashboard.pages import states
from dashboard.pages.editor import compared, diff, refused, text_field, troubles
from dashboard.pages.parts import card, chip, icon

__all__ = ["checked", "compared", "editor_page", "published", "refused", "sure", "version_page"]


def version_page(view: VersionView, say: Words) -> Any:
    """One version: what it is made of, its targets, its text."""
    name = view.parts[0].name
    title = say("indicators.page.version", version=view.row.version, name=name)
    words = html.Div(
        [
            html.Div(
                [html.H2(title), chip(say(f"indicators.state.{view.row.state}"))],
                className="bp-lead",
            ),
            html.P(say("indicators.page.version_words", since=view.row.since)),
        ]
    )
    back = dcc.Link(say("indicators.page.back"), href=view.back, className="bp-button")
    edit = dcc.Link(
        [icon("pencil-square"), say("indicators.page.edit")],
        href=view.edit,
        className="bp-button bp-primary",
    )
    buttons = html.Div([back, edit if view.edit else None], className="bp-buttons")
    return html.Div(
        [
            html.Section([words, buttons], className="bp-card bp-between-ends"),
            card(say("indicators.page.tree"), _parts(view.parts, say), width=6),
            card(say("indicators.page.targets"), _targets(view, say), width=6),
            _text_of(view, say),
        ],
        className="bp-grid",
    )


def _parts(parts: list[Part], say: Words) -> Any:
    rows = [
        html.Div(
            [
                html.Span(part.name, style={"paddingLeft": f"{part.depth * 20}px"}),
                html.B(percent(part.share) if part.parent else ""),
            ],
            className="bp-part",
        )
        for part in parts
    ]
    return html.Div(rows, className="bp-parts")


def _targets(view: VersionView, say: Words) -> Any:
    if not view.targets:
        return html.P(say("indicators.page.no_targets"), className="bp-muted")
    names = ("part", "unit", "year", "target")
    head = [html.Th(say(f"indicators.column.{name}"), scope="col") for name in names]
    body = [
        html.Tr([html.Td(one.name), html.Td(one.unit), html.Td(str(one.year)), html.Td(one.value)])
        for one in view.targets
    ]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="bp-table bp-words")
    return html.Div(table, className="bp-scroll bp-targets", tabIndex=0)


def _text_of(view: VersionView, say: Words) -> Any:
    if view.text is None:
        return None
    summary = html.Summary([icon("file-earmark-text"), say("indicators.page.show_text")])
    text = html.Pre(view.text, className="bp-text", tabIndex=0)
    return html.Details([summary, text], className="bp-card bp-12 bp-fold")


def editor_page(view: TreeText, say: Words) -> Any:
    """The text and, beside it (below it on a phone), what was found."""
    return html.Div(
        [
            html.Section(
                [
                    html.P(say("indicators.edit.lead"), className="bp-muted"),
                    text_field(view.text, say("indicators.edit.text_label")),
                    html.Div(_buttons(say), className="bp-buttons bp-editor-buttons"),
                ],
                className="bp-card bp-7",
            ),
            html.Div(
                _ready(view, say),
                id=Id.INDICATORS_RESULT,
                className="bp-5 bp-result",
                **{"aria-live": "polite"},
            ),
            dcc.Store(id=Id.RULES_PROBLEMS),
            dcc.Store(id=Id.RULES_DRAWN),
        ],
        className="bp-grid",
    )


def _buttons(say: Words) -> list[Any]:
    def button(name: Id, word: str, symbol: str, css: str = "") -> Any:
        words = [icon(symbol), say(f"indicators.edit.{word}")]
        return html.Button(words, id=name, className=f"bp-button {css}".strip())

    return [
        button(Id.INDICATORS_CHECK, "check", "check-circle"),
        button(Id.INDICATORS_COMPARE, "compare", "arrow-repeat"),
        button(Id.INDICATORS_PUBLISH, "publish", "send", "bp-primary"),
    ]


def _ready(view: TreeText, say: Words) -> Any:
    words = say("indicators.edit.ready"), say("indicators.edit.ready_words")
    note = say("indicators.edit.started", version=view.version) if view.version else None
    return card(None, states.state("file-earmark-text", *words), note=note)


def checked(found: TreeChecked, say: Words) -> Any:
    """Every problem with its line; without any, what the text would publish."""
    if found.troubles:
        return troubles(found.troubles, say)
    words = say(
        "indicators.edit.fine_words",
        questions=count(found.questions),
        dimensions=count(found.dimensions),
        targets=count(found.targets),
        since=found.since,
    )
    return card(None, states.state("check-circle", say("indicators.edit.fine"), words))


def sure(found: TreeChecked, changes: Compared, value: str, say: Words) -> Any:
    """Asked before publishing: what will hold from when, and what changes."""
    button = html.Button(
        [icon("send"), say("indicators.edit.yes", version=found.version)],
        id=Id.INDICATORS_SURE,
        value=value,
        className="bp-button bp-primary",
    )
    return card(
        say("indicators.edit.sure", version=found.version),
        html.P(say("indicators.edit.sure_words", since=found.since), className="bp-floor"),
        html.Div(button, className="bp-buttons"),
        diff(changes) if changes.added or changes.removed else None,
    )


def published(done: Published, say: Words) -> Any:
    """It is published; the way to it."""
    link = dcc.Link(say("indicators.edit.open"), href=done.href, className="bp-button bp-primary")
    words = say("indicators.edit.published_words", since=done.since)
    title = say("indicators.edit.published", version=done.version)
    return card(None, states.state("check-circle", title, words, link))
