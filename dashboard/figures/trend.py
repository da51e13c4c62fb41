"""How a score moved: a line with its interval as a band. Frame in, figure out."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

import pandas as pd

from dashboard.figures.behind import Drawing, keep
from dashboard.figures.theme import plain_template, theme
from dashboard.numbers import Metric

MOST_TICKS = 5
_WEEK_MS = 7 * 24 * 3600 * 1000
_Point = tuple[float | None, ...]  # score, low, high
COLUMNS = ("week", "score", "low", "high", "n")


def trend_figure(frame: pd.DataFrame, metric: Metric, *, dark: bool, tick: str, hover: str,
                 mean: float | None = None) -> Drawing:  # fmt: skip
    """A trend from columns ``week, score, low, high, n``; weeks without a score leave a gap.

    ``tick`` is the date format of the axis, ``hover`` the words over a point with ``%{customdata}``
    (score, low, high, answers); ``mean`` draws the score of the whole period.
    """
    colours, weeks = theme(dark), frame["week"].tolist()
    points = list(zip(*(_plain(frame[name]) for name in ("score", "low", "high")), strict=True))
    texts = [
        [*(metric.text(value) for value in values), n]
        for values, n in zip(points, frame["n"].tolist(), strict=True)
    ]
    line = {
        "type": "scatter",
        "x": weeks,
        "y": [metric.scaled(score) for score, _, _ in points],
        "mode": "lines+markers",
        "connectgaps": False,
        "line": {"color": colours.accent, "width": 2.5},
        "marker": {"size": 7, "color": colours.accent, "line": {"color": colours.card, "width": 2}},
        "customdata": texts,
        "hovertemplate": f"{hover}<extra></extra>",
    }
    bands = _bands(weeks, points, metric, colours.soft(colours.accent, 0.16))
    layout: Drawing = {
        "template": plain_template(dark),
        "yaxis": {"ticksuffix": metric.suffix, "nticks": 7},
    }
    if mean is not None:
        layout["shapes"] = [_across(metric.scaled(mean), colours.faint)]
    if weeks:
        step = -(-len(weeks) // MOST_TICKS) * _WEEK_MS
        layout["xaxis"] = {"tickformat": tick, "tick0": weeks[0], "dtick": step, "tickangle": 0}
    figure: Drawing = {"data": [*bands, line], "layout": layout}
    keep(figure, COLUMNS, [[week, *words] for week, words in zip(weeks, texts, strict=True)])
    return figure


def _across(height: float | None, colour: str) -> Drawing:
    """A line over the whole width."""
    ends = {"x0": 0, "x1": 1, "xref": "x domain", "y0": height, "y1": height, "yref": "y"}
    return {"type": "line", **ends, "line": {"color": colour, "dash": "dot"}}


def runs(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Neighbouring weeks that have a score: a band never spans a gap."""
    known = frame["score"].notna()
    numbers = (known != known.shift()).cumsum()
    return [run for _, run in frame[known].groupby(numbers[known])]


def _bands(
    weeks: Sequence[date], points: Sequence[_Point], metric: Metric, colour: str
) -> list[Drawing]:
    """The intervals of neighbouring weeks that have a score: a band never spans a gap."""
    quiet = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    filled = {"fill": "tonexty", "fillcolor": colour}
    drawn: list[Drawing] = []
    dated = zip(weeks, points, strict=True)
    for known, run in groupby(dated, key=lambda one: one[1][0] is not None):
        if known:
            across, inside = zip(*run, strict=True)
            _, low, high = (
                [metric.scaled(one) for one in ends] for ends in zip(*inside, strict=True)
            )
            drawn += [
                {**quiet, "x": list(across), "y": high},
                {**quiet, **filled, "x": list(across), "y": low},
            ]
    return drawn


def _plain(column: "pd.Series[float]") -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column.tolist()]
