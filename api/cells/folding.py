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
from api.cells.repository import Keys, Labels, Target
from api.cells.sums import Sums, match
from scoring.arrays import Counts

_MOMENT_DAY = ("day", *PLACE)


def recount(connection: Connection, keys: Keys) -> set[tuple[str, date]]:
    """Makes everything stored of the keys' days, and their weeks and months, what was answered.

    Says which metrics and days have other cells than before.
    """
    metrics = repository.read_metrics(connection)
    wanted = repository.OfKeys(keys)
    before = repository.read_stored(connection, keys, metrics)
    labels = Labels.of(before.labels | repository.read_labels(connection, wanted))
    copied = repository.read_answers(connection, wanted, metrics, labels)
    sealed = before.sealed(metrics)
    old = before.days(metrics, labels).without(sealed)
    new = count_days(*repository.columns_of(copied), metrics).without(sealed)
    difference = new.minus(old)
    _write(connection, new, difference, metrics, labels)
    return repository.named_days(difference.cells, metrics)


@dataclass(frozen=True)
class _Rows:
    """What is to be stored of one kind: the days, the keys of those that go, and the differences
    of weeks and months."""

    day: Target
    longer: Target
    days: list[bytes]
    gone: Sums
    differences: list[bytes]
    fewer: bool


def _write(
    connection: Connection, new: Days, difference: Days, metrics: Metrics, labels: Labels
) -> None:
    """While the server writes one kind, the next is laid out."""
    repository.prepare_staging(connection)
    with ThreadPoolExecutor(1) as layouts:
        waiting = [
            layouts.submit(_cells, new.cells, difference.cells, metrics),
            layouts.submit(_cuts, new.cuts, difference.cuts, metrics, labels),
            layouts.submit(_moments, new.moments, difference.moments, metrics),
        ]
        for rows in waiting:
            _store(connection, rows.result(), metrics)


def _cells(new: Sums, difference: Sums, metrics: Metrics) -> _Rows:
    there, gone = _split(new, difference, CELL)
    differences = [
        *encoding.cells(in_weeks(difference), "week", metrics),
        *encoding.cells(in_months(difference), "month", metrics),
    ]
    days = [*encoding.cells(there, "day", metrics)]
    cell = repository.CELL
    return _Rows(cell, cell, days, gone, differences, _fewer(difference.numbers.sum(axis=1)))


def _cuts(new: Sums, difference: Sums, metrics: Metrics, labels: Labels) -> _Rows:
    there, gone = _split(new, difference, CELL)
    return _Rows(
        repository.CUT_DAY,
        repository.CUT_CELL,
        [*encoding.cut_days(there, metrics, labels.all)],
        gone,
        [*encoding.cut_cells(in_months(difference), metrics, labels.all)],
        _fewer(difference.numbers.sum(axis=1)),
    )


def _moments(new: Sums, difference: Sums, metrics: Metrics) -> _Rows:
    there, gone = _split(new, difference, _MOMENT_DAY)
    return _Rows(
        repository.MOMENT_DAY,
        repository.MOMENT_CELL,
        [*encoding.moment_days(there, metrics)],
        gone,
        [*encoding.moment_cells(in_months(difference), metrics)],
        _fewer(difference.numbers[:, SUMS.index("n")]),
    )


def _fewer(differences: Counts) -> bool:
    """Whether there are fewer answers of anything than before, so that none may be left."""
    return bool((differences < 0).any())


def _store(connection: Connection, rows: _Rows, metrics: Metrics) -> None:
    if len(rows.gone):
        repository.drop_days(connection, rows.day, _as_key(rows.gone, rows.day, metrics))
    if rows.days and repository.stage(connection, rows.day, rows.days):
        repository.put(connection, rows.day)
    if rows.differences and repository.stage(connection, rows.longer, rows.differences):
        repository.add(connection, rows.longer)
        if rows.fewer:
            repository.drop_empty(connection, rows.longer)


def _split(new: Sums, difference: Sums, by: tuple[str, ...]) -> tuple[Sums, Sums]:
    """The rows of the days that changed, and the keys of those of which nothing is left."""
    changed = difference.under({name: difference[name] for name in by}).grouped()
    wanted = match([new[name] for name in by], [changed[name] for name in by])
    left = match([changed[name] for name in by], _distinct(new, by))
    return new.taken(np.flatnonzero(wanted >= 0)), changed.taken(np.flatnonzero(left < 0))


def _distinct(rows: Sums, by: tuple[str, ...]) -> list[Counts]:
    found = rows.under({name: rows[name] for name in by}).grouped()
    return [found[name] for name in by]


def _as_key(rows: Sums, target: Target, metrics: Metrics) -> Mapping[str, list[Any]]:
    """The keys of days as lists of the table's columns."""
    days = repository.dates(rows["day"])
    columns: dict[str, list[Any]] = {
        "day": days,
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
