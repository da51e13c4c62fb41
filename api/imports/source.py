"""A file as rows: opened by what it is (CSV, gzip, XLSX), whatever its name says.

Hands on the heading and the rows one by one; holds one row in memory. Damage that makes the whole
file unreadable is refused here, with line and column.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from api.imports.csv_rows import CsvForm, csv_rows, open_plain
from api.imports.values import Cell, Refused, reason
from api.imports.workbook import workbook_rows

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
OTHER_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of the file: its first line and its cells, as many as the heading has."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The names of the columns, and where they stand."""

    file: str
    line: int
    names: tuple[str, ...]
    delimiter: str | None

    def index(self, name: str) -> int | None:
        """The place of the column ``name``."""
        return self.names.index(name) if name in self.names else None

    def refuse_missing(self, missing: list[str]) -> Refused:
        """The refusal for columns that the mapping names and the file lacks."""
        if other := self._other_delimiter(missing):
            why = reason("wrong_delimiter", used=_shown(self.delimiter), found=_shown(other))
            return Refused(self.file, self.line, None, why)
        first = missing[0]
        listed = ", ".join(name for name in self.names if name)
        near = get_close_matches(first, self.names, n=1, cutoff=0.7)
        key = "missing_column_near" if near else "missing_column"
        names = ", ".join(f'"{name}"' for name in missing)
        why = reason(key, names=names, listed=listed, near=near[0] if near else "")
        return Refused(self.file, self.line, first, why)

    def _other_delimiter(self, missing: list[str]) -> str | None:
        for other in OTHER_DELIMITERS:
            if other == self.delimiter or self.delimiter is None:
                continue
            parts = {part.strip().strip('"') for name in self.names for part in name.split(other)}
            if len(parts) > len(self.names) and parts.intersection(missing):
                return other
        return None


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: its heading and its rows."""

    heading: Heading
    rows: Iterator[SourceRow]


@contextmanager
def open_table(path: Path, *, encoding: str = "utf-8", delimiter: str = ",") -> Iterator[Table]:
    """The rows of ``path``; refused when it is missing, empty, not text or not a table."""
    try:
        file = path.open("rb")
    except OSError:
        raise Refused(str(path), None, None, reason("no_file")) from None
    with file:
        start = file.read(4)
        file.seek(0)
        if not start:
            raise Refused(path.name, 1, None, reason("empty_file"))
        if start == _OLD_EXCEL:
            raise Refused(path.name, None, None, reason("old_excel"))
        if start == _ZIP:
            yield _table(path.name, workbook_rows(path.name, file), None)
        else:
            yield _text_table(path, file, CsvForm(path.name, encoding, delimiter))


def _text_table(path: Path, file: BinaryIO, form: CsvForm) -> Table:
    lines = open_plain(file, form, path.stat().st_size)
    return _table(path.name, csv_rows(lines, form), form.delimiter)


def _table(name: str, rows: Iterator[tuple[int, list[Cell]]], delimiter: str | None) -> Table:
    first = next((row for row in rows if any(row[1])), None)
    if first is None:
        raise Refused(name, 1, None, reason("empty_file"))
    line, cells = first
    names = tuple(str(cell).strip() for cell in cells)
    while names and not names[-1]:
        names = names[:-1]
    twice = [found for found, times in Counter(filter(None, names)).items() if times > 1]
    if twice:
        raise Refused(name, line, twice[0], reason("column_twice"))
    heading = Heading(name, line, names, delimiter)
    return Table(heading, _fitted(rows, heading))


def _fitted(rows: Iterator[tuple[int, list[Cell]]], heading: Heading) -> Iterator[SourceRow]:
    """Rows with as many cells as the heading; empty lines are no rows."""
    width = len(heading.names)
    for line, cells in rows:
        if not any(cells):
            continue
        if heading.delimiter is None:  # a sheet leaves empty cells at the end of a row out
            cells.extend([""] * (width - len(cells)))
        yield SourceRow(line, tuple(cells) if len(cells) == width else _cut(cells, width))


def _cut(cells: list[Cell], width: int) -> tuple[Cell, ...]:
    """Without the empty cells beyond the heading; others stay, for the row to be refused."""
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _shown(delimiter: str | None) -> str:
    return {"\t": "\\t", None: ""}.get(delimiter, delimiter or "")
