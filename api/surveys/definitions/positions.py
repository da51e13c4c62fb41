"""On which line of a TOML file each key stands, so that an error can name it.

Reads only text that ``tomllib`` has accepted, and therefore checks nothing. Knows nothing of what
the keys mean.
"""

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")
_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)


def find_positions(text: str) -> dict[Path, int]:
    """The line, from 1, of every table, key and array element of ``text``."""
    return _Scanner(text).scan()


def line_of(positions: dict[Path, int], path: Path) -> int:
    """The line of ``path`` or, where it is missing, of what should hold it."""
    while path and path not in positions:
        path = path[:-1]
    return positions.get(path, 1)


def column_of(line: str, path: Path) -> int:
    """The column, from 1, of the innermost key of ``path`` that stands on ``line``."""
    for key in reversed(path):
        if isinstance(key, str):
            found = re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", line)
            if found is not None:
                return found.start() + 1
    return len(line) - len(line.lstrip()) + 1


@dataclass
class _Scanner:
    text: str
    at: int = 0
    found: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self.found

    def _header(self) -> Path:
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        *parents, last = self._key()
        path = self._current(tuple(parents))
        if many:
            whole = (*path, last)
            self.counts[whole] = self.counts.get(whole, -1) + 1
            self._note(whole)
            path = (*whole, self.counts[whole])
        else:
            path = (*path, last)
        self._note(path)
        self.at += 2 if many else 1
        return path

    def _current(self, keys: Path) -> Path:
        """The path of a table's parents, with the latest index of every array of tables."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def _pair(self, table: Path) -> None:
        begin = self.at
        path = table
        for key in self._key():
            path = (*path, key)
            self._note(path, begin)
        self.at += 1  # the equals sign
        self._value(path)

    def _key(self) -> list[str]:
        """A dotted key; stops at what follows it."""
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            match = _STRINGS.match(self.text, self.at) or _BARE_KEY.match(self.text, self.at)
            if match is None:
                return keys  # pragma: no cover - not TOML
            keys.append(match.group().strip("\"'"))
            self.at = match.end()
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline(path)
        else:
            match = _STRINGS.match(self.text, self.at) or _BARE_VALUE.match(self.text, self.at)
            self.at = match.end() if match else self.at + 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._goes_on("]"):
            self._note((*path, index))
            self._value((*path, index))
            index += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while self._goes_on("}"):
            self._pair(path)

    def _goes_on(self, closing: str) -> bool:
        """Move to the next element; False, behind ``closing``, at the end."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip(_BLANK)
        if self.at >= len(self.text) or self.text[self.at] == closing:
            self.at += 1
            return False
        return True

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _note(self, path: Path, at: int | None = None) -> None:
        place = self.at if at is None else at
        self.found.setdefault(path, self.text.count("\n", 0, place) + 1)
