"""What rules name that is not published here, not approved, or meant for something else."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from api.surveys.definitions.conditions import touchpoints_asked
from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.rules import RulesFile, path_of, whole_rule
from scheduler.planner import Channel


@dataclass(frozen=True)
class Known:
    """What rules may refer to.

    Parameters
    ----------
    surveys : mapping
        Codes with their touchpoints.
    templates : mapping
        Codes with their channel.
    unapproved : set
        Templates of which no version is approved by any provider they are for.
    touchpoints : set or None
        Of the network; None: not looked at.
    """

    surveys: Mapping[str, Set[str]]
    templates: Mapping[str, Channel]
    unapproved: Set[str] = frozenset()
    touchpoints: Set[str] | None = None


def check_references(file: RulesFile, known: Known) -> Iterator[Finding]:
    """Every fault of this kind; the file has none of the others."""
    seen: set[tuple[Path, str]] = set()
    for finding in _all(file, known):
        if (finding.path, finding.code) not in seen:
            seen.add((finding.path, finding.code))
            yield finding


def _all(file: RulesFile, known: Known) -> Iterator[Finding]:
    for number, entry in enumerate(file.rules):
        touchpoints = known.surveys.get(entry.survey)
        where: Path = ("rule", number, "survey")
        if touchpoints is None:
            yield Finding(where, "not_published", {"code": entry.survey})
        elif entry.touchpoint not in touchpoints:
            yield Finding(where, "other_touchpoint", {"known": ", ".join(sorted(touchpoints))})
        rule = whole_rule(file, entry)
        for channel, template in rule.templates.items():
            path = path_of(file, number, "templates", channel.value)
            yield from _template(path, channel, template, known)
        for place, one in enumerate(rule.reminders):
            if one.template is not None and one.channel is not None:
                path = (*path_of(file, number, "reminder"), place, "template")
                yield from _template(path, one.channel, one.template, known)
    if known.touchpoints is not None:
        yield from _touchpoints(file, known.touchpoints)


def _template(path: Path, channel: Channel, code: str, known: Known) -> Iterator[Finding]:
    if code not in known.templates:
        yield Finding(path, "not_published", {"code": code})
    elif known.templates[code] is not channel:
        other = known.templates[code].value
        yield Finding(path, "other_channel", {"code": code, "channel": other})
    elif code in known.unapproved:
        yield Finding(path, "not_approved", {"code": code})


def _touchpoints(file: RulesFile, known: Set[str]) -> Iterator[Finding]:
    shown = ", ".join(sorted(known))
    for number, segment in enumerate(file.segments):
        for path, codes in touchpoints_asked(segment).items():
            for code in codes:
                if code not in known:
                    values = {"code": code, "known": shown}
                    yield Finding(("segment", number, *path), "unknown_touchpoint", values)
    for number, wave in enumerate(file.waves):
        if wave.anchor is not None and wave.anchor not in known:
            values = {"code": wave.anchor, "known": shown}
            yield Finding(("wave", number, "anchor"), "unknown_touchpoint", values)
