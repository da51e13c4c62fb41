"""One row through the mapping: typed values, or the reasons why not.

Pure: knows the heading of the file and the mapping, nothing of tables. Every cell that is wrong is
named, not only the first of a row.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.core.formulas import is_formula
from api.imports import cells
from api.imports.bands import adds_up, largest_remainder
from api.imports.fields import (
    ATTRIBUTE,
    PERSONAL,
    REQUIRED,
    Reading,
    names_people,
    readings,
    referred,
    require_known,
)
from api.imports.mapping import Column, Mapping, Metric
from api.imports.source import Heading, SourceRow
from api.imports.values import Cell, CellError, Reject, Severity, reason

Value = str | date | datetime | int | bool | tuple[str, ...] | Any
HIDDEN = "•••"
_SIGNS = frozenset("=+-@")


@dataclass(frozen=True, slots=True)
class Converted:
    """A row as the loaders want it."""

    line: int
    fields: dict[str, Any]
    path: tuple[str, ...] = ()
    scores: dict[str, int] = field(default_factory=dict)
    counts: dict[str, list[int]] = field(default_factory=dict)
    period: tuple[date, date] | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class _Input:
    """Where a value comes from: the name to show for it, and how to fetch its text."""

    column: str
    fetch: Callable[[tuple[Cell, ...]], Cell]


class Converter:
    """A mapping bound to the heading of one file."""

    def __init__(self, mapping: Mapping, heading: Heading, *, mapping_file: str = "") -> None:
        require_known(mapping, mapping_file)
        self._mapping = mapping
        self._heading = heading
        self._zone = mapping.zone or ZoneInfo("UTC")
        self._readings = readings(mapping)
        self._inputs: dict[str, _Input] = {}
        self._refuse_missing_columns()
        self._fields = [
            (name, self._input(name), mapping.columns[name].format)
            for name in mapping.columns
            if name in self._readings
        ]
        self._path = [(level, self._level_input(level, source)) for level, source in self._levels()]
        self._skips = [(rule, self._raw_input(rule.column)) for rule in mapping.skip_when]
        self._key = [self._input(name) for name in mapping.key.parts] if mapping.key else []
        self._loose = self._prose_columns()
        self._personal = self._personal_columns()

    def convert(self, row: SourceRow) -> Converted | list[Reject]:
        """The row's values; or one ``skipped``, or all its errors."""
        found = self._converted(row)
        return found if isinstance(found, Converted) else [self._shown(one) for one in found]

    def _shown(self, reject: Reject) -> Reject:
        """The reject without what its cell says of a person."""
        whole_row = reject.column == "" and names_people(self._mapping)
        hidden = reject.column in self._personal or whole_row
        return replace(reject, value=HIDDEN) if hidden and reject.value else reject

    def _converted(self, row: SourceRow) -> Converted | list[Reject]:
        if len(row.cells) != len(self._heading.names):
            return [self._ragged(row)]
        if skip := self._skip(row):
            return [skip]
        faults: list[Reject] = self._formulas(row)
        found = Converted(
            line=row.line,
            fields=self._read_fields(row, faults),
            path=self._read_path(row, faults),
            scores=self._read_scores(row, faults),
            counts=self._read_counts(row, faults),
            period=self._read_period(row, faults),
            external_id=self._read_key(row, faults),
        )
        return _once_each(faults) if faults else found

    def _levels(self) -> list[tuple[str, str]]:
        return self._mapping.units.path if self._mapping.units else []

    def _refuse_missing_columns(self) -> None:
        mapping = self._mapping
        wanted = [column.from_ for column in mapping.columns.values() if column.from_]
        wanted += sorted(referred(mapping) - {"", "value"} - set(mapping.columns))
        missing = [
            name
            for name in dict.fromkeys(wanted)
            if self._heading.index(name) is None and not _is_date(name)
        ]
        if missing:
            raise self._heading.refuse_missing(missing)

    def _personal_columns(self) -> frozenset[str]:
        mapping = self._mapping
        own = {column.from_ or "" for name, column in mapping.columns.items() if name in PERSONAL}
        if names_people(mapping):
            known = {column.from_ for column in mapping.columns.values()}
            own |= {name for name in self._heading.names if name not in known}
            own |= {column.from_ or "" for name, column in mapping.columns.items()
                    if name.startswith(ATTRIBUTE)}  # fmt: skip
        return frozenset(own - {""})

    def _prose_columns(self) -> frozenset[int]:
        """Columns in which only a real formula counts: prose, and what is not imported."""
        strict = {
            self._mapping.columns[name].from_
            for name, _, _ in self._fields
            if self._readings[name] is not Reading.PROSE
        } | referred(self._mapping)
        return frozenset(i for i, name in enumerate(self._heading.names) if name not in strict)

    def _input(self, name: str) -> _Input:
        """The field ``name`` if the mapping declares it, else the file's column of that name."""
        if name not in self._inputs:
            self._inputs[name] = self._new_input(name)
        return self._inputs[name]

    def _new_input(self, name: str) -> _Input:
        column = self._mapping.columns.get(name)
        if column is None:
            return self._raw_input(name)
        if column.from_ is None:
            constant = _scalar(column.value)
            return _Input(name, lambda _: constant)
        index = self._heading.index(column.from_)
        assert index is not None, "missing columns are refused before"
        return _Input(column.from_, _reader(index, column))

    def _raw_input(self, name: str) -> _Input:
        index = self._heading.index(name)
        if index is None:
            return self._input(name)
        return _Input(name, lambda row: row[index])

    def _level_input(self, level: str, source: str) -> _Input:
        return self._input(level if source == "value" else source)

    def _ragged(self, row: SourceRow) -> Reject:
        width, found = len(self._heading.names), len(row.cells)
        if found > width:
            why = reason("cells_too_many", found=found, wanted=width)
            return Reject(row.line, "", "error", why, str(row.cells[width]))
        why = reason("cells_too_few", found=found, wanted=width)
        value = HIDDEN if names_people(self._mapping) else str(row.cells[0])
        return Reject(row.line, self._heading.names[found], "error", why, value)

    def _skip(self, row: SourceRow) -> Reject | None:
        for rule, source in self._skips:
            try:
                text = cells.plain(source.fetch(row.cells))
            except CellError:
                continue  # a cell that cannot be read is an error below, no reason to skip
            if rule.matches is not None and re.search(rule.matches, text):
                why = reason("skip_matches", matches=rule.matches)
            elif rule.equals is not None and text == rule.equals:
                why = reason("skip_equals" if rule.equals else "skip_empty", equals=rule.equals)
            else:
                continue
            return Reject(row.line, source.column, "skipped", why, text)
        return None

    def _formulas(self, row: SourceRow) -> list[Reject]:
        faults: list[Reject] = []
        for index, cell in enumerate(row.cells):
            if not isinstance(cell, str) or not cell or cell.lstrip()[:1] not in _SIGNS:
                continue
            if is_formula(cell, prose=index in self._loose):
                name = self._heading.names[index]
                faults.append(_error(row.line, name, CellError(reason("formula")), cell))
        return faults

    def _read_fields(self, row: SourceRow, faults: list[Reject]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        needed = REQUIRED[self._mapping.kind]
        for name, source, form in self._fields:
            cell: Cell = ""
            try:
                cell = source.fetch(row.cells)
                if cell == "" and name in needed:
                    raise CellError(reason("empty_cell"))
                if cell != "":
                    values[name] = self._read(self._readings[name], cell, form)
            except CellError as error:
                faults.append(_error(row.line, source.column, error, cell))
        return values

    def _read(self, reading: Reading, cell: Cell, form: str | None) -> Value:
        match reading:
            case Reading.DAY:
                return cells.day(cell, form)
            case Reading.MOMENT:
                return cells.moment(cell, form, self._zone)
            case _:
                return _PLAIN[reading](cells.plain(cell))

    def _read_path(self, row: SourceRow, faults: list[Reject]) -> tuple[str, ...]:
        path: list[str] = []
        for level, source in self._path:
            cell: Cell = ""
            try:
                cell = source.fetch(row.cells)
                if cell == "":
                    raise CellError(reason("empty_unit", level=level))
                path.append(cells.word(cells.plain(cell)))
            except CellError as error:
                faults.append(_error(row.line, source.column, error, cell))
        return tuple(path)

    def _read_scores(self, row: SourceRow, faults: list[Reject]) -> dict[str, int]:
        scores: dict[str, int] = {}
        for metric in self._mapping.metrics:
            if metric.from_ is None:
                continue
            source = self._input(metric.from_)
            cell: Cell = ""
            try:
                cell = source.fetch(row.cells)
                text = _mapped(cells.plain(cell), metric.map) if cell != "" else ""
                if text != "":
                    scores[metric.code] = _point(text, metric)
            except CellError as error:
                faults.append(_error(row.line, source.column, error, cell))
        return scores

    def _read_counts(self, row: SourceRow, faults: list[Reject]) -> dict[str, list[int]]:
        counts: dict[str, list[int]] = {}
        for metric in self._mapping.metrics:
            if metric.bands is None:
                continue
            try:
                counts[metric.code] = self._bands(row, metric, metric.bands)
            except CellError as error:
                faults.append(_error(row.line, error.column, error, error.value))
        return counts

    def _bands(self, row: SourceRow, metric: Metric, bands: tuple[str, str, str]) -> list[int]:
        texts = [self._number_text(row, name) for name in bands]
        answers = self._whole(row, metric.of) if metric.of else None
        if metric.unit == "count":
            counts = [self._whole(row, name) for name in bands]
            if answers is not None and sum(counts) != answers:
                why = reason("counts_do_not_add_up", total=sum(counts), of=answers)
                raise CellError(why, column=self._input(bands[0]).column, value=" + ".join(texts))
            return counts
        shares = [
            _at(self._input(name).column, text, cells.percent)
            for name, text in zip(bands, texts, strict=True)
        ]
        if not adds_up(shares):
            why = reason("percent_does_not_add_up", total=f"{float(sum(shares)):g}")
            raise CellError(why, column=self._input(bands[0]).column, value=" + ".join(texts))
        return largest_remainder(shares, answers or 0)

    def _whole(self, row: SourceRow, name: str) -> int:
        count: int = _at(self._input(name).column, self._number_text(row, name), cells.whole)
        if count < 0:
            raise CellError(reason("negative"), column=self._input(name).column, value=str(count))
        return count

    def _number_text(self, row: SourceRow, name: str) -> str:
        source = self._input(name)
        text = cells.plain(source.fetch(row.cells))
        if not text:
            raise CellError(reason("empty_cell"), column=source.column)
        return text

    def _read_period(self, row: SourceRow, faults: list[Reject]) -> tuple[date, date] | None:
        period = self._mapping.period
        if period is None:
            return None
        days: list[date] = []
        for bound in (period.from_, period.to):
            if isinstance(bound, date):
                days.append(bound)
            elif _is_date(bound) and self._heading.index(bound) is None:
                days.append(date.fromisoformat(bound))
            else:
                self._period_day(row, self._input(bound), days, faults)
        if len(days) == 2 and days[1] < days[0]:
            why = reason("period_backwards", first=days[0], last=days[1])
            faults.append(Reject(row.line, str(period.to), "error", why, str(days[1])))
        return (days[0], days[1] + timedelta(days=1)) if len(days) == 2 else None

    def _period_day(
        self, row: SourceRow, source: _Input, days: list[date], faults: list[Reject]
    ) -> None:
        assert self._mapping.period is not None
        cell: Cell = ""
        try:
            cell = source.fetch(row.cells)
            days.append(cells.day(cell, self._mapping.period.format))
        except CellError as error:
            faults.append(_error(row.line, source.column, error, cell))

    def _read_key(self, row: SourceRow, faults: list[Reject]) -> str:
        if not self._key:
            return _fingerprint([cells.plain(cell) for cell in row.cells])
        parts: list[str] = []
        for source in self._key:
            try:
                parts.append(cells.plain(source.fetch(row.cells)))
            except CellError as error:
                faults.append(_error(row.line, source.column, error, error.value))
                return ""
        if len(parts) > 1:
            return _fingerprint(parts)
        if not parts[0]:
            why = CellError(reason("empty_cell"))
            faults.append(_error(row.line, self._key[0].column, why, ""))
        return parts[0]


_PLAIN: dict[Reading, Callable[[str], Value]] = {
    Reading.WORD: cells.word,
    Reading.PROSE: cells.prose,
    Reading.WORDS: cells.words,
    Reading.WHOLE: cells.whole,
    Reading.AMOUNT: cells.amount,
    Reading.TRUTH: cells.truth,
}


def _reader(index: int, column: Column) -> Callable[[tuple[Cell, ...]], Cell]:
    default = _scalar(column.default)
    if column.regex is None and column.map is None:
        return lambda row: _stripped(row[index]) or default
    pattern = re.compile(column.regex) if column.regex is not None else None

    def read(row: tuple[Cell, ...]) -> Cell:
        text = cells.plain(row[index])
        if text and pattern is not None:
            text = _matched(text, pattern)
        if text and column.map is not None:
            text = _mapped(text, column.map)
        return text or default

    return read


def _stripped(cell: Cell) -> Cell:
    return cell.strip() if isinstance(cell, str) else cell


def _matched(text: str, pattern: re.Pattern[str]) -> str:
    found = pattern.search(text)
    if found is None:
        raise CellError(reason("no_match", regex=pattern.pattern), value=text)
    return (found.group(1) if pattern.groups else found.group(0)) or ""


def _mapped(text: str, table: dict[str, Any] | None) -> str:
    if table is None:
        return text
    if text not in table:
        known = ", ".join(f'"{name}"' for name in list(table)[:20])
        raise CellError(reason("not_in_map", known=known), value=text)
    return _scalar(table[text])


def _point(text: str, metric: Metric) -> int:
    low, high = metric.points
    try:
        value = cells.whole(text)
    except CellError:
        raise CellError(reason("off_scale", scale=metric.scale, low=low, high=high)) from None
    if not low <= value <= high:
        raise CellError(reason("off_scale", scale=metric.scale, low=low, high=high))
    return value


def _at(column: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except CellError as error:
        raise CellError(error.why, column=column, value=text) from None


def _fingerprint(parts: list[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _is_date(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def _error(line: int, column: str, error: CellError, cell: Cell) -> Reject:
    severity: Severity = "error"
    value = error.value or (cells.plain(cell) if cell != "" else "")
    return Reject(line, column, severity, error.why, value)


def _once_each(faults: list[Reject]) -> list[Reject]:
    """One fault per column and reason: a cell may feed several fields."""
    return list({(fault.column, fault.reason.key): fault for fault in faults}.values())
