"""The rules of the closed loop in words: what makes an alert, until when, who is told after."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.tickets.loop import (
    AlertRule,
    AllOf,
    AnyOf,
    Calendar,
    Condition,
    Digest,
    Escalation,
    Hours,
    SaysWord,
    ScoreFell,
    ScoreIs,
    TierIs,
    Verify,
    WantsCall,
)
from dashboard.data.words import Words
from dashboard.numbers import percent

_HOUR, _DAY = 3_600, 86_400


@dataclass(frozen=True)
class Names:
    """What the network calls what the rules name by codes."""

    metrics: Mapping[str, str] = field(default_factory=dict)
    touchpoints: Mapping[str, str] = field(default_factory=dict)
    surveys: Mapping[str, str] = field(default_factory=dict)

    def metric(self, code: str) -> str:
        """A metric's name."""
        return self.metrics.get(code, code)


def condition_words(condition: Condition, say: Words, names: Names) -> str:
    """A condition over an answer, as a part of a sentence."""
    match condition:
        case AllOf(conditions=several) | AnyOf(conditions=several):
            joint = "loopbook.and" if isinstance(condition, AllOf) else "loopbook.or"
            parts = [
                say("loopbook.within", words=condition_words(one, say, names))
                if isinstance(one, AllOf | AnyOf)
                else condition_words(one, say, names)
                for one in several
            ]
            return say(joint).join(parts)
        case ScoreIs(metric=metric, at_most=at_most, at_least=at_least):
            return _score_words(names.metric(metric), at_least, at_most, say)
        case ScoreFell(metric=metric, points=points):
            fallen = plain(points)
            return say("loopbook.fell", metric=names.metric(metric), points=fallen)
        case SaysWord(words=words):
            return say("loopbook.says", words=say("loopbook.comma").join(words))
        case TierIs(values=values):
            return say("loopbook.tier", values=say("loopbook.comma").join(sorted(values)))
        case WantsCall():
            return say("loopbook.wants_call")


def rule_words(rule: AlertRule, say: Words, names: Names) -> str:
    """What has to be so for a rule to find something."""
    match rule.kind:
        case "answer":
            return condition_words(rule.when, say, names) if rule.when else say("loopbook.always")
        case "silence":
            return say("loopbook.silence", events=rule.events, days=rule.days)
        case "feed":
            key = "loopbook.feed" if rule.share else "loopbook.feed_stopped"
            return say(
                key,
                days=rule.days,
                events=rule.events,
                weeks=rule.weeks,
                share=percent(rule.share),
            )
        case _:
            return say(f"loopbook.warning_{rule.level or 'watch'}")


def span_words(say: Words, seconds: int) -> str:
    """A length of time that somebody wrote into the rules: days only where they are whole."""
    if seconds >= _DAY and seconds % _DAY == 0:
        return say("loopbook.days" if seconds > _DAY else "loopbook.day", n=seconds // _DAY)
    if seconds >= _HOUR:
        return say("loopbook.hours", n=plain(seconds / _HOUR))
    return say("loopbook.minutes", n=seconds // 60)


def escalation_words(one: Escalation, say: Words) -> str:
    """Who is told when, of a clock that is over."""
    return say(
        "loopbook.escalation" if one.after_seconds else "loopbook.escalation_at_once",
        kind=say(f"board.clock.{one.kind}"),
        calendar=say(f"ticket.calendar.{one.calendar}"),
        after=span_words(say, one.after_seconds),
        to=say(f"loopbook.to.{one.to}"),
    )


def calendar_lines(calendar: Calendar, say: Words) -> list[str]:
    """The hours of a week: days alike are told together; then holidays and closed days."""
    names = say("loopbook.weekdays").split()
    lines: list[str] = []
    first = 0
    for day in range(1, 8):
        if day == 7 or calendar.week.get(day, ()) != calendar.week.get(first, ()):
            days = names[first] if day - first == 1 else f"{names[first]}\u2013{names[day - 1]}"
            lines.append(f"{days}  {_hours(calendar.week.get(first, ()), say)}")
            first = day
    if calendar.holidays:
        lines.append(say("loopbook.holidays", code=calendar.holidays))
    if calendar.closed:
        lines.append(say("loopbook.closed_days", n=len(calendar.closed)))
    return lines


def verify_words(verify: Verify, say: Words, names: Names) -> list[str]:
    """Whether the customer is asked afterwards, and what comes of the answer."""
    if not verify.enabled:
        return [say("loopbook.verify_off")]
    ways = say("loopbook.comma").join(say(f"ticket.contact_kind.{_WAYS.get(one, one)}")
                                      for one in verify.messages)  # fmt: skip
    return [
        say(
            "loopbook.verify_on", survey=names.surveys.get(verify.survey, verify.survey), ways=ways
        ),
        say("loopbook.verify_good", good=plain(verify.good_from), days=verify.wait_days),
        say("loopbook.verify_counts" if verify.counts else "loopbook.verify_apart"),
    ]


def digest_words(digest: Digest, say: Words) -> str:
    """From how many alerts on they are told together."""
    return say("loopbook.digest", after=digest.after, at=f"{digest.at:%H:%M}")


def plain(number: float) -> str:
    """A number as people write it: no tenth where it is whole."""
    return f"{number:g}"


_WAYS = {"sms": "phone"}


def _score_words(metric: str, low: float | None, high: float | None, say: Words) -> str:
    if low is not None and high is not None:
        return say("loopbook.score_between", metric=metric, low=plain(low), high=plain(high))
    if high is not None:
        return say("loopbook.score_at_most", metric=metric, high=plain(high))
    return say("loopbook.score_at_least", metric=metric, low=plain(low or 0))


def _hours(hours: tuple[Hours, ...], say: Words) -> str:
    if not hours:
        return say("loopbook.closed")
    return say("loopbook.comma").join(f"{_clock(one.opens)}\u2013{_clock(one.closes)}"
                                      for one in hours)  # fmt: skip


def _clock(seconds: int) -> str:
    return f"{seconds // _HOUR:02d}:{seconds % _HOUR // 60:02d}"
