"""While a customer's matter is open, nobody asks them anything else.

Opens and closes the person's hold under the ticket's id; a customer who may not be known is held
as well, since nobody sees it.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.customers.repository import holds, people
from api.customers.repository.holds import HoldRow
from api.customers.service import seeing_everyone
from api.models import Ticket
from api.security.scope import Scope
from api.tickets.repository import tickets

SOURCE = "ticket"


def hold_customer(session: Session, ticket: Ticket, limits: Scope, now: datetime) -> None:
    """Nobody asks the customer from now on; what was planned is dropped. A wish is no complaint."""
    if ticket.person_id is not None and ticket.kind != "wish":
        with seeing_everyone(session, limits):
            person = _present(session, ticket, ticket.person_id)
            holds.write_holds(session, [_row(ticket, person, None)])
            holds.drop_planned(session, [person], now)


def release_customer(session: Session, ticket: Ticket, limits: Scope, now: datetime) -> None:
    """The matter is over: the customer may be asked again."""
    if ticket.person_id is not None and ticket.kind != "wish":
        with seeing_everyone(session, limits):
            person = _present(session, ticket, ticket.person_id)
            holds.write_holds(session, [_row(ticket, person, now)])


def _present(session: Session, ticket: Ticket, person_id: UUID) -> UUID:
    """Whom the ticket is about, also when they have just been merged into another."""
    people.hold_people(session, [person_id], to_change=False)
    found = tickets.person_of(session, ticket.id)
    return person_id if found is None else found


def _row(ticket: Ticket, person_id: UUID, closed_at: datetime | None) -> HoldRow:
    key = str(ticket.id)
    return HoldRow(person_id, "complaint", SOURCE, key, ticket.opened_at, closed_at)
