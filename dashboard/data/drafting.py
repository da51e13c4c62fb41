"""Writing rules: the draft, what is wrong with it, what it would change."""

from dataclasses import dataclass
from hashlib import sha256

from api.core.errors import NotAllowed
from api.security.permissions import Permission
from api.surveys.rulebook import (
    CheckedRules,
    check_text,
    differences,
    find_draft,
    list_versions,
    may_write_rules,
    problems_as_data,
    read_version,
)
from dashboard.address import Page
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from scheduler.planner import RuleSet


@dataclass(frozen=True)
class Trouble:
    """Something wrong with the text, and where."""

    line: int
    words: str


@dataclass(frozen=True)
class Checked:
    """What checking found; without troubles: what the text would publish."""

    troubles: list[Trouble]
    version: int = 0
    rules: int = 0
    segments: int = 0
    since: str = ""
    at_once: bool = False


@dataclass(frozen=True)
class DiffLine:
    """A line of the comparison; ``mark`` is ``+``, ``-``, ``@`` or a space."""

    mark: str
    words: str


@dataclass(frozen=True)
class Compared:
    """The text beside the version in force (0: none)."""

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
class EditorView:
    """The text one goes on with, and where it comes from."""

    text: str
    saved: str | None
    version: int | None
    try_out: str


@dataclass(frozen=True)
class Published:
    """A version that has just been published."""

    version: int
    since: str
    href: str


def editor_view(sitting: Sitting) -> EditorView:
    """The viewer's draft, else the text of the version in force."""
    if not may_write_rules(sitting.viewer):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    draft = find_draft(sitting.session, sitting.viewer)
    version, text = in_force(sitting)
    return EditorView(
        text=draft.text if draft else text,
        saved=moment_text(sitting, draft.saved_at) if draft else None,
        version=version,
        try_out=sitting.address.with_(unit=None, subject=None).to(Page.SIMULATE).href,
    )


def in_force(sitting: Sitting) -> tuple[int | None, str]:
    """The version in force and its text; without one, nothing."""
    versions = list_versions(sitting.session, sitting.viewer, sitting.now)
    current = next((one for one in versions if one.state == "in_force"), None)
    if current is None:
        return None, ""
    return current.version, read_version(sitting.session, sitting.viewer, current.version).text


def checked_text(sitting: Sitting, text: str) -> Checked:
    """Every problem of a text with its line, or what it would publish."""
    return _checked(sitting, check_text(sitting.session, sitting.viewer, text))


def compared_text(sitting: Sitting, text: str) -> Compared:
    """What a text changes against the version in force."""
    version, before = in_force(sitting)
    return Compared(version or 0, diff_lines(differences(before, text)))


def diff_lines(lines: list[str]) -> list[DiffLine]:
    """The lines of a unified diff without its head."""
    kept = [line for line in lines if not line.startswith(("---", "+++"))]
    return [DiffLine(line[:1], _shown(line)) for line in kept]


def before_publishing(sitting: Sitting, text: str) -> tuple[Checked, Changes]:
    """What publishing a text would mean: its faults, or how many rules of touchpoints change."""
    checked = check_text(sitting.session, sitting.viewer, text)
    version, _ = in_force(sitting)
    before = read_version(sitting.session, sitting.viewer, version).rules if version else None
    return _checked(sitting, checked), changes_between(before, checked.rules)


def changes_between(before: RuleSet | None, after: RuleSet | None) -> Changes:
    """Rules of touchpoints that differ, come and go, and whether what holds for all differs."""
    old = {rule.touchpoint: rule for rule in before.rules} if before else {}
    new = {rule.touchpoint: rule for rule in after.rules} if after else {}
    both = old.keys() & new.keys()
    return Changes(
        changed=sum(old[name] != new[name] for name in both),
        new=len(new.keys() - old.keys()),
        gone=len(old.keys() - new.keys()),
        around=_around(before) != _around(after),
    )


def _around(rules: RuleSet | None) -> tuple[object, ...]:
    """What holds for every touchpoint."""
    return (rules.caps, rules.waves, rules.compete) if rules else ()


def fingerprint(text: str) -> str:
    """Tells whether the text that is published is the one that was confirmed."""
    return sha256(text.encode()).hexdigest()


def _checked(sitting: Sitting, found: CheckedRules) -> Checked:
    rules = found.rules
    if rules is None:
        told = problems_as_data(found.problems, sitting.language)
        return Checked([Trouble(one["line"], one["message"]) for one in told])
    return Checked(
        [],
        version=rules.version,
        rules=len(rules.rules),
        segments=len(rules.rules[0].segments),
        since=moment_text(sitting, rules.effective_from),
        at_once=rules.effective_from <= sitting.now,
    )


def _shown(line: str) -> str:
    """A line of a difference without its mark; of a place, only the line of the newer text."""
    if not line.startswith("@@"):
        return line[1:]
    return "@@ " + line.split("+")[1].split(" ", maxsplit=1)[0].split(",", maxsplit=1)[0]
