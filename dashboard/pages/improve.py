"""What a branch can work on: one next step, then every question with weight and rating."""

from typing import Any

from dash import dcc, html

from dashboard.data.glance import COUNT_FROM, SCORE_FROM
from dashboard.data.improve import ImproveView, LeverLine, NextStep
from dashboard.data.words import Words
from dashboard.numbers import Metric
from dashboard.pages import states
from dashboard.pages.beside import BesideRow, beside_rows
from dashboard.pages.parts import answers_text, card
from dashboard.pages.today import fresh_rows

RATING = Metric("", "", "nps", 0.0, 100.0)  # whole numbers from 0 to 100


def improve_page(view: ImproveView | None, say: Words) -> Any:
    """The whole page."""
    if view is None:
        return states.unset(say)
    if view.problem is not None:
        words = say("branch.improve.problem.title"), view.problem
        nothing = card(None, states.state("info-circle", *words))
        return html.Div([_places(view, say), nothing], className="bp-grid")
    beside = html.Div([_levers(view, say), _how(view, say)], className="bp-6 bp-stack")
    return html.Div([_places(view, say), _next(view.step, say), beside], className="bp-grid")


def _places(view: ImproveView, say: Words) -> Any:
    if not view.places:
        return None
    links = [
        dcc.Link(link.label, href=link.href, className="active" if link.active else "")
        for link in view.places
    ]
    choice = html.Nav(
        links, className="bp-choice bp-places", **{"aria-label": say("branch.improve.places")}
    )
    return html.Div(choice, className="bp-12 bp-wide")


def _next(step: NextStep | None, say: Words) -> Any:
    if step is None:
        return None
    steps = html.Ol([html.Li(words) for words in step.steps], className="bp-todo")
    plan = None
    if step.plan is not None:
        plan = dcc.Link(step.plan.label, href=step.plan.href, className="bp-button bp-primary")
    lead = html.Div(
        [html.Strong(step.title), html.P(step.words)], className=f"bp-priority {step.tone}".strip()
    )
    voices = None
    if step.voices:
        voices = html.Div(
            [
                html.H3(step.voices_title),
                html.Div(fresh_rows(step.voices, say), className="bp-comments"),
            ],
            className="bp-low-voices",
        )
    return card(say("branch.improve.next"), lead, steps if step.steps else None, plan, voices,
                width=6)  # fmt: skip


def _levers(view: ImproveView, say: Words) -> Any:
    rows = [_row(line, view, say) for line in view.levers]
    return card(
        say("branch.improve.levers", outcome=view.outcome),
        beside_rows(rows, say, usual=view.usual, ends=("0", "100")),
        note=say("branch.improve.levers_note"),
        width=6,
    )


def _row(line: LeverLine, view: ImproveView, say: Words) -> BesideRow:
    usual = f"{view.usual_short} {RATING.text(line.usual)}" if line.usual is not None else ""
    return BesideRow(
        name=line.name,
        metric=RATING,
        score=line.score,
        low=line.low,
        high=line.high,
        ends=(0.0, 100.0),
        usual=line.usual,
        usual_words=usual,
        verdict=line.verdict,
        facts=(answers_text(say, line.answers, COUNT_FROM), line.weight_words),
        instead=say("overview.row_too_few", needed=SCORE_FROM),
    )


def _how(view: ImproveView, say: Words) -> Any:
    listed = [html.Li(words) for words in view.how]
    more = dcc.Link(view.more.label, href=view.more.href) if view.more else None
    return card(say("branch.improve.how.title"), html.Ul(listed, className="bp-plain-list"), more)
