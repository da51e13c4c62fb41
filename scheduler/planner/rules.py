"""The rules of asking as values: one rule per touchpoint, one cap across everything.

A rule that makes no sense cannot be built: there is no figure that means "unlimited", and a missing
rule means that nothing is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from scheduler.planner.facts import Channel, require_aware


@dataclass(frozen=True, slots=True)
class Segment:
    """A named predicate on age; without bounds it takes everybody, also those of unknown age.

    Parameters
    ----------
    name : str
    age_from : int or None
        Lowest age in full years, inclusive.
    age_below : int or None
        First age that no longer belongs.
    """

    name: str
    age_from: int | None = None
    age_below: int | None = None

    def takes(self, age: int | None) -> bool:
        """Whether a customer of this age (None: unknown) belongs here."""
        if self.age_from is None and self.age_below is None:
            return True
        if age is None:
            return False
        return (self.age_from is None or age >= self.age_from) and (
            self.age_below is None or age < self.age_below
        )


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
class Cap:
    """At most ``count`` invitations in any ``days`` × 24 hours, across everything."""

    days: int
    count: int

    def __post_init__(self) -> None:
        if self.days < 1 or self.count < 1:
            raise ValueError("a cap needs at least 1 day and at least 1 invitation")

    @property
    def window(self) -> timedelta:
        """The length of the window."""
        return timedelta(days=self.days)

    def __str__(self) -> str:
        return f"{self.count}/{self.days}d"


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
        From the event to the last moment of sending.
    expiry : timedelta
        From sending to the end of the link.
    quiet_hours : QuietHours
        In the customer's zone, else the branch's.
    segments : sequence of Segment
        The first that takes the customer counts.
    channels : mapping of segment name to channels
        In order of preference; the first usable one is taken.
    templates : mapping of Channel to template code
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

    def __post_init__(self) -> None:
        if self.delay < timedelta(0):
            raise ValueError("the delay must not be negative")
        if self.max_age <= self.delay:
            raise ValueError("the greatest age must exceed the delay")
        if self.expiry <= timedelta(0):
            raise ValueError("a link must live for some time")

    def segment_of(self, age: int | None) -> Segment | None:
        """The first segment that takes this age; None when no segment does."""
        return next((segment for segment in self.segments if segment.takes(age)), None)


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
    rules : tuple of Rule
        At most one per touchpoint.
    """

    code: str
    version: int
    effective_from: datetime
    cap: Cap
    rules: tuple[Rule, ...]
    _by_touchpoint: dict[str, Rule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_aware(self.effective_from, "effective_from")
        by_touchpoint = {rule.touchpoint: rule for rule in self.rules}
        if len(by_touchpoint) != len(self.rules):
            raise ValueError("a touchpoint has two rules")
        object.__setattr__(self, "_by_touchpoint", by_touchpoint)

    def rule_for(self, touchpoint: str) -> Rule | None:
        """The rule of ``touchpoint``; None means that nothing is sent for it."""
        return self._by_touchpoint.get(touchpoint)


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
