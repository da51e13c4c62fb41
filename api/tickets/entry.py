"""Lets somebody to a ticket: within the branches they see, for what they may do there."""

from sqlmodel import Session

from api.core.errors import NotAllowed, NotFound
from api.models import Ticket
from api.models.tickets import OPEN_STATES
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets.errors import NotNow, Stale
from api.tickets.repository import tickets as repository


def is_known(session: Session, ticket: Ticket) -> bool:
    """False for a customer who answered without a name: nobody learns who it was, nobody calls."""
    about = None
    if ticket.response_id is not None:
        about = repository.response_of(session, ticket.response_id)
    return ticket.named if about is None else about.named


def require_seen(
    session: Session, viewer: Viewer, number: int, version: int | None = None
) -> Ticket:
    """The ticket as it stands, for somebody who reads comments of its branch."""
    ticket = repository.ticket_by_number(session, number)
    if ticket is None:
        raise NotFound(ticket=number)
    viewer.require(Permission.VIEW_COMMENTS, ticket.branch_id)
    if version is not None and ticket.version != version:
        raise Stale
    return ticket


def require_handled(
    session: Session, viewer: Viewer, number: int, version: int | None = None
) -> Ticket:
    """The ticket as it stands, for somebody who may handle it; raises Stale."""
    ticket = require_seen(session, viewer, number)
    if not viewer.may(Permission.HANDLE_TICKETS, ticket.branch_id):
        raise NotAllowed(permission=Permission.HANDLE_TICKETS)
    if version is not None and ticket.version != version:
        raise Stale
    return ticket


def require_open(ticket: Ticket) -> None:
    """Nothing, or NotNow for a ticket that is closed."""
    if ticket.state not in OPEN_STATES:
        raise NotNow(state=ticket.state)
