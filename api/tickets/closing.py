"""What happens to a ticket without a colleague: the customer's word, or none; a call that failed.

Called by workers, in their transactions. The first score of the ticket stays whatever the customer
says now.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.tickets.changing import Change, change
from api.tickets.repository import tickets as repository
from api.tickets.states import next_state


def customer_said(
    session: Session, ticket_id: UUID, *, score: int | None, content: bool, now: datetime
) -> bool:
    """Verifies or reopens by the customer's answer; False when the ticket no longer stands so.

    A customer who answers late, after the ticket ended unverified, is heard as well; of a ticket
    that is open again only the score is kept.
    """
    ticket = repository.ticket_by_id(session, ticket_id)
    if ticket is None:
        return False
    to_state = next_state("verify" if content else "reopen", ticket.state)
    wanted = Change(
        kind="customer",
        to_state=to_state,
        values={"recovery_score": score},
        detail={"score": score},
        tells=None if to_state is None else to_state,
    )
    change(session, ticket, wanted, now)
    return to_state is not None


def no_word(session: Session, ticket_id: UUID, now: datetime) -> bool:
    """The customer said nothing in time: it ends unverified. False when it stood otherwise."""
    ticket = repository.ticket_by_id(session, ticket_id)
    to_state = None if ticket is None else next_state("expire", ticket.state)
    if ticket is None or to_state is None:
        return False
    change(session, ticket, Change(kind="state", to_state=to_state, tells=to_state), now)
    return True


def call_failed(session: Session, ticket_id: UUID, failure: str, now: datetime) -> None:
    """The relay did not connect a call that somebody asked for: only noted, nothing changes."""
    ticket = repository.ticket_by_id(session, ticket_id)
    if ticket is not None:
        repository.add_step(session, ticket, kind="not_dialled", at=now, detail={"why": failure})
