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


def cut_cells(rows: Sums, metrics: Metrics, labels: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """``cut_cell``: sums per month."""
    coded = np.array([value.encode() for _, value in labels] or [b""])
    size = np.array([len(value.encode()) for _, value in labels], dtype=np.int64)
    cuts = sorted({cut for cut, _ in labels})
    number = np.array([cuts.index(cut) for cut, _ in labels], dtype=np.int64)
    for metric, every in _per_metric(rows):
        scale, label = metrics.scales[metric], rows["label"][every]
        # Rows whose texts are equally long are laid out alike.
        kind = number[label] * (size.max() + 1) + size[label]
        for one in np.unique(kind):
            some = every[kind == one]
            part = rows.taken(some)
            cut, length = divmod(int(one), int(size.max()) + 1)
            fields = [
                binary.text(metrics.codes[metric]),
                binary.text("month"),
                binary.int4(part["start"]),
                binary.int4(next_month(part["start"])),
                *(binary.int4(part[name]) for name in PLACE),
                binary.text(cuts[cut]),
                binary.texts(coded[part["label"]], length),
                binary.text(scale.code),
                binary.int4(part.numbers.sum(axis=1)),
                binary.int4_lists(part.numbers[:, : scale.bins]),
            ]
            yield binary.records(len(part), fields)


def cut_days(rows: Sums, metrics: Metrics, labels: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """``cut_day``: a row per day's cell with all its cuts."""
    words = [(binary.sized(cut.encode()), binary.sized(value.encode())) for cut, value in labels]
    for metric, some in _per_metric(rows):
        part, scale = rows.taken(some), metrics.scales[metric]
        starts = _starts([part[name] for name in ("day", *PLACE)])
        first = part.taken(starts)
        fields = [
            binary.text(metrics.codes[metric]),
            *(binary.int4(first[name]) for name in ("day", *PLACE)),
            binary.text(scale.code),
        ]
        heads = binary.records(len(first), fields, more=3)
        yield b"".join(_with_cuts(heads, starts, part, scale.bins, words))


def _with_cuts(
    heads: bytes, starts: Counts, part: Sums, bins: int, words: Sequence[tuple[bytes, bytes]]
) -> Iterator[bytes]:
    """Each row's head, then its cuts and values, then its histograms: a loop, as none is alike."""
    length, size = len(heads) // len(starts), 8 * bins
    numbers = binary.elements(part.numbers[:, :bins]).tobytes()
    label = part["label"].tolist()
    ends = [*starts[1:].tolist(), len(part)]
    shapes: dict[int, tuple[bytes, bytes]] = {}
    for row, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        cuts, values = zip(*(words[one] for one in label[start:end]), strict=True)
        count = end - start
        if count not in shapes:
            hists = binary.array_header((count, bins))
            whole = (len(hists) + count * size).to_bytes(4, "big")
            shapes[count] = binary.text_array_header(count), whole + hists
        named, numbered = shapes[count]
        yield heads[row * length : (row + 1) * length]
        for texts in (cuts, values):
            yield binary.sized(b"".join((named, *texts)))
        yield numbered
        yield numbers[start * size : end * size]


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
        fields = [
            *(binary.int4(first[name]) for name in ("day", *PLACE)),
            binary.raw(binary.text_array([metrics.codes[metric] for metric in answered])),
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
