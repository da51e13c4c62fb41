"""Tables as files: CSV and XLSX, no cell of which a spreadsheet would compute."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from dashboard.data.tables import Table, Value

# What spreadsheets begin a formula with; the wide forms are taken for them in East Asian editions.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FORMATS = {"nps": "0", "share": "0%", "mean": "0.0", "count": "#,##0"}
_WIDEST = 48
_BOM = "\ufeff"


def as_csv(table: Table) -> str:
    """CSV as spreadsheets of every language read it: UTF-8 with its mark, lines end in CR LF."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([harmless(column.head) for column in table.columns])
    for row in table.rows:
        writer.writerow(map(harmless, row))
    return _BOM + written.getvalue()


def harmless(value: Value) -> Value:
    """The value, a text that a spreadsheet would compute made harmless."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def as_xlsx(table: Table, titles: tuple[str, str], facts: Sequence[tuple[str, str]]) -> bytes:
    """A workbook: the table with real numbers, and what it is on a sheet of its own.

    ``titles`` are those of the two sheets.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(titles[0]))
    _lay_out(sheet, table)
    sheet.append([_cell(sheet, column.head, heading=True) for column in table.columns])
    kinds = [column.kind for column in table.columns]
    for row in table.rows:
        sheet.append([_cell(sheet, value, kind) for value, kind in zip(row, kinds, strict=True)])
    about = book.create_sheet(_sheet_name(titles[1]))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 24, 72
    for name, words in facts:
        about.append([_cell(about, name, heading=True), _cell(about, words)])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _lay_out(sheet: Any, table: Table) -> None:
    """Widths, the head that stays in sight, filters."""
    for place, column in enumerate(table.columns, 1):
        words = [column.head, *(str(row[place - 1]) for row in table.rows[:200]
                                if isinstance(row[place - 1], str))]  # fmt: skip
        width = min(_WIDEST, 3 + max(map(_width, words)))
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    if table.columns:
        last = get_column_letter(len(table.columns))
        sheet.auto_filter.ref = f"A1:{last}{len(table.rows) + 1}"


def _width(words: str) -> int:
    """How wide words are, in letters: a Chinese character takes two."""
    return sum(2 if letter > "\u2e7f" else 1 for letter in words)


def _cell(sheet: Any, value: Value, kind: str = "text", *, heading: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula
        cell.quotePrefix = harmless(value) != value  # nor after somebody edits it
    elif kind in _FORMATS:
        cell.number_format = _FORMATS[kind]
    if heading:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _sheet_name(title: str) -> str:
    """A title as a sheet may be called."""
    return "".join(letter for letter in title if letter not in "[]:*?/\\'")[:31].strip() or "1"
