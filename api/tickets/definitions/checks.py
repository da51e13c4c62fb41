"""What is wrong with rules of the closed loop of the right shape, whatever else is published."""

from collections.abc import Iterator
from itertools import pairwise

from api.security.permissions import ROLE_PERMISSIONS, Permission
from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.rules import NO_HOLIDAYS, WEEKDAYS
from api.surveys.definitions.shapes import repeated
from api.tickets.definitions.file import (
    AlertEntry,
    CalendarEntry,
    ConditionEntry,
    EscalationEntry,
    LoopFile,
    MovedEntry,
    OpenEntry,
    TargetEntry,
)
from scheduler.planner.calendars import knows_calendar

ROLES = tuple(role for role, may in ROLE_PERMISSIONS.items() if Permission.HANDLE_TICKETS in may)
DEEPEST = 4  # conditions within conditions; what is deeper nobody can read
_ONLY_FOR = {
    "when": ("answer",),
    "wish": ("answer",),
    "touchpoints": ("answer", "silence", "feed"),
    "days": ("silence", "feed"),
    "events": ("silence", "feed"),
    "weeks": ("feed",),
    "share": ("feed",),
    "false_alarms": ("feed",),
    "level": ("warning",),
}
_NEEDED = {"answer": "when", "warning": "level"}


def check_loop(file: LoopFile) -> Iterator[Finding]:
    """Every fault."""
    yield from _codes(file)
    for number, alert in enumerate(file.alerts):
        yield from _alert(("alert", number), alert)
    for number, calendar in enumerate(file.calendars):
        yield from _calendar(("calendar", number), calendar)
    yield from _chosen_calendars(file)
    yield from _targets(file)
    yield from _escalations(file)
    yield from _causes(file)
    yield from _verify(file)


def _codes(file: LoopFile) -> Iterator[Finding]:
    coded: dict[str, list[str]] = {
        "alert": [one.code for one in file.alerts],
        "calendar": [one.code for one in file.calendars],
        "cause": [one.code for one in file.causes],
    }
    for name, codes in coded.items():
        twice = repeated(codes)
        for number, code in enumerate(codes):
            if code in twice:
                yield Finding((name, number, "code"), "repeated", {"code": code})


def _alert(path: Path, alert: AlertEntry) -> Iterator[Finding]:
    for key, kinds in _ONLY_FOR.items():
        if getattr(alert, key) is not None and alert.kind not in kinds:
            yield Finding((*path, key), "loop_not_for_kind", {"kind": alert.kind})
    needed = _NEEDED.get(alert.kind)
    if needed is not None and getattr(alert, needed) is None:
        yield Finding((*path, needed), "missing")
    if alert.role not in ROLES:
        yield Finding((*path, "role"), "one_of", {"expected": ", ".join(ROLES)})
    if alert.wish and alert.ticket is False:
        yield Finding((*path, "wish"), "loop_wish_needs_ticket")
    if alert.kind != "answer" and alert.ticket:
        yield Finding((*path, "ticket"), "loop_no_customer")
    if alert.when is not None:
        yield from _condition((*path, "when"), alert.when, 1)


def _condition(path: Path, entry: ConditionEntry, depth: int) -> Iterator[Finding]:
    said = entry.said
    if len(said) != 1:
        known = ", ".join(type(entry).model_fields)
        yield Finding(path, "loop_one_condition", {"known": known})
    if depth > DEEPEST:
        yield Finding(path, "loop_too_deep", {"limit": DEEPEST})
        return
    score = entry.score
    if score is not None and score.at_most is None and score.at_least is None:
        yield Finding((*path, "score"), "loop_score_limit")
    elif (
        score is not None
        and score.at_most is not None
        and score.at_least is not None
        and score.at_most < score.at_least
    ):
        yield Finding((*path, "score", "at_most"), "at_least", {"limit": f"{score.at_least:g}"})
    words = [word.casefold() for word in entry.keyword or ()]
    for word in sorted(repeated(words)):
        yield Finding((*path, "keyword"), "repeated", {"code": word})
    for key in ("all", "any"):
        for number, one in enumerate(getattr(entry, key) or ()):
            yield from _condition((*path, key, number), one, depth + 1)


def _calendar(path: Path, entry: CalendarEntry) -> Iterator[Finding]:
    if entry.holidays != NO_HOLIDAYS and not knows_calendar(entry.holidays):
        yield Finding((*path, "holidays"), "unknown_calendar", {"code": entry.holidays})
    for number, one in enumerate(entry.open):
        yield from _span((*path, "open", number), one)
    for number, moved in enumerate(entry.moved):
        yield from _span((*path, "moved", number), moved)
        if moved.day in entry.closed:
            yield Finding((*path, "moved", number, "day"), "loop_closed_too", {"day": moved.day})
    yield from _overlaps(path, entry)


def _span(path: Path, one: OpenEntry | MovedEntry) -> Iterator[Finding]:
    if one.start >= one.end:
        yield Finding((*path, "to"), "window_ends_early", {"start": one.start})


def _overlaps(path: Path, entry: CalendarEntry) -> Iterator[Finding]:
    for weekday in WEEKDAYS:
        on_day = [
            (one.start, one.end, n) for n, one in enumerate(entry.open) if weekday in one.days
        ]
        for (start, end, _), (later, _, number) in pairwise(sorted(on_day)):
            if later < end:
                yield _overlap((*path, "open", number), f"{start}-{end}", weekday)
    moved = sorted((one.day, one.start, one.end, n) for n, one in enumerate(entry.moved))
    for (day, start, end, _), (same, later, _, number) in pairwise(moved):
        if day == same and later < end:
            yield _overlap((*path, "moved", number), f"{start}-{end}", str(day))


def _overlap(path: Path, other: str, days: str) -> Finding:
    return Finding(path, "windows_overlap", {"other": other, "days": days})


def _chosen_calendars(file: LoopFile) -> Iterator[Finding]:
    known = [one.code for one in file.calendars]
    if file.default_calendar not in known:
        values = {"code": file.default_calendar, "known": ", ".join(known)}
        yield Finding(("default_calendar",), "loop_unknown_calendar", values)
    twice = repeated(unit for one in file.calendars for unit in one.units)
    for number, one in enumerate(file.calendars):
        for place, unit in enumerate(one.units):
            if unit in twice:
                yield Finding(("calendar", number, "units", place), "repeated", {"code": unit})


def _targets(file: LoopFile) -> Iterator[Finding]:
    """Each once, and in the order of the work: a later step never has to be done earlier."""
    twice = repeated(f"{one.severity}, {one.calendar}" for one in file.targets)
    for number, one in enumerate(file.targets):
        path: Path = ("target", number)
        if f"{one.severity}, {one.calendar}" in twice:
            yield Finding(path, "repeated", {"code": f"{one.severity}, {one.calendar}"})
        yield from _in_order(path, one)


def _in_order(path: Path, entry: TargetEntry) -> Iterator[Finding]:
    given = list(entry.hours.items())
    if not given:
        yield Finding(path, "loop_target_empty")
    for (earlier, least), (kind, hours) in pairwise(given):
        if hours < least:
            values = {"limit": f"{least:g}", "earlier": f"{earlier}_hours"}
            yield Finding((*path, f"{kind}_hours"), "loop_target_order", values)


def _escalations(file: LoopFile) -> Iterator[Finding]:
    clocks = {(kind, one.calendar) for one in file.targets for kind in one.hours}
    seen: dict[tuple[str, str, str], EscalationEntry] = {}
    for number, one in enumerate(file.escalations):
        path: Path = ("escalation", number)
        if (one.clock, one.calendar) not in clocks:
            values: dict[str, str] = {"clock": one.clock, "calendar": one.calendar}
            yield Finding((*path, "clock"), "loop_never_escalates", values)
        if (one.clock, one.calendar, one.to) in seen:
            yield Finding((*path, "to"), "repeated", {"code": one.to})
        seen.setdefault((one.clock, one.calendar, one.to), one)
    for number, one in enumerate(file.escalations):
        region = seen.get((one.clock, one.calendar, "region"))
        if one.to == "headquarters" and region and one.after_hours < region.after_hours:
            limit = f"{region.after_hours:g}"
            yield Finding(("escalation", number, "after_hours"), "at_least", {"limit": limit})


def _causes(file: LoopFile) -> Iterator[Finding]:
    groups = {one.code for one in file.causes if one.parent is None}
    for number, one in enumerate(file.causes):
        if one.parent is not None and one.parent not in groups:
            values = {"code": one.parent, "known": ", ".join(sorted(groups))}
            yield Finding(("cause", number, "parent"), "loop_unknown_group", values)


def _verify(file: LoopFile) -> Iterator[Finding]:
    if not file.verify.enabled:
        return
    for key in ("survey", "metric", "good_from", "messages"):
        if not getattr(file.verify, key):
            yield Finding(("verify", key), "missing")
