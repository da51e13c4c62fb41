"""One change of a ticket, whoever makes it: compare-and-set, step, clocks, hold, notices, webhook.

Everything of a change happens in one transaction or not at all. Decides nothing: who may do what
is known to `service` (people) and `closing` (the customer's word, the system).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.models import Ticket
from api.models.tickets import OPEN_STATES
from api.notices.outgoing import Outgoing, enqueue
from api.notices.telling import Telling, tell
from api.security.hierarchy import current_hierarchy
from api.security.scope import Scope
from api.tickets import ticking
from api.tickets.complaints import hold_customer, release_customer
from api.tickets.errors import Stale
from api.tickets.repository import tickets as repository

VERIFIER = "regional_manager"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change: a state, other columns, or nothing but a step that says something.

    ``tells`` is a kind of notice for the owner; nobody is told of what they did themselves.
    ``limits`` are what the transaction may see, None for a worker's.
    """

    kind: str
    by: UUID | None = None
    to_state: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    tells: str | None = None
    limits: Scope | None = None


def change(session: Session, ticket: Ticket, wanted: Change, now: datetime) -> Ticket:
    """Makes one change to the ticket as it was read; raises Stale when somebody was faster."""
    values = {**_moments(ticket, wanted.to_state, now), **wanted.values}
    if not repository.change_ticket(session, ticket.id, ticket.version, values):
        raise Stale
    if "branch_id" in values:
        repository.give_to_branch(session, ticket, values["branch_id"], now)
    before, after = ticket.state, _again(session, ticket.id)
    repository.add_step(
        session,
        after,
        kind=wanted.kind,
        at=now,
        by_id=wanted.by,
        from_state=before if wanted.to_state else None,
        to_state=wanted.to_state,
        note=wanted.note,
        detail=dict(wanted.detail),
    )
    _follow(session, after, wanted, now)
    announce(session, after, "ticket.changed", now)
    _tell(session, after, wanted, now)
    return _again(session, ticket.id)


def announce(session: Session, ticket: Ticket, event: str, now: datetime) -> None:
    """Tells the network's own systems how the ticket stands; nothing personal."""
    unit = current_hierarchy(session, now.date()).nodes[ticket.branch_id]
    payload = {
        "number": ticket.number,
        "unit": unit.code,
        "kind": ticket.kind,
        "severity": ticket.severity,
        "state": ticket.state,
        "level": ticket.level,
        "cause": ticket.cause,
        "version": ticket.version,
        "opened_at": ticket.opened_at,
        "state_at": ticket.state_at,
    }
    key = f"{ticket.id}:{ticket.version}"
    enqueue(session, Outgoing(event, key, ticket.branch_id, payload, ticket.id), now)


def tell_verifiers(session: Session, ticket: Ticket, now: datetime) -> None:
    """Tells whoever is above the branch that a customer's word has to be asked for."""
    telling = Telling(
        kind="resolved",
        dedupe_key=f"ticket:{ticket.id}:{ticket.version}",
        branch_id=ticket.branch_id,
        ticket_id=ticket.id,
        role=VERIFIER,
        detail={"number": ticket.number, "severity": ticket.severity},
    )
    tell(session, telling, now)


def _again(session: Session, ticket_id: UUID) -> Ticket:
    found = repository.ticket_by_id(session, ticket_id)
    if found is None:
        raise Stale
    return found


def _moments(ticket: Ticket, state: str | None, now: datetime) -> dict[str, Any]:
    """When the ticket came to a state; the first acknowledgement and call count."""
    if state is None:
        return {}
    given: dict[str, Any] = {"state": state, "state_at": now}
    if state in ("acknowledged", "contacted", "resolved"):
        given["acknowledged_at"] = ticket.acknowledged_at or now
    if state == "contacted":
        given["contacted_at"] = ticket.contacted_at or now
    if state == "resolved":  # the customer is asked anew
        asked = {"recovery_invitation_id": None, "recovery_score": None}
        given |= {"resolved_at": now, "recovery_next_at": now, **asked}
    if state in ("verified", "unverified"):
        given["closed_at"] = now
    if state == "reopened":
        given |= {"reopened": ticket.reopened + 1, "resolved_at": None, "closed_at": None}
    return given


def _follow(session: Session, ticket: Ticket, wanted: Change, now: datetime) -> None:
    """What else hangs on a ticket: its clocks, and the customer's peace."""
    state, limits = wanted.to_state, wanted.limits or Scope.nothing()
    if state in ("acknowledged", "contacted", "resolved"):
        ticking.met(session, ticket, "acknowledge", now)
    if state == "contacted":
        ticking.met(session, ticket, "contact", now)
    if state == "resolved":
        ticking.met(session, ticket, "resolve", now)
    if state is not None and state not in OPEN_STATES:
        ticking.stop(session, ticket, now)
        release_customer(session, ticket, limits, now)
    if state == "reopened":
        hold_customer(session, ticket, limits, now)
    if state == "reopened" or "branch_id" in wanted.values:
        ticking.recompute(session, ticket, now)
    repository.refresh_due(session, [ticket.id])


def _tell(session: Session, ticket: Ticket, wanted: Change, now: datetime) -> None:
    if wanted.tells is None or ticket.owner_id == wanted.by:
        return
    telling = Telling(
        kind=wanted.tells,
        dedupe_key=f"ticket:{ticket.id}:{ticket.version}",
        branch_id=ticket.branch_id,
        ticket_id=ticket.id,
        accounts=() if ticket.owner_id is None else (ticket.owner_id,),
        role=ticket.role if ticket.owner_id is None else None,
        detail={"number": ticket.number, "severity": ticket.severity},
    )
    tell(session, telling, now)
