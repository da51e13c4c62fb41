"""Raises an alert once per cause: mutes it, opens its ticket, tells who has to know, or holds it.

Runs in the caller's transaction. A mute of all rules keeps no urgent alert quiet, a mute of that
very rule does. Past so many alerts of a branch and day the rest waits for the digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.models.tickets import OPEN_STATES
from api.notices.outgoing import Outgoing, enqueue
from api.notices.telling import Telling, tell
from api.tickets import ticking
from api.tickets.alerts import places, repository
from api.tickets.alerts.queries import HELD
from api.tickets.alerts.repository import NewAlert, StoredAlert
from api.tickets.changing import Change, change
from api.tickets.loop import AlertRule
from api.tickets.opening import Opening, open_ticket
from api.tickets.published import LoopInForce
from api.tickets.repository import tickets

URGENT = 3


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a rule found. ``opening`` is the ticket that it asks for.

    ``told_by_caller``: the caller tells of several at once. ``held``: wait for the digest anyway.
    """

    branch_id: int
    rule: AlertRule
    cause_key: str
    kind: str = "answer"
    response_id: UUID | None = None
    event_id: UUID | None = None
    person_id: UUID | None = None
    opening: Opening | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    told_by_caller: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    """What became of it; ``ticket_id`` is None when none was opened now."""

    alert_id: UUID
    muted: bool
    held: bool
    ticket_id: UUID | None = None


def raise_alert(
    session: Session, in_force: LoopInForce, found: Found, now: datetime
) -> Raised | None:
    """Raises it; None when the cause is known and is no graver than it was."""
    muted = _is_muted(session, found, now)
    held = not muted and (found.held or _is_flood(session, in_force, found, now))
    detail = dict(found.detail) | ({HELD: True} if held else {})
    alert = NewAlert(
        branch_id=found.branch_id,
        kind=found.kind,
        rule=found.rule.code,
        rules_version=in_force.version,
        cause_key=found.cause_key,
        severity=found.rule.severity,
        opened_at=now,
        muted=muted,
        response_id=found.response_id,
        event_id=found.event_id,
        person_id=found.person_id,
        detail=detail,
    )
    made = repository.add_alert(session, alert)
    if made is not None:
        return _follow(session, found, Raised(made, muted, held), now)
    known = _graver(session, alert, found)
    if known is None:
        return None
    raised = Raised(known.id, muted, held)
    if known.ticket_id is None or muted:
        return _follow(session, found, raised, now)
    _raise_ticket(session, known.ticket_id, found, now)
    _tell_systems(session, found, known.id, now)
    return raised


def end_alerts(session: Session, ids: list[UUID], now: datetime) -> int:
    """What was found is over; tells the network's own systems. How many were running."""
    ended = repository.end_alerts(session, ids, now)
    for alert_id, branch_id, rule, kind, muted in ended:
        if not muted:
            payload = {"alert": str(alert_id), "rule": rule, "kind": kind}
            key = f"alert.ended:{alert_id}"
            enqueue(session, Outgoing("alert.ended", key, branch_id, payload), now)
    return len(ended)


def _graver(session: Session, alert: NewAlert, found: Found) -> StoredAlert | None:
    """The known alert when this is graver, or asks for a ticket that is missing."""
    known = repository.alert_of_cause(session, alert.cause_key)
    if known is None:
        return None
    wants_ticket = found.opening is not None and known.ticket_id is None and not known.muted
    if alert.severity <= known.severity and not wants_ticket:
        return None
    repository.make_graver(session, known.id, alert)
    return known


def _raise_ticket(session: Session, ticket_id: UUID, found: Found, now: datetime) -> None:
    """The open ticket becomes as grave as the matter, with the times of that; its owner hears."""
    ticket = tickets.ticket_by_id(session, ticket_id)
    severity = found.rule.severity
    if ticket is None or ticket.state not in OPEN_STATES or ticket.severity >= severity:
        return
    detail = {"rule": found.rule.code, "severity": severity}
    wanted = Change("graver", values={"severity": severity}, detail=detail, tells="ticket")
    ticking.recompute(session, change(session, ticket, wanted, now), now)


def _follow(session: Session, found: Found, raised: Raised, now: datetime) -> Raised:
    """The ticket and who is told; nobody of what is muted."""
    if raised.muted:
        return raised
    ticket = about = None
    if found.opening is not None:
        ticket = open_ticket(session, replace(found.opening, quiet=raised.held), now)
        about = ticket or _opened_before(session, found, now)
    if about is not None:
        repository.link_ticket(session, raised.alert_id, about)
    elif not raised.held and not found.told_by_caller:
        tell(session, _telling(found, raised.alert_id), now)
    _tell_systems(session, found, raised.alert_id, now)
    return replace(raised, ticket_id=ticket)


def _opened_before(session: Session, found: Found, now: datetime) -> UUID | None:
    """The ticket that a colleague opened about the response before a rule found it."""
    if found.response_id is None:
        return None
    ticket = tickets.ticket_of_response(session, found.response_id)
    if ticket is not None:
        _raise_ticket(session, ticket.id, found, now)
    return None if ticket is None else ticket.id


def _telling(found: Found, alert_id: UUID) -> Telling:
    return Telling(
        kind="alert",
        # Found again because it is graver, it is told again.
        dedupe_key=f"alert:{alert_id}:{found.rule.severity}",
        branch_id=found.branch_id,
        role=found.rule.role,
        detail={"rule": found.rule.code, "severity": found.rule.severity, "alerts": 1},
    )


def _tell_systems(session: Session, found: Found, alert_id: UUID, now: datetime) -> None:
    payload = {
        "alert": str(alert_id),
        "rule": found.rule.code,
        "kind": found.kind,
        "severity": found.rule.severity,
    }
    key = f"alert.opened:{alert_id}:{found.rule.severity}"
    enqueue(session, Outgoing("alert.opened", key, found.branch_id, payload), now)


def _is_muted(session: Session, found: Found, now: datetime) -> bool:
    if found.kind == "complaint":
        return False  # a customer who wrote waits for an answer, whatever is muted
    every = found.rule.severity < URGENT
    return repository.is_muted(session, found.branch_id, found.rule.code, now, all_rules=every)


def _is_flood(session: Session, in_force: LoopInForce, found: Found, now: datetime) -> bool:
    """Whether the branch has had its share of single alerts today."""
    if found.rule.severity >= URGENT:
        return False
    midnight = places.midnight(session, found.branch_id, now)
    before = repository.alerts_since(session, found.branch_id, midnight, now)
    return before >= in_force.loop.digest.after
