"""How a score moved: a line with its interval as a band. Frame in, figure out."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.behind import keep
from dashboard.figures.theme import template, theme
from dashboard.numbers import Metric

MOST_TICKS = 7
_WEEK_MS = 7 * 24 * 3600 * 1000
COLUMNS = ("week", "score", "low", "high", "n")


def trend_figure(frame: pd.DataFrame, metric: Metric, *, dark: bool, tick: str, hover: str,
                 mean: float | None = None) -> go.Figure:  # fmt: skip
    """A trend from columns ``week, score, low, high, n``; weeks without a score leave a gap.

    ``tick`` is the date format of the axis, ``hover`` the words over a point with ``%{customdata}``
    (score, low, high, answers); ``mean`` draws the score of the whole period.
    """
    colours = theme(dark)
    figure = go.Figure()
    for run in runs(frame):
        figure.add_traces([*_band(run, metric, colours.soft(colours.accent, 0.16))])
    columns = (_plain(frame[name]) for name in ("score", "low", "high"))
    texts = [
        [*(metric.text(value) for value in values), n]
        for *values, n in zip(*columns, frame["n"], strict=True)
    ]
    figure.add_scatter(
        x=frame["week"],
        y=[metric.scaled(value) for value in _plain(frame["score"])],
        mode="lines+markers",
        connectgaps=False,
        line={"color": colours.accent, "width": 2.5},
        marker={"size": 7, "color": colours.accent, "line": {"color": colours.card, "width": 2}},
        customdata=texts,
        hovertemplate=f"{hover}<extra></extra>",
    )
    if mean is not None:
        figure.add_hline(y=metric.scaled(mean), line={"color": colours.faint, "dash": "dot"})
    figure.update_layout(template=template(dark))
    if len(frame):
        weeks = -(-len(frame) // MOST_TICKS)
        figure.update_xaxes(
            tickformat=tick, tick0=frame["week"].iloc[0], dtick=weeks * _WEEK_MS, tickangle=0
        )
    figure.update_yaxes(ticksuffix=metric.suffix, nticks=5)
    keep(
        figure, COLUMNS, [[week, *words] for week, words in zip(frame["week"], texts, strict=True)]
    )
    return figure


def runs(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Neighbouring weeks that have a score: a band never spans a gap."""
    known = frame["score"].notna()
    numbers = (known != known.shift()).cumsum()
    return [run for _, run in frame[known].groupby(numbers[known])]


def _band(run: pd.DataFrame, metric: Metric, colour: str) -> list[go.Scatter]:
    edge = {"width": 0}
    low = [metric.scaled(value) for value in _plain(run["low"])]
    high = [metric.scaled(value) for value in _plain(run["high"])]
    quiet = {"mode": "lines", "line": edge, "hoverinfo": "skip"}
    return [
        go.Scatter(x=run["week"], y=high, **quiet),
        go.Scatter(x=run["week"], y=low, fill="tonexty", fillcolor=colour, **quiet),
    ]


def _plain(column: "pd.Series[float]") -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]
