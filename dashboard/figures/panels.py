"""Several trends below each other on common axes: each unit's own line before those of the others.

Frame in, figure out. The others stay behind each panel as thin lines, so that levels can be
compared without a legend and without colours.
"""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.behind import keep
from dashboard.figures.theme import Theme, template, theme
from dashboard.figures.trend import runs
from dashboard.numbers import Metric

COLUMNS = ("unit", "week", "score", "low", "high", "n")
PANEL_HEIGHT = 152
_HEAD = 40
_MOST_TICKS = 7
_WEEK_MS = 7 * 24 * 3600 * 1000


def panels_figure(
    frame: pd.DataFrame, metric: Metric, *, dark: bool, tick: str, hover: str
) -> go.Figure:
    """One panel per unit from columns ``unit, week, score, low, high, n``, in their order."""
    colours = theme(dark)
    units = list(dict.fromkeys(frame["unit"]))
    rows = max(len(units), 1)
    figure = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, subplot_titles=units,
        vertical_spacing=0.17 / rows,
    )  # fmt: skip
    for place, unit in enumerate(units, 1):
        for other in units:
            if other != unit:
                _thin(figure, frame[frame["unit"] == other], metric, colours, place)
        _own(figure, frame[frame["unit"] == unit], metric, colours, place)
    figure.update_traces(hovertemplate=f"{hover}<extra></extra>", selector={"meta": "own"})
    texts = _texts(frame, metric)
    keep(
        figure,
        COLUMNS,
        [
            [*point, *words]
            for point, words in zip(frame[["unit", "week"]].values, texts, strict=True)
        ],
    )
    _dress(figure, frame, metric, colours, dark=dark, tick=tick)
    return figure


def panels_height(units: int) -> int:
    """Height in pixels for so many panels."""
    return PANEL_HEIGHT * max(units, 1) + _HEAD


def _thin(
    figure: go.Figure, frame: pd.DataFrame, metric: Metric, colours: Theme, place: int
) -> None:
    figure.add_scatter(
        x=frame["week"], y=_scaled(frame["score"], metric), mode="lines", connectgaps=False,
        line={"color": colours.mid, "width": 1}, hoverinfo="skip", row=place, col=1,
    )  # fmt: skip


def _own(
    figure: go.Figure, frame: pd.DataFrame, metric: Metric, colours: Theme, place: int
) -> None:
    """The unit's interval as a band, its line, its points."""
    quiet = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    for run in runs(frame):
        figure.add_scatter(x=run["week"], y=_scaled(run["high"], metric), row=place, col=1, **quiet)
        figure.add_scatter(
            x=run["week"], y=_scaled(run["low"], metric), row=place, col=1, fill="tonexty",
            fillcolor=colours.soft(colours.accent, 0.16), **quiet,
        )  # fmt: skip
    figure.add_scatter(
        x=frame["week"], y=_scaled(frame["score"], metric), mode="lines+markers", row=place, col=1,
        connectgaps=False, line={"color": colours.accent, "width": 2.5},
        marker={"size": 6, "color": colours.accent, "line": {"color": colours.card, "width": 1.5}},
        customdata=_texts(frame, metric), meta="own",
    )  # fmt: skip


def _texts(frame: pd.DataFrame, metric: Metric) -> list[list[Any]]:
    """Score, interval and answers of each point as they are written."""
    columns = (frame[name] for name in ("score", "low", "high", "n"))
    return [
        [*(metric.text(None if pd.isna(value) else float(value)) for value in values), n]
        for *values, n in zip(*columns, strict=True)
    ]


def _scaled(column: "pd.Series[float]", metric: Metric) -> list[float | None]:
    return [None if pd.isna(value) else metric.scaled(float(value)) for value in column]


def _dress(
    figure: go.Figure,
    frame: pd.DataFrame,
    metric: Metric,
    colours: Theme,
    *,
    dark: bool,
    tick: str,
) -> None:
    figure.update_layout(template=template(dark), margin={"t": 28}, hovermode="closest")
    figure.update_annotations(
        font={"size": 14, "color": colours.ink}, x=0, xanchor="left", yanchor="bottom"
    )
    weeks = sorted(frame["week"].unique())
    if weeks:
        shown = -(-len(weeks) // _MOST_TICKS)
        figure.update_xaxes(tickformat=tick, tick0=weeks[0], dtick=shown * _WEEK_MS)
    figure.update_yaxes(ticksuffix=metric.suffix, nticks=4, matches="y")
