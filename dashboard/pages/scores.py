"""Parts that show scores: the big number, its sentence, trend, comparison, rows of units."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.glance import COUNT_FROM, SCORE_FROM, Glance, Part
from dashboard.data.words import Words
from dashboard.figures.comparison import comparison_figure, comparison_height
from dashboard.figures.graph import graph
from dashboard.figures.trend import trend_figure
from dashboard.ids import Id
from dashboard.numbers import percent
from dashboard.pages import states
from dashboard.pages.parts import Ranged, answers_text, card, change_chip, chip, icon, ranged_rows

TREND_HEIGHT = 240


def hero(view: Glance, say: Words, width: int = 5, more: Any = None) -> Any:
    """The most important number, the biggest; with its range in a plain sentence, and ``more``."""
    figure, metric = view.figure, view.metric
    if figure.score is None:
        body: list[Any] = [states.too_few(say, SCORE_FROM)]
    else:
        body = [
            html.Div(metric.text(figure.score), className="bp-hero", id=Id.HERO),
            html.P(sentence(view, say), className="bp-hero-line"),
        ]
    facts = [
        rank_chip(view, say),
        chip(answers_text(say, figure.n, COUNT_FROM)),
        change_chip(view.difference, view.metric, say),
        chip(say("overview.provisional")) if view.provisional else None,
    ]
    return html.Section(
        [
            html.Div([html.Strong(metric.name), " · ", view.period], className="bp-hero-label"),
            *body,
            band_bar(view, say),
            html.Div(facts, className="bp-facts"),
            dcc.Link(
                [icon("question-circle"), say("overview.why_rank")],
                href=view.why,
                className="bp-button bp-why-button",
            )
            if view.why
            else None,
            more,
        ],
        className=f"bp-card bp-{width}",
    )


def band_bar(view: Glance, say: Words) -> Any:
    """Promoters, passives and detractors as shares of one bar."""
    if view.bands is None:
        return None
    counts = {
        "promoters": view.bands.promoters,
        "passives": view.bands.passives,
        "detractors": view.bands.detractors,
    }
    bar = [
        html.I(className=f"bp-{name}", style={"width": f"{number / view.bands.answers:.2%}"})
        for name, number in counts.items()
        if number
    ]
    legend = [
        html.Span(
            say(f"overview.band.{name}", share=percent(number / view.bands.answers)),
            className=f"bp-{name}",
        )
        for name, number in counts.items()
    ]
    return html.Div([html.Div(bar, className="bp-bands"), html.Div(legend, className="bp-legend")])


def sentence(view: Glance, say: Words) -> str:
    """The score and its interval as one would say it."""
    metric, figure = view.metric, view.figure
    low, high = metric.range_texts(figure.low, figure.high)
    said = {
        "metric": metric.name,
        "score": metric.text(figure.score),
        "low": low,
        "high": high,
    }
    return say("overview.sentence_own" if view.own else "overview.sentence", **said)


def rank_chip(view: Glance, say: Words) -> Any:
    """A branch's place in the whole network, and the places that chance leaves open."""
    if view.rank is None:
        return None
    rank, low, high = view.rank
    if low == high:
        return chip(say("overview.rank_sure", rank=rank))
    return chip(say("overview.rank", rank=rank, low=low, high=high))


def trend(view: Glance, say: Words, dark: bool, width: int = 7) -> Any:
    """The score week by week."""
    title = say("overview.trend")
    if view.trend.empty or view.trend["score"].notna().sum() < 2:
        inner = states.state(
            "info-circle", say("overview.no_trend"), say("overview.no_trend_words")
        )
        return card(title, inner, width=width)
    figure = trend_figure(
        view.trend,
        view.metric,
        dark=dark,
        tick=say("overview.tick"),
        hover=say("overview.hover"),
        mean=view.figure.score,
    )
    one = view.trend_weeks == 1
    note = (
        say("overview.trend_note") if one else say("overview.rolling_note", weeks=view.trend_weeks)
    )
    return card(title, graph(figure, say.language, TREND_HEIGHT), note=note, width=width)


def comparison(view: Glance, say: Words, dark: bool, width: int = 7) -> Any:
    """The branch beside its region and the network, in one picture."""
    title = say("overview.comparison")
    if len(view.compared) < 2:
        words = say("overview.no_comparison_words")
        inner = states.state("info-circle", say("overview.no_comparison"), words)
        return card(title, inner, width=width)
    figure = comparison_figure(view.compared, view.metric, dark=dark)
    return card(
        title,
        graph(figure, say.language, comparison_height(len(view.compared))),
        note=compared_sentence(view, say),
        width=width,
    )


def compared_sentence(view: Glance, say: Words) -> str:
    """Where the others stand, and whether that lies in one's own range."""
    figure, sentences = view.figure, []
    if figure.score is None:
        return say("overview.uncompared")
    for part in view.above:
        if part.figure.score is None or figure.low is None or figure.high is None:
            continue
        score = part.figure.score
        where = "within" if figure.low <= score <= figure.high else "outside"
        key = f"overview.{where}" if view.own else f"overview.{where}_theirs"
        sentences.append(say(key, name=part.name, score=view.metric.text(score)))
    return say("compare.between_sentences").join(sentences)


def parts_rows(parts: Sequence[Part], view: Glance, say: Words, *, between: Any = None) -> Any:
    """Units or touchpoints with their scores and intervals on one axis."""
    rows = [ranged_part(part, say) for part in parts]
    return ranged_rows(rows, view.metric, view.figure.score, between=between)


def ranged_part(part: Part, say: Words) -> Ranged:
    """A unit or touchpoint as a row, or the words for why its score is not told."""
    return Ranged(
        name=part.name,
        score=part.figure.score,
        low=part.figure.low,
        high=part.figure.high,
        answers=answers_text(say, part.figure.n, COUNT_FROM),
        href=part.href,
        instead=say("overview.row_too_few", needed=SCORE_FROM),
    )
