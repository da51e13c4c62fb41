"""A unit's page at every level: its score, the way down, its touchpoints, what customers wrote."""

from typing import Any

from dash import dcc, html

from dashboard.data.unit import UnitView
from dashboard.data.voices import Voices
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.overview import parts, parts_reading
from dashboard.pages.parts import card
from dashboard.pages.scores import comparison, hero, parts_rows, trend
from dashboard.pages.voices import comment_rows


def unit_page(view: UnitView | None, say: Words, *, dark: bool) -> Any:
    """The page, or the words for why there is none."""
    if view is None:
        return states.unset(say)
    found = view.glance
    if found.is_empty:
        return states.empty(say, found.elsewhere)
    if found.is_branch:
        cards = [
            hero(found, say),
            comparison(found, say, dark),
            trend(found, say, dark),
            touchpoints(view, say, width=5),
        ]
    else:
        cards = [
            hero(found, say),
            trend(found, say, dark),
            parts(found, say, width=7),
            touchpoints(view, say, width=5),
        ]
    return html.Div([*cards, comments(view.voices, say)], className="bp-grid")


def touchpoints(view: UnitView, say: Words, width: int) -> Any:
    """The same measure along the customer's journey."""
    title = say("overview.touchpoints")
    if not view.touchpoints:
        inner = states.state(
            "signpost-split", say("overview.no_touchpoints"), say("overview.no_touchpoints_words")
        )
        return card(title, inner, width=width)
    return card(
        title,
        parts_rows(view.touchpoints, view.glance, say),
        note=parts_reading(view.touchpoints, view.glance, say, say("overview.touchpoints_note")),
        width=width,
    )


def comments(voices: Voices | None, say: Words) -> Any:
    """What customers wrote, newest first; nothing where the role reads no comments."""
    if voices is None:
        return None
    title = say("overview.comments")
    if not voices.items:
        inner = states.state(
            "inbox", say("overview.no_comments"), say("overview.no_comments_words")
        )
        return card(title, inner)
    return card(
        title,
        html.Div(comment_rows(voices.items), id=Id.VOICES, className="bp-comments bp-abreast"),
        html.Div(more_button(voices, say), id=Id.MORE_PLACE),
        aside=dcc.Link(say("voices.all"), href=voices.everything) if voices.everything else None,
    )


def more_button(voices: Voices, say: Words) -> Any:
    """The way to older comments, which it names in its value."""
    if voices.next is None:
        return None
    return html.Button(
        say("overview.more"), id=Id.MORE, value=voices.next, className="bp-button bp-more"
    )
