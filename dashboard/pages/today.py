"""A branch's day on one page, made for a phone first."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.glance import COUNT_FROM, SCORE_FROM
from dashboard.data.own_branch import Choices, Fresh
from dashboard.data.today import Line, TodayView, Way
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count, percent
from dashboard.pages import states
from dashboard.pages.parts import Ranged, answers_text, card, chip, icon, ranged_rows
from dashboard.pages.waiting import waiting_card

_CHANGES = {
    "up": ("arrow-up-right", "bp-up"),
    "down": ("arrow-down-right", "bp-down"),
    "level": ("dash-lg", ""),
    "none": ("info-circle", ""),
}


def today_page(view: TodayView | None, say: Words) -> Any:
    """The whole page."""
    if view is None:
        return states.unset(say)
    return html.Div(
        [
            _score(view, say),
            html.Div(
                [waiting_card(view.waiting, say, width=5), _voices(view, say), _asked(view, say)],
                className="bp-5 bp-stack",
            ),
            _ways(view.ways, say),
        ],
        className="bp-grid bp-today",
    )


def choose_branch(found: Choices, say: Words) -> Any:
    """In place of a branch's page: the branches there are to choose from."""
    if not found.links:
        return states.missing(say)
    links = [dcc.Link(link.label, href=link.href, className="bp-button") for link in found.links]
    more = html.P(say("branch.choose.more", more=count(found.more)), className="bp-note")
    return card(
        say("branch.choose.title"),
        html.Div(links, className="bp-choose"),
        more if found.more else None,
    )


def _score(view: TodayView, say: Words) -> Any:
    figure = view.score.figure
    body = _none(view, say) if figure.score is None else _number(view, say)
    return html.Section(
        [
            html.P(view.day, className="bp-muted bp-today-day"),
            *body,
            _facts(view, say),
            _change(view, say),
            html.H2(say("branch.today.picture"), className="bp-today-picture"),
            ranged_rows([_ranged(line, say) for line in view.lines], view.metric, None),
            html.P(view.compared, className="bp-note") if view.compared else None,
            html.P(view.untold, className="bp-muted bp-small bp-untold") if view.untold else None,
        ],
        className="bp-card bp-7",
    )


def _none(view: TodayView, say: Words) -> list[Any]:
    more = None
    if view.elsewhere is not None:
        words = say("dashboard.empty.elsewhere", days=view.elsewhere.label)
        more = dcc.Link(words, href=view.elsewhere.href, className="bp-button")
    return [
        html.Div([html.Strong(view.metric.name), " · ", view.period], className="bp-hero-label"),
        states.too_few(say, SCORE_FROM),
        html.Div(more, className="bp-today-more") if more else None,
    ]


def _number(view: TodayView, say: Words) -> list[Any]:
    metric, figure = view.metric, view.score.figure
    low, high = metric.range_texts(figure.low, figure.high)
    said = {"metric": metric.name, "score": metric.text(figure.score), "low": low, "high": high}
    key = "overview.sentence_own" if view.own else "overview.sentence"
    return [
        html.Div([html.Strong(metric.name), " · ", view.period], className="bp-hero-label"),
        html.Div(metric.text(figure.score), className="bp-hero", id=Id.HERO),
        html.P(say(key, **said), className="bp-hero-line"),
        html.P(view.place, className="bp-hero-line bp-today-place") if view.place else None,
        _bands(view, say),
    ]


def _facts(view: TodayView, say: Words) -> Any:
    chips = [
        chip(say("branch.today.pending")) if view.pending and not view.place else None,
        chip(answers_text(say, view.score.figure.n, COUNT_FROM)),
    ]
    return html.Div(chips, className="bp-facts")


def _bands(view: TodayView, say: Words) -> Any:
    if view.bands is None:
        return None
    counted = [(name, getattr(view.bands, name)) for name in _BANDS]
    whole = view.bands.answers
    bar = [
        html.I(className=f"bp-{name}", style={"width": f"{number / whole:.2%}"})
        for name, number in counted
        if number
    ]
    legend = [
        html.Span(say(f"overview.band.{name}", share=percent(number / whole)),
                  className=f"bp-{name}")
        for name, number in counted
    ]  # fmt: skip
    drawn = html.Div(bar, className="bp-bands", **{"aria-hidden": "true"})
    return html.Div([drawn, html.Div(legend, className="bp-legend")])


_BANDS = ("promoters", "passives", "detractors")


def _change(view: TodayView, say: Words) -> Any:
    symbol, tone = _CHANGES[view.way]
    words = html.Div([html.Strong(say("branch.today.changed")), html.P(view.changed)])
    return html.Div([icon(symbol), words], className=f"bp-changed {tone}".strip())


def _ranged(line: Line, say: Words) -> Ranged:
    figure = line.figure
    return Ranged(
        name=line.name,
        score=figure.score,
        low=figure.low,
        high=figure.high,
        answers=answers_text(say, figure.n, COUNT_FROM),
        instead=say("overview.row_too_few", needed=SCORE_FROM),
        tone="bp-own" if line.own else "bp-other",
    )


def _voices(view: TodayView, say: Words) -> Any:
    if view.voices is None:
        return None
    title = say("branch.today.voices")
    if not view.voices:
        words = say("branch.today.no_voices"), say("branch.today.no_voices_words")
        return card(title, states.state("inbox", *words))
    there = dcc.Link(say("branch.today.all_voices"), href=view.all_voices)
    return card(
        title,
        html.Div(fresh_rows(view.voices, say), className="bp-comments"),
        aside=there,
    )


def fresh_rows(voices: Sequence[Fresh], say: Words) -> list[Any]:
    """One row per comment, which leads to its answer; what is new is marked as such."""
    return [_voice(voice, say) for voice in voices]


def _voice(voice: Fresh, say: Words) -> Any:
    new = html.Span(say("branch.new"), className="bp-new") if voice.new else None
    facts = html.Div([new, " · ".join(voice.facts)], className="bp-muted bp-small")
    score = "" if voice.score is None else str(voice.score)
    inside = [
        html.Div(score, className=f"bp-mark-score {voice.tone}".strip()),
        html.Div([html.P(voice.text), facts]),
    ]
    link = dcc.Link(inside, href=voice.href, className="bp-comment bp-comment-link")
    return html.Article(link)


def _asked(view: TodayView, say: Words) -> Any:
    messages, answers = view.branch_day.messages, view.branch_day.answers
    tiles = [
        _tile(answers.week, say("branch.asked.answers"),
              say("branch.asked.answers_words", before=count(answers.week_before))),
        _tile(messages.sent_week, say("branch.asked.sent"),
              say("branch.asked.sent_words", today=count(messages.sent_today))),
        _tile(messages.due_today, say("branch.asked.due"),
              say("branch.asked.due_words", waiting=count(messages.waiting))),
        _tile(messages.open_links, say("branch.asked.open"), say("branch.asked.open_words")),
    ]  # fmt: skip
    quiet = not any((messages.sent_week, messages.waiting, messages.open_links))
    return card(
        say("branch.asked.title"),
        html.Div(tiles, className="bp-tiles"),
        note=say("branch.asked.quiet" if quiet else "branch.asked.note"),
    )


def _tile(number: int, name: str, words: str) -> Any:
    return html.Div(
        [html.B(count(number)), html.Span(name), html.Span(words, className="bp-muted bp-small")],
        className="bp-tile",
    )


def _ways(ways: Sequence[Way], say: Words) -> Any:
    links = [
        dcc.Link(
            [
                icon(way.icon),
                html.Div([html.Strong(way.link.label), html.Span(way.words)]),
                icon("chevron-right"),
            ],
            href=way.link.href,
            className="bp-way",
        )
        for way in ways
    ]
    return card(say("branch.today.ways"), html.Div(links, className="bp-ways"), width=7)
