"""One cell's text read as what its field needs: a word, a date, a moment, a number, a list.

Pure: text in, value out, or a ``CellError`` that says what would be right.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from api.core.formulas import is_formula
from api.imports.values import Cell, CellError, Reason, reason

MAX_WORDS = 300
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
_LIST = re.compile(r"\s*[;|]\s*")
_WHOLE = re.compile(r"[+-]?\d{1,12}(?:\.0*)?")


def plain(cell: Cell) -> str:
    """The cell as text without the blanks around it."""
    return cell.strip() if isinstance(cell, str) else cell.isoformat(sep=" ")


@lru_cache(maxsize=8192)
def word(text: str) -> str:
    """A name, code or label: short, printable, nothing a spreadsheet would run."""
    if is_formula(text):
        raise CellError(reason("formula"))
    if len(text) > MAX_WORDS:
        raise CellError(reason("too_long_text", limit=MAX_WORDS, length=len(text)))
    if not text.isprintable() and any(unicodedata.category(letter) == "Cc" for letter in text):
        raise CellError(reason("control_character"))
    return _undamaged(text)


def prose(text: str) -> str:
    """A customer's own words: lines are welcome, formulas are not."""
    if is_formula(text, prose=True):
        raise CellError(reason("formula"))
    return _undamaged(text)


def words(text: str) -> tuple[str, ...]:
    """Several words in one cell, separated by ``;`` or ``|``."""
    return tuple(word(part) for part in _LIST.split(text) if part)


def day(cell: Cell, form: str | None) -> date:
    """A calendar date in ``form``, or as 2024-12-31."""
    if isinstance(cell, datetime):
        return cell.date()
    return _day(cell.strip(), form)


def moment(cell: Cell, form: str | None, zone: ZoneInfo) -> datetime:
    """A moment in UTC; without an offset of its own it is read in ``zone``."""
    found = cell if isinstance(cell, datetime) else _moment(cell.strip(), form)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    local = found.replace(tzinfo=zone)
    there = local.astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != found:
        raise CellError(reason("no_such_time", zone=zone.key))
    return there


def whole(text: str) -> int:
    """A whole number; 5.0 is 5."""
    if _WHOLE.fullmatch(text) is None:
        raise CellError(reason("not_whole"))
    return int(text.split(".", maxsplit=1)[0])


def amount(text: str) -> Decimal:
    """A sum of money or another exact number, with a point for the fraction."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise CellError(reason("not_number")) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise CellError(reason("not_number"))
    return value


def percent(text: str) -> Fraction:
    """A share of 100, with or without the sign."""
    value = Fraction(amount(text.removesuffix("%").rstrip()))
    if not 0 <= value <= 100:
        raise CellError(reason("not_percent"))
    return value


def truth(text: str) -> bool:
    """Yes or no."""
    known = {"true": True, "yes": True, "1": True, "y": True, "是": True}
    known |= {"false": False, "no": False, "0": False, "n": False, "否": False}
    if text.lower() not in known:
        raise CellError(reason("not_truth"))
    return known[text.lower()]


def _undamaged(text: str) -> str:
    if "\ufffd" in text:
        raise CellError(reason("replacement_character"))
    return text


@lru_cache(maxsize=4096)
def _day(text: str, form: str | None) -> date:
    try:
        found = date.fromisoformat(text) if form is None else _parsed(text, form).date()
    except ValueError:
        raise CellError(_bad_date(form or "%Y-%m-%d")) from None
    return _sane(found)


@lru_cache(maxsize=4096)
def _moment(text: str, form: str | None) -> datetime:
    try:
        found = datetime.fromisoformat(text) if form is None else _parsed(text, form)
    except ValueError:
        raise CellError(_bad_date(form or "%Y-%m-%dT%H:%M:%S")) from None
    _sane(found)
    return found


def _parsed(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is given by the mapping


def _sane(found: date) -> date:
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise CellError(reason("bad_year", earliest=EARLIEST_YEAR, latest=LATEST_YEAR))
    return found


def _bad_date(form: str) -> Reason:
    example = datetime(2024, 12, 31, 13, 45, 6, tzinfo=UTC).strftime(form)
    return reason("bad_date", format=form, example=example)
