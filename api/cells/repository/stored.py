"""Reads back what is stored of days, in the form in which days are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.engine import Connection

from api.cells.counting import CELL, CUT, MOMENT, SUMS, Days
from api.cells.metrics import WIDTH, Metrics
from api.cells.repository.answers import Labels, day_numbers
from api.cells.repository.marks import Keys
from api.cells.sums import Sums, nothing

_KEYS = (
    "unnest(cast(:branches as int[]), cast(:days as date[]), cast(:touchpoints as int[]), "
    "cast(:versions as int[])) as k(branch, day, touchpoint, version)"
)
_OF_KEY = (
    "d.branch_id = k.branch and d.touchpoint_id = k.touchpoint and d.survey_version_id = k.version"
)
_PLACE = "d.branch_id, d.touchpoint_id, d.survey_version_id"
# The offsets make the server look up each key by index, however badly it guesses.
_CELLS = text(
    f"select d.metric, d.period_from as day, {_PLACE}, d.sealed, d.hist from {_KEYS} "
    "cross join unnest(cast(:metrics as text[])) as m(code) "
    "cross join lateral (select * from cell d where d.metric = m.code and d.period = 'day' "
    f"and d.period_from = k.day and d.period_to = k.day + 1 and {_OF_KEY} offset 0) as d"
)
_CUTS = text(
    f"select d.metric, d.day, {_PLACE}, d.cuts, d.cut_values, d.hists from {_KEYS} "
    "cross join unnest(cast(:metrics as text[])) as m(code) cross join lateral ("
    f"select * from cut_day d where d.metric = m.code and d.day = k.day and {_OF_KEY} offset 0) "
    "as d"
)
_MOMENTS = text(
    f"select d.day, {_PLACE}, d.metrics, d.sums from {_KEYS} cross join lateral ("
    f"select * from moment_day d where d.day = k.day and {_OF_KEY} offset 0) as d"
)
_SEALED = text(
    f"select distinct {_PLACE.replace('d.', '')}, period_from from cell "
    "where sealed and period = 'day' and metric = any(cast(:metrics as text[])) "
    "and period_from >= :first and period_from < :last"
)

_SEALED_LABELS = text(
    "select distinct l.cut, l.value from cell c join cut_day d on d.metric = c.metric "
    "and d.day = c.period_from and d.branch_id = c.branch_id "
    "and d.touchpoint_id = c.touchpoint_id and d.survey_version_id = c.survey_version_id "
    "cross join unnest(d.cuts, d.cut_values) as l(cut, value) "
    "where c.sealed and c.period = 'day'"
)


@dataclass(frozen=True)
class Stored:
    """Rows of days as they are stored."""

    cells: Sequence[Row[Any]]
    cuts: Sequence[Row[Any]]
    moments: Sequence[Row[Any]]

    @property
    def labels(self) -> set[tuple[str, str]]:
        """The cuts and values there are."""
        return {label for row in self.cuts for label in zip(row.cuts, row.cut_values, strict=True)}

    def sealed(self, metrics: Metrics) -> Sums:
        """The sealed cells."""
        return _cells([row for row in self.cells if row.sealed], metrics)

    def days(self, metrics: Metrics, labels: Labels) -> Days:
        """All of it in numbers."""
        return Days(
            _cells(self.cells, metrics),
            _cuts(self.cuts, metrics, labels),
            _moments(self.moments, metrics),
        )


def read_stored(connection: Connection, keys: Keys, metrics: Metrics) -> Stored:
    """What is stored of the keys' days."""
    if not keys.days:
        return Stored([], [], [])
    given = {**keys.parameters(), "metrics": list(metrics.codes)}
    return Stored(
        connection.execute(_CELLS, given).all(),
        connection.execute(_CUTS, given).all(),
        connection.execute(_MOMENTS, keys.parameters()).all(),
    )


def sealed_keys(connection: Connection, first: date, last: date, metrics: Metrics) -> Keys:
    """The keys of sealed days."""
    given = {"first": first, "last": last, "metrics": list(metrics.codes)}
    rows = connection.execute(_SEALED, given).all()
    return Keys.of([(row[0], row[3], row[1], row[2]) for row in rows])


def sealed_labels(connection: Connection) -> set[tuple[str, str]]:
    """The cuts and values of sealed days."""
    return {(row[0], row[1]) for row in connection.execute(_SEALED_LABELS)}


def _cells(rows: Sequence[Row[Any]], metrics: Metrics) -> Sums:
    if not rows:
        return nothing(CELL, WIDTH)
    return Sums(_keys(rows, metrics), _padded([row.hist for row in rows]))


def _cuts(rows: Sequence[Row[Any]], metrics: Metrics, labels: Labels) -> Sums:
    rows = [row for row in rows if row.cuts]
    if not rows:
        return nothing(CUT, WIDTH)
    number = labels.numbers
    times = [len(row.cuts) for row in rows]
    keys = {name: np.repeat(key, times) for name, key in _keys(rows, metrics).items()}
    keys["label"] = np.array(
        [number[label] for row in rows for label in zip(row.cuts, row.cut_values, strict=True)],
        dtype=np.int64,
    )
    return Sums(keys, _padded([hist for row in rows for hist in row.hists]))


def _moments(rows: Sequence[Row[Any]], metrics: Metrics) -> Sums:
    number = {code: index for index, code in enumerate(metrics.codes)}
    keys: list[tuple[int, ...]] = []
    days = day_numbers(row.day for row in rows)
    for day, row in zip(days.tolist(), rows, strict=True):
        known = [number[code] for code in row.metrics]
        place = (day, row.branch_id, row.touchpoint_id, row.survey_version_id)
        keys += [(*place, *pair) for pair in pairs_of(known)]
    if not keys:
        return nothing(MOMENT, len(SUMS))
    columns = np.array(keys, dtype=np.int64).T
    found = Sums(
        dict(zip(MOMENT, columns, strict=True)),
        np.array([sums for row in rows for sums in row.sums], dtype=np.int64),
    )
    return found.taken(np.flatnonzero(found.numbers[:, 0]))


def pairs_of(metrics: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs of ascending metrics in the order in which a day's sums are stored."""
    return [(left, right) for at, left in enumerate(metrics) for right in metrics[at:]]


def _keys(rows: Sequence[Row[Any]], metrics: Metrics) -> dict[str, Any]:
    number = {code: index for index, code in enumerate(metrics.codes)}
    return {
        "metric": np.array([number[row.metric] for row in rows], dtype=np.int64),
        "day": day_numbers(row.day for row in rows),
        "branch": np.array([row.branch_id for row in rows], dtype=np.int64),
        "touchpoint": np.array([row.touchpoint_id for row in rows], dtype=np.int64),
        "version": np.array([row.survey_version_id for row in rows], dtype=np.int64),
    }


def _padded(hists: Sequence[Sequence[int]]) -> Any:
    return np.array([[*hist, *(0,) * (WIDTH - len(hist))] for hist in hists], dtype=np.int64)
