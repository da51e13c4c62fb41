"""What of a table a person takes along: the columns and rows as they stand on the screen.

Reads the columns and rows that the server gives for a page; a browser only names which of them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.core.errors import NotFound

FORMATS = ("csv", "xlsx")
MOST_ROWS, MOST_COLUMNS = 20_000, 200
_HIDDEN = "<5"  # how a count too small to be told is written, as on the screen
_SCORE = re.compile(r"bpScore\(params, '(\w+)'\)")
Value = str | int | float | bool | None


class NoSuchTable(NotFound):
    """The page of the address has no table of that name, or not for this viewer."""

    key = "tables.gone"


@dataclass(frozen=True)
class Wanted:
    """What a browser asks for: a grid, a format, rows and columns by their ids, in this order.

    ``data`` are rows that the browser holds, of a grid that no page makes again.
    """

    grid: str
    format: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    data: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a file; ``kind`` says how a spreadsheet shows its numbers."""

    field: str
    head: str
    kind: str


@dataclass(frozen=True)
class Table:
    """A table to be written."""

    columns: list[Column]
    rows: list[list[Value]]


def read_wanted(asked: Any) -> Wanted | None:
    """What a browser asks for; None when it makes no sense."""
    if not isinstance(asked, dict) or asked.get("format") not in FORMATS:
        return None
    data = asked.get("data")
    return Wanted(
        grid=str(asked.get("grid")),
        format=asked["format"],
        rows=tuple(map(str, _listed(asked.get("rows"))[:MOST_ROWS])),
        columns=tuple(map(str, _listed(asked.get("columns"))[:MOST_COLUMNS])),
        data=tuple(row for row in _listed(data)[:MOST_ROWS] if isinstance(row, dict)),
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def picked(
    columns: Iterable[Mapping[str, Any]],
    rows: Iterable[Mapping[str, Any]],
    wanted: Wanted,
    row_id: str,
) -> Table:
    """The wanted columns and rows of a grid, in the wanted order; others are left out."""
    known = {column_id(one): one for one in columns}
    chosen = [one for name in wanted.columns if name in known for one in _written(known[name])]
    by_id = {str(row.get(row_id)): row for row in rows}
    listed = [by_id[name] for name in wanted.rows if name in by_id]
    return Table(chosen, [[_value(row, one) for one in chosen] for row in listed])


def column_id(column: Mapping[str, Any]) -> str:
    """What a grid calls a column."""
    return str(column.get("colId") or column.get("field"))


def _written(column: Mapping[str, Any]) -> Sequence[Column]:
    """What a column becomes in a file: itself, or what its ``context`` says under ``export``."""
    parts = (column.get("context") or {}).get("export")
    if parts is None:
        return [Column(column_id(column), str(column.get("headerName") or ""), _kind(column))]
    return [Column(part["field"], part["head"], part.get("kind", "text")) for part in parts]


def _kind(column: Mapping[str, Any]) -> str:
    shown = (column.get("valueFormatter") or {}).get("function", "")
    score = _SCORE.fullmatch(shown)
    if score:
        return score.group(1)
    if shown.startswith("bpMoney("):
        return "mean"
    return "count" if shown.startswith("bpCount(") else "text"


def _value(row: Mapping[str, Any], column: Column) -> Value:
    value = row.get(column.field)
    if value is None and column.kind == "count":
        return _HIDDEN
    return value if isinstance(value, str | int | float | bool) else None
