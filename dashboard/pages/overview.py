"""The overview: how the network or region stands, who was asked, and its parts compared."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.changes import Lately
from dashboard.data.glance import Glance, Part, Step
from dashboard.data.waiting import Waiting
from dashboard.data.words import Words
from dashboard.numbers import count, percent
from dashboard.pages import states
from dashboard.pages.changes import MOST_NAMED, changes, index_line, warned
from dashboard.pages.parts import card
from dashboard.pages.scores import hero, parts_rows, trend
from dashboard.pages.waiting import waiting_card

SHOWN_ENDS = 15  # of very many parts the best and the last are shown


def overview_page(
    view: Glance | None,
    say: Words,
    *,
    dark: bool,
    more: Lately | None = None,
    waits: Waiting | None = None,
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
            *_below(view, say, more, waits),
        ],
        className="bp-grid",
    )


def _below(view: Glance, say: Words, more: Lately | None, waits: Waiting | None) -> list[Any]:
    """What changed and who waits, beside the parts and the warnings of the month."""
    steps = funnel(view.funnel, say, width=5)
    if more is None:
        return [parts(view, say, width=7), steps]
    lately = [changes(more.changes, say, width=5), warned(more.warnings, say, width=5), steps]
    compared = [parts(view, say, width=7), waiting_card(waits, say, width=7)]
    return [
        html.Div(lately, className="bp-stack bp-natural bp-lately bp-5"),
        html.Div(compared, className="bp-stack bp-natural bp-lately bp-7"),
    ]


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
    note = parts_reading(view.parts, view, say, say("overview.parts_note"))
    return card(title, rows, note=note, width=width)


def parts_reading(parts: Sequence[Part], view: Glance, say: Words, more: str) -> str:
    """Which parts stand apart from the whole, each judged by its own range; then ``more``."""
    said = [*_apart(parts, view, say), more]
    return say("compare.between_sentences").join(said)


def _apart(parts: Sequence[Part], view: Glance, say: Words) -> list[str]:
    whole, known = view.figure.score, [one for one in parts if one.figure.score is not None]
    if whole is None or len(known) < 2:
        return []
    higher = [one.name for one in known if one.figure.low is not None
              and one.figure.low > whole]  # fmt: skip
    lower = [one.name for one in known if one.figure.high is not None
             and one.figure.high < whole]  # fmt: skip
    score = view.metric.text(whole)
    if not higher and not lower:
        return [say("overview.parts_alike", score=score)]
    return [
        say(f"overview.parts_{where}", names=_named(names, say), score=score)
        for where, names in (("higher", higher), ("lower", lower))
        if names
    ]


def _named(names: Sequence[str], say: Words) -> str:
    """Names one after the other, the rest as a number."""
    said = say("overview.changed.comma").join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return said + (say("overview.changed.moved_more", count=count(more)) if more > 0 else "")


def funnel(steps: Sequence[Step], say: Words, width: int) -> Any:
    """From what happened to whole answers; every step is part of the one before."""
    if not any(step.number for step in steps):
        inner = states.state(
            "inbox", say("overview.funnel_none"), say("overview.funnel_none_words")
        )
        return card(say("overview.funnel"), inner, width=width)
    most = max((step.number for step in steps), default=0)
    before = [None, *(step.number for step in steps)]
    rows = [
        html.Div(
            [
                html.Span(step.name),
                html.Div(
                    html.Div(className="bp-fill", style={"width": f"{_share(step, most):.2%}"}),
                    className="bp-track",
                ),
                html.B(count(step.number)),
                html.Small(percent(step.number / last) if last else "", className="bp-muted"),
            ],
            className="bp-step",
        )
        for step, last in zip(steps, before, strict=False)
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
