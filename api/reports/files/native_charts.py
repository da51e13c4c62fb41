"""Charts of a presentation that a person can edit: native ones, with their numbers inside.

Intervals are error bars, which python-pptx has no words for: they are written as DrawingML.
"""

from collections.abc import Sequence
from datetime import date
from math import ceil, floor
from typing import Any

from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Pt

from api.core.languages import Language, say
from api.reports.content.blocks import Chart, Kind, Point
from api.reports.content.telling import tell
from api.reports.files.colours import ACCENT, BAR, BAR_LOW, INK, LINE, MID, MUTED

MOST_LINES = 20  # of a chart with names; more are read in the workbook
_NUMBERS: dict[Kind, str] = {"share": "0%", "count": "#,##0", "mark": "0.0"}


def add_chart(slide: Any, chart: Chart, language: Language, frame: Sequence[Emu]) -> None:
    """Puts the chart into ``frame`` (left, top, width, height) of a slide."""
    points = shown_points(chart)
    if chart.shape == "trend":
        kind, data = XL_CHART_TYPE.LINE, _trend_data(chart, points, language)
    else:
        kind, data = XL_CHART_TYPE.BAR_CLUSTERED, _bar_data(chart, points, language)
    found = slide.shapes.add_chart(kind, *frame, data).chart
    found.font.size = Pt(11)
    found.has_legend = len(found.plots[0].series) > 1
    if found.has_legend:
        found.legend.position = XL_LEGEND_POSITION.BOTTOM
        found.legend.include_in_layout = False
    _axes(found, chart)
    if chart.shape == "trend":
        _draw_lines(found)
    else:
        _draw_bars(found, chart, points)


def shown_points(chart: Chart) -> tuple[Point, ...]:
    """The points that a slide shows: of very many the first and the last."""
    if chart.shape == "trend" or len(chart.points) <= MOST_LINES:
        return chart.points
    half = MOST_LINES // 2
    return (*chart.points[:half], *chart.points[-half:])


def _trend_data(chart: Chart, points: Sequence[Point], language: Language) -> CategoryChartData:
    data = CategoryChartData(number_format=_NUMBERS.get(chart.kind, "0"))
    data.categories = [
        one.at if isinstance(one.at, date) else tell(one.at, language) for one in points
    ]
    data.add_series(tell(chart.name, language), [one.value for one in points])
    data.add_series(say("files.column.low", language), [one.low for one in points])
    data.add_series(say("files.column.high", language), [one.high for one in points])
    if chart.line is not None:
        data.add_series(tell(chart.line_name, language), [chart.line] * len(points))
    return data


def _bar_data(chart: Chart, points: Sequence[Point], language: Language) -> CategoryChartData:
    data = CategoryChartData(number_format=_NUMBERS.get(chart.kind, "0"))
    data.categories = [tell(one.at, language) for one in points]
    data.add_series(tell(chart.name, language), [one.value for one in points])
    if chart.besides_name is not None:
        data.add_series(tell(chart.besides_name, language), [one.besides for one in points])
    return data


def _axes(found: Any, chart: Chart) -> None:
    value, category = found.value_axis, found.category_axis
    value.major_gridlines.format.line.color.rgb = _colour(LINE)
    value.format.line.fill.background()
    value.tick_labels.number_format = _NUMBERS.get(chart.kind, "0")
    value.tick_labels.number_format_is_linked = False
    value.minimum_scale, value.maximum_scale, value.major_unit = _scale(chart)
    category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    category.format.line.color.rgb = _colour(LINE)
    if chart.shape == "trend":
        category.tick_labels.number_format = "yyyy-mm"
        category.tick_labels.number_format_is_linked = False
        if category._element.tag == qn("c:dateAx"):
            _step_by_months(category, len(chart.points))
    else:
        category.reverse_order = True
        value.tick_label_position = XL_TICK_LABEL_POSITION.HIGH


def _scale(chart: Chart) -> tuple[float, float | None, float | None]:
    """Where the axis of values begins and ends, and its step; every interval lies within.

    Bars begin at nought, so that none looks longer than it is.
    """
    if chart.kind not in ("score", "mark"):
        return 0.0, None, None
    told = [one for at in chart.points for one in (at.value, at.low, at.high, at.besides)]
    values = [0.0, *(one for one in (*told, chart.line) if one is not None)]
    if chart.shape == "trend":
        values.remove(0.0)
    step = next(one for one in (10.0, 20.0, 50.0) if max(values) - min(values) <= 8 * one)
    return step * floor(min(values) / step), step * ceil(max(values) / step), step


def _step_by_months(axis: Any, weeks: int) -> None:
    """Names months on an axis of days, not every week."""
    step = 1 + weeks // 40
    for name, value in (("majorUnit", step), ("majorTimeUnit", "months")):
        axis._element.append(parse_xml(f'<c:{name} {nsdecls("c")} val="{value}"/>'))


def _draw_lines(found: Any) -> None:
    for place, series in enumerate(found.plots[0].series):
        line = series.format.line
        series.smooth = False
        line.width = Pt(2.25 if place == 0 else 1)
        line.color.rgb = _colour(ACCENT if place < 3 else MUTED)
        if place:
            line.dash_style = MSO_LINE.ROUND_DOT if place < 3 else MSO_LINE.DASH


def _draw_bars(found: Any, chart: Chart, points: Sequence[Point]) -> None:
    plot = found.plots[0]
    plot.gap_width = 60
    for place, series in enumerate(plot.series):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = _colour(BAR if place == 0 else MID)
        series.invert_if_negative = False
    for place, point in enumerate(points):
        if point.marked and point.besides is not None:
            fill = plot.series[0].points[place].format.fill
            fill.solid()
            fill.fore_color.rgb = _colour(BAR_LOW)
    if any(one.low is not None for one in points):
        _add_intervals(plot.series[0], points)
    if chart.shape == "bars":
        plot.has_data_labels = True


def _add_intervals(series: Any, points: Sequence[Point]) -> None:
    """Error bars from the lower to the upper end of each interval."""
    plus = _distances([(one.value, one.high) for one in points])
    minus = _distances([(one.value, one.low) for one in points])
    bars = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="0"/><c:plus>{plus}</c:plus><c:minus>{minus}</c:minus>'
        f'<c:spPr><a:ln w="12700"><a:solidFill><a:srgbClr val="{INK[1:]}"/></a:solidFill></a:ln>'
        "</c:spPr></c:errBars>"
    )
    series._element.find(qn("c:cat")).addprevious(bars)


def _distances(ends: Sequence[tuple[float | None, float | None]]) -> str:
    """How far each end lies from its value, as numbers of a chart."""
    points = "".join(
        f'<c:pt idx="{place}"><c:v>{abs(end - value)!r}</c:v></c:pt>'
        for place, (value, end) in enumerate(ends)
        if value is not None and end is not None
    )
    return (
        "<c:numLit><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{len(ends)}"/>{points}</c:numLit>'
    )


def _colour(code: str) -> RGBColor:
    return RGBColor.from_string(code[1:].upper())
