"""A branch beside its region and the network: points with intervals on one axis."""

import textwrap

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.behind import keep
from dashboard.figures.labels import text_width
from dashboard.figures.theme import Theme, template, theme
from dashboard.numbers import Metric

ROW_HEIGHT = 64
NAME_WIDTH = 120.0  # in pixels, from which on a name stands in two lines
COLUMNS = ("name", "score", "low", "high", "own")


def comparison_figure(frame: pd.DataFrame, metric: Metric, *, dark: bool) -> go.Figure:
    """One row per line of ``name, score, low, high, own``, the first on top."""
    colours = theme(dark)
    figure = go.Figure()
    for row in frame.iloc[::-1].itertuples():
        _add(figure, row, metric, colours)
    own = frame[frame["own"]]
    if len(own):
        figure.add_vrect(
            x0=metric.scaled(float(own["low"].iloc[0])),
            x1=metric.scaled(float(own["high"].iloc[0])),
            fillcolor=colours.soft(colours.accent, 0.08),
            line_width=0,
            layer="below",
        )
    figure.update_layout(
        template=template(dark), hovermode=False, margin={"l": 8, "t": 28, "r": 24}
    )
    figure.update_yaxes(
        automargin=True, showgrid=False, tickfont={"size": 14, "color": colours.ink}
    )
    figure.update_xaxes(
        range=_range(frame, metric), showgrid=True, ticksuffix=metric.suffix, nticks=6, tickangle=0
    )
    keep(figure, COLUMNS[:4], [_texts(row, metric) for row in frame.itertuples()])
    return figure


def _in_lines(name: str) -> str:
    """A long name in two lines, so that a phone keeps room for the drawing."""
    if text_width(name) <= NAME_WIDTH:
        return name
    return "<br>".join(textwrap.wrap(name, max(len(name) // 2 + 4, 8), max_lines=3))


def _texts(row: object, metric: Metric) -> list[str]:
    """A row in words: name, score, low, high."""
    numbers = (float(getattr(row, name)) for name in COLUMNS[1:4])
    return [str(row.name), *(metric.text(one) for one in numbers)]  # type: ignore[attr-defined]


def comparison_height(rows: int) -> int:
    """Height in pixels for so many rows."""
    return ROW_HEIGHT * rows + 48


def _range(frame: pd.DataFrame, metric: Metric) -> list[float | None]:
    """All intervals with some air around them."""
    low, high = float(frame["low"].min()), float(frame["high"].max())
    air = 0.06 * (high - low or metric.high - metric.low)
    return [metric.scaled(low - air), metric.scaled(high + air)]


def _add(figure: go.Figure, row: object, metric: Metric, colours: Theme) -> None:
    own = bool(row.own)  # type: ignore[attr-defined]
    name, score = _in_lines(str(row.name)), float(row.score)  # type: ignore[attr-defined]
    ends = [metric.scaled(float(row.low)), metric.scaled(float(row.high))]  # type: ignore[attr-defined]
    colour = colours.accent if own else colours.muted
    figure.add_scatter(
        x=ends,
        y=[name, name],
        mode="lines",
        line={"color": colours.soft(colour, 0.4), "width": 8},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[metric.scaled(score)],
        y=[name],
        mode="markers+text",
        marker={"size": 18 if own else 14, "color": colour,
                "line": {"color": colours.card, "width": 2}},
        text=[f"<b>{metric.text(score)}</b>"],
        textposition="top center",
        textfont={"color": colours.ink, "size": 14},
        cliponaxis=False,
        hoverinfo="skip",
    )  # fmt: skip
