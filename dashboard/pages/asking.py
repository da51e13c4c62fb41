"""How asking goes: what became of events, by which channels, what waits and what needs a person."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.asking import AskingView, Stage
from dashboard.data.reach import ChannelReach
from dashboard.data.rule_words import channel_word
from dashboard.data.words import Words
from dashboard.figures.graph import graph
from dashboard.figures.volume import volume_figure
from dashboard.ids import Id
from dashboard.numbers import UNKNOWN, count, percent
from dashboard.pages import states
from dashboard.pages.bars import Bar, bar_rows
from dashboard.pages.collection import cost_card, cut_card, reasons_card, times_card
from dashboard.pages.dead_letters import alarm, dead_letters_card, own_alarm
from dashboard.pages.parts import card

VOLUME_HEIGHT = 280
MOST_REASONS = 8


def asking_page(view: AskingView, say: Words, *, dark: bool) -> Any:
    """The page; what waits and what needs a person is shown in every period."""
    waiting, dead = queue(view, say, width=12), dead_letters_card(view.dead, say, width=12)
    if view.is_empty:
        inner = states.state("inbox", say("asked.empty.title"), say("asked.empty.words"))
        now = [card(None, inner), waiting, dead]
        return html.Div(
            [alarm(view.dead, say), own_alarm(view.dead, say), *now], className="bp-grid"
        )
    more = view.collection
    return html.Div(
        [
            alarm(view.dead, say),
            own_alarm(view.dead, say),
            html.Div([hero(view, say), waiting], className="bp-5 bp-stack bp-filled"),
            way(view.stages, say, width=7),
            reasons(view, say, width=5),
            reasons_card(more.reasons, say, dark=dark, by_week=view.by_week, width=7),
            cut_card(more.table, say),
            cost_card(more.cost, say, width=5),
            times_card(more.times, more.within, say, width=7),
            volume(view, say, dark, width=7),
            reach(say, width=5),
            dead,
        ],
        className="bp-grid",
    )


def hero(view: AskingView, say: Words) -> Any:
    """Of those who were sent a message, how many answered: the one number."""
    sent, whole = view.stages[3], view.stages[-1]
    place = " · ".join(part for part in (view.unit or say("asked.everything"), view.period) if part)
    share = percent(whole.share) if sent.number else UNKNOWN
    words = say("asked.hero", whole=count(whole.number), sent=count(sent.number))
    return html.Section(
        [
            html.Div([html.Strong(say("asked.rate")), " · ", place], className="bp-hero-label"),
            html.Div(share, className="bp-hero"),
            html.P(words if sent.number else say("asked.nobody"), className="bp-hero-line"),
            _true_rate(view, say),
            fates(view, say),
        ],
        className="bp-card bp-12",
    )


def _true_rate(view: AskingView, say: Words) -> Any:
    if view.rate is None:
        return None
    words = say("asked.true_rate", low=percent(view.rate.low), high=percent(view.rate.high))
    return html.P(words, className="bp-note")


def fates(view: AskingView, say: Words) -> Any:
    """What was decided on the period's events, as shares of one bar."""
    decided = view.decided
    parts = {
        "asked": decided.send,
        "waits": decided.hold,
        "not": decided.drop,
        "undecided": decided.undecided,
    }
    shown = {name: number for name, number in parts.items() if number}
    bar = [
        html.I(className=f"bp-fate-{name}", style={"width": f"{number / decided.events:.2%}"})
        for name, number in shown.items()
    ]
    legend = [
        html.Span(
            say(f"asked.fate.{name}", n=count(number), share=percent(number / decided.events)),
            className=f"bp-fate-{name}",
        )
        for name, number in shown.items()
    ]
    return html.Div(
        [
            html.Div(say("asked.fates", events=count(decided.events)), className="bp-muted"),
            html.Div(bar, className="bp-bands"),
            html.Div(legend, className="bp-legend"),
        ],
        className="bp-fates",
    )


def way(stages: Sequence[Stage], say: Words, width: int) -> Any:
    """From what happened to whole answers; every step is part of the one before."""
    bars = [Bar(one.name, one.number, one.share, one.of) for one in stages]
    return card(say("asked.way"), bar_rows(bars), note=say("asked.way_note"), width=width)


def reasons(view: AskingView, say: Words, width: int) -> Any:
    """Why the others were not asked, the most frequent first."""
    title = say("asked.reasons")
    if not view.reasons:
        inner = states.state("inbox", say("asked.no_reasons"), say("asked.no_reasons_words"))
        return card(title, inner, width=width)
    bars = [
        Bar(
            say("asked.still", reason=one.words) if one.held else one.words,
            one.events,
            one.share,
            tone="bp-quiet",
        )
        for one in view.reasons[:MOST_REASONS]
    ]
    note = say("asked.reasons_note", events=count(view.decided.events))
    return card(title, bar_rows(bars), note=note, width=width)


def volume(view: AskingView, say: Words, dark: bool, width: int) -> Any:
    """Messages over time, stacked by channel."""
    title = say("asked.volume_weeks" if view.by_week else "asked.volume_days")
    if not view.volume["sent"].sum():
        inner = states.state("inbox", say("asked.nobody"), say("asked.empty.words"))
        return card(title, inner, width=width)
    figure = volume_figure(
        view.volume,
        dark=dark,
        tick=say("overview.tick"),
        hover=say("asked.hover"),
        by_week=view.by_week,
    )
    note = say("asked.volume_note", sent=count(int(view.volume["sent"].sum())))
    return card(title, graph(figure, say.language, VOLUME_HEIGHT), note=note, width=width)


def reach(say: Words, width: int) -> Any:
    """Which share of customers each channel could reach today; counted behind the page."""
    waiting = html.Div(className="bp-skeleton bp-counting")
    return card(
        say("asked.reach"),
        html.Div(waiting, id=Id.REACH),
        dcc.Store(id=Id.REACH_OF, data=True),
        width=width,
    )


def reach_bars(rows: Sequence[ChannelReach] | None, say: Words) -> Any:
    """One bar per channel: who can be reached, of all customers."""
    if rows is None:
        return states.state("diagram-3", say("asked.choose_unit"), say("asked.choose_unit_words"))
    if not rows:
        return states.state("people", say("asked.no_reach"), say("asked.no_reach_words"))
    drawn = [
        Bar(
            channel_word(row.channel, say),
            row.reachable,
            row.share,
            say("asked.of.customers"),
            note=say("asked.reach_row", addressed=count(row.addressed),
                     consented=count(row.consented)),
        )
        for row in rows
    ]  # fmt: skip
    note = say("asked.reach_note", customers=count(rows[0].customers))
    return [bar_rows(drawn, rows[0].customers), html.P(note, className="bp-note")]


def queue(view: AskingView, say: Words, width: int) -> Any:
    """What waits at this moment, and until when."""
    title = say("asked.queue.title")
    if not view.queue:
        inner = states.state("check-circle", say("asked.queue.none"), say("asked.queue.none_words"))
        return card(title, inner, width=width)
    rows = [
        html.Div(
            [
                html.Span(one.name, className="bp-name"),
                html.B(count(one.number) if one.number else ""),
                html.Span(one.when, className=f"bp-small bp-when {one.tone or 'bp-muted'}"),
            ],
            className="bp-wait-row",
        )
        for one in view.queue
    ]
    return card(title, html.Div(rows, className="bp-waiting"), note=say("asked.queue.note"),
                width=width)  # fmt: skip
