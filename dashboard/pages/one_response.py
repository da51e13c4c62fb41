"""One customer's whole answer: the mark, the words, every question on its scale, the facts."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.one_response import AnswerLine, Fact, ResponseView
from dashboard.data.words import Words
from dashboard.pages.parts import card, chip, icon
from dashboard.pages.voices import pieces


def response_page(view: ResponseView, say: Words) -> Any:
    """The way back on top, then the answer at the left and what is known of it at the right."""
    back = dcc.Link(
        [icon("chevron-right"), say("voices.back")], href=view.back, className="bp-back"
    )
    return html.Div(
        [
            html.Div(back, className="bp-back-row"),
            html.Div(
                [_said(view, say), _answers(view.answers, say)],
                className="bp-7 bp-stack bp-natural",
            ),
            html.Div(_facts(view, say), className="bp-5 bp-stack bp-natural"),
        ],
        className="bp-grid",
    )


def _said(view: ResponseView, say: Words) -> Any:
    parts: list[Any] = [_question(view.lead)] if view.lead is not None else []
    for quote in view.quotes:
        words = html.Blockquote(pieces(quote.pieces), className="bp-quote")
        parts += [html.H3(quote.question, className="bp-asked"), words]
    if not view.quotes:
        parts.append(html.P(say("voices.no_words"), className="bp-muted"))
    chips = html.Div([chip(words) for words in view.notes], className="bp-facts")
    return card(None, *parts, chips if view.notes else None)


def _answers(lines: Sequence[AnswerLine], say: Words) -> Any:
    if not lines:
        return None
    return card(say("voices.answers"), *map(_question, lines), note=say("voices.answers_note"))


def _question(line: AnswerLine) -> Any:
    """A question with its answer: the number where it stands on its scale, or what was chosen."""
    drawn: Any = html.Ul([html.Li(words) for words in line.options], className="bp-chosen")
    if line.steps:
        drawn = _scale(line)
    elif not line.options:
        drawn = html.Strong(line.value)
    return html.Div([html.H3(line.question, className="bp-asked"), drawn], className="bp-question")


def _scale(line: AnswerLine) -> Any:
    cells = [
        html.I(className="bp-at" if step == line.at else "bp-below" if step < line.at else "")
        for step in range(line.steps)
    ]
    low, high = line.ends
    return html.Div(
        [
            html.Strong(line.value, className=f"bp-mark-score {line.tone}".strip()),
            html.Div(
                [
                    html.Div(cells, className=f"bp-degrees {line.tone}", **{"aria-hidden": "true"}),
                    html.Div([html.Span(low), html.Span(high)], className="bp-degree-ends"),
                ]
            ),
        ],
        className="bp-on-scale",
    )


def _facts(view: ResponseView, say: Words) -> Any:
    ways = [
        dcc.Link(one.label, href=one.href, className="bp-button")
        for one in (view.ticket, view.contest)
        if one is not None
    ]
    return card(
        say("voices.about"),
        html.Dl([_fact(one) for one in view.facts], className="bp-rule bp-facts-list"),
        html.Div(ways, className="bp-buttons bp-more") if ways else None,
        note=view.promise,
    )


def _fact(one: Fact) -> Any:
    words = one.words if one.href is None else dcc.Link(one.words, href=one.href)
    return html.Div([html.Dt(one.name), html.Dd(words)])
