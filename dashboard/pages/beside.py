"""Rows of scores, each with its interval, what is usual as a mark of its own, and a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import dcc, html

from dashboard.data.words import Words
from dashboard.numbers import Metric
from dashboard.pages.parts import icon

_ICONS = {"above": "arrow-up-right", "below": "arrow-down-right", "level": "dash-lg"}
_TONES = {"above": "bp-up", "below": "bp-down", "level": ""}


@dataclass(frozen=True)
class BesideRow:
    """One row; ``ends`` are those of its axis, ``verdict`` above, level, below or nothing."""

    name: str
    metric: Metric
    score: float | None
    low: float | None
    high: float | None
    ends: tuple[float, float]
    usual: float | None = None
    usual_words: str = ""
    verdict: str | None = None
    facts: Sequence[str] = field(default=())
    instead: str | None = None  # words where there is no score to show
    href: str | None = None


def beside_rows(
    rows: Sequence[BesideRow], say: Words, *, usual: str, ends: tuple[str, str] | None = None
) -> Any:
    """The rows and what their marks mean; ``usual`` is what the upright mark stands for.

    ``ends`` are those of the axis that all rows share, in words.
    """
    marks = [
        html.Span([html.I(className="bp-beside-point"), say("branch.key.own")]),
        html.Span([html.I(className="bp-beside-line"), say("branch.key.range")]),
        html.Span([html.I(className="bp-beside-usual"), usual]) if usual else None,
    ]
    return html.Div(
        [
            html.Div([_row(row, say) for row in rows], className="bp-rows", role="list"),
            html.Div([html.Span(end) for end in ends], className="bp-beside-ends bp-small")
            if ends
            else None,
            html.Div(marks, className="bp-beside-key bp-small"),
        ]
    )


def _row(row: BesideRow, say: Words) -> Any:
    name = dcc.Link(row.name, href=row.href) if row.href else row.name
    facts = " · ".join([*row.facts, *([row.usual_words] if row.usual_words else [])])
    return html.Div(
        [
            html.Div(name, className="bp-name"),
            html.Div(row.metric.text(row.score), className="bp-value"),
            _drawn(row),
            html.Div(facts, className="bp-muted bp-small bp-beside-facts"),
            _verdict(row, say),
        ],
        className="bp-beside" if row.score is not None else "bp-beside bp-apart",
        role="listitem",
    )


def _verdict(row: BesideRow, say: Words) -> Any:
    if row.verdict is None:
        return html.Div()
    words = say(f"branch.verdict.{row.verdict}")
    tone = f"bp-chip {_TONES[row.verdict]}".strip()
    return html.Div(
        html.Span([icon(_ICONS[row.verdict]), words], className=tone), className="bp-beside-verdict"
    )


def _drawn(row: BesideRow) -> Any:
    if row.score is None or row.low is None or row.high is None:
        return html.Div(row.instead, className="bp-instead bp-small")
    line = {"left": _at(row, row.low), "width": _share(row, row.high - row.low)}
    marks = [
        html.I(className="bp-line", style=line),
        html.I(className="bp-usual", style={"left": _at(row, row.usual)})
        if row.usual is not None
        else None,
        html.I(className="bp-point", style={"left": _at(row, row.score)}),
    ]
    return html.Div(marks, className="bp-range bp-own", **{"aria-hidden": "true"})


def _at(row: BesideRow, value: float) -> str:
    low, high = row.ends
    return f"{min(max(100 * (value - low) / (high - low), 0), 100):.2f}%"


def _share(row: BesideRow, width: float) -> str:
    low, high = row.ends
    return f"{100 * width / (high - low):.2f}%"


def ends_texts(ends: tuple[float, float], metric: Metric) -> tuple[str, str]:
    """The ends of a shared axis as they are written."""
    low, high = ends
    return metric.text(low), metric.text(high)


def common_ends(values: Sequence[float | None], metric: Metric) -> tuple[float, float]:
    """The part of a metric's scale that holds all of ``values``, with some air, in round steps."""
    known = [value for value in values if value is not None]
    if not known:
        return metric.low, metric.high
    step = (metric.high - metric.low) / 20
    low = metric.low + step * int((min(known) - metric.low) / step)
    high = metric.low + step * (int((max(known) - metric.low) / step) + 1)
    return max(low, metric.low), min(high, metric.high)
