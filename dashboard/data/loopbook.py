"""The rules of the closed loop as their page shows them: those that hold, or an older version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from api.core.errors import NotFound
from api.tickets import loopbook
from api.tickets.loop import Loop, Target
from api.tickets.loopbook import LoopVersionLine
from api.tickets.published import LoopInForce
from dashboard.address import Page
from dashboard.data.loop_now import names_of
from dashboard.data.loop_words import (
    Names,
    calendar_lines,
    digest_words,
    escalation_words,
    rule_words,
    span_words,
    verify_words,
)
from dashboard.data.sitting import Sitting
from dashboard.data.versions import VersionRow, version_row

KINDS = ("acknowledge", "contact", "resolve")
SEVERITIES = (3, 2, 1)
_LONGEST = 6  # digits of a version


@dataclass(frozen=True)
class RuleCard:
    """What makes an alert, and what comes of it."""

    name: str
    severity: str
    urgent: bool
    words: str
    notes: list[str]


@dataclass(frozen=True)
class TargetRow:
    """Until when something is due, by urgency."""

    severity: str
    cells: list[str]


@dataclass(frozen=True)
class CalendarCard:
    """Working time of some branches."""

    code: str
    lines: list[str]
    where: str


@dataclass(frozen=True)
class CauseGroup:
    """Root causes that belong together."""

    name: str
    causes: list[str]


@dataclass(frozen=True)
class LoopView:
    """One version of the rules; ``version`` None: nothing is published."""

    version: int | None
    holds: bool = True
    rules: tuple[RuleCard, ...] = ()
    targets: tuple[TargetRow, ...] = ()
    escalations: tuple[str, ...] = ()
    calendars: tuple[CalendarCard, ...] = ()
    causes: tuple[CauseGroup, ...] = ()
    verify: tuple[str, ...] = ()
    digest: str = ""
    written: str = ""
    versions: tuple[VersionRow, ...] = ()
    edit: str = ""
    back: str = ""


def loop_view(sitting: Sitting) -> LoopView:
    """The version that the address names, else the one that holds; raises NotFound."""
    writes = loopbook.may_write_loop(sitting.viewer)
    versions = loopbook.list_versions(sitting.session, sitting.viewer) if writes else []
    edit = sitting.address.to(Page.LOOP_EDIT).href if writes else ""
    wanted = _wanted(sitting, versions)
    found = loopbook.current_loop(sitting.session, sitting.viewer)
    written = ""
    if wanted is not None:
        text = loopbook.read_version(sitting.session, sitting.viewer, wanted)
        found, written = text.found, text.text
    if found is None:
        return LoopView(None, edit=edit)
    single = sitting.address.subject is not None
    return replace(
        _said(sitting, found),
        holds=not versions or found.version == versions[0].version,
        written=written,
        versions=tuple(version_row(sitting, one, Page.LOOP_RULES) for one in versions),
        edit=edit,
        back=sitting.address.to(Page.LOOP_RULES).href if single else "",
    )


def _wanted(sitting: Sitting, versions: list[LoopVersionLine]) -> int | None:
    """The version of the address; without one the newest, where its text may be read."""
    subject = sitting.address.subject
    if subject is None:
        return versions[0].version if versions else None
    if not subject.isdecimal() or len(subject) > _LONGEST:
        raise NotFound(version=subject)
    return int(subject)


def _said(sitting: Sitting, found: LoopInForce) -> LoopView:
    """What a version says, in words."""
    loop, say, names = found.loop, sitting.say, names_of(sitting)
    return LoopView(
        version=found.version,
        rules=tuple(_rules(sitting, loop, names)),
        targets=tuple(_target_row(sitting, loop, one) for one in SEVERITIES),
        escalations=tuple(escalation_words(one, say) for one in loop.escalations),
        calendars=tuple(_calendars(sitting, loop)),
        causes=tuple(_causes(sitting, loop)),
        verify=tuple(verify_words(loop.verify, say, names)),
        digest=digest_words(loop.digest, say),
    )


def _rules(sitting: Sitting, loop: Loop, names: Names) -> list[RuleCard]:
    say, cards = sitting.say, []
    for one in sorted(loop.rules, key=lambda rule: -rule.severity):
        notes = [say("loopbook.page.ticket" if one.ticket else "loopbook.page.notice")]
        notes.append(say("loopbook.page.who", role=say(f"access.role.{one.role}")))
        if one.touchpoints is not None:
            listed = [names.touchpoints.get(code, code) for code in sorted(one.touchpoints)]
            notes.append(say("loopbook.page.places", names=say("loopbook.comma").join(listed)))
        cards.append(
            RuleCard(
                name=one.name(sitting.language),
                severity=say(f"board.severity.{one.severity}"),
                urgent=one.severity > 2,
                words=rule_words(one, say, names),
                notes=notes,
            )
        )
    return cards


def _target_row(sitting: Sitting, loop: Loop, severity: int) -> TargetRow:
    targets: Mapping[tuple[str, str], Target] = {
        (one.kind, one.calendar): one for one in loop.targets_of(severity)
    }
    say = sitting.say
    cells = []
    for kind in KINDS:
        said = [
            say(f"loopbook.page.{calendar}", time=span_words(say, one.seconds))
            for calendar in ("business", "customer")
            if (one := targets.get((kind, calendar))) is not None
        ]
        cells.append(say("loopbook.comma").join(said) or say("loopbook.page.untold"))
    return TargetRow(say(f"board.severity.{severity}"), cells)


def _calendars(sitting: Sitting, loop: Loop) -> list[CalendarCard]:
    """Every calendar, and where it holds as far as the viewer sees."""
    say, tree, cards = sitting.say, sitting.viewer.hierarchy, []
    for code, calendar in loop.calendars.items():
        nodes = [tree.by_code.get(unit) for unit, named in loop.by_unit.items() if named == code]
        units = [node.name(sitting.language) for node in nodes
                 if node is not None and sitting.viewer.sees_unit(node.id)]  # fmt: skip
        where = [say("loopbook.page.calendar_default")] if code == loop.calendar else []
        if units:
            listed = say("loopbook.comma").join(units)
            where.append(say("loopbook.page.calendar_units", names=listed))
        shown = say("loopbook.comma").join(where) or say("loopbook.page.calendar_unused")
        cards.append(CalendarCard(code, calendar_lines(calendar, say), shown))
    return cards


def _causes(sitting: Sitting, loop: Loop) -> list[CauseGroup]:
    """Root causes by their group; those without one stand for themselves."""
    parents = {one.parent for one in loop.causes if one.parent}
    groups = []
    for one in loop.causes:
        if one.parent is None:
            name = one.name(sitting.language)
            below = [each.name(sitting.language) for each in loop.causes
                     if each.parent == one.code]  # fmt: skip
            groups.append(CauseGroup(name, below if one.code in parents else []))
    return groups
