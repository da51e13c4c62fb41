"""Counts everything again, some days at a time so that memory stays bounded.

While the server writes what was counted last, the next days are counted already. What is left of
sealed days, whose answers are gone, goes into the sums of their weeks and months. Whoever calls
holds the folding lock.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy.engine import Connection

from api.cells import encoding, repository
from api.cells.counting import (
    CELL,
    NO_DAYS,
    PLACE,
    Days,
    count_days,
    first_of_month,
    first_of_week,
    in_months,
    in_weeks,
)
from api.cells.repository import Labels, Stored, Target
from api.cells.sums import Sums, joined, match
from scoring.arrays import Counts

RESPONSES_AT_ONCE = 100_000


@dataclass(frozen=True)
class _Span:
    """Days that are counted together; without limits at the two ends of time."""

    first: date | None
    last: date | None


@dataclass(frozen=True)
class _Part:
    """Everything that one table is to hold in a span of time, laid out for staging."""

    target: Target
    span: _Span
    rows: list[bytes]
    period: str | None = None


class _Longer:
    """Sums per week or month while days come in order; what is not over yet is held back."""

    def __init__(self, sums: Callable[[Sums], Sums], first_of: Callable[[Counts], Counts]) -> None:
        self._sums, self._first_of = sums, first_of
        self._held: Sums | None = None
        self._since: date | None = None

    def finished(self, days: Sums, span: _Span) -> tuple[Sums, _Span] | None:
        """The weeks or months that are over at the end of the span, and which time they cover."""
        known = [] if self._held is None else [self._held]
        found = joined([*known, self._sums(days)]).grouped()
        if span.last is None:
            return found, _Span(self._since, None)
        border = self._first_of(repository.day_numbers([span.last]))
        goes_on = found["start"] >= border[0]
        self._held = found.taken(np.flatnonzero(goes_on))
        since, until = self._since, repository.dates(border)[0]
        if until == since:
            return None
        self._since = until
        return found.taken(np.flatnonzero(~goes_on)), _Span(since, until)


class Rebuild:
    """One rebuild: what is carried from one span of days to the next.

    Writes through ``connection``, reads through ``reader``; if that is another one, both at once.
    What is committed meanwhile leaves marks for the next fold, whether it is read already or not.
    """

    def __init__(self, connection: Connection, reader: Connection) -> None:
        self._connection, self._reader = connection, reader
        self._metrics = repository.read_metrics(connection)
        everything = repository.Between(date.min, date.max)
        self._labels = Labels.of(
            repository.read_labels(connection, everything) | repository.sealed_labels(connection)
        )
        self._weeks = _Longer(in_weeks, first_of_week)
        self._months = _Longer(in_months, first_of_month)
        self._cut_months = _Longer(in_months, first_of_month)
        self._moment_months = _Longer(in_months, first_of_month)

    def run(self) -> set[tuple[str, date]]:
        """Replaces everything; the metrics and days that changed."""
        changed: set[tuple[str, date]] = set()
        repository.prepare_staging(self._connection)
        repository.compare_as_wholes(self._connection)
        repository.drop_unknown(self._connection)
        spans = list(_spans(repository.days_of_answers(self._connection)))
        with ThreadPoolExecutor(1) as counter:
            counted = self._start(counter, spans[0])
            for place in range(len(spans)):
                parts = counted.result()
                if place + 1 < len(spans):
                    counted = self._start(counter, spans[place + 1])
                for part in parts:
                    found = self._replace(part)
                    changed |= found if part.period == "day" else set()
        return changed

    def _start(self, counter: ThreadPoolExecutor, span: _Span) -> "Future[list[_Part]]":
        """Lets a span be read and counted; with one connection only, it is read right now."""
        if self._reader is not self._connection:
            return counter.submit(lambda: self._count(span, *self._read(span)))
        return counter.submit(self._count, span, *self._read(span))

    def _read(self, span: _Span) -> tuple[tuple[bytes, bytes], Stored]:
        first, last = span.first or date.min, span.last or date.max
        keys = repository.sealed_keys(self._reader, first, last, self._metrics)
        wanted = repository.Between(first, last)
        copied = repository.read_answers(self._reader, wanted, self._metrics, self._labels)
        return copied, repository.read_stored(self._reader, keys, self._metrics)

    def _count(self, span: _Span, copied: tuple[bytes, bytes], stored: Stored) -> list[_Part]:
        metrics, labels = self._metrics, self._labels
        found = count_days(*repository.columns_of(copied), metrics)
        sealed = stored.sealed(metrics)
        found = found.without(sealed)
        whole = found.and_also(_sealed_days(stored.days(metrics, labels), sealed))
        return [
            _Part(repository.CELL, span, [*encoding.cells(found.cells, "day", metrics)], "day"),
            _Part(
                repository.CUT_DAY, span, [*encoding.cuts(found.cuts, "day", metrics, labels.all)]
            ),
            _Part(repository.MOMENT_DAY, span, [*encoding.moment_days(found.moments, metrics)]),
            *self._count_longer(span, whole),
        ]

    def _count_longer(self, span: _Span, days: Days) -> Iterator[_Part]:
        """The weeks and months that are over."""
        metrics, labels = self._metrics, self._labels
        for name, carried in (("week", self._weeks), ("month", self._months)):
            if over := carried.finished(days.cells, span):
                rows = [*encoding.cells(over[0], name, metrics)]
                yield _Part(repository.CELL, over[1], rows, name)
        if over := self._cut_months.finished(days.cuts, span):
            rows = [*encoding.cuts(over[0], "start", metrics, labels.all)]
            yield _Part(repository.CUT_MONTH, over[1], rows)
        if over := self._moment_months.finished(days.moments, span):
            rows = [*encoding.moment_cells(over[0], metrics)]
            yield _Part(repository.MOMENT_CELL, over[1], rows)

    def _replace(self, part: _Part) -> set[tuple[str, date]]:
        repository.stage(self._connection, part.target, part.rows, many=True)
        first, last = part.span.first, part.span.last
        return repository.replace(self._connection, part.target, first, last, period=part.period)


def _sealed_days(stored: Days, sealed: Sums) -> Days:
    """Of what is stored only that which belongs to sealed days."""
    if not len(sealed):
        return NO_DAYS
    return Days(
        _among(stored.cells, sealed, CELL),
        _among(stored.cuts, sealed, CELL),
        _among(stored.moments, sealed, ("day", *PLACE)),
    )


def _among(rows: Sums, sealed: Sums, by: tuple[str, ...]) -> Sums:
    distinct = sealed.under({name: sealed[name] for name in by}).grouped()
    found = match([rows[name] for name in by], [distinct[name] for name in by])
    return rows.taken(np.flatnonzero(found >= 0))


def _spans(days: Sequence[tuple[date, int]]) -> Iterator[_Span]:
    """Neighbouring days with not too many responses together; they cover all time."""
    first: date | None = None
    held = 0
    for day, responses in days:
        if held and held + responses > RESPONSES_AT_ONCE:
            yield _Span(first, day)
            first, held = day, 0
        held += responses
    yield _Span(first, None)
