"""XLSX workbooks as rows: the first sheet, read as a stream, formulas refused.

A workbook is a zip of XML: what it would unpack to is looked at before anything is unpacked.
"""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from api.imports.csv_rows import MAX_FIELD
from api.imports.values import Cell, Refused, reason

MAX_STRINGS, MAX_SHEET = 64_000_000, 1_000_000_000


def workbook_rows(name: str, file: BinaryIO) -> Iterator[tuple[int, list[Cell]]]:
    """Rows of the first sheet with their row numbers."""
    _refuse_bomb(name, file)
    with warnings.catch_warnings():
        # openpyxl warns of styles and validations it does not keep: nothing an import needs.
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(file, read_only=True, data_only=False)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
            raise Refused(name, None, None, reason("damaged_workbook")) from None
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        yield line, [_cell(cell, name, line) for cell in cells]


def _refuse_bomb(name: str, file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except zipfile.BadZipFile:
        raise Refused(name, None, None, reason("damaged_workbook")) from None
    strings = sizes.get("xl/sharedStrings.xml", 0)
    if strings > MAX_STRINGS or sum(sizes.values()) > MAX_SHEET:
        raise Refused(name, None, None, reason("big_workbook", limit=MAX_STRINGS // 1_000_000))
    file.seek(0)


def _cell(cell: Any, name: str, line: int) -> Cell:
    value = cell.value
    if value is None:
        return ""
    column = getattr(cell, "column_letter", "")
    if cell.data_type == "f":
        raise Refused(name, line, column, reason("formula_workbook"))
    if cell.data_type == "e":
        raise Refused(name, line, column, reason("error_cell", value=str(value)))
    text = _as_cell(value)
    if isinstance(text, str) and len(text) > MAX_FIELD:
        raise Refused(name, line, column, reason("long_field", limit=MAX_FIELD // 1_000_000))
    return text


def _as_cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a sheet has no zone
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, time) else str(value)
