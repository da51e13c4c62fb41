"""Rules of asking as they stand in their file, and as the planner takes them.

There is no figure for "unlimited" and no default for what protects customers: a cap, quiet hours
and an expiry have to be written down.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field, StrictInt, StringConstraints

from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.shapes import Code, Table, Version, repeated
from scheduler.planner import Cap, Channel, Condition, QuietHours, Rule, RuleSet, Segment

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Age = Annotated[StrictInt, Field(ge=0, le=120)]


class SegmentEntry(Table):
    """A named predicate on age; the first in the file that takes a customer counts."""

    name: Code
    age_from: Age | None = None
    age_below: Age | None = None

    @property
    def takes_all(self) -> bool:
        """Whether it has no bound, and so takes everybody who is left."""
        return self.age_from is None and self.age_below is None


class CapEntry(Table):
    """At most ``count`` invitations in any ``days`` days, across everything."""

    days: Annotated[StrictInt, Field(ge=1, le=3650)]
    count: Annotated[StrictInt, Field(ge=1, le=100)]


class RuleEntry(Table):
    """How to ask after one touchpoint."""

    touchpoint: Code
    survey: Code
    delay_hours: Annotated[StrictInt, Field(ge=0, le=8760)]
    max_age_days: Annotated[StrictInt, Field(ge=1, le=366)]
    expiry_days: Annotated[StrictInt, Field(ge=1, le=90)]
    quiet_hours: Annotated[tuple[Clock, ...], Field(min_length=2, max_length=2)]
    channels: dict[Code, Annotated[tuple[Channel, ...], Field(min_length=1)]]
    templates: dict[Channel, Code]


class RulesFile(Table):
    """One version of the rules."""

    code: Code
    version: Version
    effective_from: AwareDatetime
    cap: CapEntry
    segments: Annotated[tuple[SegmentEntry, ...], Field(alias="segment", min_length=1)]
    rules: Annotated[tuple[RuleEntry, ...], Field(alias="rule", min_length=1)]


@dataclass(frozen=True)
class Known:
    """What rules may refer to: surveys with their touchpoints, templates with their channel."""

    surveys: Mapping[str, Set[str]]
    templates: Mapping[str, Channel]


def rule_set(file: RulesFile) -> RuleSet:
    """The rules as the planner takes them."""
    segments = tuple(_segment(one) for one in file.segments)
    return RuleSet(
        code=file.code,
        version=file.version,
        effective_from=file.effective_from,
        cap=Cap(file.cap.days, file.cap.count),
        rules=tuple(_rule(entry, segments) for entry in file.rules),
    )


def _segment(entry: SegmentEntry) -> Segment:
    if entry.takes_all:
        return Segment(entry.name)
    return Segment(entry.name, (Condition("age", low=entry.age_from, below=entry.age_below),))


def _rule(entry: RuleEntry, segments: tuple[Segment, ...]) -> Rule:
    start, end = (time.fromisoformat(clock) for clock in entry.quiet_hours)
    return Rule(
        touchpoint=entry.touchpoint,
        survey=entry.survey,
        delay=timedelta(hours=entry.delay_hours),
        max_age=timedelta(days=entry.max_age_days),
        expiry=timedelta(days=entry.expiry_days),
        quiet_hours=QuietHours(start, end),
        segments=segments,
        channels=entry.channels,
        templates=entry.templates,
    )


def check_rules(file: RulesFile) -> Iterator[Finding]:
    """Everything that is wrong with rules of the right shape, whatever else is published."""
    yield from _segments(file)
    touchpoints = repeated(rule.touchpoint for rule in file.rules)
    for number, rule in enumerate(file.rules):
        path: Path = ("rule", number)
        if rule.touchpoint in touchpoints:
            yield Finding((*path, "touchpoint"), "repeated", {"code": rule.touchpoint})
        if rule.quiet_hours[0] == rule.quiet_hours[1]:
            yield Finding((*path, "quiet_hours"), "two_clocks")
        if rule.max_age_days * 24 <= rule.delay_hours:
            days = rule.delay_hours // 24 + 1
            yield Finding((*path, "max_age_days"), "beyond_delay", {"days": days})
        yield from _channels(path, rule, [segment.name for segment in file.segments])


def check_references(file: RulesFile, known: Known) -> Iterator[Finding]:
    """What the rules name that is not published, or is meant for something else."""
    for number, rule in enumerate(file.rules):
        path: Path = ("rule", number)
        touchpoints = known.surveys.get(rule.survey)
        if touchpoints is None:
            yield Finding((*path, "survey"), "not_published", {"code": rule.survey})
        elif rule.touchpoint not in touchpoints:
            shown = ", ".join(sorted(touchpoints))
            yield Finding((*path, "survey"), "other_touchpoint", {"known": shown})
        for channel, template in rule.templates.items():
            where = (*path, "templates", channel.value)
            if template not in known.templates:
                yield Finding(where, "not_published", {"code": template})
            elif known.templates[template] is not channel:
                other = known.templates[template].value
                yield Finding(where, "other_channel", {"code": template, "channel": other})


def _segments(file: RulesFile) -> Iterator[Finding]:
    names = repeated(segment.name for segment in file.segments)
    last = len(file.segments) - 1
    for number, segment in enumerate(file.segments):
        path: Path = ("segment", number)
        if segment.name in names:
            yield Finding((*path, "name"), "repeated", {"code": segment.name})
        if segment.takes_all != (number == last):
            yield Finding(path, "last_takes_all")
        if None not in (segment.age_from, segment.age_below) and (
            (segment.age_from or 0) >= (segment.age_below or 0)
        ):
            yield Finding((*path, "age_below"), "above_from", {"age": segment.age_from})


def _channels(path: Path, rule: RuleEntry, segments: list[str]) -> Iterator[Finding]:
    for name in segments:
        if name not in rule.channels:
            yield Finding((*path, "channels"), "segment_needs_channels", {"segment": name})
    for name, channels in rule.channels.items():
        where = (*path, "channels", name)
        if name not in segments:
            yield Finding(where, "unknown_segment", {"known": ", ".join(segments)})
        for channel in repeated(channel.value for channel in channels):
            yield Finding(where, "repeated", {"code": channel})
        for channel in channels:
            if channel not in rule.templates:
                yield Finding(where, "template_needed", {"channel": channel.value})
