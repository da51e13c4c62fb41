"""From a checked file of rules to the values that the planner decides with. Pure."""

from datetime import time, timedelta

from api.surveys.definitions.rules import (
    NO_HOLIDAYS,
    WEEKDAYS,
    CapEntry,
    LimitEntry,
    RulesFile,
    WaveEntry,
    WholeRule,
    WindowEntry,
    whole_rules,
)
from scheduler.planner import (
    Cap,
    Fallback,
    Lot,
    QuietHours,
    Reminder,
    Rule,
    RuleSet,
    Sampling,
    Segment,
    SendWindow,
    Wave,
)

_LAST_MOMENT = time(23, 59, 59, 999999)


def rule_set(file: RulesFile) -> RuleSet:
    """The rules as the planner takes them."""
    segments = tuple(one.segment for one in file.segments)
    return RuleSet(
        code=file.code,
        version=file.version,
        effective_from=file.effective_from,
        cap=floor_cap(file.cap),
        rules=tuple(_rule(rule, segments) for rule in whole_rules(file)),
        limits=tuple(limit_cap(one) for one in file.limits),
        waves=tuple(_wave(one) for one in file.waves),
        compete=file.compete,
        costs=dict(file.costs),
    )


def floor_cap(entry: CapEntry) -> Cap:
    """The floor as the planner takes it."""
    hold = entry.when_full == "hold"
    return Cap(entry.days, entry.count, not_for=frozenset(entry.not_for), hold=hold)


def limit_cap(entry: LimitEntry) -> Cap:
    """A further cap as the planner takes it."""
    return Cap(
        entry.days,
        entry.count,
        name=entry.name,
        per=entry.per,
        since=entry.since,
        over=entry.over,
        only=frozenset(entry.only),
        not_for=frozenset(entry.not_for),
        hold=entry.when_full == "hold",
    )


def send_window(entry: WindowEntry) -> SendWindow:
    """A window as the planner takes it; ``24:00`` is the end of the day."""
    end = _LAST_MOMENT if entry.end == "24:00" else time.fromisoformat(entry.end)
    days = frozenset(WEEKDAYS.index(day) for day in entry.days)
    return SendWindow(days, time.fromisoformat(entry.start), end)


def quiet(rule: WholeRule) -> QuietHours:
    """The quiet hours as the planner takes them."""
    start, end = (time.fromisoformat(clock) for clock in rule.quiet_hours)
    return QuietHours(start, end)


def _rule(rule: WholeRule, segments: tuple[Segment, ...]) -> Rule:
    sampling, lot, back = rule.sampling, rule.lot, rule.fallback
    hours = back.unopened_after_hours
    return Rule(
        touchpoint=rule.touchpoint,
        survey=rule.survey,
        delay=timedelta(hours=rule.delay_hours),
        max_age=timedelta(days=rule.max_age_days),
        expiry=timedelta(days=rule.expiry_days),
        quiet_hours=quiet(rule),
        segments=segments,
        channels=rule.channels,
        templates=rule.templates,
        windows=tuple(send_window(one) for one in rule.windows),
        holidays=None if rule.holidays == NO_HOLIDAYS else rule.holidays,
        spread=timedelta(minutes=rule.spread_minutes),
        priority=rule.priority,
        shares=rule.shares,
        sampling=Sampling(sampling.margin, sampling.confidence, sampling.days)
        if sampling
        else None,
        lot=Lot(lot.share, lot.channels) if lot else None,
        fallback=Fallback(
            undeliverable=back.undeliverable,
            unopened_after=None if hours is None else timedelta(hours=hours),
            counts=back.counts,
        ),
        reminders=tuple(
            Reminder(timedelta(days=one.after_days), one.channel, one.template, one.counts)
            for one in rule.reminders
        ),
    )


def _wave(entry: WaveEntry) -> Wave:
    return Wave(
        code=entry.code,
        touchpoint=entry.touchpoint,
        segment=entry.segment,
        on=entry.on,
        months_after=entry.months_after,
        anchor=entry.anchor,
        yearly=entry.yearly,
        per_day=entry.per_day,
        share=entry.share,
        titles=entry.title.model_dump() if entry.title else None,
    )
