"""The rule set in words: what is in force, what is coming, what was; segments counted just now."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.core.errors import NotAllowed, NotFound
from api.security.permissions import Permission
from api.surveys.published import rules_in_force, survey_titles
from api.surveys.rulebook import (
    RulesVersion,
    find_draft,
    list_versions,
    may_write_rules,
    read_version,
)
from dashboard.address import Page
from dashboard.data.rule_words import (
    NO_NAMES,
    Line,
    Names,
    cap_words,
    channel_word,
    rule_lines,
    segment_title,
    segment_titles,
    segment_words,
    wave_title,
    wave_words,
)
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.data.versions import VersionRow, version_row
from dashboard.data.words import Words
from scheduler.planner import Rule, RuleSet


@dataclass(frozen=True)
class Way:
    """How one segment is reached: channels in order; empty: never asked."""

    segment: str
    channels: list[str]
    share: float | None


@dataclass(frozen=True)
class TouchpointRule:
    """The rule of one touchpoint."""

    name: str
    survey: str
    ways: list[Way]
    lines: list[Line]


@dataclass(frozen=True)
class SegmentRow:
    """A segment, what it asks for, and how many customers it holds today."""

    name: str
    words: str
    people: int | None
    share: float | None


@dataclass(frozen=True)
class RulesView:
    """One version of the rules; ``version`` None: nothing is published."""

    version: VersionRow | None
    code: str
    caps: list[str]
    compete: str
    rules: list[TouchpointRule]
    segments: list[SegmentRow]
    waves: list[tuple[str, str]]
    written: str
    versions: list[VersionRow]
    may_write: bool
    has_draft: bool
    single: bool  # one version was asked for by its number
    edit: str
    try_out: str
    back: str


def rules_view(sitting: Sitting) -> RulesView:
    """The version that the address names, else the one in force.

    Versions, their texts and drafts are for those who write rules; analysts of the whole network
    read what is in force. Raises NotFound for a version that there is not.
    """
    if not may_read_rules(sitting):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    writes = may_write_rules(sitting.viewer)
    versions = list_versions(sitting.session, sitting.viewer, sitting.now) if writes else []
    wanted = _wanted(sitting, versions)
    rules, written = _rules_of(sitting, wanted, writes=writes)
    rows = [
        version_row(sitting, one, Page.RULES, since=moment_text(sitting, one.effective_from))
        for one in versions
    ]
    shown = _shown(sitting, rules, rows)
    names = _names(sitting, rules) if rules else NO_NAMES
    single = sitting.address.subject is not None
    to = sitting.address.with_(unit=None, subject=None).to
    return RulesView(
        version=shown,
        code=rules.code if rules else "",
        caps=caps_of(rules, sitting.say, names) if rules else [],
        compete=sitting.say(f"rulebook.compete.{rules.compete}") if rules else "",
        rules=touchpoint_rules(rules, names, sitting.say) if rules else [],
        segments=segments_of(rules, None, sitting.say) if rules else [],
        waves=waves_of(rules, sitting.say, names) if rules else [],
        written=written,
        versions=rows,
        may_write=writes,
        has_draft=writes and find_draft(sitting.session, sitting.viewer) is not None,
        single=single,
        edit=to(Page.RULES_EDIT).href,
        try_out=to(Page.SIMULATE).href,
        back=to(Page.RULES).href,
    )


def may_read_rules(sitting: Sitting) -> bool:
    """True for people of the whole network: a segment may name any branch."""
    root = sitting.viewer.hierarchy.root
    whole = root is not None and sitting.viewer.sees_unit(root.id)
    return whole and sitting.viewer.may(Permission.VIEW_NETWORK)


def touchpoint_names(sitting: Sitting) -> dict[str, str]:
    """Touchpoints in the page's language, by code."""
    english = sitting.language == "en"
    rows = sitting.touchpoints
    return {row.code: row.name_en if english else row.name_zh for row in rows}


def _names(sitting: Sitting, rules: RuleSet) -> Names:
    """What the network, the rule set and the surveys call what the rules name by codes."""
    titles = survey_titles(sitting.session)
    surveys = {code: words.get(sitting.language, code) for code, words in titles.items()}
    return Names(touchpoint_names(sitting), segment_titles(rules, sitting.say), surveys)


def _wanted(sitting: Sitting, versions: list[RulesVersion]) -> int | None:
    subject = sitting.address.subject
    if subject is None:
        return next((one.version for one in versions if one.state == "in_force"), None)
    if not any(str(one.version) == subject for one in versions):
        raise NotFound(version=subject)
    return int(subject)


def _rules_of(sitting: Sitting, wanted: int | None, *, writes: bool) -> tuple[RuleSet | None, str]:
    if writes:
        if wanted is None:
            return None, ""
        found = read_version(sitting.session, sitting.viewer, wanted)
        return found.rules, found.text
    in_force = rules_in_force(sitting.session, sitting.now)
    return (in_force.rules, "") if in_force else (None, "")


def _shown(sitting: Sitting, rules: RuleSet | None, rows: list[VersionRow]) -> VersionRow | None:
    if rules is None:
        return None
    found = next((row for row in rows if row.version == rules.version), None)
    since = moment_text(sitting, rules.effective_from)
    return found or VersionRow(rules.version, "in_force", since, "", "", "")


def touchpoint_rules(rules: RuleSet, names: Names, say: Words) -> list[TouchpointRule]:
    """Every touchpoint's rule, in the order of the file."""
    return [
        TouchpointRule(
            names.touchpoint(rule.touchpoint),
            names.survey(rule.survey),
            _ways(rule, names, say),
            rule_lines(rule, say),
        )
        for rule in rules.rules
    ]


def caps_of(rules: RuleSet, say: Words, names: Names = NO_NAMES) -> list[str]:
    """The floor first, then the further caps."""
    return [cap_words(cap, say, names) for cap in rules.caps]


def waves_of(rules: RuleSet, say: Words, names: Names = NO_NAMES) -> list[tuple[str, str]]:
    """Every wave with its name."""
    return [(wave_title(wave, say), wave_words(wave, say, names)) for wave in rules.waves]


def segments_of(rules: RuleSet, counts: Mapping[str, int] | None, say: Words) -> list[SegmentRow]:
    """Every segment of the set, in its order, with its customers where they were counted."""
    total = sum(counts.values()) if counts else 0
    rows = []
    for segment in rules.rules[0].segments if rules.rules else ():
        people = counts.get(segment.name, 0) if counts is not None else None
        share = people / total if people is not None and total else None
        name = segment_title(segment, say)
        rows.append(SegmentRow(name, segment_words(segment, say), people, share))
    return rows


def _ways(rule: Rule, names: Names, say: Words) -> list[Way]:
    return [
        Way(
            names.segment(segment.name),
            [channel_word(one, say) for one in rule.channels.get(segment.name, ())],
            rule.shares.get(segment.name),
        )
        for segment in rule.segments
    ]
