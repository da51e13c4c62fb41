"""Figures of a printed report: drawn by matplotlib as SVG with the report's font, as outlines.

One figure object per chart, closed by nobody: no pyplot, so nothing is kept between reports.
"""

import io
from functools import cache
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from api.core.languages import Language
from api.reports.content.blocks import Amount, Chart, Kind, Point
from api.reports.content.telling import tell, text_width
from api.reports.files.colours import ACCENT, ACCENT_SOFT, INK, LINE, LOW, MUTED
from api.reports.files.fonts import FAMILY, printable, require_font

WIDTH = 6.9  # inches
NAMED = 26  # lines of a figure that still get their names
_LONGEST = 40  # letters of a line of a name


def chart_svg(chart: Chart, language: Language) -> str:
    """The chart as SVG, self-contained."""
    _use_font()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, _height(chart, language)), layout="constrained")
        axes = figure.add_subplot()
        _DRAWN[chart.shape](axes, chart, language)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return written.getvalue()


_STYLE: Any = {
    "font.family": [FAMILY],
    "font.size": 8.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "branchpulse",
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
}


@cache
def _use_font() -> None:
    font_manager.fontManager.addfont(require_font())


def _height(chart: Chart, language: Language) -> float:
    if chart.shape == "trend":
        return 2.3
    if chart.shape == "bars":
        return 0.7 + len(chart.points) * 0.19
    named = len(chart.points) <= NAMED
    if not named:
        return 0.75 + len(chart.points) * 0.036
    high = any("\n" in _name(one, language) for one in chart.points)
    return 0.75 + len(chart.points) * (0.31 if high else 0.24)


def _trend(axes: Axes, chart: Chart, language: Language) -> None:
    days = np.array([one.at for one in chart.points], dtype="datetime64[D]")
    columns = ((one.value, one.low, one.high) for one in chart.points)
    value, low, high = np.array([[_number(v) for v in row] for row in columns]).T
    axes.fill_between(days, low, high, color=ACCENT_SOFT, linewidth=0)
    axes.plot(days, value, color=ACCENT, linewidth=1.6)
    axes.plot(days[-1:], value[-1:], "o", color=ACCENT, markersize=4, clip_on=False)
    if chart.line is not None:
        label = printable(tell(chart.line_name, language))
        style = (0, (4, 3))
        axes.axhline(chart.line, color=MUTED, linewidth=0.9, linestyle=style, label=label)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
    axes.set_xlim(days[0], days[-1])
    axes.set_xticks(_first_of_months(days))
    axes.xaxis.set_major_formatter(FuncFormatter(_month))
    axes.yaxis.set_major_formatter(_formatter(chart.kind, language))
    axes.set_ylabel(printable(tell(chart.name, language)))
    axes.grid(axis="y", color=LINE, linewidth=0.6)


def _intervals(axes: Axes, chart: Chart, language: Language) -> None:
    """A line per value, the first one at the top; too many to be named are a caterpillar."""
    named = len(chart.points) <= NAMED
    places = np.arange(len(chart.points))[::-1]
    for place, point in zip(places, chart.points, strict=True):
        _one_interval(axes, place, point, size=4.5 if named else 1.6)
    if chart.line is not None:
        axes.axvline(chart.line, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        label = printable(tell(chart.line_name, language))
        axes.text(chart.line, len(places) - 0.35, f" {label}", color=MUTED, fontsize=8, va="bottom")
    if chart.besides_name is not None:
        label = printable(tell(chart.besides_name, language))
        axes.plot([], [], "|", color=MUTED, markersize=9, markeredgewidth=1.6, label=label)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
    axes.set_ylim(-0.7, len(places) - 0.2)
    if named:
        axes.set_yticks(places, [_name(one, language) for one in chart.points])
    else:
        axes.set_yticks([])
    _plain_axis(axes, chart, language)


def _one_interval(axes: Axes, place: float, point: Point, *, size: float) -> None:
    if point.value is None:
        return
    colour = LOW if point.marked and point.besides is not None else ACCENT
    if point.low is not None and point.high is not None:
        width = 1.6 if size > 2 else 0.7
        axes.hlines(place, point.low, point.high, color=colour, linewidth=width, alpha=0.55)
    axes.plot([point.value], [place], "o", color=colour, markersize=size, markeredgewidth=0)
    if point.besides is not None:
        axes.plot([point.besides], [place], "|", color=MUTED, markersize=9, markeredgewidth=1.6)


def _bars(axes: Axes, chart: Chart, language: Language) -> None:
    places = np.arange(len(chart.points))[::-1]
    values = [one.value or 0 for one in chart.points]
    axes.barh(places, values, color=ACCENT, height=0.62)
    for place, value in zip(places, values, strict=True):
        text = tell(Amount(value, chart.kind), language)
        axes.text(value, place, f" {text}", va="center", color=INK)
    axes.set_yticks(places, [_name(one, language) for one in chart.points])
    axes.set_xlim(0, max(values, default=1) * 1.12 or 1)
    _plain_axis(axes, chart, language)


def _plain_axis(axes: Axes, chart: Chart, language: Language) -> None:
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=chart.kind != "share"))
    axes.xaxis.set_major_formatter(_formatter(chart.kind, language))
    axes.set_xlabel(printable(tell(chart.name, language)))
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)


def _first_of_months(days: Any) -> Any:
    """The first point of each month, of long times that of every second or further one."""
    months = days.astype("datetime64[M]")
    first = days[np.flatnonzero(np.r_[True, months[1:] != months[:-1]])]
    if len(first) > 1 and first[1] - first[0] < np.timedelta64(21, "D"):
        first = first[1:]  # the two names would run into each other
    return first[:: 1 + len(first) // 10]


def _month(days: float, _: object) -> str:
    return str(np.datetime64(int(days), "D"))[:7]


def _formatter(kind: Kind, language: Language) -> FuncFormatter:
    shown: Kind = "score" if kind == "mark" else kind
    return FuncFormatter(lambda value, _: tell(Amount(value, shown), language))


def _name(point: Point, language: Language) -> str:
    """In two lines where it is long; the table has all of a very long one."""
    name = printable(tell(point.at, language))
    lines = wrap(name, _LONGEST * len(name) // max(text_width(name), 1)) or [name]
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")


def _number(value: float | None) -> float:
    return np.nan if value is None else value


_DRAWN = {"trend": _trend, "intervals": _intervals, "bars": _bars}
