"""One decision on its way: the facts, what was found so far, the checks made, what blocked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduler.planner.channels import Choice
from scheduler.planner.decision import Check, CheckValue, Drop, Hold, Reason
from scheduler.planner.facts import CustomerFacts, EventFacts, History
from scheduler.planner.rules import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Block:
    """The first thing that stood in the way, and what follows from it."""

    reason: Reason
    until: datetime | None = None
    earliest_at: datetime | None = None

    def decision(self, checks: tuple[Check, ...], probability: float | None) -> Hold | Drop:
        if self.until is not None:
            return Hold(self.until, self.reason, checks, probability)
        return Drop(self.reason, checks, self.earliest_at, probability)


class Case:
    """The facts of one decision, what was found so far, and the checks made."""

    __slots__ = (
        "at", "blocked", "checks", "choice", "customer", "displaces", "event", "history", "now",
        "probability", "rule", "rules", "segment", "thorough", "zone",
    )  # fmt: skip

    def __init__(
        self,
        event: EventFacts,
        customer: CustomerFacts,
        history: History,
        now: datetime,
        thorough: bool,
    ) -> None:
        self.event = event
        self.customer = customer
        self.history = history
        self.now = now
        self.thorough = thorough
        self.checks: list[Check] = []
        self.blocked: Block | None = None
        self.rules: RuleSet | None = None
        self.rule: Rule | None = None
        self.zone: ZoneInfo | None = None
        self.segment: str | None = None
        self.probability: float | None = None
        self.choice: Choice | None = None
        self.at: datetime | None = None
        self.displaces: tuple[str, ...] = ()

    def check(self, rule: str, value: CheckValue, limit: CheckValue, ok: bool) -> bool:
        """Notes a check; whether it passed."""
        self.checks.append(Check(rule, value, limit, ok))
        return ok

    def block(
        self, reason: Reason, until: datetime | None = None, earliest_at: datetime | None = None
    ) -> None:
        """Notes what stands in the way, if it is the first thing that does."""
        if self.blocked is None:
            self.blocked = Block(reason, until, earliest_at)

    def goes_on(self) -> bool:
        """Whether more is to be looked at."""
        return self.blocked is None or self.thorough

    @property
    def too_late(self) -> Reason:
        """The reason of an event that cannot be asked about in time."""
        return Reason.STALE if self.event.held else Reason.TOO_OLD


def at_most(rule: str, value: datetime, limit: datetime) -> Check:
    """A check that ``value`` is not later than ``limit``."""
    return Check(rule, iso(value), iso(limit), value <= limit)


def iso(moment: datetime) -> str:
    """A moment as checks say it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()
