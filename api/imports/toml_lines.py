"""On which line of a TOML file a key stands, which ``tomllib`` does not tell."""

import re
import tomllib

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_SYNTAX_LINE = re.compile(r"at line (\d+), column (\d+)")

Path = tuple[str | int, ...]


def key_lines(text: str) -> dict[Path, int]:
    """The line of every table and of every key that begins a line."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _parts(header.group(2))
            if header.group(1) == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                table = (*table, index)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key.group(1))), number)
    return lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of ``path``, or of the nearest table around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def syntax_line(error: tomllib.TOMLDecodeError) -> int:
    """The line at which the file stops being TOML."""
    found = _SYNTAX_LINE.search(str(error))
    return int(found.group(1)) if found else 1


def _parts(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in re.split(r"\s*\.\s*", dotted))
