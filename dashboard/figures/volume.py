"""How many messages went out, day by day or week by week, stacked by channel."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.behind import keep
from dashboard.figures.theme import Theme, template, theme

COLUMNS = ("day", "channel", "sent", "answered")
_DAY_MS = 24 * 3600 * 1000
_MOST_TICKS = 7


def volume_figure(
    frame: pd.DataFrame, *, dark: bool, tick: str, hover: str, by_week: bool
) -> go.Figure:
    """Stacked bars from columns ``day, channel, sent``; the channel with most at the bottom."""
    colours = theme(dark)
    figure = go.Figure()
    totals = frame.groupby("channel")["sent"].sum().sort_values(ascending=False)
    shades = channel_colours(list(totals.index), colours)
    width = (5 if by_week else 0.72) * _DAY_MS
    for channel in totals.index:
        rows = frame[frame["channel"] == channel]
        figure.add_bar(
            x=rows["day"],
            y=rows["sent"],
            name=channel,
            width=width,
            marker={"color": shades[channel], "line": {"width": 0}},
            hovertemplate=hover,
        )
    figure.update_layout(
        template=template(dark),
        barmode="stack",
        showlegend=len(totals) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal",
                "font": {"color": colours.muted, "size": 13}},
        margin={"t": 36},
    )  # fmt: skip
    days = sorted(frame["day"].unique())
    if days:
        step = 7 if by_week else 1
        shown = max(1, -(-((days[-1] - days[0]).days // step + 1) // _MOST_TICKS))
        figure.update_xaxes(tickformat=tick, tick0=days[0], dtick=shown * step * _DAY_MS)
    figure.update_yaxes(rangemode="tozero", nticks=5, tickformat=",d", separatethousands=True)
    keep(figure, COLUMNS, frame[list(COLUMNS)].to_numpy(dtype=object).tolist())
    return figure


def channel_colours(channels: Sequence[str], colours: Theme) -> dict[str, str]:
    """A colour per channel that stays apart for colour-blind eyes, the first the strongest."""
    shades = [colours.accent, colours.mid, colours.low, colours.high, colours.faint, colours.muted]
    return {channel: shades[place % len(shades)] for place, channel in enumerate(channels)}
