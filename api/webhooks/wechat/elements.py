"""XML that somebody else wrote, read without any of its dangers. Pure.

No document type, so no entities; few elements, not deep; UTF-8 only. Everything else is Unreadable.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

LONGEST = 65_536  # bytes
DEEPEST = 6
MOST = 400  # elements


class Unreadable(ValueError):
    """Not the XML that WeChat writes."""


@dataclass(slots=True)
class Element:
    """A tag with what stands in it."""

    name: str
    words: str = ""
    inside: "list[Element]" = field(default_factory=list)

    def text(self, name: str) -> str:
        """What stands in the first ``name``; nothing when there is none."""
        return next((one.words.strip() for one in self.inside if one.name == name), "")

    def every(self, *path: str) -> "list[Element]":
        """The elements at the end of ``path``, in order."""
        found = [self]
        for name in path:
            found = [child for one in found for child in one.inside if child.name == name]
        return found


class _Reader:
    def __init__(self) -> None:
        self.top = Element("")
        self._open = [self.top]
        self._count = 0

    def start(self, name: str, attributes: object) -> None:
        self._count += 1
        if self._count > MOST or len(self._open) > DEEPEST:
            raise Unreadable("too large")
        made = Element(name)
        self._open[-1].inside.append(made)
        self._open.append(made)

    def end(self, name: str) -> None:
        self._open.pop()

    def words(self, data: str) -> None:
        self._open[-1].words += data

    def refuse(self, *_: object) -> None:
        raise Unreadable("document type")


def read_xml(body: bytes) -> Element:
    """The outermost element; raises Unreadable."""
    if len(body) > LONGEST:
        raise Unreadable("too long")
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.words
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise Unreadable("not XML") from None
    return reader.top.inside[0]
