"""What an address says of a table: words looked for, order, filters, columns shown and hidden.

Pure: strings in, values out. `assets/15-tables.js` writes the same in the browser, as one word per
table: `league-grid~q:east~s:score-desc,n-asc~f:n!n!!greaterThan!30~c:-band,region`. What makes no
sense is left out; whether a table has such a column is seen where the table is made.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

LONGEST = 400  # letters of one table's word
MOST = 4  # tables of a page
_BEGINS = "~"
_KINDS = {"t": "text", "n": "number"}
_ASKS = {
    "t": ("contains", "notContains", "equals", "notEqual", "startsWith", "endsWith"),
    "n": ("equals", "notEqual", "greaterThan", "greaterThanOrEqual", "lessThan",
          "lessThanOrEqual", "inRange"),
}  # fmt: skip
_EMPTY = ("blank", "notBlank")
_JOINED = {"": "AND", "and": "AND", "or": "OR"}
_EACH = 3  # what is asked, its value, the upper end of a range


@dataclass(frozen=True)
class Filter:
    """A column's filter; ``model`` is how a grid writes it, ``kind`` text or number."""

    column: str
    kind: str
    model: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class TableWords:
    """How somebody arranged a table; ``order`` None: as the table comes, ``text``: as written."""

    grid: str
    text: str
    search: str = ""
    order: tuple[tuple[str, str], ...] | None = None
    filters: tuple[Filter, ...] = ()
    shown: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @property
    def query(self) -> str:
        """The part of an address that says so."""
        return "t=" + quote(self.text, safe=":,!~-")


def read_tables(words: Iterable[str]) -> tuple[TableWords, ...]:
    """What is said of tables, of each once; words that are too long or say nothing are left out."""
    found: dict[str, TableWords] = {}
    for word in words:
        one = _read(word) if len(word) <= LONGEST and word.isprintable() else None
        if one is not None and len(found) < MOST:
            found.setdefault(one.grid, one)
    return tuple(found.values())


def _read(word: str) -> TableWords | None:
    grid, *parts = word.split(_BEGINS)
    said: dict[str, str] = {}
    filters: list[Filter] = []
    for part in parts:
        name, colon, value = part.partition(":")
        if colon and name == "f":
            filters += _filter(value)
        elif colon and name in ("q", "s", "c"):
            said[name] = value
    if not grid or not (said or filters):
        return None
    columns = [one for one in said.get("c", "").split(",") if one]
    return TableWords(
        grid=grid,
        text=word,
        search=said.get("q", "").strip(),
        order=_order(said["s"]) if "s" in said else None,
        filters=tuple(filters),
        shown=frozenset(one for one in columns if not one.startswith("-")),
        hidden=frozenset(one[1:] for one in columns if one.startswith("-")),
    )


def _order(value: str) -> tuple[tuple[str, str], ...]:
    """Columns with their direction, the weightiest first."""
    named = [one.rpartition("-") for one in value.split(",")]
    return tuple((column, way) for column, _, way in named if column and way in ("asc", "desc"))


def _filter(value: str) -> list[Filter]:
    """One column's filter: `column!kind!and|or!what!value!to`, the last three once or twice."""
    column, kind, joined, *asked = [*value.split("!"), "", "", ""][: 3 + 2 * _EACH]
    if not column or kind not in _KINDS or joined not in _JOINED:
        return []
    steps = range(0, len(asked) - _EACH + 1, _EACH)
    conditions = [one for at in steps if (one := _condition(kind, *asked[at : at + _EACH]))]
    if not conditions:
        return []
    model = conditions[0]
    if len(conditions) > 1:
        model = {
            "filterType": _KINDS[kind],
            "operator": _JOINED[joined],
            "conditions": conditions,
        }
    return [Filter(column, _KINDS[kind], model)]


def _condition(kind: str, asks: str, value: str, upper: str) -> dict[str, Any] | None:
    model: dict[str, Any] = {"filterType": _KINDS[kind], "type": asks}
    if asks in _EMPTY:
        return model
    if asks not in _ASKS[kind] or not value:
        return None
    if kind == "t":
        return {**model, "filter": value}
    ends = [_number(value), _number(upper)] if asks == "inRange" else [_number(value), 0.0]
    if None in ends:
        return None
    return {**model, "filter": ends[0], **({"filterTo": ends[1]} if asks == "inRange" else {})}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
