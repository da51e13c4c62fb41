"""A funnel plot: scores over answers, and how far chance lets them stray. Frame in, figure out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.behind import keep
from dashboard.figures.theme import Theme, template, theme
from dashboard.numbers import Metric

COLUMNS = ("name", "n", "score", "level")
_GRID = 120
_INNER, _OUTER = 1.959963984540054, 3.090232306167813


@dataclass(frozen=True)
class FunnelShape:
    """``target -+ z sqrt(variance / n + tau2)``, as `api.insights` gives it."""

    target: float
    variance: float
    tau2: float


def funnel_figure(
    frame: pd.DataFrame,
    shape: FunnelShape,
    metric: Metric,
    *,
    dark: bool,
    hover: str,
    axis: str,
    names: dict[str, str],
) -> go.Figure:
    """Points from columns ``name, n, score, level``; ``names`` are the words of the levels.

    ``hover`` are the words over a point with ``%{text}`` (name) and ``%{customdata}`` (score, n);
    ``axis`` stands under the answers.
    """
    colours = theme(dark)
    figure = go.Figure()
    least, most = _answers(frame)
    grid = np.geomspace(least, most, _GRID)
    for reach, opacity in ((_OUTER, 0.10), (_INNER, 0.14)):
        figure.add_traces(_band(grid, shape, reach, metric, colours.soft(colours.accent, opacity)))
    figure.add_hline(
        y=metric.scaled(shape.target), line={"color": colours.faint, "dash": "dash", "width": 1.5}
    )
    for level in ("usual", "watch", "alert"):
        rows = frame[frame["level"] == level]
        if len(rows):
            figure.add_trace(_points(rows, metric, _marker(level, colours), names[level], hover))
    _dress(figure, metric, dark=dark, axis=axis, ends=(least, most), span=_span(frame, shape))
    listed = [
        [str(name), int(n), metric.text(float(score)), names[str(level)]]
        for name, n, score, level in zip(*(frame[name] for name in COLUMNS), strict=True)
    ]
    keep(figure, COLUMNS, listed)
    return figure


def _answers(frame: pd.DataFrame) -> tuple[float, float]:
    """The part of the axis of answers that all points fit into, not too short for a funnel."""
    return 0.9 * min(10.0, *map(float, frame["n"])), 1.1 * max(40.0, *map(float, frame["n"]))


def _span(frame: pd.DataFrame, shape: FunnelShape) -> tuple[float, float]:
    """Scores that are drawn: all points, and the funnel where branches of middle size stand."""
    n = float(frame["n"].median()) if len(frame) else 30.0
    half = _OUTER * float(np.sqrt(shape.variance / n + shape.tau2))
    scores = [float(score) for score in frame["score"]]
    return min(shape.target - half, *scores), max(shape.target + half, *scores)


def _band(
    grid: "np.ndarray[Any, np.dtype[np.float64]]", shape: FunnelShape, reach: float,
    metric: Metric, colour: str,
) -> list[go.Scatter]:  # fmt: skip
    """The area between the limits, cut to the scale."""
    half = reach * np.sqrt(shape.variance / grid + shape.tau2)
    low = np.clip(shape.target - half, metric.low, metric.high)
    high = np.clip(shape.target + half, metric.low, metric.high)
    quiet = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    edges = [[metric.scaled(value) for value in edge.tolist()] for edge in (high, low)]
    return [
        go.Scatter(x=grid, y=edges[0], **quiet),
        go.Scatter(x=grid, y=edges[1], fill="tonexty", fillcolor=colour, **quiet),
    ]


def _points(
    rows: pd.DataFrame, metric: Metric, marker: dict[str, Any], name: str, hover: str
) -> go.Scatter:
    return go.Scatter(
        x=rows["n"],
        y=[metric.scaled(float(score)) for score in rows["score"]],
        mode="markers",
        marker=marker,
        name=name,
        text=rows["name"],
        customdata=[
            [metric.text(float(score)), int(n)]
            for score, n in zip(rows["score"], rows["n"], strict=True)
        ],
        hovertemplate=f"{hover}<extra></extra>",
    )


def _marker(level: str, colours: Theme) -> dict[str, Any]:
    """Alerts are filled, those to watch are rings, the rest is quiet: told apart without colour."""
    if level == "alert":
        return {"size": 13, "color": colours.low, "line": {"color": colours.card, "width": 2}}
    if level == "watch":
        return {"size": 12, "color": colours.card, "line": {"color": colours.low, "width": 3}}
    return {"size": 7, "color": colours.soft(colours.muted, 0.55), "line": {"width": 0}}


def _dress(
    figure: go.Figure,
    metric: Metric,
    *,
    dark: bool,
    axis: str,
    ends: tuple[float, float],
    span: tuple[float, float],
) -> None:
    figure.update_layout(
        template=template(dark),
        hovermode="closest",
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        margin={"t": 40, "b": 48, "l": 64},
    )
    figure.update_xaxes(
        type="log",
        range=[float(np.log10(end)) for end in ends],
        title={"text": axis, "font": {"size": 13}},
        tickvals=[n for n in (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if n <= ends[1]],
    )
    air = 0.06 * (span[1] - span[0])
    low, high = max(span[0], metric.low) - air, min(span[1], metric.high) + air
    figure.update_yaxes(
        range=[metric.scaled(low), metric.scaled(high)],
        title={"text": metric.name, "font": {"size": 13}},
        ticksuffix=metric.suffix,
        nticks=6,
    )
