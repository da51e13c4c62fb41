"""Counts the marked days again and carries the differences over to their weeks and months.

What a day held before stands in the tables of days, so nothing but the marked days is read,
however long the month. Whoever calls holds the folding lock.
"""

from collections.abc import Mapping
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


def _write(
    connection: Connection, new: Days, difference: Days, metrics: Metrics, labels: Labels
) -> None:
    repository.prepare_staging(connection)
    _write_cells(connection, new.cells, difference.cells, metrics)
    _write_cuts(connection, new.cuts, difference.cuts, metrics, labels)
    _write_moments(connection, new.moments, difference.moments, metrics)


def _write_cells(connection: Connection, new: Sums, difference: Sums, metrics: Metrics) -> None:
    if not len(difference):
        return
    there, gone = _split(new, difference, CELL)
    days = encoding.cells(there, "day", metrics)
    longer = [
        *encoding.cells(in_weeks(difference), "week", metrics),
        *encoding.cells(in_months(difference), "month", metrics),
    ]
    _put(connection, repository.CELL, [*days], gone, metrics)
    _add(connection, repository.CELL, longer, fewer=_fewer(difference))


def _write_cuts(
    connection: Connection, new: Sums, difference: Sums, metrics: Metrics, labels: Labels
) -> None:
    if not len(difference):
        return
    there, gone = _split(new, difference, CELL)
    days = [*encoding.cut_days(there, metrics, labels.all)]
    longer = [*encoding.cut_cells(in_months(difference), metrics, labels.all)]
    _put(connection, repository.CUT_DAY, days, gone, metrics)
    _add(connection, repository.CUT_CELL, longer, fewer=_fewer(difference))


def _write_moments(connection: Connection, new: Sums, difference: Sums, metrics: Metrics) -> None:
    if not len(difference):
        return
    there, gone = _split(new, difference, _MOMENT_DAY)
    days = [*encoding.moment_days(there, metrics)]
    longer = [*encoding.moment_cells(in_months(difference), metrics)]
    _put(connection, repository.MOMENT_DAY, days, gone, metrics)
    fewer = bool((difference.numbers[:, SUMS.index("n")] < 0).any())
    _add(connection, repository.MOMENT_CELL, longer, fewer=fewer)


def _split(new: Sums, difference: Sums, by: tuple[str, ...]) -> tuple[Sums, Sums]:
    """The rows of the days that changed, and the keys of those of which nothing is left."""
    changed = difference.under({name: difference[name] for name in by}).grouped()
    wanted = match([new[name] for name in by], [changed[name] for name in by])
    left = match([changed[name] for name in by], _distinct(new, by))
    return new.taken(np.flatnonzero(wanted >= 0)), changed.taken(np.flatnonzero(left < 0))


def _distinct(rows: Sums, by: tuple[str, ...]) -> list[Counts]:
    found = rows.under({name: rows[name] for name in by}).grouped()
    return [found[name] for name in by]


def _put(
    connection: Connection, target: Target, rows: list[bytes], gone: Sums, metrics: Metrics
) -> None:
    if len(gone):
        repository.drop_days(connection, target, _as_key(gone, target, metrics))
    if repository.stage(connection, target, rows):
        repository.put(connection, target)


def _add(connection: Connection, target: Target, rows: list[bytes], *, fewer: bool) -> None:
    """Adds differences; where there are fewer answers than before, none at all may be left."""
    if repository.stage(connection, target, rows):
        repository.add(connection, target)
        if fewer:
            repository.drop_empty(connection, target)


def _fewer(difference: Sums) -> bool:
    """Whether any histogram has fewer answers than before."""
    return bool((difference.numbers.sum(axis=1) < 0).any())


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
