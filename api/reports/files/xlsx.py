"""A report as a workbook: what was found, and every table with its numbers as numbers.

Every score stands beside its answers and interval. Text is written as text: a name or comment that
looks like a formula is none.
"""

import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import xlsxwriter

from api.core.formulas import harmless
from api.core.languages import Language, say
from api.reports.content.blocks import (
    Amount,
    Chart,
    Column,
    Kind,
    Point,
    ReportContent,
    Section,
    Table,
    Value,
)
from api.reports.content.comparing import columns
from api.reports.content.telling import tell, text_width
from api.reports.files.colours import ACCENT, ACCENT_SOFT, BAR, INK, LINE, MUTED

_FORMATS: dict[Kind, str] = {
    "score": "0.0",
    "points": "+0.0;-0.0;0.0",
    "mark": "0.0",
    "shift": "+0.0;-0.0;0.0",
    "share": "0.0%",
    "count": "#,##0",
    "hours": "0.0",
}
_WIDEST = 44


def render_xlsx(content: ReportContent, language: Language) -> bytes:
    """The report as a workbook."""
    written = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(written, options) as book:
        book.set_properties({"title": tell(content.unit, language), "author": "Branchpulse"})
        _Book(book, content, language).fill()
    return written.getvalue()


@dataclass
class _Book:
    """One workbook while it is written."""

    book: Any
    content: ReportContent
    language: Language
    styles: dict[str, Any] = field(default_factory=dict)

    def fill(self) -> None:
        base = {"font_name": "Microsoft YaHei" if self.language == "zh" else "Calibri"}
        self.book.formats[0].set_font_name(base["font_name"])
        head = {"bg_color": ACCENT_SOFT, "bottom": 1, "bottom_color": ACCENT, "bold": True}
        looks: dict[str, dict[str, Any]] = {
            "title": {"font_size": 18, "font_color": ACCENT},
            "head": head,
            "muted": {"font_color": MUTED, "indent": 1},
            "text": {"valign": "top"},
            "beside": {"valign": "top", "indent": 1},
            "head_number": {**head, "align": "right"},
            "head_beside": {**head, "indent": 1},
            "wrapped": {"text_wrap": True, "valign": "top"},
            "date": {"num_format": "yyyy-mm-dd", "valign": "top"},
            **{kind: {"num_format": code, "valign": "top"} for kind, code in _FORMATS.items()},
        }
        self.styles = {name: self.book.add_format({**base, **look}) for name, look in looks.items()}
        for name in ("head", "head_number", "head_beside"):
            self.styles[name].set_text_wrap()
        self._summary()
        for section in self.content.sections:
            if section.tables or section.chart:
                self._section(section)
        self._voices()

    def _summary(self) -> None:
        sheet = self._sheet("summary", landscape=False)
        sheet.hide_gridlines(2)
        for place, wide in enumerate((26, 14, 54)):
            sheet.set_column(place, place, wide)
        self._text(sheet, 0, 0, self.content.unit, "title")
        self._text(sheet, 1, 0, self.content.period, "muted")
        row = 3
        for label, value, note in self.content.figures:
            self._text(sheet, row, 0, label)
            self._cell(sheet, row, 1, value)
            self._text(sheet, row, 2, note, "muted")
            row += 1
        row += 1
        for section in self.content.sections:
            row = self._said(sheet, row, section)

    def _said(self, sheet: Any, row: int, section: Section) -> int:
        title = harmless(tell(section.title, self.language))
        sheet.merge_range(row, 0, row, 2, title, self.styles["head"])
        for sentence in section.sentences:
            row += 1
            text = harmless(tell(sentence, self.language))
            sheet.merge_range(row, 0, row, 2, text, self.styles["wrapped"])
            sheet.set_row(row, 15 * (1 + text_width(text) // 92))
        return row + 2

    def _section(self, section: Section) -> None:
        sheet = self._sheet(section.code)
        row = 0
        for table in section.tables:
            row = self._table(sheet, row, table, frozen=len(section.tables) == 1) + 2
        if section.chart is not None:
            self._table(sheet, row, chart_table(section.chart), frozen=not section.tables)
            self._chart(sheet, row, section.chart)
        self._widths(sheet, section)

    def _sheet(self, code: str, *, landscape: bool = True) -> Any:
        """A sheet whose pages say of what they are."""
        sheet = self.book.add_worksheet(self.words(f"sheet.{code}"))
        told = [tell(one, self.language) for one in (self.content.unit, self.content.period)]
        sheet.set_footer(f"&L&8{' · '.join(told).replace('&', '&&')}&R&8&P / &N")
        sheet.set_paper(9)  # A4
        if landscape:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def _widths(self, sheet: Any, section: Section) -> None:
        """Columns as wide as what stands in them, of all tables of the sheet."""
        tables = [*section.tables, *([chart_table(section.chart)] if section.chart else ())]
        widths: dict[int, int] = {}
        for table in tables:
            for row in (tuple(one.head for one in table.columns), *table.rows):
                for place, value in enumerate(row):
                    text = text_width(tell(value, self.language))
                    widths[place] = max(widths.get(place, 0), text)
        for place, wide in widths.items():
            sheet.set_column(place, place, min(max(wide + 2, 8), _WIDEST))

    def _table(self, sheet: Any, top: int, table: Table, *, frozen: bool) -> int:
        """Writes a table below ``top``; the row after it."""
        for place, column in enumerate(table.columns):
            style = "head_number" if column.kind == "number" else "head_beside" if place else "head"
            self._text(sheet, top, place, column.head, style)
        for number, row in enumerate(table.rows, top + 1):
            for place, value in enumerate(row):
                self._cell(sheet, number, place, value)
            self._high(sheet, number, *((tell(one, self.language), _WIDEST) for one in row))
        last = top + len(table.rows)
        if frozen:
            sheet.freeze_panes(top + 1, 1)
            sheet.autofilter(top, 0, last, len(table.columns) - 1)
            sheet.repeat_rows(top)
        return last + 1

    def _chart(self, sheet: Any, top: int, chart: Chart) -> None:
        """A native figure over the table that begins at ``top``."""
        kind = {"type": "line"} if chart.shape == "trend" else {"type": "bar"}
        figure = self.book.add_chart(kind)
        last, names = top + len(chart.points), _filled(chart)
        value = {"major_gridlines": {"visible": True, "line": {"color": LINE}}}
        if chart.shape == "trend":
            drawn = [one for one in ("value", "low", "high") if one in names]
            figure.set_x_axis(
                {
                    "date_axis": True,
                    "num_format": "yyyy-mm",
                    "major_unit": 1,
                    "major_unit_type": "months",
                    "label_position": "low",
                }
            )
            figure.set_y_axis(value)
        else:
            drawn = ["value"]
            figure.set_x_axis(value | ({"min": 0} if chart.kind != "score" else {}))
            figure.set_y_axis({"reverse": True, "line": {"color": LINE}, "label_position": "low"})
        for name in drawn:
            place = 1 + names.index(name)
            series: dict[str, Any] = {
                "name": [sheet.name, top, place],
                "categories": [sheet.name, top + 1, 0, last, 0],
                "values": [sheet.name, top + 1, place, last, place],
            }
            figure.add_series(series | _drawn(chart, name))
        figure.set_legend({"none": True} if len(drawn) == 1 else {"position": "bottom"})
        figure.set_title({"name": tell(chart.name, self.language), "overlay": False})
        figure.set_size({"width": 640, "height": max(280, min(22 * len(chart.points), 900))})
        sheet.insert_chart(top, 2 + len(names), figure)

    def _voices(self) -> None:
        quotes = [one for section in self.content.sections for one in section.quotes]
        if not quotes:
            return
        sheet = self._sheet("voices")
        for place, name in enumerate(("comment", "branch", "touchpoint", "day", "score")):
            sheet.write_string(0, place, self.words(f"column.{name}"), self.styles["head"])
        for row, one in enumerate(quotes, 1):
            sheet.write_string(row, 0, harmless(one.text), self.styles["wrapped"])
            self._text(sheet, row, 1, one.unit, "wrapped")
            self._text(sheet, row, 2, one.touchpoint, "wrapped")
            self._cell(sheet, row, 3, one.on)
            self._cell(sheet, row, 4, one.score)
            told = tell(one.unit, self.language)
            self._high(sheet, row, (one.text, 60), (told, 30))
        for place, wide in enumerate((60, 30, 16, 12, 8)):
            sheet.set_column(place, place, wide)
        sheet.freeze_panes(1, 0)

    def _cell(self, sheet: Any, row: int, column: int, value: Value) -> None:
        """A number as a number, a day as a day, everything else as text."""
        match value:
            case None | Amount(value=None):
                return
            case Amount():
                sheet.write_number(row, column, value.value, self.styles[value.kind])
            case int():
                sheet.write_number(row, column, value, self.styles["count"])
            case date():
                sheet.write_datetime(row, column, value, self.styles["date"])
            case _:
                long = text_width(tell(value, self.language)) > _WIDEST
                style = "wrapped" if long else "beside" if column else "text"
                self._text(sheet, row, column, value, style)

    def _high(self, sheet: Any, row: int, *told: tuple[str, int]) -> None:
        """Makes a row as high as its longest text in the width of its column needs."""
        lines = max(1 + (text_width(text) - 1) // wide for text, wide in told)
        if lines > 1:
            sheet.set_row(row, 15 * lines)

    def _text(self, sheet: Any, row: int, column: int, value: Value, style: str = "text") -> None:
        if value is not None:
            text = harmless(tell(value, self.language))
            sheet.write_string(row, column, text, self.styles[style])

    def words(self, key: str) -> str:
        """Words of the report's language."""
        return say(f"files.{key}", self.language)


def chart_table(chart: Chart) -> Table:
    """The numbers of a figure, as a table with their answers and intervals."""
    names = _filled(chart)
    rows = tuple((one.at, *(_number(chart, one, name) for name in names)) for one in chart.points)
    first = "week" if chart.shape == "trend" else "name"
    heads = columns(first, *(name if name != "besides" else "usual" for name in names))
    if chart.besides_name is not None and "besides" in names:
        heads = (*heads[:-1], Column(chart.besides_name))
    return Table(heads, rows)


def _filled(chart: Chart) -> list[str]:
    """The numbers that a figure's points have, and the value in any case."""
    return [
        name
        for name in ("n", "value", "low", "high", "besides")
        if name == "value" or any(getattr(one, name) is not None for one in chart.points)
    ]


def _number(chart: Chart, point: Point, name: str) -> Amount:
    return Amount(getattr(point, name), "count" if name == "n" else chart.kind)


def _drawn(chart: Chart, name: str) -> dict[str, Any]:
    """How a series looks: ends of intervals are thin lines beside a line, error bars on bars."""
    if chart.shape == "trend":
        thin = {"color": ACCENT, "width": 0.75, "dash_type": "round_dot"}
        return {"line": {"color": ACCENT, "width": 2} if name == "value" else thin}
    bars = {
        "type": "custom",
        "plus_values": [_distance(one.value, one.high) for one in chart.points],
        "minus_values": [_distance(one.value, one.low) for one in chart.points],
        "line": {"color": INK},
    }
    looks: dict[str, Any] = {"fill": {"color": BAR}, "gap": 60}
    return looks | ({"y_error_bars": bars} if "low" in _filled(chart) else {})


def _distance(value: float | None, end: float | None) -> float:
    return 0.0 if value is None or end is None else abs(end - value)
