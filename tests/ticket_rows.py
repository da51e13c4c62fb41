"""A ticket of every made-up branch with a step, a clock and a file, for the tests of isolation."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from conftest import NOW
from sqlmodel import Session

from api.models import Ticket, TicketClock, TicketFile, TicketStep

_SPACE = UUID("018f0000-0000-7000-8000-000000000006")
_FIRST = 900_000


def number_of(branch: int) -> int:
    """The number of a branch's ticket."""
    return _FIRST + branch


def file_of(branch: int) -> UUID:
    """The file of a branch's ticket."""
    return uuid5(_SPACE, f"file {branch}")


def add_tickets(session: Session, branches: Mapping[int, tuple[str, UUID, UUID, UUID]]) -> None:
    """One open ticket each; what everything is called, the customer, the response, the owner."""
    for branch, (mark, person, response, account) in branches.items():
        ticket = Ticket(
            number=number_of(branch),
            branch_id=branch,
            kind="answer",
            severity=3,
            owner_id=account,
            loop_version=1,
            response_id=response,
            person_id=person,
            named=True,
            summary=mark,
            metric="nps",
            first_score=2,
            opened_at=NOW,
            state_at=NOW,
            due_at=NOW + timedelta(hours=2),
        )
        for row in (ticket, *_belongings(ticket, mark, account)):
            session.add(row)
            session.flush()


def _belongings(
    ticket: Ticket, mark: str, account: UUID
) -> tuple[TicketStep, TicketClock, TicketFile]:
    step = TicketStep(
        ticket_id=ticket.id,
        branch_id=ticket.branch_id,
        kind="note",
        at=NOW,
        by_id=account,
        note=mark,
    )
    clock = TicketClock(
        ticket_id=ticket.id,
        kind="acknowledge",
        calendar="business",
        branch_id=ticket.branch_id,
        started_at=NOW,
        target_seconds=7200,
        due_at=NOW + timedelta(hours=2),
    )
    file = TicketFile(
        id=file_of(ticket.branch_id),
        ticket_id=ticket.id,
        branch_id=ticket.branch_id,
        file_name=f"{mark}.pdf",
        media_type="application/pdf",
        content=f"%PDF-{mark}".encode(),
        added_by=account,
        added_at=NOW,
    )
    return step, clock, file


def ticket_bodies() -> dict[tuple[str, str], Callable[[Any], object]]:
    """What is sent to change a branch's ticket, by method and path."""
    said = {"version": 1, "note": "some words"}
    bodies: dict[str, Callable[[Any], object]] = {
        "acknowledge": lambda _: {"version": 1},
        "contacted": lambda _: said,
        "resolve": lambda _: {**said, "cause": "other"},
        "reopen": lambda _: said,
        "verify": lambda _: said,
        "notes": lambda _: said,
        "assign": lambda branch: {"version": 1, "owner": str(branch.account)},
        "move": lambda branch: {**said, "to_unit": branch.code},
        "reveal": lambda branch: {"version": 1, "contact_id": str(branch.contact)},
        "dial": lambda branch: {"version": 1, "contact_id": str(branch.contact)},
        "files": lambda _: {"file_name": "a.pdf", "content": "JVBERi0="},
    }
    named = {("POST", f"/api/v1/tickets/{{ticket}}/{name}"): one for name, one in bodies.items()}
    opened = {"severity": 2, "summary": "some words"}
    return {**named, ("POST", "/api/v1/tickets"): lambda branch: {**opened, "unit": branch.code}}
