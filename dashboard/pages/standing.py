"""How a branch compares: its place drawn with what chance leaves open, and every score beside."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.glance import COUNT_FROM, SCORE_FROM
from dashboard.data.standing import ComparedLine, Ladder, StandingView
from dashboard.data.why import Others, Place
from dashboard.data.words import Words
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.beside import BesideRow, beside_rows, common_ends, ends_texts
from dashboard.pages.parts import answers_text, card, icon


def standing_page(view: StandingView | None, say: Words) -> Any:
    """The whole page."""
    if view is None:
        return states.unset(say)
    if not view.metrics and not view.touchpoints:
        return states.empty(say)
    return html.Div(
        [
            _places(view, say),
            _rows(view, view.touchpoints, say, "touchpoints") if view.touchpoints else None,
            _rows(view, view.metrics, say, "metrics"),
        ],
        className="bp-grid",
    )


def _places(view: StandingView, say: Words) -> Any:
    ladders = [_ladder(ladder, view, say) for ladder in view.ladders]
    return card(
        say("branch.standing.places"),
        html.P(_reading(view, say), className="bp-hero-line bp-standing-lead"),
        html.Div(ladders, className="bp-ladders"),
        note=say("branch.standing.places_note"),
    )


def _reading(view: StandingView, say: Words) -> str:
    """The score, its range, and how many are clearly better, as one would say it."""
    figure, metric = view.figure, view.metric
    if figure is None or figure.score is None:
        return say("overview.row_too_few", needed=SCORE_FROM)
    low, high = metric.range_texts(figure.low, figure.high)
    said = {"metric": metric.name, "score": metric.text(figure.score), "low": low, "high": high}
    first = say("overview.sentence_own" if view.own else "overview.sentence", **said)
    ladder = next((one for one in view.ladders if one.others and one.place), None)
    if ladder is None or ladder.others is None or ladder.place is None:
        return f"{first} {view.compared}".strip()
    better = say(
        "branch.standing.better", better=count(ladder.others.better), of=count(ladder.place.of)
    )
    return f"{first} {better} {view.compared}".strip()


def _ladder(ladder: Ladder, view: StandingView, say: Words) -> Any:
    head = [html.Strong(ladder.title)]
    if ladder.about:
        head.append(html.Span(ladder.about, className="bp-muted bp-small"))
    if ladder.place is None:
        inner: list[Any] = [html.P(ladder.lacks, className="bp-muted")]
    else:
        inner = [
            html.P(ladder.words),
            _ruler(ladder.place, say),
            _others(ladder.others, say) if ladder.others else None,
            dcc.Link([icon("question-circle"), say("overview.why_rank")], href=ladder.why,
                     className="bp-button bp-why-button"),
        ]  # fmt: skip
    return html.Div([html.Div(head, className="bp-ladder-head"), *inner], className="bp-ladder")


def _ruler(place: Place, say: Words) -> Any:
    """All places from the first to the last, with the own one and those that chance leaves open."""
    most = max(place.of - 1, 1)

    def at(rank: int) -> float:
        return 100 * (rank - 1) / most

    line = {"left": f"{at(place.low):.2f}%", "right": f"{100 - at(place.high):.2f}%"}
    marks = [
        html.I(className="bp-line", style=line),
        html.I(className="bp-point", style={"left": f"{at(place.rank):.2f}%"}),
    ]
    ends = [html.Span(say("branch.standing.first")), html.Span(say("branch.standing.last",
            of=count(place.of)))]  # fmt: skip
    return html.Div(
        [
            html.Div(marks, className="bp-range bp-own", **{"aria-hidden": "true"}),
            html.Div(ends, className="bp-ruler-ends bp-muted bp-small"),
        ],
        className="bp-ruler",
    )


_LEGEND = {
    "better": "branch.standing.better_part",
    "alike": "branch.standing.alike",
    "worse": "branch.standing.worse",
}


def _others(found: Others, say: Words) -> Any:
    named = (("better", found.better), ("alike", found.alike), ("worse", found.worse))
    whole = sum(number for _, number in named) or 1
    bar = [
        html.I(className=f"bp-{name}-part", style={"width": f"{number / whole:.2%}"})
        for name, number in named
        if number
    ]
    legend = [
        html.Span(say(_LEGEND[name], number=count(number)), className=f"bp-{name}-part")
        for name, number in named
    ]
    drawn = html.Div(bar, className="bp-bands", **{"aria-hidden": "true"})
    return html.Div([drawn, html.Div(legend, className="bp-legend")])


def _rows(view: StandingView, lines: Sequence[ComparedLine], say: Words, kind: str) -> Any:
    metric = view.metric
    shared = None
    if kind == "touchpoints":
        values = [value for line in lines for value in (line.figure.low, line.figure.high)]
        shared = common_ends([*values, *(line.usual for line in lines)], metric)
    rows = [_row(line, say, shared) for line in lines]
    usual = next((line.usual_name for line in lines if line.usual is not None), "")
    words = {"metric": metric.name}
    ends = None if shared is None else ends_texts(shared, metric)
    return card(
        say(f"branch.standing.{kind}", **words),
        beside_rows(rows, say, usual=usual, ends=ends),
        note=say(f"branch.standing.{kind}_note"),
        width=6 if kind == "metrics" and view.touchpoints else 12 if kind == "metrics" else 6,
    )


def _row(line: ComparedLine, say: Words, ends: tuple[float, float] | None) -> BesideRow:
    figure, metric = line.figure, line.metric
    usual = f"{line.usual_name} {metric.text(line.usual)}" if line.usual is not None else ""
    return BesideRow(
        name=line.name,
        metric=metric,
        score=figure.score,
        low=figure.low,
        high=figure.high,
        ends=ends or (metric.low, metric.high),
        usual=line.usual,
        usual_words=usual,
        verdict=line.verdict,
        facts=(answers_text(say, figure.n, COUNT_FROM),),
        instead=say("overview.row_too_few", needed=SCORE_FROM),
        href=line.href,
    )
