"""How often one customer is asked: events, decisions, messages, and what is used of every cap.

Events and messages are those of the viewer's branches; of what others sent, only how many and when,
since the caps count it. Changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.customers.queries import get_person
from api.invitations.dossiers import Ground, gather, ground
from api.invitations.repository import explaining
from api.invitations.repository.gathering import read_events
from api.security.scope import Scope, open_scope
from scheduler.planner import Cap, Holder, Over, PastInvitation, RuleSet
from scheduler.planner.caps import Ask, Gate, gates_for

EVENTS = 100
_EVERYBODYS = Scope.whole_network(reason="a cap counts what every branch has sent")


@dataclass(frozen=True, slots=True)
class CapUse:
    """How much of a cap is used now, and until when there is no room; None: there is."""

    name: str
    per: str
    since: str
    over: str
    code: str | None  # of the touchpoint, survey or channel that it is about
    used: int
    limit: int
    days: int
    free_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerAsking:
    """What was decided for one customer and why, as far as the viewer may see it."""

    person: UUID
    rule_set_version: int | None
    events: list[dict[str, Any]]  # each with its latest decision and its ``messages``
    caps: list[CapUse]
    elsewhere: list[datetime]  # when branches that the viewer does not see asked, or will

    def as_data(self) -> dict[str, Any]:
        """The same, ready for a body."""
        return {
            "customer": str(self.person),
            "rule_set_version": self.rule_set_version,
            "events": self.events,
            "caps": [{name: getattr(one, name) for name in CapUse.__slots__} for one in self.caps],
            "elsewhere": {"count": len(self.elsewhere), "moments": self.elsewhere},
        }


def customer_asking(
    session: Session, scope: Scope, person_id: UUID, now: datetime
) -> CustomerAsking:
    """Everything about asking one customer; NotFound for who is not of the scope's branches."""
    person = get_person(session, scope, person_id)
    if person is None:
        raise NotFound(customer=str(person_id))
    events = explaining.events_of(session, scope, person.id, EVENTS)
    messages = explaining.messages_of(session, scope, [event["id"] for event in events])
    for event in events:
        event["messages"] = messages.get(event["id"], [])
    own = {message["id"] for some in messages.values() for message in some}
    open_scope(session, _EVERYBODYS)
    try:
        on = ground(session, now)
        past = _past(session, person.id, on)
    finally:
        open_scope(session, scope)
    elsewhere = [one.at for one in past if _of_person(one) and UUID(one.invitation_id) not in own]
    return CustomerAsking(
        person.id, on.version, events, _uses(on.rules, past, now), sorted(elsewhere)
    )


def _past(session: Session, person_id: UUID, on: Ground) -> Sequence[PastInvitation]:
    """The messages that any cap could count for the person now."""
    newest = explaining.newest_event(session, person_id)
    if newest is None:
        return ()
    (event,) = read_events(session, [newest])
    return gather(session, [event], on).history(event).invitations


def _of_person(past: PastInvitation) -> bool:
    return past.status.occupies_slot and Holder.PERSON in past.holders


def _uses(rules: RuleSet | None, past: Sequence[PastInvitation], now: datetime) -> list[CapUse]:
    """Every cap, once for each code that it distinguishes."""
    if rules is None:
        return []
    return [
        _use(cap, gate, code, now)
        for cap in rules.caps
        for code in _codes(cap, rules)
        for _, gate in gates_for([cap], past, _ask(cap, code))
        if gate is not None
    ]


def _codes(cap: Cap, rules: RuleSet) -> Sequence[str | None]:
    """What a cap counts apart: everything, or each touchpoint, survey or channel."""
    match cap.over:
        case Over.EVERYTHING:
            return [None]
        case Over.TOUCHPOINT:
            known = {rule.touchpoint for rule in rules.rules}
        case Over.SURVEY:
            known = {rule.survey for rule in rules.rules}
        case Over.CHANNEL:
            known = {channel.value for rule in rules.rules for channel in rule.templates}
    return sorted(known & cap.only if cap.only else known)


def _ask(cap: Cap, code: str | None) -> Ask:
    said = {over: code or "" if cap.over is over else "" for over in Over}
    return Ask(said[Over.TOUCHPOINT], said[Over.SURVEY], said[Over.CHANNEL], "")


def _use(cap: Cap, gate: Gate, code: str | None, now: datetime) -> CapUse:
    start = now.astimezone(UTC)
    leaving = sorted(slot + cap.window for slot in gate.slots if slot + cap.window > start)
    free = next((one for one in [start, *leaving] if gate.has_room(one)), None)
    return CapUse(
        name=cap.name,
        per=cap.per.value,
        since=cap.since.value,
        over=cap.over.value,
        code=code,
        used=gate.taken(start),
        limit=cap.count,
        days=cap.days,
        free_at=None if free == start else free,
    )
