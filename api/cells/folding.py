"""Counts the marked days again and carries the differences over to their weeks and months.

What a day held before stands in the tables of days, so nothing but the marked days is read,
however long the month. Whoever calls holds the folding lock.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy.engine import Connection

from api.cells import encoding, repository
from api.cells.counting import (
    CELL,
    PLACE,
    SUMS,
    Days,
    count_days,
    in_months,
    in_weeks,
)
from api.cells.metrics import Metrics
from api.cells.repository import Keys, Labels, StoredCuts, Target
from api.cells.sums import Sums, joined, match
from scoring.arrays import Counts


def recount(connection: Connection, keys: Keys) -> set[tuple[str, date]]:
    """Makes everything stored of the keys' days, and their weeks and months, what was answered.

    Says which metrics and days have other cells than before.
    """
    metrics = repository.read_metrics(connection)
    wanted = repository.OfKeys(keys)
    before = repository.read_stored(connection, keys, metrics)
    months = repository.read_cut_months(connection, keys, metrics)
    read = repository.read_labels(connection, wanted)
    labels = Labels.of(before.cuts.labels | months.labels | read)
    copied = repository.read_answers(connection, wanted, metrics, labels)
    sealed = before.sealed(metrics)
    old = before.days(metrics, labels).without(sealed)
    new = count_days(*repository.columns_of(copied), metrics).without(sealed)
    change = _Change(new, new.minus(old), metrics, before.is_empty)
    repository.prepare_staging(connection)
    # While the server writes one kind, the next is laid out.
    with ThreadPoolExecutor(1) as layouts:
        laid_out = [
            layouts.submit(_cells, change),
            layouts.submit(_cuts, change, months, labels),
            layouts.submit(_moments, change),
        ]
        for kind in laid_out:
            for rows in kind.result():
                rows.store(connection, metrics)
    return repository.named_days(change.difference.cells, metrics)


@dataclass(frozen=True)
class _Change:
    """What the days hold now and how much more than before; ``first``: nothing was stored."""

    new: Days
    difference: Days
    metrics: Metrics
    first: bool


@dataclass(frozen=True)
class _Put:
    """Rows that take the place of those with their key, and the keys of which nothing is left.

    ``first`` says that there are none with their key: writing them takes half the time then.
    """

    target: Target
    rows: list[bytes]
    gone: Sums
    first: bool = False

    def store(self, connection: Connection, metrics: Metrics) -> None:
        if len(self.gone):
            gone = _as_key(self.gone, self.target, metrics)
            repository.drop(connection, self.target, gone)
        if self.rows and repository.stage(connection, self.target, self.rows):
            repository.put(connection, self.target, first=self.first)


@dataclass(frozen=True)
class _Added:
    """Rows that are added to those with their key; if some are fewer, none may be left."""

    target: Target
    rows: list[bytes]
    fewer: bool

    def store(self, connection: Connection, _: Metrics) -> None:
        if self.rows and repository.stage(connection, self.target, self.rows):
            repository.add(connection, self.target)
            if self.fewer:
                repository.drop_empty(connection, self.target)


def _cells(change: _Change) -> list[_Put | _Added]:
    metrics, difference = change.metrics, change.difference.cells
    days, gone = _split(change.new.cells, difference, CELL)
    differences = [
        *encoding.cells(in_weeks(difference), "week", metrics),
        *encoding.cells(in_months(difference), "month", metrics),
    ]
    return [
        _Put(repository.CELL, [*encoding.cells(days, "day", metrics)], gone, change.first),
        _Added(repository.CELL, differences, _fewer(difference.numbers.sum(axis=1))),
    ]


def _cuts(change: _Change, months: StoredCuts, labels: Labels) -> list[_Put | _Added]:
    """Months are read and written as wholes: as single values they would be ten times the rows."""

    def laid_out(rows: Sums, time: str) -> list[bytes]:
        return [*encoding.cuts(rows, time, change.metrics, labels.all)]

    difference = in_months(change.difference.cuts)
    whole = joined([in_months(months.sums(labels)), difference]).grouped()
    whole = whole.taken(np.flatnonzero(whole.numbers.any(axis=1)))
    whole, gone = _split(whole, difference, ("metric", "start", *PLACE))
    days, days_gone = _split(change.new.cuts, change.difference.cuts, CELL)
    return [
        _Put(repository.CUT_DAY, laid_out(days, "day"), days_gone, change.first),
        _Put(repository.CUT_MONTH, laid_out(whole, "start"), gone),
    ]


def _moments(change: _Change) -> list[_Put | _Added]:
    metrics, difference = change.metrics, change.difference.moments
    days, gone = _split(change.new.moments, difference, ("day", *PLACE))
    fewer = _fewer(difference.numbers[:, SUMS.index("n")])
    differences = [*encoding.moment_cells(in_months(difference), metrics)]
    day = repository.MOMENT_DAY
    return [
        _Put(day, [*encoding.moment_days(days, metrics)], gone, change.first),
        _Added(repository.MOMENT_CELL, differences, fewer),
    ]


def _fewer(differences: Counts) -> bool:
    """Whether there are fewer answers of anything than before, so that none may be left."""
    return bool((differences < 0).any())


def _split(new: Sums, difference: Sums, by: tuple[str, ...]) -> tuple[Sums, Sums]:
    """The rows of days or months that changed, and the keys of those of which nothing is left."""
    changed = difference.under({name: difference[name] for name in by}).grouped()
    wanted = match([new[name] for name in by], [changed[name] for name in by])
    left = match([changed[name] for name in by], _distinct(new, by))
    return new.taken(np.flatnonzero(wanted >= 0)), changed.taken(np.flatnonzero(left < 0))


def _distinct(rows: Sums, by: tuple[str, ...]) -> list[Counts]:
    found = rows.under({name: rows[name] for name in by}).grouped()
    return [found[name] for name in by]


def _as_key(rows: Sums, target: Target, metrics: Metrics) -> Mapping[str, list[Any]]:
    """The keys of days or months as lists of the table's columns."""
    days = repository.dates(rows["start" if "start" in rows.keys else "day"])
    columns: dict[str, list[Any]] = {
        "day": days,
        "month": days,
        "period": ["day"] * len(rows),
        "period_from": days,
        "period_to": [day + timedelta(days=1) for day in days],
        "branch_id": rows["branch"].tolist(),
        "touchpoint_id": rows["touchpoint"].tolist(),
        "survey_version_id": rows["version"].tolist(),
    }
    if "metric" in rows.keys:
        columns["metric"] = [metrics.codes[metric] for metric in rows["metric"].tolist()]
    return {column: columns[column] for column in target.key}
