"""Why customers were not asked, over time: one small panel per reason. Frame in, figure out."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.theme import template, theme

COLUMNS = ("day", "reason", "events", "whole")
PANEL_HEIGHT = 84
_LONGEST = 50  # characters of a panel's title
_DAY_MS = 24 * 3600 * 1000


def reasons_figure(
    frame: pd.DataFrame, *, dark: bool, tick: str, hover: str, by_week: bool
) -> go.Figure:
    """Bars of shares from columns ``day, reason, events, whole``, in the frame's order of reasons.

    All panels share one scale, so that a reason that hardly matters looks so. ``hover`` knows
    ``%{y}`` (percent) and ``%{customdata}`` (events, of how many).
    """
    colours = theme(dark)
    reasons = list(dict.fromkeys(frame["reason"]))
    figure = make_subplots(
        rows=max(len(reasons), 1), cols=1, shared_xaxes=True, shared_yaxes="all",
        subplot_titles=[_short(reason) for reason in reasons],
        vertical_spacing=0.36 / max(len(reasons), 1),
    )  # fmt: skip
    for place, reason in enumerate(reasons, 1):
        rows = frame[frame["reason"] == reason]
        figure.add_bar(
            x=rows["day"],
            y=100 * rows["events"] / rows["whole"],
            name=reason,
            width=(5 if by_week else 0.72) * _DAY_MS,
            marker={"color": colours.mid, "line": {"width": 0}},
            customdata=rows[["events", "whole"]],
            hovertemplate=f"{hover}<extra></extra>",
            row=place,
            col=1,
        )
    figure.update_layout(template=template(dark), hovermode="closest", margin={"t": 24})
    figure.update_annotations(
        font={"size": 12, "color": colours.ink}, x=0, xanchor="left", xshift=-40
    )
    figure.update_xaxes(tickformat=tick, nticks=7)
    figure.update_yaxes(rangemode="tozero", nticks=3, ticksuffix="\u202f%")
    return figure


def _short(words: str) -> str:
    """As much as a phone has room for; the whole stands over the bars, and in the list beside."""
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "\u2026"


def reasons_height(frame: pd.DataFrame) -> int:
    """Height in pixels for so many reasons."""
    return PANEL_HEIGHT * max(frame["reason"].nunique(), 1) + 48
