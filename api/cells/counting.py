"""Counts single answers: into cells per day, into the cuts of those, and into pairs of metrics.

Pure, and the only place where answers are counted: a fold of one answer and a rebuild of all go
through it. Days are counted since 2000-01-01. Everything is a whole number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from api.cells.metrics import WIDTH, Metrics
from api.cells.sums import Sums, counted, groups, joined, match, nothing
from scoring.arrays import Counts

CUTS = ("advisor", "channel", "language", "segment")
PLACE = ("branch", "touchpoint", "version")
CELL = ("metric", "day", *PLACE)
CUT = (*CELL, "label")
MOMENT = ("day", *PLACE, "left", "right")
SUMS = (
    "n",
    "value_left",
    "value_right",
    "value_product",
    "score_left",
    "score_right",
    "score_product",
    "low_left",
    "low_right",
    "high_left",
    "high_right",
    "low_low",
    "low_high",
    "high_low",
    "high_high",
    "value_low",
    "value_high",
    "low_value",
    "high_value",
)
Columns = Mapping[str, Counts]


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """What was counted, per day: cells, their cuts, and sums over pairs of metrics.

    ``cells`` and ``cuts`` hold a histogram per key, filled up with zeros to the widest scale;
    ``moments`` the `SUMS` of a pair. A label is a cut and its value, by number.
    """

    cells: Sums
    cuts: Sums
    moments: Sums

    def minus(self, other: "Days") -> "Days":
        """What this has more than the other, where they differ."""
        return Days(
            self.cells.minus(other.cells),
            self.cuts.minus(other.cuts),
            self.moments.minus(other.moments),
        )

    def and_also(self, other: "Days") -> "Days":
        """Both together; they have no key in common."""
        return Days(
            joined([self.cells, other.cells]),
            joined([self.cuts, other.cuts]),
            joined([self.moments, other.moments]),
        )

    def without(self, sealed: Sums) -> "Days":
        """Leaves out what belongs to sealed cells; pairs of a day go with any metric of it."""
        place = ("day", *PLACE)
        return Days(
            _without(self.cells, sealed, CELL),
            _without(self.cuts, sealed, CELL),
            _without(self.moments, sealed.under({name: sealed[name] for name in place}), place),
        )


NO_DAYS = Days(nothing(CELL, WIDTH), nothing(CUT, WIDTH), nothing(MOMENT, len(SUMS)))


def _without(rows: Sums, sealed: Sums, by: tuple[str, ...]) -> Sums:
    if not len(sealed) or not len(rows):
        return rows
    distinct = sealed.under({name: sealed[name] for name in by}).grouped()
    found = match([rows[name] for name in by], [distinct[name] for name in by])
    return rows.taken(found < 0)


def count_days(responses: Columns, answers: Columns, metrics: Metrics) -> Days:
    """Count the answers of responses.

    Parameters
    ----------
    responses
        Columns ``id``, ``id_low``, ``day``, `PLACE`, and per cut the label of its value, -1 for
        none; every response once.
    answers
        Columns ``id``, ``id_low`` and ``day`` of the response, ``metric`` (its number), ``value``.
        What belongs to no response or is not on its metric's scale does not count.
    """
    name = ("id", "id_low", "day")
    row = match([answers[key] for key in name], [responses[key] for key in name])
    bins = metrics.bins(answers["metric"], answers["value"])
    counts = np.flatnonzero((row >= 0) & (bins >= 0))
    row, bins, metric = row[counts], bins[counts], answers["metric"][counts]
    if not len(row):
        return NO_DAYS
    keys = {"metric": metric, **{key: responses[key][row] for key in ("day", *PLACE)}}
    cells, number = counted(keys, bins, WIDTH)
    return Days(
        cells=cells,
        cuts=_cuts(responses, cells, row, number, bins),
        moments=_moments(responses, row, metric, bins, metrics),
    )


def _cuts(responses: Columns, cells: Sums, row: Counts, number: Counts, bins: Counts) -> Sums:
    """Cut by cut, so that not all of them are in memory at once; ``number`` is each one's cell."""
    parts = []
    for cut in CUTS:
        label = responses[cut][row]
        given = np.flatnonzero(label >= 0)
        keys = {"cell": number[given], "label": label[given]}
        parts.append(counted(keys, bins[given], WIDTH)[0])
    found = joined(parts).ordered()
    keys = {name: column[found["cell"]] for name, column in cells.keys.items()}
    return found.under({**keys, "label": found["label"]})


def _moments(
    responses: Columns, row: Counts, metric: Counts, bins: Counts, metrics: Metrics
) -> Sums:
    """Pairs are looked for among the metrics of one survey version: few, however many there are."""
    given = np.full((len(responses["id"]), len(metrics.codes)), -1, np.int64)
    given[row, metric] = bins
    parts = [nothing(MOMENT, len(SUMS))]
    for version in np.unique(responses["version"]):
        rows = np.flatnonzero((responses["version"] == version) & (given >= 0).any(axis=1))
        if not len(rows):
            continue
        keys = {name: responses[name][rows] for name in ("day", *PLACE)}
        order, starts = groups(list(keys.values()))
        first = order[starts]
        keys = {name: column[first] for name, column in keys.items()}
        parts += _pairs(given[rows[order]], starts, keys, metrics)
    return joined(parts).grouped()


def _pairs(given: Counts, starts: Counts, keys: Columns, metrics: Metrics) -> Iterator[Sums]:
    present = np.flatnonzero((given >= 0).any(axis=0)).tolist()
    marks = {metric: _Marks.of(metric, given[:, metric], metrics) for metric in present}
    for left in present:
        for right in present:
            if left > right:
                continue
            products = marks[left].times(marks[right])
            sums = np.stack([_summed(one, starts) for one in products], axis=1)
            some = np.flatnonzero(sums[:, 0])
            pair = {"left": np.full(len(some), left), "right": np.full(len(some), right)}
            yield Sums({name: column[some] for name, column in keys.items()} | pair, sums[some])


def _summed(numbers: Counts, starts: Counts) -> Counts:
    """Sums of the stretches that start there; several times as fast as ``np.add.reduceat``."""
    total = np.cumsum(numbers)
    upto: Counts = total[np.append(starts[1:], len(numbers)) - 1]
    upto[1:] -= upto[:-1].copy()
    return upto


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """What one metric's answers add to sums, 0 where there is none."""

    answered: Counts
    value: Counts
    score: Counts
    low: Counts
    high: Counts

    @classmethod
    def of(cls, metric: int, bins: Counts, metrics: Metrics) -> "_Marks":
        answered = (bins >= 0).astype(np.int64)
        tables = (metrics.value, metrics.score, metrics.low, metrics.high)
        return cls(answered, *(table[metric, bins] * answered for table in tables))

    def times(self, other: "_Marks") -> Iterator[Counts]:
        """The products that `SUMS` add up, in their order."""
        yield self.answered * other.answered
        for mine, theirs in ((self.value, other.value), (self.score, other.score)):
            yield mine * other.answered
            yield self.answered * theirs
            yield mine * theirs
        for mine, theirs in ((self.low, other.low), (self.high, other.high)):
            yield mine * other.answered
            yield self.answered * theirs
        yield self.low * other.low
        yield self.low * other.high
        yield self.high * other.low
        yield self.high * other.high
        yield self.value * other.low
        yield self.value * other.high
        yield self.low * other.value
        yield self.high * other.value


def in_weeks(rows: Sums) -> Sums:
    """Sums per week, under the Monday as ``start`` in the place of ``day``."""
    return _longer(rows, first_of_week(rows["day"]))


def in_months(rows: Sums) -> Sums:
    """Sums per month, under its first day as ``start`` in the place of ``day``."""
    return _longer(rows, first_of_month(rows["day"]))


def _longer(rows: Sums, start: Counts) -> Sums:
    keys = {("start" if name == "day" else name): key for name, key in rows.keys.items()}
    return rows.under({**keys, "start": start}).grouped()


_MONDAY = 2  # 2000-01-03
_EPOCH = np.datetime64("2000-01-01", "D")


def first_of_week(day: Counts) -> Counts:
    """The Monday of each day's week."""
    return day - (day - _MONDAY) % 7


def first_of_month(day: Counts) -> Counts:
    """The first day of each day's month."""
    return (_dates(day).astype("M8[M]").astype("M8[D]") - _EPOCH).astype(np.int64)


def next_month(day: Counts) -> Counts:
    """The first day of the month after each day's."""
    return ((_dates(day).astype("M8[M]") + 1).astype("M8[D]") - _EPOCH).astype(np.int64)


def _dates(day: Counts) -> np.typing.NDArray[np.datetime64]:
    return _EPOCH + day.astype("m8[D]")
