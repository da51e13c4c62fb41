"""What is wrong with rules of the right shape, whatever else is published.

Each fault is named where it is written: with the rule, or under the defaults, where it is named
once however many rules it is in.
"""

from collections.abc import Iterable, Iterator
from datetime import time

from api.surveys.definitions.conditions import check_segments
from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.rules import (
    NO_HOLIDAYS,
    CapEntry,
    LimitEntry,
    RulesFile,
    WaveEntry,
    WholeRule,
    WindowEntry,
    lacking,
    path_of,
    whole_rule,
)
from api.surveys.definitions.rules_planned import quiet, send_window
from api.surveys.definitions.shapes import repeated
from scheduler.planner import Channel, Holder, Over, Since
from scheduler.planner.calendars import knows_calendar

FLOOR = "cap"
_CONFIDENCES = (0.9, 0.95)
_QUARTERS = [time(minute // 60, minute % 60) for minute in range(0, 1440, 5)]


def check_rules(file: RulesFile) -> Iterator[Finding]:
    """Every fault, each once."""
    seen: set[tuple[Path, str, str]] = set()
    for finding in _all(file):
        key = (finding.path, finding.code, str(finding.values))
        if key not in seen:
            seen.add(key)
            yield finding


def _all(file: RulesFile) -> Iterator[Finding]:
    yield from check_segments(file.segments)
    yield from _caps(file)
    touchpoints = repeated(rule.touchpoint for rule in file.rules)
    for number, entry in enumerate(file.rules):
        path: Path = ("rule", number)
        if entry.touchpoint in touchpoints:
            yield Finding((*path, "touchpoint"), "repeated", {"code": entry.touchpoint})
        missing = lacking(file, entry)
        for name in missing:
            yield Finding((*path, name), "missing")
        if not missing:
            yield from _OneRule(file, number).findings()
    yield from _waves(file)


class _OneRule:
    """One rule with its defaults, and where each of its keys is written."""

    def __init__(self, file: RulesFile, number: int) -> None:
        self.file = file
        self.number = number
        self.rule: WholeRule = whole_rule(file, file.rules[number])

    def at(self, *keys: str) -> Path:
        """Where a key is written."""
        return path_of(self.file, self.number, *keys)

    def findings(self) -> Iterator[Finding]:
        """What is wrong with it."""
        yield from self._times()
        yield from self._windows()
        yield from self._channels()
        yield from self._reminders()
        yield from self._lots()

    def _times(self) -> Iterator[Finding]:
        rule = self.rule
        if rule.quiet_hours[0] == rule.quiet_hours[1]:
            yield Finding(self.at("quiet_hours"), "two_clocks")
        latest = rule.delay_hours * 60 + rule.spread_minutes
        if rule.max_age_days * 24 * 60 <= latest:
            yield Finding(self.at("max_age_days"), "beyond_delay", {"days": latest // 1440 + 1})
        if rule.holidays != NO_HOLIDAYS and not knows_calendar(rule.holidays):
            yield Finding(self.at("holidays"), "unknown_calendar", {"code": rule.holidays})
        hours = rule.fallback.unopened_after_hours
        if hours is not None and hours >= rule.expiry_days * 24:
            values = {"days": rule.expiry_days}
            yield Finding(self.at("fallback", "unopened_after_hours"), "after_expiry", values)

    def _windows(self) -> Iterator[Finding]:
        windows = self.rule.windows
        where = self.at("window")
        for number, one in enumerate(windows):
            if one.start >= one.end:
                yield Finding((*where, number, "to"), "window_ends_early", {"start": one.start})
            elif self._always_quiet(one):
                yield Finding((*where, number), "window_quiet")
            for earlier in windows[:number]:
                days = [day for day in one.days if day in earlier.days]
                if days and one.start < earlier.end and earlier.start < one.end:
                    values = {"days": ", ".join(days), "other": f"{earlier.start}-{earlier.end}"}
                    yield Finding((*where, number), "windows_overlap", values)

    def _always_quiet(self, window: WindowEntry) -> bool:
        start, end = self.rule.quiet_hours
        if start == end:
            return False
        hours, window_ = quiet(self.rule), send_window(window)
        return all(hours.hold(at) for at in _QUARTERS if window_.start <= at < window_.end)

    def _channels(self) -> Iterator[Finding]:
        rule, names = self.rule, self.file.segment_names
        for name in names:
            if name not in rule.channels:
                yield Finding(self.at("channels"), "segment_needs_channels", {"segment": name})
        for name, channels in rule.channels.items():
            where = self.at("channels", name)
            yield from _unknown_segments(where, [name], self.file)
            for channel in sorted(repeated(channel.value for channel in channels)):
                yield Finding(where, "fallback_circle", {"channel": channel})
            yield from self._templates(where, channels)
        if not any(rule.channels.values()):
            yield Finding(self.at("channels"), "asks_nobody")

    def _templates(self, where: Path, channels: Iterable[Channel]) -> Iterator[Finding]:
        for channel in dict.fromkeys(channels):
            if channel not in self.rule.templates:
                yield Finding(where, "template_needed", {"channel": channel.value})

    def _reminders(self) -> Iterator[Finding]:
        days, where = 0, self.at("reminder")
        for number, one in enumerate(self.rule.reminders):
            days += one.after_days
            if days >= self.rule.expiry_days:
                values = {"days": self.rule.expiry_days, "sum": days}
                yield Finding((*where, number, "after_days"), "reminder_after_expiry", values)
            if one.channel is not None and one.template is None:
                yield from self._templates((*where, number, "channel"), [one.channel])
            if one.template is not None and one.channel is None:
                yield Finding((*where, number, "channel"), "missing")

    def _lots(self) -> Iterator[Finding]:
        rule = self.rule
        yield from _unknown_segments(self.at("shares"), rule.shares, self.file)
        if rule.sampling is not None and rule.sampling.confidence not in _CONFIDENCES:
            yield Finding(self.at("sampling", "confidence"), "one_of", {"expected": "0.9, 0.95"})
        if rule.lot is None:
            return
        where = self.at("lot", "channels")
        yield from self._templates(where, rule.lot.channels)
        for channel in sorted(repeated(channel.value for channel in rule.lot.channels)):
            yield Finding(where, "repeated", {"code": channel})


def _caps(file: RulesFile) -> Iterator[Finding]:
    yield from _cap_segments(("cap",), file.cap, file)
    names = repeated(limit.name for limit in file.limits)
    for number, limit in enumerate(file.limits):
        path: Path = ("limit", number)
        if limit.name in names or limit.name == FLOOR:
            yield Finding((*path, "name"), "repeated", {"code": limit.name})
        yield from _cap_segments(path, limit, file)
        yield from _limit_subject(path, limit, file)
        if _weaker(limit, file.cap):
            values = {"count": file.cap.count, "days": file.cap.days}
            yield Finding(path, "weaker_than_floor", values)


def _cap_segments(path: Path, cap: CapEntry, file: RulesFile) -> Iterator[Finding]:
    where = (*path, "not_for")
    yield from _unknown_segments(where, cap.not_for, file)
    if set(file.segment_names) <= set(cap.not_for):
        yield Finding(where, "never_holds")


def _limit_subject(path: Path, limit: LimitEntry, file: RulesFile) -> Iterator[Finding]:
    """``only`` names what the file asks by; else the limit can never hold."""
    where = (*path, "only")
    known: dict[Over, list[str]] = {
        Over.TOUCHPOINT: [rule.touchpoint for rule in file.rules],
        Over.SURVEY: [rule.survey for rule in file.rules],
        Over.CHANNEL: [channel.value for channel in Channel],
    }
    if limit.only and limit.over is Over.EVERYTHING:
        yield Finding(where, "only_of_what")
        return
    for code in limit.only:
        if code not in known[limit.over]:
            shown = ", ".join(dict.fromkeys(known[limit.over]))
            yield Finding(where, "not_asked_by", {"code": code, "known": shown})


def _weaker(limit: LimitEntry, floor: CapEntry) -> bool:
    """Whether the floor already forbids everything that the limit would."""
    counts_the_same = limit.per is Holder.PERSON and limit.since is Since.INVITATION
    within = limit.days <= floor.days and limit.count >= floor.count
    return counts_the_same and within and set(floor.not_for) <= set(limit.not_for)


def _waves(file: RulesFile) -> Iterator[Finding]:
    codes = repeated(wave.code for wave in file.waves)
    touchpoints = [rule.touchpoint for rule in file.rules]
    for number, wave in enumerate(file.waves):
        path: Path = ("wave", number)
        if wave.code in codes:
            yield Finding((*path, "code"), "repeated", {"code": wave.code})
        yield from _unknown_segments((*path, "segment"), [wave.segment], file)
        if wave.touchpoint not in touchpoints:
            values = {"code": wave.touchpoint, "known": ", ".join(touchpoints)}
            yield Finding((*path, "touchpoint"), "no_rule_for", values)
        yield from _occasion(path, wave)


def _occasion(path: Path, wave: WaveEntry) -> Iterator[Finding]:
    if (wave.on is None) == (wave.months_after is None):
        yield Finding(path, "day_or_months")
    elif wave.months_after is not None and wave.anchor is None:
        yield Finding((*path, "anchor"), "missing")
    elif wave.anchor is not None and wave.months_after is None:
        yield Finding((*path, "anchor"), "anchor_alone")
    elif wave.anchor == wave.touchpoint:
        yield Finding((*path, "anchor"), "own_anchor")


def _unknown_segments(path: Path, names: Iterable[str], file: RulesFile) -> Iterator[Finding]:
    known = file.segment_names
    for name in names:
        if name not in known:
            values = {"segment": name, "known": ", ".join(known)}
            yield Finding(path, "unknown_segment", values)
