"""Whole columns in PostgreSQL's binary COPY form and back: numpy lays the bytes out, not a loop.

Pure. Every record of one batch has the same length, so texts of a batch are equally long. Knows no
table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.arrays import Counts

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_INT4, _TEXT = 23, 25


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a batch: how each value is laid out, and the values (or the one of all)."""

    layout: Any
    size: int
    values: Any


def int2(values: Counts) -> Field:
    """Column of type ``smallint``."""
    return Field(">i2", 2, values)


def uuids(high: Counts, low: Counts) -> Field:
    """Column of type ``uuid``, from its two halves."""
    laid = np.empty(len(high), [("high", ">i8"), ("low", ">i8")])
    laid["high"], laid["low"] = high, low
    return Field(laid.dtype, 16, laid)


def int4(values: Counts | int) -> Field:
    """Column of type ``int``, or ``date`` as days since 2000-01-01."""
    return Field(">i4", 4, values)


def int8(values: Counts) -> Field:
    """Column of type ``bigint``."""
    return Field(">i8", 8, values)


def raw(value: bytes) -> Field:
    """The same bytes in every row, laid out already."""
    return Field(f"V{len(value)}", len(value), np.void(value))


def text(value: str) -> Field:
    """The same text in every row."""
    return raw(value.encode())


def int4_lists(values: Counts) -> Field:
    """Column of type ``int[]`` from a matrix of a row each."""
    return _lists(values, (values.shape[1],))


def int4_tables(values: Counts, rows: int) -> Field:
    """Column of type ``int[][]``, each value a table of so many rows, from a matrix."""
    return _lists(values, (rows, values.shape[1] // rows))


def _lists(values: Counts, shape: tuple[int, ...]) -> Field:
    head, cells = array_header(shape), elements(values)
    count, width = values.shape
    laid = np.zeros(count, [("head", f"V{len(head)}"), ("cells", cells.dtype, (width,))])
    laid["head"], laid["cells"] = np.void(head), cells
    return Field(laid.dtype, laid.dtype.itemsize, laid)


def elements(values: Counts) -> NDArray[np.void]:
    """The numbers of ``int`` arrays, each with its length before it."""
    laid = np.zeros(values.shape, [("size", ">i4"), ("value", ">i4")])
    laid["size"], laid["value"] = 4, values
    return laid


def array_header(shape: Sequence[int], kind: int = _INT4) -> bytes:
    """What stands before an array's elements; kind is their type's number."""
    sides = [number for side in shape for number in (side, 1)]
    return np.array([len(shape), 0, kind, *sides], dtype=">i4").tobytes()


def text_array(values: Sequence[bytes]) -> bytes:
    """A ``text[]`` of `sized` texts."""
    return b"".join((array_header((len(values),), _TEXT), *values))


def sized(value: bytes) -> bytes:
    """A column's bytes with their length before them."""
    return len(value).to_bytes(4, "big") + value


def sized_texts(values: Iterable[str]) -> list[bytes]:
    """Each text with its length before it."""
    return [sized(value.encode()) for value in values]


def records(count: int, fields: Sequence[Field], more: int = 0) -> bytes:
    """``count`` rows; ``more`` says how many columns the caller puts behind each row itself."""
    layout: list[Any] = [("fields", ">i2")]
    for number, field in enumerate(fields):
        layout += [(f"size{number}", ">i4"), (f"value{number}", field.layout)]
    rows = np.zeros(count, layout)
    rows["fields"] = len(fields) + more
    for number, field in enumerate(fields):
        rows[f"size{number}"] = field.size
        if field.size:
            rows[f"value{number}"] = field.values
    return rows.tobytes()


def text_list(array: bytes) -> list[str]:
    """The texts of a ``text[]``, none of which is null."""
    found, at = [], len(array_header((0,)))
    while at < len(array):
        start = at + 4
        at = start + int.from_bytes(array[at:start], "big")
        found.append(array[start:at].decode())
    return found


def int4_rows(arrays: Sequence[bytes], counts: Counts, width: int) -> Counts:
    """The rows of ``int[][]`` values, so many of each, filled up with zeros to one width."""
    head = len(array_header((0, 0)))
    cells = np.frombuffer(b"".join([array[head:] for array in arrays]), ">i4")[1::2]
    sizes = (np.array([len(array) for array in arrays], np.int64) - head) // 8
    rows = np.zeros((int(counts.sum()), width), np.int64)
    rows[np.arange(width) < np.repeat(sizes // counts, counts)[:, None]] = cells
    return rows


def split(data: bytes, columns: int) -> list[tuple[bytes, ...]]:
    """The columns of a binary COPY, each as its values' bytes; none is null."""
    found: list[list[bytes]] = [[] for _ in range(columns)]
    at, end = len(HEADER), len(data) - len(TRAILER)
    while at < end:
        at += 2
        for values in found:
            start = at + 4
            at = start + int.from_bytes(data[at:start], "big")
            values.append(data[start:at])
    return [tuple(values) for values in found]


def int4_values(values: Iterable[bytes]) -> Counts:
    """The numbers of a column of type ``int``."""
    return np.frombuffer(b"".join(values), ">i4").astype(np.int64)


def array_values(arrays: Iterable[bytes], size: int) -> list[Counts]:
    """The elements of all arrays of a column of ``int[]`` (4) or ``uuid[]`` (16), as two halves."""
    kind, parts = (">i8", 2) if size == 16 else (">i4", 1)
    head = len(array_header((0,)))
    body = b"".join([array[head:] for array in arrays])
    laid = np.frombuffer(body, [("size", ">i4"), ("value", kind, (parts,))])
    return [laid["value"][:, part].astype(np.int64) for part in range(parts)]
