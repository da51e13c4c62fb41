"""Writing a text that is published: what is wrong with it, what it would change.

Holds for every such text alike; what one of them says is found in its own module (`rule_texts`,
`indicator_texts`, `loop_texts`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from api.surveys.definitions import Problem
from api.surveys.writing import differences, problems_as_data
from dashboard.data.sitting import Sitting


@dataclass(frozen=True)
class Trouble:
    """Something wrong with the text, and where."""

    line: int
    words: str


@dataclass(frozen=True)
class Changes:
    """How many rules of touchpoints differ from the version in force.

    ``around``: the caps, the waves, or what decides between touchpoints differ.
    """

    changed: int
    new: int
    gone: int
    around: bool = False

    @property
    def any(self) -> bool:
        """True when a rule differs."""
        return bool(self.changed or self.new or self.gone)


@dataclass(frozen=True)
class Checked:
    """What checking found; without troubles: what the text would publish.

    ``counts`` is how many of what it says, ``since`` when it begins to hold.
    ``segments_of``: the text whose customers per segment are shown beside it.
    """

    troubles: list[Trouble]
    version: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    since: str = ""
    at_once: bool = False
    changes: Changes | None = None
    segments_of: str = ""


@dataclass(frozen=True)
class DiffLine:
    """A line of the comparison; ``mark`` is ``+``, ``-``, ``@`` or a space."""

    mark: str
    words: str


@dataclass(frozen=True)
class Compared:
    """The text beside a published version (0: there is none)."""

    version: int
    lines: list[DiffLine]

    @property
    def added(self) -> int:
        """Lines that come."""
        return sum(line.mark == "+" for line in self.lines)

    @property
    def removed(self) -> int:
        """Lines that leave."""
        return sum(line.mark == "-" for line in self.lines)


@dataclass(frozen=True)
class EditorView:
    """The text one goes on with, and where it comes from: a draft that was ``saved``, or a version.

    ``before`` is the text of the version, with which one compares. Where drafts are kept they can
    be tried out.
    """

    text: str
    saved: str | None
    version: int | None
    try_out: str | None = None
    before: str = ""


@dataclass(frozen=True)
class Published:
    """A version that has just been published; without ``since`` it holds from now on."""

    version: int
    since: str
    href: str


def troubles_of(sitting: Sitting, problems: Iterable[Problem]) -> list[Trouble]:
    """Problems as the viewer reads them."""
    told = problems_as_data(problems, sitting.language)
    return [Trouble(one["line"], one["message"]) for one in told]


def compared_text(view: EditorView, text: str) -> Compared:
    """What a text changes against the version that it comes from."""
    lines = differences(view.before, text)[2:]  # without the head of a unified diff
    return Compared(view.version or 0, [DiffLine(line[:1], _shown(line)) for line in lines])


def fingerprint(text: str) -> str:
    """Tells whether the text that is published is the one that was confirmed."""
    return sha256(text.encode()).hexdigest()


def _shown(line: str) -> str:
    """A line of a difference without its mark; of a place, only the line of the newer text."""
    if not line.startswith("@@"):
        return line[1:]
    return "@@ " + line.split("+")[1].split(" ", maxsplit=1)[0].split(",", maxsplit=1)[0]
