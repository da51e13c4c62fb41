"""Why customers were not asked, over time: one small panel per reason. Frame in, figure out."""

import textwrap

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.theme import template, theme

COLUMNS = ("day", "reason", "events", "whole")
PANEL_HEIGHT = 84
_LINE = 48  # what a phone has room for in a line of a panel's title; a Chinese character is two
_LINE_HEIGHT = 16
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
    extra = _extra(reasons)
    panel = PANEL_HEIGHT + extra
    figure = make_subplots(
        rows=max(len(reasons), 1), cols=1, shared_xaxes=True, shared_yaxes="all",
        subplot_titles=["<br>".join(_lines(reason)) for reason in reasons],
        vertical_spacing=(0.36 * PANEL_HEIGHT + extra) / panel / max(len(reasons), 1),
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
    figure.update_layout(template=template(dark), hovermode="closest", margin={"t": 24 + extra})
    figure.update_annotations(
        font={"size": 12, "color": colours.ink}, x=0, xanchor="left", xshift=-40, align="left"
    )
    figure.update_xaxes(tickformat=tick, nticks=7)
    figure.update_yaxes(rangemode="tozero", nticks=3, ticksuffix="\u202f%")
    return figure


def _lines(words: str) -> list[str]:
    """The whole of a reason, on as few lines as a phone has room for."""
    if words.isascii():
        return textwrap.wrap(words, _LINE)
    half = _LINE // 2
    return [words[start : start + half] for start in range(0, len(words), half)]


def _extra(reasons: list[str]) -> int:
    """Pixels that a panel needs for the further lines of the longest title."""
    return _LINE_HEIGHT * (max((len(_lines(one)) for one in reasons), default=1) - 1)


def reasons_height(frame: pd.DataFrame) -> int:
    """Height in pixels for so many reasons."""
    reasons = list(dict.fromkeys(frame["reason"]))
    extra = _extra(reasons)
    return (PANEL_HEIGHT + extra) * max(len(reasons), 1) + extra + 48
