"""The one decision: ask for this event or not, when and how.

Reads as the list of its checks, in the order in which they are explained. Facts that end the matter
come first, then the channel, then time, then the cap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduler.planner.channels import choose_channel
from scheduler.planner.decision import Check, Decision, Drop, Hold, Reason, Send
from scheduler.planner.facts import (
    Channel,
    CustomerFacts,
    EventFacts,
    History,
    age_on,
    require_aware,
)
from scheduler.planner.rules import Cap, Rule, RuleSet
from scheduler.planner.segments import segment_of, subject_of
from scheduler.planner.timing import after_quiet, known_zone, next_free, occupied

_Gate = Iterator[tuple[Reason, Check]]


def decide(
    event: EventFacts,
    customer: CustomerFacts,
    history: History,
    rules: RuleSet | None,
    *,
    now: datetime,
    thorough: bool = False,
) -> Decision:
    """Whether, when and through which channel the customer of ``event`` is asked.

    Parameters
    ----------
    event : EventFacts
    customer : CustomerFacts
    history : History
        All invitations of the person and of the contact points within reach of the cap; the
        decision is only as true as this, so it is read under their locks.
    rules : RuleSet or None
        The set in force; None stops all sending.
    now : datetime
        Aware.

    Returns
    -------
    Send, Hold or Drop
        A Send has passed every check; a Hold or Drop ends with the check that failed, except that
        a Drop for the cap also shows when the cap would have been free.

    Raises
    ------
    ValueError
        If ``now`` carries no time zone.

    Notes
    -----
    A Send may lie in the future (delay, quiet hours); it occupies its slot of the cap from now on.
    The cap is two-sided: an invitation is not slipped in before one that is already planned.
    A Send promises nothing about what changes until ``at``: consent, opt-out and cancellation are
    looked at again by whoever sends.

    Examples
    --------
    >>> from scheduler.planner import CustomerFacts, EventFacts, History
    >>> event = EventFacts("e1", "service", datetime(2026, 3, 2, 6, tzinfo=UTC), "Asia/Shanghai")
    >>> decide(event, CustomerFacts(), History(), None, now=event.occurred_at).reason
    <Reason.NO_RULES: 'no_rules'>
    """
    require_aware(now, "now")
    checks: list[Check] = []
    stopped = _first_failure(_rule_gate(event, rules, now), checks)
    rule = rules.rule_for(event.touchpoint) if rules else None
    if stopped or rules is None or rule is None:
        return Drop(stopped or Reason.NO_RULE, tuple(checks))
    case = _Case(event, customer, history, rule, rules.cap, now, checks)
    way = _way(case)
    if isinstance(way, Reason):
        return Drop(way, tuple(checks))
    return _when(case, way)


@dataclass(frozen=True, slots=True)
class _Case:
    """The facts of one decision, and the checks made so far."""

    event: EventFacts
    customer: CustomerFacts
    history: History
    rule: Rule
    cap: Cap
    now: datetime
    checks: list[Check]

    def passes(self, check: Check) -> bool:
        self.checks.append(check)
        return check.ok


@dataclass(frozen=True, slots=True)
class _Way:
    """To whom the message goes: the zone of the wall clock, the segment, the channel."""

    zone: ZoneInfo
    segment: str
    channel: Channel


def _way(case: _Case) -> _Way | Reason:
    """How this customer can be asked at all, or why not."""
    stopped = _first_failure(_standing_gate(case), case.checks)
    if stopped:
        return stopped
    zone = known_zone(case.customer.zone) or known_zone(case.event.branch_zone)
    case.passes(Check("zone", zone.key if zone else None, None, zone is not None))
    if zone is None:
        return Reason.NO_ZONE
    today = case.event.occurred_at.astimezone(zone).date()
    segment = segment_of(case.rule.segments, subject_of(case.event, case.customer, today=today))
    name = segment.name if segment else None
    case.passes(Check("segment", age_on(case.customer, today), name, name is not None))
    if name is None:
        return Reason.NO_SEGMENT
    choice = choose_channel(case.rule, name, case.customer)
    wanted = tuple(channel.value for channel in case.rule.channels.get(name, ()))
    case.passes(Check("channel", choice.findings, wanted, choice.channel is not None))
    if choice.channel is None:
        return choice.reason or Reason.NO_TEMPLATE
    return _Way(zone, name, choice.channel)


def _when(case: _Case, way: _Way) -> Decision:
    """The moment for a customer who can be asked: after the delay, awake, within age and cap."""
    event, rule = case.event, case.rule
    if not case.passes(_at_most("event_in_future", event.occurred_at, case.now)):
        until = event.occurred_at.astimezone(UTC)
        return Hold(until, Reason.EVENT_IN_FUTURE, tuple(case.checks))
    at = _due(case, way.zone)
    if not case.passes(_at_most("max_age", at, event.occurred_at + rule.max_age)):
        return Drop(Reason.TOO_OLD, tuple(case.checks), at)
    taken = occupied(at, case.history.slots(), case.cap)
    if not case.passes(Check("cap", taken, str(case.cap), taken < case.cap.count)):
        return _capped(case, way.zone, at)
    return Send(
        at=at,
        channel=way.channel,
        template=rule.templates[way.channel],
        survey=rule.survey,
        segment=way.segment,
        expires_at=at + rule.expiry,
        checks=tuple(case.checks),
    )


def _due(case: _Case, zone: ZoneInfo) -> datetime:
    """The first moment from now on that the delay and the quiet hours allow."""
    due = case.event.occurred_at + case.rule.delay
    at = after_quiet(max(due, case.now), case.rule.quiet_hours, zone)
    case.passes(Check("delay", _iso(at), _iso(due), True))
    local = at.astimezone(zone).isoformat()
    case.passes(Check("quiet_hours", local, str(case.rule.quiet_hours), True))
    return at


def _capped(case: _Case, zone: ZoneInfo, at: datetime) -> Hold | Drop:
    """Wait for the cap when it frees in time, else give up."""
    free = next_free(at, case.history.slots(), case.cap, case.rule.quiet_hours, zone)
    if case.passes(_at_most("cap_frees", free, case.event.occurred_at + case.rule.max_age)):
        return Hold(free, Reason.CAPPED, tuple(case.checks))
    return Drop(Reason.CAPPED, tuple(case.checks), free)


def _first_failure(gate: _Gate, checks: list[Check]) -> Reason | None:
    """Walk the gate, noting each check; the reason of the first that fails."""
    for reason, check in gate:
        checks.append(check)
        if not check.ok:
            return reason
    return None


def _rule_gate(event: EventFacts, rules: RuleSet | None, now: datetime) -> _Gate:
    yield Reason.NO_RULES, Check("rules", rules.code if rules else None, None, rules is not None)
    if rules is not None:
        in_force = _at_most("rules_in_force", rules.effective_from, now)
        yield Reason.RULES_NOT_IN_FORCE, in_force
        known = rules.rule_for(event.touchpoint) is not None
        yield Reason.NO_RULE, Check("rule", event.touchpoint, None, known)


def _standing_gate(case: _Case) -> _Gate:
    event, customer = case.event, case.customer
    invited = case.history.invited_for(event.event_id)
    yield Reason.CANCELLED, _must_not("cancelled", event.cancelled)
    yield Reason.BRANCH_CLOSED, Check("branch_open", event.branch_open, True, event.branch_open)
    yield Reason.ERASED, _must_not("erased", customer.erased)
    yield Reason.OPTED_OUT, _must_not("opted_out", customer.opted_out)
    yield Reason.STAFF_NUMBER, _must_not("staff_number", customer.staff_number)
    yield Reason.ALREADY_INVITED, _must_not("already_invited", invited)


def _at_most(rule: str, value: datetime, limit: datetime) -> Check:
    return Check(rule, _iso(value), _iso(limit), value <= limit)


def _must_not(rule: str, value: bool) -> Check:
    return Check(rule, value, False, not value)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
