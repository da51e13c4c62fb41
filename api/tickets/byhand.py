"""Tickets that a colleague opens: about an answer that no rule caught, or what a customer said.

Opened like any other, by whoever handles tickets of the branch: clocks and owner of its severity,
notices, the customer's peace. An answer has one ticket at most, whoever opens it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.core.errors import Invalid, NotFound
from api.core.ids import new_id
from api.customers.service import check_customers, place_customers
from api.models import Response, Ticket
from api.security.audit import audit
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets import ticking
from api.tickets.alerts import repository as alerts
from api.tickets.complainant import SOURCE, Complainant, record_of, told_unfit
from api.tickets.definitions.file import SEVERITIES
from api.tickets.errors import HasTicket, NoRules
from api.tickets.loop import Target
from api.tickets.notes import tidy_note
from api.tickets.opening import Opening, open_ticket
from api.tickets.owners import Owner, choose_owner
from api.tickets.published import LoopInForce, loop_in_force
from api.tickets.repository import tickets as repository


@dataclass(frozen=True, slots=True)
class Matter:
    """An answer, or a branch with what the customer said there, and who that was if it is known.

    ``key``: once, if sent twice.
    """

    severity: int
    response: UUID | None = None
    unit: str | None = None
    summary: str | None = field(default=None, repr=False)
    customer: Complainant | None = None
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would follow: whose it would be, and what is due when."""

    unit: Node
    owner: Owner
    role: str
    due: tuple[tuple[Target, datetime], ...]
    holds: bool  # nobody asks the customer anything else meanwhile


def ticket_about(session: Session, viewer: Viewer, response: UUID) -> int | None:
    """The number of the answer's ticket, where the viewer may read it.

    What a customer says of a settled matter belongs to the ticket of that matter.
    """
    found = repository.ticket_of_response(session, response)
    found = found or repository.ticket_of_word(session, response)
    if found is None or not viewer.sees_unit(found.branch_id):
        return None
    return found.number if viewer.may(Permission.VIEW_COMMENTS, found.branch_id) else None


def foresee(
    session: Session, viewer: Viewer, matter: Matter, now: datetime, *, vault: Vault
) -> Foreseen:
    """What would follow if it were opened now; raises what `open_by_hand` raises."""
    rules, opening, about = _weighed(session, viewer, matter)
    branch, named = opening.branch_id, about is None or about.named
    node = viewer.hierarchy.nodes[branch]
    if matter.customer is not None:
        asked = [record_of(viewer, node, matter.customer)]
        with told_unfit(viewer):
            check_customers(session, asked, limits=viewer.scope, vault=vault, now=now)
    due = ticking.foreseen(session, rules.loop, branch, matter.severity, named=named, now=now)
    return Foreseen(
        unit=node,
        owner=choose_owner(session, opening.role, branch, now),
        role=opening.role,
        due=tuple(due),
        holds=matter.customer is not None or (about is not None and about.person_id is not None),
    )


def open_by_hand(
    session: Session, viewer: Viewer, matter: Matter, now: datetime, *, vault: Vault
) -> int:
    """The new ticket's number.

    Raises HasTicket for an answer that has one, NoteNeeded for too few or too many words, NotFound
    outside the viewer's branches, NotAllowed for who does not handle tickets there, UnfitCustomer
    for one who cannot be reached.
    """
    _, opening, about = _weighed(session, viewer, matter)
    if matter.customer is not None:
        asked = [record_of(viewer, viewer.hierarchy.nodes[opening.branch_id], matter.customer)]
        limits = viewer.scope
        with told_unfit(viewer):
            placed = place_customers(
                session, asked, limits=limits, vault=vault, now=now, newer=False
            )
        opening = replace(opening, person_id=placed.people[0])
    # Locked before the ticket is, as whoever finds the answer does.
    alert = None if about is None else alerts.alert_of_cause(session, f"response:{about.id}")
    made = open_ticket(session, opening, now)
    ticket = _stored(session, opening, made)
    if made is not None and alert is not None:
        repository.link_alert(session, alert.id, made)
    if made is not None:
        audit(
            session,
            viewer.actor,
            "ticket.open",
            now=now,
            subject=f"ticket:{made}",
            unit_id=opening.branch_id,
            detail={"severity": opening.severity, "customer": opening.person_id is not None},
        )
    elif about is not None:
        raise HasTicket(ticket=ticket_about(session, viewer, about.id))
    assert ticket is not None, "what was opened can be read by who handles it"
    return ticket.number


def _stored(session: Session, opening: Opening, made: UUID | None) -> Ticket | None:
    """What was opened now, or by the same press of a button before."""
    if made is not None:
        return repository.ticket_by_id(session, made)
    return repository.ticket_of_source(session, opening.source or "", opening.external_id or "")


def _weighed(
    session: Session, viewer: Viewer, matter: Matter
) -> tuple[LoopInForce, Opening, Response | None]:
    """What is to be opened by which rules, and the answer it is about."""
    if (matter.response is None) == (matter.unit is None):
        raise Invalid(fields=[{"field": "response", "message": "either a response or a unit"}])
    if matter.response is not None and matter.customer is not None:
        raise Invalid(fields=[{"field": "customer", "message": "an answer says whose it is"}])
    if matter.severity not in SEVERITIES.values():
        raise Invalid(fields=[{"field": "severity", "message": "1, 2 or 3"}])
    about = None if matter.response is None else _answer(session, viewer, matter.response)
    branch = _branch(viewer, matter.unit or "") if about is None else about.branch_id
    said = None if about is not None else tidy_note(matter.summary, needed=True, name="summary")
    rules = loop_in_force(session)
    if rules is None:
        raise NoRules
    metric, score = (None, None) if about is None else repository.score_of(session, about.id)
    opening = Opening(
        branch_id=branch,
        kind="complaint" if about is None else "answer",
        loop_version=rules.version,
        severity=matter.severity,
        response_id=matter.response,
        metric=metric,
        first_score=score,
        summary=said,
        source=SOURCE if about is None else None,
        external_id=str(matter.key or new_id()) if about is None else None,
        opened_by=viewer.account_id,
        detail={"by": SOURCE},
        limits=viewer.scope,
    )
    return rules, opening, about


def _answer(session: Session, viewer: Viewer, response: UUID) -> Response:
    """The answer without a ticket, for who handles tickets of its branch."""
    about = repository.response_of(session, response)
    if about is None:
        raise NotFound(response=response)
    viewer.require(Permission.HANDLE_TICKETS, about.branch_id)
    number = ticket_about(session, viewer, response)
    if number is not None:
        raise HasTicket(ticket=number)
    return about


def _branch(viewer: Viewer, code: str) -> int:
    node = viewer.require_unit_code(code)
    viewer.require(Permission.HANDLE_TICKETS, node.id)
    if not node.is_branch:
        raise Invalid(fields=[{"field": "unit", "message": "a branch"}])
    return node.id
