"""The rules of the closed loop as values: alerts, calendars, targets, escalations, causes, verify.

Frozen and plain, so that what works on them is pure and needs no database. Read from TOML by
``api.tickets.definitions``; which version holds is the business of ``api.tickets.published``.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Literal

from api.core.languages import Language

AlertKind = Literal["answer", "silence", "feed", "warning"]
ClockKind = Literal["acknowledge", "contact", "resolve"]
ClockCalendar = Literal["business", "customer"]
Destination = Literal["region", "headquarters"]
WarningLevel = Literal["watch", "alert"]

LEVELS: dict[Destination, int] = {"region": 1, "headquarters": 2}
ESCALATED_ROLES: dict[Destination, str] = {
    "region": "regional_manager",
    "headquarters": "hq_admin",
}
MIDNIGHT = 24 * 60 * 60


@dataclass(frozen=True)
class ScoreIs:
    """A score of the answer, on the scale of its question: within the limits that are given."""

    metric: str
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class ScoreFell:
    """A score lower than the same person's last answer, by ``points`` of the scale or more."""

    metric: str
    points: float


@dataclass(frozen=True)
class SaysWord:
    """Any of the words stands in a comment, whatever its case."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class TierIs:
    """The customer's value tier is one of ``values``."""

    values: frozenset[str]


@dataclass(frozen=True)
class WantsCall:
    """An option, or the value, chosen in a question: the customer asks to be called."""

    question: str
    values: frozenset[str]


@dataclass(frozen=True)
class AllOf:
    """Every one of the conditions holds."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of the conditions holds."""

    conditions: tuple["Condition", ...]


Condition = ScoreIs | ScoreFell | SaysWord | TierIs | WantsCall | AllOf | AnyOf


def leaves(condition: Condition) -> Iterator[ScoreIs | ScoreFell | SaysWord | TierIs | WantsCall]:
    """The single conditions within a condition."""
    if isinstance(condition, AllOf | AnyOf):
        for one in condition.conditions:
            yield from leaves(one)
    else:
        yield condition


@dataclass(frozen=True)
class AlertRule:
    """What is worth telling somebody.

    Parameters
    ----------
    code, kind, names : str, str, mapping
        Stable code; what it looks at; what people call it, by language.
    severity : int
        1 low, 2 high, 3 urgent.
    ticket : bool
        Whether a ticket is opened, and not only a notice told.
    role : str
        Whose matter it is, at the branch or the nearest unit above that has one.
    touchpoints : frozenset or None
        None: all of them.
    when : Condition or None
        Of kind ``answer``.
    wish : bool
        Of kind ``answer``: the ticket is a wish (a call asked for), no complaint.
    days, events : int
        ``silence``: so many events or more in the last ``days`` days and no answer.
        ``feed``: the last ``days`` full days against the branch's own pattern, of which at
        least ``events`` were to be expected.
    weeks : int
        ``feed``: how many weeks before make the pattern.
    share : float
        ``feed``: at most this share of what is usual (0: stopped altogether).
    false_alarms : float
        ``feed``: false alarms that are accepted, per branch and year.
    level : str or None
        ``warning``: from which level of the warning list.
    """

    code: str
    kind: AlertKind = "answer"
    names: Mapping[str, str] = field(default_factory=dict)
    severity: int = 2
    ticket: bool = True
    role: str = "branch_manager"
    touchpoints: frozenset[str] | None = None
    when: Condition | None = None
    wish: bool = False
    days: int = 7
    events: int = 10
    weeks: int = 8
    share: float = 0.0
    false_alarms: float = 0.1
    level: WarningLevel | None = None

    def name(self, language: Language) -> str:
        """What people call it."""
        return self.names.get(language, self.code)


@dataclass(frozen=True)
class Hours:
    """From when until when it is open, in seconds of the local day (24:00 is 86,400)."""

    opens: int
    closes: int

    @staticmethod
    def of(opens: time, closes: time | None) -> "Hours":
        """From times of day; None closes at midnight."""
        closing = MIDNIGHT if closes is None else _seconds(closes)
        return Hours(_seconds(opens), closing)


@dataclass(frozen=True)
class Calendar:
    """When a branch works: hours by weekday (0 is Monday), holidays of a country, closed days."""

    week: Mapping[int, tuple[Hours, ...]]
    holidays: str | None = None
    closed: frozenset[date] = frozenset()
    opened: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)  # shifted workdays


@dataclass(frozen=True)
class Target:
    """Within how many seconds of a calendar something has to be done."""

    severity: int
    kind: ClockKind
    calendar: ClockCalendar
    seconds: int


@dataclass(frozen=True)
class Escalation:
    """Who is told when a clock has been over for so long."""

    kind: ClockKind
    calendar: ClockCalendar
    after_seconds: int  # of the clock's own calendar, after it was due
    to: Destination

    @property
    def level(self) -> int:
        """1 region, 2 headquarters, as ``ticket.level``."""
        return LEVELS[self.to]

    @property
    def role(self) -> str:
        """Who is told there."""
        return ESCALATED_ROLES[self.to]


@dataclass(frozen=True)
class Cause:
    """A root cause; ``parent`` is the group it belongs to."""

    code: str
    names: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None

    def name(self, language: Language) -> str:
        """What people call it."""
        return self.names.get(language, self.code)


@dataclass(frozen=True)
class Verify:
    """Whether and how the customer is asked after a matter was resolved.

    ``counts``: the question takes a place under the caps. A score of ``metric`` of at least
    ``good_from`` verifies, a lower one reopens; without an answer it ends after ``wait_days``.
    """

    enabled: bool = False
    survey: str = ""
    metric: str = ""
    messages: Mapping[str, str] = field(default_factory=dict)  # template by channel
    counts: bool = True
    wait_days: int = 7
    good_from: float = 4


@dataclass(frozen=True)
class Digest:
    """From how many alerts of a branch and local day the rest is told together, and at what time.

    Urgent alerts (severity 3) are always told at once.
    """

    after: int = 5
    at: time = time(18, 0)


@dataclass(frozen=True)
class Loop:
    """One version of the rules of the closed loop."""

    rules: tuple[AlertRule, ...] = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    calendar: str = ""  # of branches for which no unit above says another
    by_unit: Mapping[str, str] = field(default_factory=dict)  # calendar by unit's code
    targets: tuple[Target, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    causes: tuple[Cause, ...] = ()
    verify: Verify = dataclasses.field(default_factory=Verify)
    digest: Digest = dataclasses.field(default_factory=Digest)

    def rule(self, code: str) -> AlertRule | None:
        """The rule of this code."""
        return next((one for one in self.rules if one.code == code), None)

    def rules_of(self, kind: AlertKind) -> tuple[AlertRule, ...]:
        """The rules of a kind."""
        return tuple(one for one in self.rules if one.kind == kind)

    def cause(self, code: str | None) -> Cause | None:
        """The root cause of this code."""
        return next((one for one in self.causes if one.code == code), None)

    @property
    def choices(self) -> tuple[str, ...]:
        """Codes of causes that a ticket may have: what is no group of others."""
        groups = {one.parent for one in self.causes}
        return tuple(one.code for one in self.causes if one.code not in groups)

    def targets_of(self, severity: int) -> tuple[Target, ...]:
        """What has to be done for a ticket of this severity, and within which time."""
        return tuple(one for one in self.targets if one.severity == severity)

    def escalations_of(self, kind: str, calendar: str) -> tuple[Escalation, ...]:
        """The steps of escalation of one clock, the earliest first."""
        found = [one for one in self.escalations if (one.kind, one.calendar) == (kind, calendar)]
        return tuple(sorted(found, key=lambda one: (one.after_seconds, one.level)))

    def calendar_for(self, codes: Iterable[str]) -> Calendar | None:
        """The calendar of a branch; ``codes`` are its own and its ancestors', nearest first."""
        for code in codes:
            if code in self.by_unit:
                return self.calendars[self.by_unit[code]]
        return self.calendars.get(self.calendar)


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
