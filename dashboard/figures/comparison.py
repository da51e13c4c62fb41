"""A branch beside its region and the network: points with intervals on one axis."""

import textwrap
from typing import NamedTuple

import pandas as pd

from dashboard.figures.behind import Drawing, keep
from dashboard.figures.labels import text_width
from dashboard.figures.theme import Theme, plain_template, theme
from dashboard.numbers import Metric

ROW_HEIGHT = 64
NAME_WIDTH = 120.0  # in pixels, from which on a name stands in two lines


class Row(NamedTuple):
    """A line of the picture."""

    name: str
    score: float
    low: float
    high: float
    own: bool


COLUMNS = Row._fields


def comparison_figure(frame: pd.DataFrame, metric: Metric, *, dark: bool) -> Drawing:
    """One row per line of ``name, score, low, high, own``, the first on top."""
    columns = (frame[name].tolist() for name in COLUMNS)
    colours, rows = theme(dark), [Row(*values) for values in zip(*columns, strict=True)]
    layout: Drawing = {
        "template": plain_template(dark),
        "hovermode": False,
        "margin": {"l": 8, "t": 28, "r": 24},
        "yaxis": {
            "automargin": True,
            "showgrid": False,
            "tickfont": {"size": 14, "color": colours.ink},
        },
        "xaxis": {
            "range": _range(frame, metric),
            "showgrid": True,
            "ticksuffix": metric.suffix,
            "nticks": 6,
            "tickangle": 0,
        },
        "shapes": [_reach(row, metric, colours) for row in rows if row.own][:1],
    }
    data = [part for row in reversed(rows) for part in _drawn(row, metric, colours)]
    figure: Drawing = {"data": data, "layout": layout}
    keep(figure, COLUMNS[:4], [_texts(row, metric) for row in rows])
    return figure


def _reach(row: Row, metric: Metric, colours: Theme) -> Drawing:
    """The interval of the own row, over the whole height."""
    return {
        "type": "rect",
        "x0": metric.scaled(float(row.low)),
        "x1": metric.scaled(float(row.high)),
        "xref": "x",
        "y0": 0,
        "y1": 1,
        "yref": "y domain",
        "fillcolor": colours.soft(colours.accent, 0.08),
        "line": {"width": 0},
        "layer": "below",
    }


def _in_lines(name: str) -> str:
    """A long name in two lines, so that a phone keeps room for the drawing."""
    if text_width(name) <= NAME_WIDTH:
        return name
    return "<br>".join(textwrap.wrap(name, max(len(name) // 2 + 4, 8), max_lines=3))


def _texts(row: Row, metric: Metric) -> list[str]:
    """A row in words: name, score, low, high."""
    numbers = (float(getattr(row, name)) for name in COLUMNS[1:4])
    return [str(row.name), *(metric.text(one) for one in numbers)]


def comparison_height(rows: int) -> int:
    """Height in pixels for so many rows."""
    return ROW_HEIGHT * rows + 48


def _range(frame: pd.DataFrame, metric: Metric) -> list[float | None]:
    """All intervals with some air around them."""
    low, high = float(frame["low"].min()), float(frame["high"].max())
    air = 0.06 * (high - low or metric.high - metric.low)
    return [metric.scaled(low - air), metric.scaled(high + air)]


def _drawn(row: Row, metric: Metric, colours: Theme) -> list[Drawing]:
    """A row's interval, and its score over it."""
    own, name, score = bool(row.own), _in_lines(str(row.name)), float(row.score)
    colour = colours.accent if own else colours.muted
    interval = {
        "type": "scatter",
        "x": [metric.scaled(float(row.low)), metric.scaled(float(row.high))],
        "y": [name, name],
        "mode": "lines",
        "line": {"color": colours.soft(colour, 0.4), "width": 8},
        "hoverinfo": "skip",
    }
    mark = {"color": colours.card, "width": 2}
    point = {
        "type": "scatter",
        "x": [metric.scaled(score)],
        "y": [name],
        "mode": "markers+text",
        "marker": {"size": 18 if own else 14, "color": colour, "line": mark},
        "text": [f"<b>{metric.text(score)}</b>"],
        "textposition": "top center",
        "textfont": {"color": colours.ink, "size": 14},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    return [interval, point]
