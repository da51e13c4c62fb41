"""Reads back what is stored of days, in the form in which days are counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.engine import Connection

from api.cells import binary
from api.cells.counting import CELL, CUT, MOMENT, SUMS, Days
from api.cells.metrics import WIDTH, Metrics
from api.cells.repository.answers import Labels, copied, day_numbers
from api.cells.repository.marks import Keys
from api.cells.sums import Sums, nothing
from scoring.arrays import Counts

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
_CUTS = f"""
    select m.place::int - 1, d.{{time}} - date '2000-01-01', {_PLACE}, d.cuts, d.cut_values, d.hists
    from unnest(%(branches)s::int[], %(days)s::date[], %(touchpoints)s::int[], %(versions)s::int[])
        as k(branch, day, touchpoint, version)
    cross join unnest(%(metrics)s::text[]) with ordinality as m(code, place)
    cross join lateral (select * from cut_{{time}} d
        where d.metric = m.code and d.{{time}} = k.day and {_OF_KEY} offset 0) as d
"""
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


@dataclass(frozen=True, eq=False)
class StoredCuts:
    """Rows of days or months with all their cuts, months under their first day.

    Most rows have the labels of another one: ``which`` of the ``distinct`` lists is each row's.
    """

    keys: Mapping[str, Counts]
    distinct: Sequence[tuple[tuple[str, str], ...]]
    which: Counts
    hists: Sequence[bytes]

    @property
    def labels(self) -> set[tuple[str, str]]:
        """The cuts and values there are."""
        return {label for labels in self.distinct for label in labels}

    def sums(self, labels: Labels) -> Sums:
        """All of it in numbers."""
        if not self.hists:
            return nothing(CUT, WIDTH)
        number = labels.numbers
        numbers = [np.array([number[label] for label in some]) for some in self.distinct]
        times = np.array([len(some) for some in self.distinct])[self.which]
        keys = {name: np.repeat(key, times) for name, key in self.keys.items()}
        keys["label"] = np.concatenate([numbers[which] for which in self.which.tolist()])
        return Sums(keys, binary.int4_rows(self.hists, times, WIDTH))


@dataclass(frozen=True)
class Stored:
    """Rows of days as they are stored."""

    cells: Sequence[Row[Any]]
    cuts: "StoredCuts"
    moments: Sequence[Row[Any]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is stored."""
        return not self.cells

    def sealed(self, metrics: Metrics) -> Sums:
        """The sealed cells."""
        return _cells([row for row in self.cells if row.sealed], metrics)

    def days(self, metrics: Metrics, labels: Labels) -> Days:
        """All of it in numbers."""
        return Days(
            _cells(self.cells, metrics),
            self.cuts.sums(labels),
            _moments(self.moments, metrics),
        )


def read_stored(connection: Connection, keys: Keys, metrics: Metrics) -> Stored:
    """What is stored of the keys' days."""
    given = {**keys.parameters(), "metrics": list(metrics.codes)}
    cells = connection.execute(_CELLS, given).all() if keys.days else []
    if not cells:  # then nothing was counted at all
        return Stored([], StoredCuts({}, [], np.zeros(0, np.int64), []), [])
    return Stored(
        cells,
        _read_cuts(connection, "day", keys, metrics),
        connection.execute(_MOMENTS, keys.parameters()).all(),
    )


def read_cut_months(connection: Connection, keys: Keys, metrics: Metrics) -> StoredCuts:
    """What is stored of the cuts of the keys' months."""
    return _read_cuts(connection, "month", keys.in_months(), metrics)


def _read_cuts(connection: Connection, time: str, keys: Keys, metrics: Metrics) -> StoredCuts:
    """As bytes, as most of the time would go into making values of them."""
    given = {**keys.parameters(), "metrics": list(metrics.codes)}
    data = copied(connection, _CUTS.format(time=time), given)
    *columns, cuts, values, hists = binary.split(data, len(CELL) + 3)
    cells = {name: binary.int4_values(column) for name, column in zip(CELL, columns, strict=True)}
    place: dict[tuple[bytes, bytes], int] = {}
    which = [place.setdefault(both, len(place)) for both in zip(cuts, values, strict=True)]
    distinct = [
        tuple(zip(binary.text_list(cuts), binary.text_list(values), strict=True))
        for cuts, values in place
    ]
    return StoredCuts(cells, distinct, np.array(which, np.int64), hists)


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
    return Sums(
        _keys(rows, metrics),
        np.array([[*row.hist, *(0,) * (WIDTH - len(row.hist))] for row in rows], dtype=np.int64),
    )


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
