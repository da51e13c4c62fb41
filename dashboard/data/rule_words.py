"""Rules of asking in words that a person understands. Pure: rules and a language in, words out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from dashboard.data.why_steps import level_name
from dashboard.data.words import Words
from dashboard.numbers import percent
from scheduler.planner import (
    Cap,
    Condition,
    Over,
    Rule,
    RuleSet,
    Segment,
    SendWindow,
    Since,
    Wave,
)
from scheduler.planner.rules import EVERY_DAY

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MIDNIGHT = (23, 59)


@dataclass(frozen=True)
class Names:
    """What people call touchpoints, segments and surveys; what has no name keeps its code."""

    touchpoints: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    surveys: Mapping[str, str] = field(default_factory=dict)

    def touchpoint(self, code: str | None) -> str:
        """A touchpoint by its name."""
        return self.touchpoints.get(code or "", code or "")

    def segment(self, code: str) -> str:
        """A segment by its title."""
        return self.segments.get(code, code)

    def survey(self, code: str) -> str:
        """A survey by its title."""
        return self.surveys.get(code, code)


NO_NAMES = Names()


def segment_titles(rules: RuleSet, say: Words) -> dict[str, str]:
    """What each segment of a rule set is called."""
    segments = rules.rules[0].segments if rules.rules else ()
    return {one.name: segment_title(one, say) for one in segments}


def segment_title(segment: Segment, say: Words) -> str:
    """What the rule set calls a segment, else what most do, else its code."""
    known = level_name(say, "segment", segment.name, {})
    return (segment.titles or {}).get(say.language) or known


def wave_title(wave: Wave, say: Words) -> str:
    """What the rule set calls a wave, else its code."""
    return (wave.titles or {}).get(say.language) or wave.code


@dataclass(frozen=True)
class Line:
    """One statement of a rule: which question it answers, and the answer."""

    topic: str
    words: list[str]


def rule_lines(rule: Rule, say: Words) -> list[Line]:
    """Everything that a rule says besides its channels, question by question."""
    lines = [
        Line("when", [_when(rule, say)]),
        Line("hours", _hours(rule, say)),
        Line("fallback", [_fallback(rule, say)]),
        Line("reminders", _reminders(rule, say)),
    ]
    chosen = _chosen(rule, say)
    return [*lines, Line("chosen", chosen)] if chosen else lines


def cap_words(cap: Cap, say: Words, names: Names = NO_NAMES) -> str:
    """A cap as one sentence."""
    name = "rulebook.cap_one" if cap.count == 1 else "rulebook.cap_some"
    sentence = say(
        name, count=cap.count, days=cap.days, holder=say(f"rulebook.per.{cap.per}"),
        over=_over(cap, say, names), since=say(f"rulebook.since.{cap.since}"),
    )  # fmt: skip
    more = [] if cap.since is Since.INVITATION else [say("rulebook.since_note")]
    if cap.not_for:
        spared = _listed((names.segment(one) for one in sorted(cap.not_for)), say)
        more.append(say("rulebook.not_for", segments=spared))
    more.append(say("rulebook.full_hold" if cap.hold else "rulebook.full_drop"))
    return say("rulebook.space").join([sentence, *more])


def segment_words(segment: Segment, say: Words) -> str:
    """What a segment asks for, as one phrase."""
    if not segment.conditions:
        return say("rulebook.everybody_else")
    return say("rulebook.and").join(_condition(one, say) for one in segment.conditions)


def wave_words(wave: Wave, say: Words, names: Names = NO_NAMES) -> str:
    """When a wave goes out, to whom, how many."""
    if wave.on is not None:
        key = "rulebook.wave_yearly" if wave.yearly else "rulebook.wave_once"
        when = say(key, day=wave.on.isoformat())
    else:
        key = "rulebook.wave_again" if wave.yearly else "rulebook.wave_after"
        when = say(key, months=wave.months_after, touchpoint=names.touchpoint(wave.anchor))
    who = names.segment(wave.segment)
    parts = [when, say("rulebook.wave_who", segment=who, per_day=wave.per_day)]
    if wave.share < 1:
        parts.append(say("rulebook.wave_share", share=percent(wave.share)))
    return say("rulebook.space").join(parts)


def length(span: timedelta, say: Words) -> str:
    """A length of time in the unit that reads best."""
    if span and span % _DAY == timedelta(0):
        days = span // _DAY
        return say("rulebook.day" if days == 1 else "rulebook.days", n=days)
    if span % _HOUR == timedelta(0):
        hours = span // _HOUR
        return say("rulebook.hour" if hours == 1 else "rulebook.hours", n=hours)
    return say("rulebook.minutes", n=span // timedelta(minutes=1))


def channel_word(code: str, say: Words) -> str:
    """A channel in words."""
    key = f"asked.channel.{code}"
    words = say(key)
    return code if words == key else words


def field_word(name: str, say: Words) -> str:
    """What a condition asks of, in words; ``customer.`` and ``event.`` name imported attributes."""
    owner, dot, attribute = name.partition(".")
    if dot:
        return say(f"rulebook.attribute.{owner}", name=attribute)
    return say(f"rulebook.field.{name}")


def _when(rule: Rule, say: Words) -> str:
    return say(
        "rulebook.when" if rule.delay else "rulebook.when_at_once",
        delay=length(rule.delay, say),
        max_age=length(rule.max_age, say),
        expiry=length(rule.expiry, say),
    )


def _hours(rule: Rule, say: Words) -> list[str]:
    quiet = rule.quiet_hours
    words = [say("rulebook.quiet", start=f"{quiet.start:%H:%M}", end=f"{quiet.end:%H:%M}")]
    words += [_window(one, say) for one in rule.windows]
    if rule.holidays is not None:
        words.append(say("rulebook.holidays", calendar=rule.holidays))
    if rule.spread:
        words.append(say("rulebook.spread", span=length(rule.spread, say)))
    return words


def _window(window: SendWindow, say: Words) -> str:
    names = say("rulebook.weekdays").split()
    days = (
        say("rulebook.every_day")
        if window.days == EVERY_DAY
        else _listed((names[day] for day in sorted(window.days)), say)
    )
    last = (window.end.hour, window.end.minute) == _MIDNIGHT
    end = "24:00" if last else f"{window.end:%H:%M}"
    return say("rulebook.window", days=days, start=f"{window.start:%H:%M}", end=end)


def _fallback(rule: Rule, say: Words) -> str:
    back = rule.fallback
    causes = [say("rulebook.if_undeliverable")] if back.undeliverable else []
    if back.unopened_after is not None:
        causes.append(say("rulebook.if_unopened", after=length(back.unopened_after, say)))
    if not causes:
        return say("rulebook.no_fallback")
    counts = say("rulebook.counts" if back.counts else "rulebook.counts_not")
    return say("rulebook.fallback", causes=say("rulebook.or").join(causes), counts=counts)


def _reminders(rule: Rule, say: Words) -> list[str]:
    if not rule.reminders:
        return [say("rulebook.no_reminders")]
    return [
        say(
            "rulebook.reminder" if one.channel is None else "rulebook.reminder_by",
            number=number,
            after=length(one.after, say),
            channel=channel_word(one.channel, say) if one.channel else "",
            counts=say("rulebook.counts" if one.counts else "rulebook.counts_not"),
        )
        for number, one in enumerate(rule.reminders, 1)
    ]


def _chosen(rule: Rule, say: Words) -> list[str]:
    words = []
    if rule.sampling is not None:
        words.append(
            say(
                "rulebook.sampling",
                margin=f"{rule.sampling.margin:g}",
                confidence=percent(rule.sampling.confidence),
                days=rule.sampling.days,
            )
        )
    if rule.lot is not None:
        named = _listed((channel_word(one, say) for one in rule.lot.channels), say)
        words.append(say("rulebook.lot", share=percent(rule.lot.share), channels=named))
    if rule.priority:
        words.append(say("rulebook.priority", priority=rule.priority))
    return words


def _over(cap: Cap, say: Words, names: Names) -> str:
    if cap.over is Over.CHANNEL and cap.only:
        named = _listed((channel_word(one, say) for one in sorted(cap.only)), say)
    else:
        name = names.survey if cap.over is Over.SURVEY else names.touchpoint
        named = _listed((name(one) for one in sorted(cap.only)), say)
    key = f"rulebook.over.{cap.over}"
    return say(f"rulebook.over_only.{cap.over}", only=named) if cap.only else say(key)


def _condition(one: Condition, say: Words) -> str:
    field = field_word(one.field, say)
    if one.values is not None:
        values = sorted(_value(value, say) for value in one.values)
        key = "rulebook.is_not" if one.negated else "rulebook.is"
        return say(key, field=field, values=say("rulebook.or").join(values))
    low = None if one.low is None else f"{one.low:g}"
    below = None if one.below is None else f"{one.below:g}"
    key = {(True, True): "between", (True, False): "from", (False, True): "below"}[
        (low is not None, below is not None)
    ]
    words = say(f"rulebook.range.{key}", field=field, low=low, below=below)
    return say("rulebook.not", words=words) if one.negated else words


def _value(value: object, say: Words) -> str:
    if isinstance(value, bool):
        return say("rulebook.yes" if value else "rulebook.no")
    return str(value)


def _listed(names: Iterable[str], say: Words) -> str:
    return say("rulebook.comma").join(names)
