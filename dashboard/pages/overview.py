"""The overview: how the network or region stands, who was asked, and its parts compared."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.changes import Lately
from dashboard.data.glance import Glance, Step
from dashboard.data.words import Words
from dashboard.numbers import count, percent
from dashboard.pages import states
from dashboard.pages.changes import changes, index_line, warned
from dashboard.pages.parts import card
from dashboard.pages.scores import hero, parts_rows, trend

SHOWN_ENDS = 15  # of very many parts the best and the last are shown


def overview_page(
    view: Glance | None, say: Words, *, dark: bool, more: Lately | None = None
) -> Any:
    """The page, or the words for why there is none."""
    if view is None:
        return states.unset(say)
    if view.is_empty:
        return states.empty(say, view.elsewhere)
    return html.Div(
        [
            hero(view, say, more=index_line(more.index, say) if more else None),
            trend(view, say, dark),
            *(_lately(more, say) if more else ()),
            parts(view, say, width=7),
            funnel(view.funnel, say, width=5),
        ],
        className="bp-grid",
    )


def _lately(found: Lately, say: Words) -> list[Any]:
    """What changed since last week, beside the warnings of the month where there are any."""
    beside = warned(found.warnings, say, width=5)
    return [changes(found.changes, say, width=12 if beside is None else 7), beside]


def parts(view: Glance, say: Words, width: int) -> Any:
    """The regions (areas, branches) compared."""
    title = say(f"overview.parts.{view.parts_kind}")
    if not view.parts:
        return card(title, states.too_few(say, 1), width=width)
    best, last = view.parts[:SHOWN_ENDS], view.parts[SHOWN_ENDS:][-SHOWN_ENDS:]
    between = len(view.parts) - len(best) - len(last)
    more = None
    if between:
        words = say("overview.parts_between", count=count(between))
        more = dcc.Link(words, href=view.league, className="bp-between")
    rows = parts_rows([*best, *last], view, say, between=more)
    return card(title, rows, note=say("overview.parts_note"), width=width)


def funnel(steps: Sequence[Step], say: Words, width: int) -> Any:
    """From what happened to whole answers; every step is part of the one before."""
    if not any(step.number for step in steps):
        inner = states.state(
            "inbox", say("overview.funnel_none"), say("overview.funnel_none_words")
        )
        return card(say("overview.funnel"), inner, width=width)
    most = max((step.number for step in steps), default=0)
    rows = [
        html.Div(
            [
                html.Span(step.name),
                html.Div(
                    html.Div(className="bp-fill", style={"width": f"{_share(step, most):.2%}"}),
                    className="bp-track",
                ),
                html.B(count(step.number)),
            ],
            className="bp-step",
        )
        for step in steps
    ]
    return card(
        say("overview.funnel"),
        html.Div(rows, className="bp-funnel"),
        note=funnel_sentence(steps, say),
        width=width,
    )


def funnel_sentence(steps: Sequence[Step], say: Words) -> str:
    """What the funnel says in one sentence."""
    sent, whole = steps[2].number, steps[-1].number
    if not sent:
        return say("overview.funnel_none")
    return say("overview.funnel_note", share=percent(whole / sent), sent=count(sent),
               whole=count(whole))  # fmt: skip


def _share(step: Step, most: int) -> float:
    return step.number / most if most else 0.0
