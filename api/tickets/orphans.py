"""Open tickets that nobody owns any more: who left, or lost the role, hands nothing on.

Run by the leader; one transaction per ticket, so that one that is being changed stops no other.
"""

from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.tickets.changing import Change, change
from api.tickets.errors import Stale
from api.tickets.owners import choose_owner
from api.tickets.repository import tickets as repository

AT_ONCE = 200


def give_orphans(installation: Installation) -> int:
    """Gives open tickets without somebody who may handle them to who has that role; how many."""
    now = installation.clock()
    with installation.database.transaction() as session:
        found = repository.orphans(session, now.date(), AT_ONCE)
    return sum(_given(installation, ticket_id) for ticket_id in found)


def _given(installation: Installation, ticket_id: UUID) -> bool:
    try:
        with installation.database.transaction() as session:
            return give_anew(session, ticket_id, installation)
    except Stale:
        return False  # somebody has just taken it


def give_anew(session: Session, ticket_id: UUID, installation: Installation) -> bool:
    """Chooses an owner as at the opening; False when there is nobody, or nobody else."""
    now = installation.clock()
    ticket = repository.ticket_by_id(session, ticket_id)
    if ticket is None:
        return False
    owner = choose_owner(session, ticket.role, ticket.branch_id, now)
    if owner.account_id is None or owner.account_id == ticket.owner_id:
        return False
    values = {"owner_id": owner.account_id, "deputy_id": owner.deputy_id}
    detail = {"owner": str(owner.account_id), "why": "nobody"}
    change(
        session, ticket, Change("owner", None, values=values, detail=detail, tells="ticket"), now
    )
    return True
