"""The moment of a message: when the rule's timing allows, and when every cap has room."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduler.planner.caps import Ask, Gate, code_of, gates_for, next_free
from scheduler.planner.case import Case, iso
from scheduler.planner.competing import giving_way, rank_of
from scheduler.planner.decision import Reason
from scheduler.planner.facts import PastInvitation
from scheduler.planner.lots import lot
from scheduler.planner.rules import Cap, Rule, RuleSet
from scheduler.planner.timing import next_open

EXEMPT = "exempt"
_Gates = list[tuple[Cap, Gate | None]]


def find_time(case: Case, rule: Rule, rules: RuleSet) -> None:
    """The moment for a customer who can be asked: after the delay, open, within the age."""
    zone = case.zone
    if zone is None:
        return
    occurred = case.event.occurred_at
    if not case.check("event_in_future", iso(occurred), iso(case.now), occurred <= case.now):
        case.block(Reason.EVENT_IN_FUTURE, until=occurred.astimezone(UTC))
        if not case.thorough:
            return
    due = occurred + rule.delay
    opened = next_open(max(due, case.now), rule.timing, zone)
    if opened is None:
        case.check("opens", None, iso(due), False)
        case.block(Reason.NO_WINDOW)
        return
    last = occurred + rule.max_age
    case.at = at = _spread(case, rule, rules, zone, opened)
    _note_time(case, rule, zone, due, at)
    if not case.check("max_age", iso(at), iso(last), at <= last):
        case.block(case.too_late, earliest_at=at)


def _note_time(case: Case, rule: Rule, zone: ZoneInfo, due: datetime, at: datetime) -> None:
    local = at.astimezone(zone).isoformat()
    case.check("delay", iso(at), iso(due), True)
    case.check("quiet_hours", local, str(rule.quiet_hours), True)
    if rule.windows:
        case.check("windows", local, tuple([str(window) for window in rule.windows]), True)
    if rule.holidays:
        case.check("holidays", local[:10], rule.holidays, True)
    if rule.spread:
        case.check("spread", local, rule.spread.total_seconds() / 3600, True)


def _spread(case: Case, rule: Rule, rules: RuleSet, zone: ZoneInfo, opened: datetime) -> datetime:
    """``opened`` moved by the event's lot, unless that would be too late or was done before."""
    if not rule.spread or case.event.held:
        return opened
    offset = rule.spread * lot(case.event.event_id, rules.code, "spread")
    moved = next_open(opened + offset, rule.timing, zone)
    last = case.event.occurred_at + rule.max_age
    return moved if moved is not None and moved <= last else opened


def look_at_caps(case: Case, rule: Rule, rules: RuleSet) -> None:
    """Every cap, the floor first; when one is full, who gives way, or when all are free."""
    at = case.at
    if at is None:
        return
    channel = case.choice.channel if case.choice else None
    ask = Ask(rule.touchpoint, rule.survey, channel or "", case.segment or "")
    past = case.history.invitations
    gates = gates_for(rules.caps, past, ask)
    full = [gate for _, gate in gates if gate is not None and not gate.has_room(at)]
    if full:
        mine = rank_of(rules, rule, case.event.inclusion)
        weaker = giving_way(rules.caps, past, ask, at, mine)
        if weaker is not None:
            _displace(case, weaker, gates_for(rules.caps, _without(past, weaker), ask), at)
            return
    _note_caps(case, gates, at)
    if full:
        _wait_for_caps(case, rule, rules, at, [gate for _, gate in gates if gate])


def _displace(case: Case, weaker: tuple[PastInvitation, ...], gates: _Gates, at: datetime) -> None:
    _note_caps(case, gates, at)
    case.check("outranks", len(weaker), None, True)
    case.displaces = tuple(sorted(one.invitation_id for one in weaker))


def _without(
    past: tuple[PastInvitation, ...], gone: tuple[PastInvitation, ...]
) -> list[PastInvitation]:
    return [one for one in past if one not in gone]


def _note_caps(case: Case, gates: _Gates, at: datetime) -> None:
    for cap, gate in gates:
        if gate is None:
            case.check(code_of(cap), EXEMPT, str(cap), True)
        else:
            taken = gate.taken(at)
            case.check(code_of(cap), taken, str(cap), taken < cap.count)


def _wait_for_caps(case: Case, rule: Rule, rules: RuleSet, at: datetime, gates: list[Gate]) -> None:
    """Wait for the caps when they free in time and the rule says so, else give up."""
    zone = case.zone
    if zone is None:
        return
    free = next_free(at, gates, rule.timing, zone)
    last = case.event.occurred_at + rule.max_age
    in_time = free is not None and free <= last
    case.check("cap_frees", iso(free) if free else None, iso(last), in_time)
    waits = all(gate.cap.hold for gate in gates if not gate.has_room(at))
    if not waits:
        case.check("cap_holds", False, True, False)
    if free is None or not in_time:
        reason = Reason.STALE if case.event.held else Reason.CAPPED
        case.block(reason, earliest_at=free)
    elif not waits:
        case.block(Reason.CAPPED, earliest_at=free)
    else:
        moved = _spread(case, rule, rules, zone, free)
        room = all(gate.has_room(moved) for gate in gates)
        case.block(Reason.CAPPED, until=moved if room else free)
