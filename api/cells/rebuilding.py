"""Counts everything again, some months at a time so that memory stays bounded.

While the server writes what was counted last, the next months are counted already. What is left
of sealed days, whose answers are gone, goes into the sums of their weeks and months. Whoever calls
holds the folding lock.
"""

from collections.abc import Iterator, Sequence
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
    first_of_week,
    in_months,
    in_weeks,
)
from api.cells.metrics import WIDTH
from api.cells.repository import Labels, Stored
from api.cells.sums import Sums, joined, match, nothing

RESPONSES_AT_ONCE = 350_000
_WEEK = ("metric", "start", *PLACE)


@dataclass(frozen=True)
class _Span:
    """Months that are counted together; without limits at the two ends of time."""

    first: date | None
    last: date | None


@dataclass(frozen=True)
class _Rows:
    """What of one span is to be stored, laid out for the staging tables."""

    days: list[bytes]
    weeks: list[bytes]
    months: list[bytes]
    cut_days: list[bytes]
    cut_months: list[bytes]
    moment_days: list[bytes]
    moment_months: list[bytes]
    weeks_before: date | None


class Rebuild:
    """One rebuild: what is carried from one span of months to the next."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._metrics = repository.read_metrics(connection)
        self._weeks = nothing(_WEEK, WIDTH)  # of the week that the next span goes on with
        self._weeks_from: date | None = None

    def run(self) -> set[tuple[str, date]]:
        """Replaces everything; the metrics and days that changed."""
        changed: set[tuple[str, date]] = set()
        repository.prepare_staging(self._connection)
        repository.compare_as_wholes(self._connection)
        repository.drop_unknown(self._connection)
        spans = list(_spans(repository.months_of_answers(self._connection)))
        with ThreadPoolExecutor(1) as counter:
            counted = self._start(counter, spans[0])
            for place, span in enumerate(spans):
                rows = counted.result()
                if place + 1 < len(spans):
                    counted = self._start(counter, spans[place + 1])
                changed |= self._write(span, rows)
        return changed

    def _start(self, counter: ThreadPoolExecutor, span: _Span) -> "Future[_Rows]":
        """Reads a span (nobody else may use the connection meanwhile) and lets it be counted."""
        first, last = span.first or date.min, span.last or date.max
        wanted = repository.Between(first, last)
        keys = repository.sealed_keys(self._connection, first, last, self._metrics)
        sealed = repository.read_stored(self._connection, keys, self._metrics)
        labels = Labels.of(sealed.labels | repository.read_labels(self._connection, wanted))
        copied = repository.read_answers(self._connection, wanted, self._metrics, labels)
        return counter.submit(self._count, span, copied, sealed, labels)

    def _count(
        self, span: _Span, copied: tuple[bytes, bytes], stored: Stored, labels: Labels
    ) -> _Rows:
        metrics = self._metrics
        found = count_days(*repository.columns_of(copied), metrics)
        sealed = stored.sealed(metrics)
        found = found.without(sealed)
        whole = found.and_also(_sealed_days(stored.days(metrics, labels), sealed))
        weeks, weeks_before = self._finished_weeks(whole.cells, span)
        return _Rows(
            days=[*encoding.cells(found.cells, "day", metrics)],
            weeks=[*encoding.cells(weeks, "week", metrics)],
            months=[*encoding.cells(in_months(whole.cells), "month", metrics)],
            cut_days=[*encoding.cut_days(found.cuts, metrics, labels.all)],
            cut_months=[*encoding.cut_cells(in_months(whole.cuts), metrics, labels.all)],
            moment_days=[*encoding.moment_days(found.moments, metrics)],
            moment_months=[*encoding.moment_cells(in_months(whole.moments), metrics)],
            weeks_before=weeks_before,
        )

    def _finished_weeks(self, cells: Sums, span: _Span) -> tuple[Sums, date | None]:
        """The weeks that end within the span, and the Monday from which on the next has them."""
        weeks = joined([self._weeks, in_weeks(cells)]).grouped()
        if span.last is None:
            return weeks, None
        monday = first_of_week(repository.day_numbers([span.last]))
        goes_on = weeks["start"] >= monday[0]
        self._weeks = weeks.taken(np.flatnonzero(goes_on))
        return weeks.taken(np.flatnonzero(~goes_on)), repository.dates(monday)[0]

    def _write(self, span: _Span, rows: _Rows) -> set[tuple[str, date]]:
        cell = repository.CELL
        changed = self._replace(cell, rows.days, span, "day")
        weeks = _Span(self._weeks_from, rows.weeks_before)
        self._replace(cell, rows.weeks, weeks, "week")
        self._weeks_from = rows.weeks_before
        self._replace(cell, rows.months, span, "month")
        self._replace(repository.CUT_DAY, rows.cut_days, span)
        self._replace(repository.CUT_CELL, rows.cut_months, span)
        self._replace(repository.MOMENT_DAY, rows.moment_days, span)
        self._replace(repository.MOMENT_CELL, rows.moment_months, span)
        return changed

    def _replace(
        self,
        target: repository.Target,
        rows: Sequence[bytes],
        span: _Span,
        period: str | None = None,
    ) -> set[tuple[str, date]]:
        repository.stage(self._connection, target, rows, many=True)
        return repository.replace(self._connection, target, span.first, span.last, period=period)


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


def _spans(months: Sequence[tuple[date, int]]) -> Iterator[_Span]:
    """Neighbouring months with not too many responses together; they cover all time."""
    first: date | None = None
    held = 0
    for month, responses in months:
        if held and held + responses > RESPONSES_AT_ONCE:
            yield _Span(first, month)
            first, held = month, 0
        held += responses
    yield _Span(first, None)
