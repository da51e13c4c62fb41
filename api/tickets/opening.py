"""Opens a ticket: once per response, once per complaint of a source, with clocks, owner, notices.

Called by whoever found the matter (`api.tickets.alerts`, imports, `byhand`); runs in the caller's
transaction and commits nothing. The person is not asked anything else meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session

from api.core.redaction import redact
from api.customers.repository.people import hold_people
from api.customers.service import seeing_everyone
from api.models import Response, Ticket
from api.notices.telling import Telling, tell
from api.security.scope import Scope
from api.tickets import ticking
from api.tickets.changing import announce
from api.tickets.complaints import hold_customer
from api.tickets.owners import choose_owner
from api.tickets.repository import tickets as repository

LONGEST_SUMMARY = 4_000
TicketKind = Literal["answer", "complaint", "wish"]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a ticket is opened about; what is not known of a response is read from it.

    ``summary`` is redacted before it is stored. ``detail`` goes into the first step: values such
    as the rule's code, nothing personal.
    """

    branch_id: int
    kind: TicketKind
    loop_version: int
    severity: int = 1
    role: str = "branch_manager"
    response_id: UUID | None = None
    event_id: UUID | None = None
    person_id: UUID | None = None
    touchpoint_id: int | None = None
    metric: str | None = None
    first_score: int | None = None
    summary: str | None = None
    source: str | None = None
    external_id: str | None = None
    opened_by: UUID | None = None
    opened_at: datetime | None = None  # when the matter came up, if before now
    detail: Mapping[str, Any] = field(default_factory=dict)
    quiet: bool = False  # whose it is is told with the digest
    limits: Scope | None = None  # what the transaction may see; None for a worker's


def open_ticket(session: Session, opening: Opening, now: datetime) -> UUID | None:
    """The new ticket's id; None when the response or the source's id has one already.

    A response's ticket is of the response's branch, customer and touchpoint, whatever else is
    given.
    """
    about = None
    if opening.response_id is not None:
        about = _still(session, opening.response_id, opening.limits or Scope.nothing())
    values = _values(opening, about, now)
    if about is not None and opening.event_id is None:
        values["event_id"] = repository.event_of(session, about)
    owner = choose_owner(session, opening.role, values["branch_id"], now)
    made = repository.add_ticket(
        session, owner_id=owner.account_id, deputy_id=owner.deputy_id, **values
    )
    if made is None:
        _learn_name(session, about, now)
        return None
    ticket = repository.ticket_by_id(session, made)
    assert ticket is not None, "what was added can be read"
    _begin(session, ticket, opening, now)
    return made


def _still(session: Session, response_id: UUID, limits: Scope) -> Response | None:
    """The response, whose customer is not merged into another until the transaction ends."""
    about = repository.response_of(session, response_id)
    if about is None or about.person_id is None:
        return about
    with seeing_everyone(session, limits):
        hold_people(session, [about.person_id], to_change=False)
    return repository.response_of(session, response_id)


def _learn_name(session: Session, about: Response | None, now: datetime) -> None:
    """A customer who agreed on a later page than the first to be known can be called."""
    if about is None or not about.named:
        return
    ticket = repository.ticket_of_response(session, about.id)
    if ticket is not None and not ticket.named and repository.set_named(session, ticket.id):
        known = repository.ticket_of_response(session, about.id)
        if known is not None:
            ticking.recompute(session, known, now)


def _begin(session: Session, ticket: Ticket, opening: Opening, now: datetime) -> None:
    """The first step, the clocks, the customer's peace, and who has to know."""
    repository.add_step(
        session,
        ticket,
        kind="opened",
        at=now,
        by_id=opening.opened_by,
        to_state="new",
        detail=dict(opening.detail),
    )
    ticking.start_clocks(session, ticket, ticket.opened_at)
    repository.refresh_due(session, [ticket.id])
    hold_customer(session, ticket, opening.limits or Scope.nothing(), now)
    announce(session, ticket, "ticket.opened", now)
    by = opening.opened_by
    if not opening.quiet and (by is None or ticket.owner_id != by):
        tell(session, _telling(ticket), now)


def _values(opening: Opening, about: Response | None, now: datetime) -> dict[str, Any]:
    return {
        "branch_id": opening.branch_id if about is None else about.branch_id,
        "kind": opening.kind,
        "severity": opening.severity,
        "role": opening.role,
        "loop_version": opening.loop_version,
        "response_id": opening.response_id,
        "event_id": opening.event_id,
        "person_id": opening.person_id if about is None else about.person_id,
        "named": about is None or about.named,
        "touchpoint_id": opening.touchpoint_id if about is None else about.touchpoint_id,
        "metric": opening.metric,
        "first_score": opening.first_score,
        "summary": None if opening.summary is None else redact(opening.summary)[:LONGEST_SUMMARY],
        "source": opening.source,
        "external_id": opening.external_id,
        "opened_at": opening.opened_at or now,
        "state": "new",
        "state_at": now,
        "version": 1,
        "level": 0,
        "reopened": 0,
    }


def _telling(ticket: Ticket) -> Telling:
    return Telling(
        kind="ticket",
        dedupe_key=f"ticket:{ticket.id}:{ticket.version}",
        branch_id=ticket.branch_id,
        ticket_id=ticket.id,
        accounts=() if ticket.owner_id is None else (ticket.owner_id,),
        role=ticket.role if ticket.owner_id is None else None,
        detail={"number": ticket.number, "severity": ticket.severity},
    )
