"""What customers say: find it, narrow it down, read it, open the whole answer."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.voices import Choice, Voice, VoicesView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon


def voices_page(view: VoicesView | None, say: Words) -> Any:
    """The search and its filters, then the comments; these alone are made anew."""
    if view is None:
        return states.unset(say)
    listed = html.Div(voices_list(view, say), id=Id.VOICES_LIST)
    return html.Div([_filters(view, say), card(None, listed)], className="bp-grid")


def voices_list(view: VoicesView, say: Words) -> list[Any]:
    """How many there are, the comments themselves, and the ways on."""
    if not view.items:
        return [_nothing(view, say)]
    return [
        html.P(view.sentence, className="bp-muted", role="status"),
        html.Div(comment_rows(view.items), className="bp-comments"),
        _ways(view, say),
    ]


def comment_rows(items: Sequence[Voice]) -> list[Any]:
    """One row per comment; it leads to the response it belongs to."""
    return [_row(voice) for voice in items]


def pieces(parts: Sequence[tuple[str, bool]]) -> list[Any]:
    """A text with the words in it marked that were looked for."""
    return [html.Mark(words) if found else words for words, found in parts]


def _row(voice: Voice) -> Any:
    score = "" if voice.score is None else str(voice.score)
    facts = html.Div(
        [
            html.Span(_unbroken(voice.facts), className="bp-muted bp-small"),
            *(chip(words) for words in voice.notes),
        ],
        className="bp-comment-facts",
    )
    inside = [
        html.Div(score, className=f"bp-mark-score {voice.tone}".strip()),
        html.Div([html.P(pieces(voice.marked) if voice.marked else voice.text), facts]),
    ]
    if voice.href is None:
        return html.Article(inside, className="bp-comment", key=voice.key or None)
    link = dcc.Link(inside, href=voice.href, className="bp-comment bp-comment-link")
    return html.Article(link, key=voice.key or None)


def _unbroken(facts: Sequence[str]) -> list[Any]:
    """Facts in a row; a line ends between two of them, never within a date."""
    parts: list[Any] = []
    for fact in facts[:-1]:
        parts += [html.Span(f"{fact} ·"), " "]
    return [*parts, *(html.Span(fact) for fact in facts[-1:])]


def _filters(view: VoicesView, say: Words) -> Any:
    box = html.Label(
        [
            html.Span(say("voices.seek"), className="visually-hidden"),
            icon("search"),
            dbc.Input(
                id=Id.VOICES_SEARCH,
                type="search",
                value=view.typed,
                placeholder=say("voices.seek"),
                maxLength=100,
            ),
        ],
        className="bp-search bp-wide",
    )
    button = html.Button(say("voices.find"), id=Id.VOICES_SEEK, className="bp-button")
    clear = dcc.Link(say("voices.clear"), href=view.clear, className="bp-clear")
    return html.Section(
        [
            html.Div([box, button], className="bp-voice-seek"),
            html.Div(
                [*map(choice_menu, view.choices), clear if view.narrowed else None],
                className="bp-filters",
            ),
        ],
        className="bp-card bp-12 bp-voice-filters",
    )


def choice_menu(choice: Choice) -> Any:
    """A filter whose choices are links."""
    links = [
        dcc.Link(link.label, href=link.href, className="active" if link.active else "")
        for link in choice.links
    ]
    return html.Details(
        [
            html.Summary(
                [html.Span(choice.chosen), icon("chevron-down")],
                className="bp-filter",
                title=choice.name,
            ),
            html.Div(links, className="bp-sheet"),
        ],
        className="bp-menu",
    )


def _ways(view: VoicesView, say: Words) -> Any:
    newest, older = view.newest, view.older
    ways = [
        dcc.Link(say("voices.newest"), href=newest, className="bp-button") if newest else None,
        dcc.Link(say("voices.older"), href=older, className="bp-button") if older else None,
    ]
    return html.Div(ways, className="bp-buttons bp-more") if any(ways) else None


def _nothing(view: VoicesView, say: Words) -> Any:
    """Why there is none to read, and what to do about it."""
    if not view.narrowed:
        words = say("overview.no_comments"), say("overview.no_comments_words")
        return states.state("inbox", *words)
    clear = dcc.Link(say("voices.clear"), href=view.clear, className="bp-button")
    return states.state("search", say("voices.none"), say("voices.none_words"), clear)
