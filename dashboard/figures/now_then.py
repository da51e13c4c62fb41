"""Two rule sets side by side: messages per day by channel, now and then, on small common panels."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.behind import keep
from dashboard.figures.theme import template, theme

COLUMNS = ("day", "channel", "now", "then")
PANEL_HEIGHT = 128


def now_then_figure(
    frame: pd.DataFrame, *, dark: bool, tick: str, now: str, then: str, by_week: bool
) -> go.Figure:
    """One panel per channel from columns ``day, channel, now, then``, the largest on top.

    ``now`` and ``then`` are the words of the legend; all panels share one scale, so that a channel
    that is hardly used looks so.
    """
    colours = theme(dark)
    totals = frame.groupby("channel")[["now", "then"]].sum().max(axis=1)
    channels = list(totals.sort_values(ascending=False).index)
    figure = make_subplots(
        rows=max(len(channels), 1), shared_xaxes=True, shared_yaxes="all", cols=1,
        subplot_titles=channels, vertical_spacing=0.36 / max(len(channels), 1),
    )  # fmt: skip
    width = (5 if by_week else 0.72) * 24 * 3600 * 1000
    for place, channel in enumerate(channels, 1):
        rows = frame[frame["channel"] == channel]
        figure.add_bar(
            x=rows["day"], y=rows["now"], name=now, legendgroup=now, width=width,
            marker={"color": colours.mid}, showlegend=place == 1, row=place, col=1,
            hovertemplate=f"{now} %{{y:,d}}<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=rows["day"], y=rows["then"], name=then, legendgroup=then, mode="lines+markers",
            line={"color": colours.accent, "width": 2.5, "shape": "hvh"}, marker={"size": 5},
            showlegend=place == 1, row=place, col=1,
            hovertemplate=f"{then} %{{y:,d}}<extra></extra>",
        )  # fmt: skip
    _dress(figure, colours.muted, dark, tick)
    keep(figure, COLUMNS, frame[list(COLUMNS)].to_numpy(dtype=object).tolist())
    return figure


def now_then_height(channels: int) -> int:
    """Height in pixels for so many panels."""
    return PANEL_HEIGHT * max(channels, 1) + 72


def _dress(figure: go.Figure, muted: str, dark: bool, tick: str) -> None:
    figure.update_layout(
        template=template(dark),
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "top", "yref": "container", "x": 0},
        margin={"t": 56},
    )
    figure.update_annotations(font={"size": 13, "color": muted}, x=0, xanchor="left")
    figure.update_xaxes(tickformat=tick, nticks=7)
    figure.update_yaxes(rangemode="tozero", nticks=3, tickformat=",d")
