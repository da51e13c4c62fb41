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
from api.reports.content.blocks import Amount, Chart, Kind, ReportContent, Section, Table, Value
from api.reports.content.comparing import columns
from api.reports.content.telling import tell, text_width
from api.reports.files.colours import ACCENT, ACCENT_SOFT, LINE, MUTED

_FORMATS: dict[Kind, str] = {
    "score": "0.0",
    "points": "+0.0;-0.0;0.0",
    "mark": "0.0",
    "share": "0.0%",
    "count": "#,##0",
    "hours": "0.0",
}
_WIDEST = 60


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
        looks: dict[str, dict[str, Any]] = {
            "title": {"font_size": 18, "font_color": ACCENT},
            "head": {"bg_color": ACCENT_SOFT, "bottom": 1, "bottom_color": ACCENT, "bold": True},
            "muted": {"font_color": MUTED},
            "text": {},
            "wrapped": {"text_wrap": True, "valign": "top"},
            "date": {"num_format": "yyyy-mm-dd"},
            **{kind: {"num_format": code} for kind, code in _FORMATS.items()},
        }
        self.styles = {name: self.book.add_format({**base, **look}) for name, look in looks.items()}
        self.styles["head"].set_text_wrap()
        self._summary()
        for section in self.content.sections:
            if section.tables or section.chart:
                self._section(section)
        self._voices()

    def _summary(self) -> None:
        sheet = self.book.add_worksheet(self.words("sheet.summary"))
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 2, 34)
        sheet.fit_to_pages(1, 0)
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
        sheet = self.book.add_worksheet(self.words(f"sheet.{section.code}"))
        row = 0
        for table in section.tables:
            row = self._table(sheet, row, table, frozen=len(section.tables) == 1) + 2
        if section.chart is not None:
            self._table(sheet, row, chart_table(section.chart), frozen=not section.tables)
            self._chart(sheet, row, section.chart)
        self._widths(sheet, section)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

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
            self._text(sheet, top, place, column.head, "head")
        for number, row in enumerate(table.rows, top + 1):
            for place, value in enumerate(row):
                self._cell(sheet, number, place, value)
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
        last = top + len(chart.points)
        names, values = [sheet.name, top + 1, 0, last, 0], [sheet.name, top + 1, 2, last, 2]
        series: dict[str, Any] = {
            "name": tell(chart.name, self.language),
            "categories": names,
            "values": values,
        }
        series["line" if chart.shape == "trend" else "fill"] = {"color": ACCENT}
        figure.add_series(series)
        figure.set_legend({"none": True})
        figure.set_title({"name": tell(chart.name, self.language), "overlay": False})
        if chart.shape != "trend":
            figure.set_y_axis({"reverse": True, "line": {"color": LINE}})
        figure.set_size({"width": 720, "height": max(280, min(22 * len(chart.points), 900))})
        sheet.insert_chart(top + len(chart.points) + 2, 0, figure)

    def _voices(self) -> None:
        quotes = [one for section in self.content.sections for one in section.quotes]
        if not quotes:
            return
        sheet = self.book.add_worksheet(self.words("sheet.voices"))
        for place, name in enumerate(("comment", "branch", "touchpoint", "day", "score")):
            sheet.write_string(0, place, self.words(f"column.{name}"), self.styles["head"])
        for row, one in enumerate(quotes, 1):
            sheet.write_string(row, 0, harmless(one.text), self.styles["wrapped"])
            self._text(sheet, row, 1, one.unit)
            self._text(sheet, row, 2, one.touchpoint)
            self._cell(sheet, row, 3, one.on)
            self._cell(sheet, row, 4, one.score)
        sheet.set_column(0, 0, 80)
        sheet.set_column(1, 4, 18)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
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
                self._text(sheet, row, column, value)

    def _text(self, sheet: Any, row: int, column: int, value: Value, style: str = "text") -> None:
        if value is not None:
            text = harmless(tell(value, self.language))
            sheet.write_string(row, column, text, self.styles[style])

    def words(self, key: str) -> str:
        """Words of the report's language."""
        return say(f"files.{key}", self.language)


def chart_table(chart: Chart) -> Table:
    """The numbers of a figure, as a table with their answers and intervals."""
    first = "week" if chart.shape == "trend" else "name"
    rows = tuple(
        (
            one.at,
            None if one.n is None else Amount(one.n, "count"),
            *(Amount(v, chart.kind) for v in (one.value, one.low, one.high, one.besides)),
        )
        for one in chart.points
    )
    return Table(columns(first, "n", "value", "low", "high", "usual"), rows)
