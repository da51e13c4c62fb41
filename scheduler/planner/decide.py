"""The one decision: ask for this event or not, when and how.

Reads as the list of its checks, in the order in which they are explained. Facts that end the matter
come first, then whom and by which channel, then time, then the caps.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from scheduler.planner.case import Case, at_most
from scheduler.planner.channels import choose_channel
from scheduler.planner.decision import Check, Decision, Reason, Send
from scheduler.planner.facts import CustomerFacts, EventFacts, History, require_aware
from scheduler.planner.followup import first_look
from scheduler.planner.lots import lot
from scheduler.planner.moment import find_time, look_at_caps
from scheduler.planner.rules import Rule, RuleSet
from scheduler.planner.segments import asked_of, segment_of, subject_of
from scheduler.planner.timing import closes, known_zone

COMPLAINT_EVERY = timedelta(days=1)  # a complaint is closed by people: look again so often


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
        All invitations of the person, of the contact points and of the other holders within reach
        of the caps; the decision is only as true as this, so it is read under their locks.
    rules : RuleSet or None
        The set in force; None stops all sending.
    now : datetime
        Aware.
    thorough : bool
        Look at everything that can be looked at, also after the first check that failed. The
        decision stays the same; only its checks grow.

    Returns
    -------
    Send, Hold or Drop
        A Send has passed every check; a Hold or Drop has the reason of the first that failed. The
        checks of caps stand together, and after them when they would be free.

    Raises
    ------
    ValueError
        If ``now`` carries no time zone.

    Notes
    -----
    A Send may lie in the future (delay, quiet hours); it occupies its slots of the caps from now
    on. Caps are two-sided: an invitation is not slipped in before one that is already planned. Only
    planned ones of a strictly lower rank give way (``displaces``).
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
    case = Case(event, customer, history, now, thorough)
    _follow(case, rules)
    if case.blocked is not None:
        return case.blocked.decision(tuple(case.checks), case.probability)
    return _send(case)


def _follow(case: Case, rules: RuleSet | None) -> None:
    """Goes through the checks until one blocks; a thorough case through all that make sense."""
    _walk(case, _rule_gate(case, rules))
    if case.goes_on():
        _look_at_standing(case)
    if case.rule is None or case.rules is None:
        return
    for step in _STEPS:
        if case.goes_on():
            step(case, case.rule, case.rules)


def _walk(case: Case, gate: Iterator[tuple[Reason, Check]]) -> None:
    for reason, check in gate:
        case.checks.append(check)
        if not check.ok:
            case.block(reason)
            if not case.thorough:
                return


def _rule_gate(case: Case, rules: RuleSet | None) -> Iterator[tuple[Reason, Check]]:
    yield Reason.NO_RULES, Check("rules", rules.code if rules else None, None, rules is not None)
    if rules is not None:
        case.rules, case.rule = rules, rules.rule_for(case.event.touchpoint)
        in_force = at_most("rules_in_force", rules.effective_from, case.now)
        yield Reason.RULES_NOT_IN_FORCE, in_force
        known = case.rule is not None
        yield Reason.NO_RULE, Check("rule", case.event.touchpoint, None, known)


def _stands(rule: str, reason: Reason, good: bool = False) -> tuple[Reason, Check, Check]:
    return reason, Check(rule, good, good, True), Check(rule, not good, good, False)


# What stands against asking whatever the rules say; the checks are always the same values.
_STANDING = (
    _stands("cancelled", Reason.CANCELLED),
    _stands("branch_open", Reason.BRANCH_CLOSED, good=True),
    _stands("erased", Reason.ERASED),
    _stands("deceased", Reason.DECEASED),
    _stands("opted_out", Reason.OPTED_OUT),
    _stands("blocked", Reason.BLOCKED),
    _stands("staff_number", Reason.STAFF_NUMBER),
    _stands("already_invited", Reason.ALREADY_INVITED),
)


def _look_at_standing(case: Case) -> None:
    event, customer = case.event, case.customer
    against = (
        event.cancelled,
        not event.branch_open,
        customer.erased,
        customer.deceased,
        customer.opted_out,
        customer.blocked,
        customer.staff_number,
        case.history.invited_for(event.event_id),
    )
    for so, (reason, passed, failed) in zip(against, _STANDING, strict=True):
        case.checks.append(failed if so else passed)
        if so:
            case.block(reason)
            if not case.thorough:
                return


def _look_at_complaint(case: Case, rule: Rule, rules: RuleSet) -> None:
    """An open complaint is waited for, looked at once a day, until the event is too old."""
    if case.check(
        "open_complaint", case.customer.open_complaint, False, not case.customer.open_complaint
    ):
        return
    last = case.event.occurred_at + rule.max_age
    if case.now < last:
        again = min(case.now + COMPLAINT_EVERY, last)
        case.block(Reason.OPEN_COMPLAINT, until=again.astimezone(UTC))
    elif case.blocked is None:
        case.checks.append(at_most("complaint_closes", case.now, last)._replace(ok=False))
        case.block(case.too_late)


def _find_zone(case: Case, rule: Rule, rules: RuleSet) -> None:
    zone = known_zone(case.customer.zone) or known_zone(case.event.branch_zone)
    case.zone = zone
    if not case.check("zone", zone.key if zone else None, None, zone is not None):
        case.block(Reason.NO_ZONE)


def _find_segment(case: Case, rule: Rule, rules: RuleSet) -> None:
    if case.zone is None:
        return
    today = case.event.occurred_at.astimezone(case.zone).date()
    subject = subject_of(case.event, case.customer, today=today)
    segment = segment_of(rule.segments, subject)
    case.segment = segment.name if segment else None
    asked = asked_of(rule.segments, subject)
    if not case.check("segment", asked, case.segment, segment is not None):
        case.block(Reason.NO_SEGMENT)


def _find_channel(case: Case, rule: Rule, rules: RuleSet) -> None:
    if case.segment is None:
        return
    segment = case.segment
    choice = choose_channel(rule, segment, case.customer, case.event.event_id, rules.code)
    case.choice = choice
    wanted = tuple([channel.value for channel in rule.channels.get(segment, ())])
    if not case.check("channel", choice.findings, wanted, choice.channel is not None):
        case.block(choice.reason or Reason.NO_TEMPLATE)


def _draw(case: Case, rule: Rule, rules: RuleSet) -> None:
    """The share of the segment and the sample of the branch, each by a lot of its own."""
    segment = case.segment
    drawn: list[tuple[str, float]] = []
    if segment is not None and segment in rule.shares:
        drawn.append(("share", rule.shares[segment]))
    if case.event.inclusion is not None:
        drawn.append(("sampled", case.event.inclusion.probability))
    for purpose, probability in drawn:
        before = 1.0 if case.probability is None else case.probability
        case.probability = before * probability
        number = lot(case.event.event_id, rules.code, purpose)
        if not case.check(purpose, number, probability, number < probability):
            case.block(Reason.NOT_DRAWN)
            if not case.thorough:
                return


_STEPS = (
    _look_at_complaint,
    _find_zone,
    _find_segment,
    _find_channel,
    _draw,
    find_time,
    look_at_caps,
)


def _send(case: Case) -> Send:
    rule, choice, at, zone = case.rule, case.choice, case.at, case.zone
    if rule is None or choice is None or choice.channel is None or at is None or zone is None:
        raise AssertionError("nothing stood in the way, yet something is missing")
    return Send(
        at=at,
        channel=choice.channel,
        template=rule.templates[choice.channel],
        survey=rule.survey,
        segment=case.segment or "",
        expires_at=at + rule.expiry,
        checks=tuple(case.checks),
        send_before=closes(at, rule.timing, zone),
        priority=rule.priority,
        deficit=case.event.inclusion.deficit if case.event.inclusion else 0.0,
        inclusion_probability=case.probability,
        channel_probability=choice.probability,
        by_lot=choice.by_lot,
        displaces=case.displaces,
        follow_up_at=first_look(rule, case.segment or "", at),
    )
