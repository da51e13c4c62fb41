"""The rules of the closed loop as they stand in their file: the shape of every table."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from api.surveys.definitions.rules import WEEKDAYS, Clock, Number, Until, Weekday
from api.surveys.definitions.shapes import Code, Definition, Localized, Table
from api.tickets.loop import (
    AlertKind,
    ClockCalendar,
    ClockKind,
    Destination,
    WarningLevel,
)
from scheduler.planner import Channel

SeverityName = Literal["low", "high", "urgent"]
SEVERITIES: dict[SeverityName, int] = {"low": 1, "high": 2, "urgent": 3}
Hours = Annotated[Number, Field(gt=0, le=8784)]
UnitCode = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Calendars = Annotated[str, StringConstraints(min_length=2, max_length=6)]


class ScoreEntry(Table):
    """A score within limits; one of them has to be given."""

    metric: Code
    at_most: Number | None = None
    at_least: Number | None = None


class DropEntry(Table):
    """A score lower than the person's last one."""

    metric: Code
    points: Annotated[Number, Field(gt=0, le=10)]


class WantsCallEntry(Table):
    """A question by whose answer the customer asks to be called."""

    question: Code
    options: Annotated[tuple[Said, ...], Field(min_length=1)]


class ConditionEntry(Table):
    """Exactly one of these."""

    score: ScoreEntry | None = None
    drop: DropEntry | None = None
    keyword: Annotated[tuple[Said, ...], Field(min_length=1, max_length=500)] | None = None
    tier: Annotated[tuple[Said, ...], Field(min_length=1)] | None = None
    wants_call: WantsCallEntry | None = None
    all: Annotated[tuple["ConditionEntry", ...], Field(min_length=1, max_length=20)] | None = None
    any: Annotated[tuple["ConditionEntry", ...], Field(min_length=1, max_length=20)] | None = None

    @property
    def said(self) -> list[str]:
        """The keys that are given."""
        return [name for name, value in self if value is not None]


class AlertEntry(Table):
    """What is worth telling; which keys there may be depends on the kind."""

    code: Code
    kind: AlertKind
    name: Localized
    severity: SeverityName = "high"
    ticket: StrictBool | None = None
    wish: StrictBool | None = None
    role: Code = "branch_manager"
    touchpoints: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    when: ConditionEntry | None = None
    days: Annotated[StrictInt, Field(ge=1, le=90)] | None = None
    events: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = None
    weeks: Annotated[StrictInt, Field(ge=2, le=52)] | None = None
    share: Annotated[Number, Field(ge=0, lt=1)] | None = None
    false_alarms: Annotated[Number, Field(gt=0, le=12)] | None = None
    level: WarningLevel | None = None


class OpenEntry(Table):
    """Hours on some weekdays or on all; a window does not span midnight."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Until, Field(alias="to")]


class MovedEntry(Table):
    """A day on which it is open whatever the weekday and the holidays say."""

    day: date
    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Until, Field(alias="to")]


class CalendarEntry(Table):
    """When branches work."""

    code: Code
    holidays: Calendars
    open: Annotated[tuple[OpenEntry, ...], Field(min_length=1)]
    closed: tuple[date, ...] = ()
    moved: tuple[MovedEntry, ...] = ()
    units: tuple[UnitCode, ...] = ()


class TargetEntry(Table):
    """Within how many hours of a calendar the three steps have to be done."""

    severity: SeverityName
    calendar: ClockCalendar
    acknowledge_hours: Hours | None = None
    contact_hours: Hours | None = None
    resolve_hours: Hours | None = None

    @property
    def hours(self) -> dict[ClockKind, float]:
        """What is given, in the order in which it has to be done."""
        given: dict[ClockKind, float | None] = {
            "acknowledge": self.acknowledge_hours,
            "contact": self.contact_hours,
            "resolve": self.resolve_hours,
        }
        return {kind: hours for kind, hours in given.items() if hours is not None}


class EscalationEntry(Table):
    """Who is told when a clock has been over for so long."""

    clock: ClockKind
    calendar: ClockCalendar
    after_hours: Annotated[Number, Field(ge=0, le=8784)]
    to: Destination


class CauseEntry(Table):
    """A root cause, or a group of them."""

    code: Code
    name: Localized
    parent: Code | None = None


class VerifyEntry(Table):
    """The question after a matter was resolved."""

    enabled: StrictBool
    survey: Code | None = None
    metric: Code | None = None
    good_from: Number | None = None
    wait_days: Annotated[StrictInt, Field(ge=1, le=60)] = 7
    counts: StrictBool = True
    messages: dict[Channel, Code] = Field(default_factory=dict)


class DigestEntry(Table):
    """From how many alerts of a branch and day the rest is told together."""

    after: Annotated[StrictInt, Field(ge=1, le=1000)] = 5
    at: Clock = "18:00"


class LoopFile(Definition):
    """One version of the rules of the closed loop."""

    default_calendar: Code
    calendars: Annotated[tuple[CalendarEntry, ...], Field(alias="calendar", min_length=1)]
    alerts: Annotated[tuple[AlertEntry, ...], Field(alias="alert", min_length=1)]
    targets: Annotated[tuple[TargetEntry, ...], Field(alias="target", min_length=1)]
    escalations: Annotated[tuple[EscalationEntry, ...], Field(alias="escalation")] = ()
    causes: Annotated[tuple[CauseEntry, ...], Field(alias="cause", min_length=1)]
    verify: VerifyEntry
    digest: DigestEntry = DigestEntry()


def schema() -> dict[str, Any]:
    """The JSON Schema of a file of the loop's rules."""
    document = LoopFile.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "Branchpulse rules of the closed loop"
    return document
