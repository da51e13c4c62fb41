"""From a checked file to the values that everything else works with."""

from collections.abc import Iterator
from datetime import date, time

from api.surveys.definitions.rules import NO_HOLIDAYS, WEEKDAYS
from api.tickets.definitions.file import (
    SEVERITIES,
    AlertEntry,
    CalendarEntry,
    ConditionEntry,
    LoopFile,
    VerifyEntry,
)
from api.tickets.loop import (
    AlertRule,
    AllOf,
    AnyOf,
    Calendar,
    Cause,
    Condition,
    Digest,
    Escalation,
    Hours,
    Loop,
    SaysWord,
    ScoreFell,
    ScoreIs,
    Target,
    TierIs,
    Verify,
    WantsCall,
)

_HOUR = 3600


def loop_of(file: LoopFile) -> Loop:
    """The rules that a file without faults says."""
    return Loop(
        rules=tuple(_rule(one) for one in file.alerts),
        calendars={one.code: calendar_of(one) for one in file.calendars},
        calendar=file.default_calendar,
        by_unit={unit: one.code for one in file.calendars for unit in one.units},
        targets=tuple(_targets(file)),
        escalations=tuple(
            Escalation(one.clock, one.calendar, round(one.after_hours * _HOUR), one.to)
            for one in file.escalations
        ),
        causes=tuple(Cause(one.code, one.name.model_dump(), one.parent) for one in file.causes),
        verify=_verify(file.verify),
        digest=Digest(file.digest.after, time.fromisoformat(file.digest.at)),
    )


def calendar_of(entry: CalendarEntry) -> Calendar:
    """When branches of this calendar work."""
    week = {
        number: tuple(
            sorted(
                (hours(one.start, one.end) for one in entry.open if day in one.days),
                key=lambda span: span.opens,
            )
        )
        for number, day in enumerate(WEEKDAYS)
    }
    moved: dict[date, tuple[Hours, ...]] = {}
    for one in sorted(entry.moved, key=lambda moved: moved.start):
        moved[one.day] = (*moved.get(one.day, ()), hours(one.start, one.end))
    holidays = None if entry.holidays == NO_HOLIDAYS else entry.holidays
    return Calendar(week, holidays, frozenset(entry.closed), moved)


def hours(start: str, end: str) -> Hours:
    """From ``"09:00"`` to ``"18:00"``; ``"24:00"`` is midnight."""
    closes = None if end == "24:00" else time.fromisoformat(end)
    return Hours.of(time.fromisoformat(start), closes)


def condition_of(entry: ConditionEntry) -> Condition:
    """A condition; the caller has seen that exactly one key is given."""
    if entry.all is not None:
        return AllOf(tuple(condition_of(one) for one in entry.all))
    if entry.any is not None:
        return AnyOf(tuple(condition_of(one) for one in entry.any))
    return _single(entry)


def _single(entry: ConditionEntry) -> Condition:
    if entry.score is not None:
        return ScoreIs(entry.score.metric, entry.score.at_most, entry.score.at_least)
    if entry.drop is not None:
        return ScoreFell(entry.drop.metric, entry.drop.points)
    if entry.keyword is not None:
        return SaysWord(entry.keyword)
    if entry.wants_call is not None:
        return WantsCall(entry.wants_call.question, frozenset(entry.wants_call.options))
    return TierIs(frozenset(entry.tier or ()))


def _rule(entry: AlertEntry) -> AlertRule:
    ticket = entry.kind == "answer" if entry.ticket is None else entry.ticket
    given = {
        name: value
        for name in ("days", "events", "weeks", "share", "false_alarms", "level", "wish")
        if (value := getattr(entry, name)) is not None
    }
    return AlertRule(
        code=entry.code,
        kind=entry.kind,
        names=entry.name.model_dump(),
        severity=SEVERITIES[entry.severity],
        ticket=ticket,
        role=entry.role,
        touchpoints=None if entry.touchpoints is None else frozenset(entry.touchpoints),
        when=None if entry.when is None else condition_of(entry.when),
        **given,
    )


def _targets(file: LoopFile) -> Iterator[Target]:
    for entry in file.targets:
        for kind, hours_ in entry.hours.items():
            seconds = round(hours_ * _HOUR)
            yield Target(SEVERITIES[entry.severity], kind, entry.calendar, seconds)


def _verify(entry: VerifyEntry) -> Verify:
    return Verify(
        enabled=entry.enabled,
        survey=entry.survey or "",
        metric=entry.metric or "",
        messages={channel.value: code for channel, code in entry.messages.items()},
        counts=entry.counts,
        wait_days=entry.wait_days,
        good_from=4 if entry.good_from is None else entry.good_from,
    )
