"""Files of an order as one ZIP: written as it is read, so that memory holds one file at a time.

Knows no table: it is handed names and a way to read each.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
_LONGEST = 120
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # files alike make a ZIP alike


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that goes into the ZIP under ``name``; None as content: it is gone by now."""

    name: str
    read: Callable[[], bytes | None]


class _Pipe:
    """What a ZIP is written to; gives away what it got."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: bytes, /) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing: it is taken away."""

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def streamed(files: Iterable[Packed]) -> Iterator[bytes]:
    """The ZIP, piece by piece. Reports are compressed already: they are stored as they are."""
    pipe = _Pipe()
    with zipfile.ZipFile(cast(IO[bytes], pipe), "w", zipfile.ZIP_STORED) as pack:
        for file in files:
            content = file.read()
            if content is None:
                continue
            pack.writestr(zipfile.ZipInfo(file.name, _EARLIEST), content)
            yield pipe.take()
    yield pipe.take()


def whole(files: Iterable[Packed]) -> bytes:
    """The same in one piece, for a letter."""
    return b"".join(streamed(files))


def file_names(names: Iterable[str]) -> Iterator[str]:
    """Names that every system takes, each once."""
    used: set[str] = set()
    for name in names:
        stem, _, ending = safe(name).rpartition(".")
        chosen, number = f"{stem}.{ending}", 2
        while chosen.casefold() in used:
            chosen, number = f"{stem} ({number}).{ending}", number + 1
        used.add(chosen.casefold())
        yield chosen


def safe(name: str) -> str:
    """A name without what some system refuses, and not too long for it."""
    stem, dot, ending = _UNSAFE.sub("-", name).rpartition(".")
    kept = stem[:_LONGEST].strip(" .") or "report"
    return f"{kept}{dot}{ending}"
