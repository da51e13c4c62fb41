"""The rules of asking as values: segments, one rule per touchpoint, caps, waves.

A rule that makes no sense cannot be built: there is no figure that means "unlimited", and a missing
rule means that nothing is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from scheduler.planner.facts import Channel, Holder, Scalar, require_aware

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a segment asks of an event or its customer.

    Parameters
    ----------
    field : str
        ``age``, ``value_tier``, ``language``, ``model_line``, ``returning``, ``lead``, ``brand``,
        ``owner_group``, ``city_tier``, ``touchpoint``, ``branch``, or ``customer.NAME`` and
        ``event.NAME`` for an attribute that was imported.
    values : frozenset or None
        Any of these.
    low, below : float or None
        Or a number from ``low`` (inclusive) to before ``below``.
    negated : bool
        The opposite; a value that is not known satisfies neither a condition nor its opposite.
    """

    field: str
    values: frozenset[Scalar] | None = None
    low: float | None = None
    below: float | None = None
    negated: bool = False

    def __post_init__(self) -> None:
        ranged = self.low is not None or self.below is not None
        if (self.values is None) != ranged:
            raise ValueError(f"{self.field}: a condition needs either values or a range")


@dataclass(frozen=True, slots=True)
class Segment:
    """A named predicate: all its conditions hold; without any it takes everybody.

    ``titles`` are what people call it, by language; they decide nothing.
    """

    name: str
    conditions: tuple[Condition, ...] = ()
    titles: Mapping[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Wall-clock hours without messages: from ``start`` (inclusive) to ``end`` (exclusive).

    ``start`` later than ``end`` spans midnight. Equal ones are refused: they could mean never or
    always.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError("quiet hours need two different times")

    def hold(self, clock: time) -> bool:
        """Whether ``clock`` on the wall is quiet."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class SendWindow:
    """Hours of some weekdays (0 Monday … 6 Sunday) in which messages may go, on the wall clock."""

    days: frozenset[int]
    start: time
    end: time  # exclusive; later than ``start``: a window does not span midnight

    def __post_init__(self) -> None:
        if not self.days or not self.days <= EVERY_DAY:
            raise ValueError("a window needs weekdays from 0 (Monday) to 6 (Sunday)")
        if self.start >= self.end:
            raise ValueError("a window must end after it starts")

    def __str__(self) -> str:
        days = "".join(str(day) for day in sorted(self.days))
        return f"{days} {self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Timing:
    """When messages may go, on the clock of the customer's zone, else of the branch's.

    Parameters
    ----------
    quiet_hours : QuietHours
    windows : tuple of SendWindow
        None given: every hour that is not quiet.
    holidays : str or None
        Calendar whose public holidays are days without messages: ISO 3166 code such as ``CN``.
    spread : timedelta
        Messages that are due at one moment are spread evenly over this long, by the event's lot.
    """

    quiet_hours: QuietHours
    windows: tuple[SendWindow, ...] = ()
    holidays: str | None = None
    spread: timedelta = timedelta(0)


class Since(StrEnum):
    """From which moment of an earlier invitation a cap counts."""

    INVITATION = "invitation"
    COMPLETION = "completion"


class Over(StrEnum):
    """Which earlier invitations a cap counts."""

    EVERYTHING = "everything"
    TOUCHPOINT = "touchpoint"
    SURVEY = "survey"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``count`` invitations in any ``days`` × 24 hours.

    Parameters
    ----------
    days, count : int
        Both at least 1.
    name : str
        Shown with the check.
    per : Holder
        Whose invitations are counted.
    since : Since
        From the sending, or from the completion of the survey.
    over : Over
        Across everything, or those of the same touchpoint, survey or channel.
    only : frozenset of str
        Codes of touchpoints, surveys or channels that the cap is about; empty: any.
    not_for : frozenset of str
        Segments that the cap does not hold for.
    hold : bool
        A capped event waits for its date where there is one in time; else it is dropped at once.
    """

    days: int
    count: int
    name: str = "cap"
    per: Holder = Holder.PERSON
    since: Since = Since.INVITATION
    over: Over = Over.EVERYTHING
    only: frozenset[str] = frozenset()
    not_for: frozenset[str] = frozenset()
    hold: bool = True
    window: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.days < 1 or self.count < 1:
            raise ValueError("a cap needs at least 1 day and at least 1 invitation")
        object.__setattr__(self, "window", timedelta(days=self.days))

    def __str__(self) -> str:
        return f"{self.count}/{self.days}d"


@dataclass(frozen=True, slots=True)
class Fallback:
    """When the next channel of the segment's order is tried.

    Parameters
    ----------
    undeliverable : bool
        After a provider's refusal.
    unopened_after : timedelta or None
        When the link was not opened for so long after the sending; None: never.
    counts : bool
        Whether a fall-back occupies a slot of the caps of its own.
    """

    undeliverable: bool = True
    unopened_after: timedelta | None = None
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """A message to who has not answered: ``after`` the message before, by ``channel`` or the same.

    ``template`` None: the rule's template of that channel.
    """

    after: timedelta
    channel: Channel | None = None
    template: str | None = None
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Sampling:
    """Asking some: until a branch's score is as sure as it should be.

    Parameters
    ----------
    margin : float
        Half the width of the score's interval that is aimed at, in NPS points.
    confidence : float
        0.90 or 0.95.
    days : int
        The period in which a branch is to reach it.
    """

    margin: float
    confidence: float = 0.90
    days: int = 91


@dataclass(frozen=True, slots=True)
class Lot:
    """Channels given by lot to a small random share, so that what a channel does can be measured.

    The lot is drawn among the usable ones of ``channels``; nobody gets a channel without consent.
    """

    share: float
    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        if not 0 < self.share <= 0.5 or len(set(self.channels)) < 2:
            raise ValueError("a lot needs a share up to 0.5 and at least two channels")


@dataclass(frozen=True, slots=True)
class Rule:
    """How to ask after one touchpoint.

    Parameters
    ----------
    touchpoint, survey : str
        Codes.
    delay : timedelta
        From the event to the first moment of sending.
    max_age : timedelta
        From the event to the last moment of sending; an event held beyond it is stale.
    expiry : timedelta
        From sending to the end of the link.
    quiet_hours : QuietHours
        In the customer's zone, else the branch's.
    segments : sequence of Segment
        The first that takes the customer counts.
    channels : mapping of segment name to channels
        In order of preference; the first usable one is taken, the rest are fall-backs. A segment
        with none is never asked.
    templates : mapping of Channel to template code
    windows, holidays, spread
        See :class:`Timing`.
    priority : int
        When touchpoints compete for one person's single invitation, the higher wins.
    shares : mapping of segment name to float
        Of a segment that is named here only this share is asked, chosen by lot; others: all.
    sampling : Sampling or None
    lot : Lot or None
    fallback : Fallback
    reminders : tuple of Reminder
    """

    touchpoint: str
    survey: str
    delay: timedelta
    max_age: timedelta
    expiry: timedelta
    quiet_hours: QuietHours
    segments: tuple[Segment, ...]
    channels: Mapping[str, tuple[Channel, ...]]
    templates: Mapping[Channel, str]
    windows: tuple[SendWindow, ...] = ()
    holidays: str | None = None
    spread: timedelta = timedelta(0)
    priority: int = 0
    shares: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sampling: Sampling | None = None
    lot: Lot | None = None
    fallback: Fallback = Fallback()
    reminders: tuple[Reminder, ...] = ()
    timing: Timing = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        timing = Timing(self.quiet_hours, self.windows, self.holidays, self.spread)
        object.__setattr__(self, "timing", timing)
        if self.delay < timedelta(0):
            raise ValueError("the delay must not be negative")
        if self.max_age <= self.delay:
            raise ValueError("the greatest age must exceed the delay")
        if self.expiry <= timedelta(0):
            raise ValueError("a link must live for some time")
        if any(not 0 <= share <= 1 for share in self.shares.values()):
            raise ValueError("a share lies between 0 and 1")


class Compete(StrEnum):
    """What decides between touchpoints that compete for one person's single invitation."""

    PRIORITY = "priority"
    PRECISION = "precision"  # what the branch still lacks; the priority between equals


@dataclass(frozen=True, slots=True)
class Wave:
    """A survey to a segment, or on an anniversary, under the same rules as any event.

    A wave makes events of ``touchpoint`` (source ``wave:CODE``), one per person, which are then
    decided like others.

    Parameters
    ----------
    code, touchpoint : str
    segment : str
        Whom it is about.
    on : date or None
        Once, on that day; or
    months_after, anchor : int, str or None
        so many months after each person's latest event of touchpoint ``anchor``.
    yearly : bool
        Again every year on that day or anniversary.
    per_day : int
        At most so many events a day.
    share : float
        Of those it is about, by lot.
    titles : Mapping or None
        What people call it, by language; decides nothing.
    """

    code: str
    touchpoint: str
    segment: str
    on: date | None = None
    months_after: int | None = None
    anchor: str | None = None
    yearly: bool = False
    per_day: int = 1000
    share: float = 1.0
    titles: Mapping[str, str] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if (self.on is None) == (self.months_after is None):
            raise ValueError("a wave needs either a day or months after an anchor")
        if (self.months_after is None) != (self.anchor is None):
            raise ValueError("months after need an anchor, and an anchor needs months after")
        if self.per_day < 1 or not 0 < self.share <= 1:
            raise ValueError("a wave needs at least 1 a day and a share above 0")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One published version of the rules.

    Parameters
    ----------
    code : str
    version : int
    effective_from : datetime
        Aware; before it the set sends nothing.
    cap : Cap
        The floor: per person, across everything, since the invitation; for everybody but the
        segments it names itself.
    rules : tuple of Rule
        At most one per touchpoint.
    limits : tuple of Cap
        Further caps; all of them hold.
    waves : tuple of Wave
    compete : Compete
    costs : mapping of Channel to float
        Of one message, in the network's currency, for simulation.
    """

    code: str
    version: int
    effective_from: datetime
    cap: Cap
    rules: tuple[Rule, ...]
    limits: tuple[Cap, ...] = ()
    waves: tuple[Wave, ...] = ()
    compete: Compete = Compete.PRIORITY
    costs: Mapping[Channel, float] = field(default_factory=lambda: MappingProxyType({}))
    caps: tuple[Cap, ...] = field(init=False, repr=False, compare=False)
    _by_touchpoint: dict[str, Rule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_aware(self.effective_from, "effective_from")
        by_touchpoint = {rule.touchpoint: rule for rule in self.rules}
        if len(by_touchpoint) != len(self.rules):
            raise ValueError("a touchpoint has two rules")
        object.__setattr__(self, "_by_touchpoint", by_touchpoint)
        # The floor and the further caps, in the order in which they are checked.
        object.__setattr__(self, "caps", (self.cap, *self.limits))

    def rule_for(self, touchpoint: str) -> Rule | None:
        """The rule of ``touchpoint``; None means that nothing is sent for it."""
        return self._by_touchpoint.get(touchpoint)

    @property
    def reach(self) -> timedelta:
        """How far back the longest cap looks."""
        return max(cap.window for cap in self.caps)


def rule_set_in_force(rule_sets: Sequence[RuleSet], *, now: datetime) -> RuleSet | None:
    """The set in force at ``now``: the latest to take effect, of equals the higher version.

    Parameters
    ----------
    rule_sets : sequence of RuleSet
        All published ones, in any order.
    now : datetime
        Aware.

    Returns
    -------
    RuleSet or None
        None when none has taken effect: then nothing is sent.
    """
    begun = [candidate for candidate in rule_sets if candidate.effective_from <= now]
    return max(begun, key=lambda one: (one.effective_from, one.version), default=None)
