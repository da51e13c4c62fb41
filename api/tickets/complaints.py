"""While a customer's matter is open, nobody asks them anything else.

Opens and closes the person's hold under the ticket's id; a customer who may not be known is held
as well, since nobody sees it.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.customers.repository import holds
from api.customers.repository.holds import HoldRow
from api.customers.service import seeing_everyone
from api.models import Ticket
from api.security.scope import Scope

SOURCE = "ticket"


def hold_customer(session: Session, ticket: Ticket, limits: Scope, now: datetime) -> None:
    """Nobody asks the customer from now on; what was planned is dropped. A wish is no complaint."""
    if ticket.person_id is not None and ticket.kind != "wish":
        with seeing_everyone(session, limits):
            holds.write_holds(session, [_row(ticket, ticket.person_id, None)])
            holds.drop_planned(session, [ticket.person_id], now)


def release_customer(session: Session, ticket: Ticket, limits: Scope, now: datetime) -> None:
    """The matter is over: the customer may be asked again."""
    if ticket.person_id is not None and ticket.kind != "wish":
        with seeing_everyone(session, limits):
            holds.write_holds(session, [_row(ticket, ticket.person_id, now)])


def _row(ticket: Ticket, person_id: UUID, closed_at: datetime | None) -> HoldRow:
    key = str(ticket.id)
    return HoldRow(person_id, "complaint", SOURCE, key, ticket.opened_at, closed_at)
