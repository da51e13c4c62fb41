"""Lays counted sums out as rows of the tables they are stored in.

Pure. Each function gives the bytes of a binary COPY into the staging table of the same name, with
its columns in the order of `api.cells.repository.tables`.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from api.cells import binary
from api.cells.counting import PLACE, SUMS, next_month
from api.cells.metrics import Metrics
from api.cells.sums import Sums
from scoring.arrays import Counts

_WIDE = frozenset(name for name in SUMS if "value" in name or "score" in name)


def cells(rows: Sums, period: str, metrics: Metrics) -> Iterator[bytes]:
    """``cell``: sums per day (``day``), or per week or month (``start``)."""
    first = rows["day"] if period == "day" else rows["start"]
    for metric, some in _per_metric(rows):
        scale, part = metrics.scales[metric], rows.taken(some)
        fields = [
            binary.text(metrics.codes[metric]),
            binary.text(period),
            binary.int4(first[some]),
            binary.int4(_end(period, first[some])),
            *(binary.int4(part[name]) for name in PLACE),
            binary.text(scale.code),
            binary.int4(part.numbers.sum(axis=1)),
            binary.int4_lists(part.numbers[:, : scale.bins]),
        ]
        yield binary.records(len(part), fields)


def cuts(
    rows: Sums, time: str, metrics: Metrics, labels: Sequence[tuple[str, str]]
) -> Iterator[bytes]:
    """``cut_day`` (time ``day``) or ``cut_month`` (``start``): a row per cell with all its cuts."""
    words = _Words(labels)
    for metric, some in _per_metric(rows):
        part, scale = rows.taken(some), metrics.scales[metric]
        starts = _starts([part[name] for name in (time, *PLACE)])
        first = part.taken(starts)
        fields = [
            binary.text(metrics.codes[metric]),
            *(binary.int4(first[name]) for name in (time, *PLACE)),
            binary.text(scale.code),
        ]
        heads = binary.records(len(first), fields, more=3)
        yield b"".join(_with_cuts(heads, starts, part, scale.bins, words))


def _with_cuts(
    heads: bytes, starts: Counts, part: Sums, bins: int, words: "_Words"
) -> Iterator[bytes]:
    """Each row's head, then its cuts and values, then its histograms: a loop, as none is alike."""
    length, size = len(heads) // len(starts), 8 * bins
    numbers = binary.elements(part.numbers[:, :bins]).tobytes()
    label = part["label"]
    ends = [*starts[1:].tolist(), len(part)]
    heads_of: dict[int, bytes] = {}
    for row, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        count = end - start
        if count not in heads_of:
            head = binary.array_header((count, bins))
            heads_of[count] = (len(head) + count * size).to_bytes(4, "big") + head
        yield heads[row * length : (row + 1) * length]
        yield words.of(label[start:end])
        yield heads_of[count]
        yield numbers[start * size : end * size]


class _Words:
    """The two columns of cuts and values; most cells have the labels of another one."""

    def __init__(self, labels: Sequence[tuple[str, str]]) -> None:
        self._columns = [binary.sized_texts(column) for column in zip(*labels, strict=True)]
        self._laid_out: dict[bytes, bytes] = {}

    def of(self, numbers: Counts) -> bytes:
        """Both columns of the labels with these numbers."""
        key = numbers.tobytes()
        if key not in self._laid_out:
            some = numbers.tolist()
            arrays = (binary.text_array([text[n] for n in some]) for text in self._columns)
            self._laid_out[key] = b"".join(binary.sized(array) for array in arrays)
        return self._laid_out[key]


def moment_cells(rows: Sums, metrics: Metrics) -> Iterator[bytes]:
    """``moment_cell``: sums per month."""
    pair = rows["left"] * len(metrics.codes) + rows["right"]
    for one in np.unique(pair):
        part = rows.taken(np.flatnonzero(pair == one))
        left, right = divmod(int(one), len(metrics.codes))
        fields = [
            binary.int4(part["start"]),
            *(binary.int4(part[name]) for name in PLACE),
            binary.text(metrics.codes[left]),
            binary.text(metrics.codes[right]),
            *(
                (binary.int8 if name in _WIDE else binary.int4)(part.numbers[:, place])
                for place, name in enumerate(SUMS)
            ),
        ]
        yield binary.records(len(part), fields)


def moment_days(rows: Sums, metrics: Metrics) -> Iterator[bytes]:
    """``moment_day``: a row per day of a branch at a touchpoint and survey version."""
    if not len(rows):
        return
    starts = _starts([rows[name] for name in ("day", *PLACE)])
    row = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
    for answered, some in _alike(rows, row):
        pairs = [(left, right) for at, left in enumerate(answered) for right in answered[at:]]
        place = np.zeros((max(answered) + 1, max(answered) + 1), np.int64)
        place[tuple(zip(*pairs, strict=True))] = np.arange(len(pairs))
        number = np.full(len(starts), -1, np.int64)
        number[some] = np.arange(len(some))
        of_these = np.flatnonzero(number[row] >= 0)
        sums = np.zeros((len(some), len(pairs), len(SUMS)), np.int64)
        at = (number[row[of_these]], place[rows["left"][of_these], rows["right"][of_these]])
        sums[at] = rows.numbers[of_these]
        first = rows.taken(starts[some])
        codes = binary.sized_texts(metrics.codes[metric] for metric in answered)
        fields = [
            *(binary.int4(first[name]) for name in ("day", *PLACE)),
            binary.raw(binary.text_array(codes)),
            binary.int4_tables(sums.reshape(len(some), -1), len(pairs)),
        ]
        yield binary.records(len(some), fields)


def _alike(rows: Sums, row: Counts) -> Iterator[tuple[list[int], Counts]]:
    """The stored rows that have the same metrics: these, and the numbers of the rows."""
    own = np.flatnonzero(rows["left"] == rows["right"])
    metric, of_row = rows["left"][own], row[own]
    ends = np.flatnonzero(np.diff(of_row, append=-1)) + 1
    found: dict[bytes, list[int]] = {}
    start = 0
    for number, end in enumerate(ends.tolist()):
        found.setdefault(metric[start:end].tobytes(), []).append(number)
        start = end
    for key, numbers in found.items():
        yield np.frombuffer(key, np.int64).tolist(), np.array(numbers, dtype=np.int64)


def _per_metric(rows: Sums) -> Iterator[tuple[int, Counts]]:
    """The rows of each metric, which stand together."""
    if not len(rows):
        return
    starts = _starts([rows["metric"]]).tolist()
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        yield int(rows["metric"][start]), np.arange(start, end)


def _starts(columns: Sequence[Counts]) -> Counts:
    """Where the key changes in rows that are in its order."""
    new = np.zeros(len(columns[0]), np.bool_)
    new[0] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def _end(period: str, first: Counts) -> Counts:
    return next_month(first) if period == "month" else first + (7 if period == "week" else 1)
