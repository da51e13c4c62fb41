"""Small parts that pages are made of: cards, icons, chips, rows with a drawn interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from dashboard.data.words import Words
from dashboard.numbers import Metric, count


def icon(name: str) -> Any:
    """A symbol in the colour of the text around it; it says nothing to screen readers."""
    return html.I(className=f"bp-icon bp-icon-{name}", **{"aria-hidden": "true"})


def card(title: str | None, *body: Any, note: str | None = None, aside: Any = None,
         width: int = 12) -> Any:  # fmt: skip
    """A card with a heading and, under its figure, one plain sentence."""
    head = None
    if title is not None:
        head = html.Div([html.H2(title), aside], className="bp-card-head")
    said = html.P(note, className="bp-note") if note else None
    return html.Section([head, *body, said], className=f"bp-card bp-{width}")


def chip(words: str, tone: str = "") -> Any:
    """A small fact; ``tone`` is ``bp-up``, ``bp-down`` or nothing."""
    return html.Span(words, className=f"bp-chip {tone}".strip())


def change_chip(difference: Any, metric: Metric, say: Words) -> Any:
    """What changed since the period before, and whether that is more than chance."""
    change = difference.change
    if change is None:
        return None
    size = metric.signed(change)
    if difference.is_noise:
        return chip(say("overview.change_noise", change=size))
    return chip(say("overview.change_real", change=size), "bp-up" if change > 0 else "bp-down")


@dataclass(frozen=True)
class Ranged:
    """A name with a score and its interval, to be drawn in a row."""

    name: str
    score: float | None
    low: float | None
    high: float | None
    answers: str
    href: str | None = None
    instead: str | None = None  # words where there is no score to show
    tone: str = ""


def ranged_rows(
    rows: Sequence[Ranged],
    metric: Metric,
    mean: float | None,
    *,
    between: Any = None,
    ends: tuple[float, float] | None = None,
) -> Any:
    """Rows on one common axis, with the mean of all as a dashed line; ``between`` in the middle.

    ``ends`` is an axis shared with other rows.
    """
    low, high = ends or axis(rows, metric, mean)
    scale = html.Div(
        [html.Span(), html.Div([html.Span(metric.text(low)), html.Span(metric.text(high))])],
        className="bp-scale",
    )
    drawn: list[Any] = [_row(row, metric, (low, high), mean) for row in rows]
    if between is not None:
        drawn.insert(len(drawn) // 2, between)
    anything = any(row.score is not None for row in rows)
    return html.Div([html.Div(drawn, className="bp-rows"), scale if anything else None])


def axis(rows: Sequence[Ranged], metric: Metric, mean: float | None) -> tuple[float, float]:
    """The part of the scale that all intervals of ``rows`` fit into, in round numbers."""
    ends = [value for row in rows for value in (row.low, row.high) if value is not None]
    ends += [mean] if mean is not None else []
    if not ends:
        return metric.low, metric.high
    step = (metric.high - metric.low) / 20
    low = metric.low + step * int((min(ends) - metric.low) / step)
    high = metric.low + step * (int((max(ends) - metric.low) / step) + 1)
    return max(low, metric.low), min(high, metric.high)


def _row(row: Ranged, metric: Metric, ends: tuple[float, float], mean: float | None) -> Any:
    cells = [
        html.Span(row.name, className="bp-name"),
        drawn_range(row, ends, mean),
        html.Span(metric.text(row.score), className="bp-value"),
        html.Span(row.answers, className="bp-answers"),
    ]
    css = f"bp-row {row.tone} {'bp-apart' if row.score is None else ''}".strip()
    if row.href is None:
        return html.Div(cells, className=css)
    return dcc.Link(cells, href=row.href, className=css)


def drawn_range(row: Ranged, ends: tuple[float, float], mean: float | None) -> Any:
    """The interval of a row and its point, on an axis with ``ends``; words where there is none."""
    if row.score is None or row.low is None or row.high is None:
        return html.Span(row.instead, className="bp-instead bp-small")
    low, high = ends

    def at(value: float) -> float:
        return 100 * (value - low) / (high - low)

    line = {"left": f"{at(row.low):.2f}%", "right": f"{100 - at(row.high):.2f}%"}
    return html.Div(
        [
            html.I(className="bp-line", style=line),
            html.I(className="bp-mean", style={"left": f"{at(mean):.2f}%"})
            if mean is not None
            else None,
            html.I(className="bp-point", style={"left": f"{at(row.score):.2f}%"}),
        ],
        className="bp-range",
        **{"aria-hidden": "true"},
    )


def row_act(store: str, act: str, about: str = "") -> dict[str, str]:
    """What a button within a row puts into a store when it is pressed (assets/98-tickets.js)."""
    return {"data-row-store": store, "data-row-act": act, "data-row-about": about}


def answers_text(say: Any, number: int | None, hidden_below: int = 5) -> str:
    """How many answers stand behind a number, in words."""
    if number is None:
        return str(say("dashboard.answers_hidden", count=hidden_below))
    return str(say("dashboard.answers", n=count(number)))


def unfold(words: str, *inside: Any, opened: bool = False) -> Any:
    """A form that waits until it is wanted."""
    summary = html.Summary(words, className="bp-button")
    return html.Details([summary, *inside], className="bp-unfold", open=opened)


def folded_text(text: str | None, say: Words, *, opened: bool = False) -> Any:
    """A published text as it was written, folded away; nothing for who may not read it."""
    if not text:
        return None
    summary = html.Summary([icon("file-earmark-text"), say("editor.show_text")])
    inner = html.Pre(text, className="bp-text", tabIndex=0)
    return html.Details([summary, inner], className="bp-card bp-12 bp-fold", open=opened)
