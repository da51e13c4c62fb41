"""Customers who wait, in brief: how many tickets are open and late, and those due first."""

from dataclasses import dataclass

from api.security.permissions import Permission
from api.tickets.queries import TicketFilter, list_tickets, ticket_counts
from dashboard.address import Page
from dashboard.data.board import TicketRow, ticket_rows
from dashboard.data.sitting import Sitting

SHOWN = 3


@dataclass(frozen=True)
class Waiting:
    """The card: counts with their ways, and the tickets that are due first."""

    open: int
    late: int
    new: int
    asked: int  # resolved, and the customer's word is awaited
    rows: list[TicketRow]
    board: str
    late_board: str


def waiting(sitting: Sitting, unit: str | None) -> Waiting | None:
    """The tickets of a unit; None for who reads no tickets."""
    if not sitting.viewer.may(Permission.VIEW_COMMENTS):
        return None
    asked = (sitting.session, sitting.viewer)
    counts = ticket_counts(*asked, unit, now=sitting.now)
    first = TicketFilter(unit=unit)
    lines = list_tickets(*asked, first, limit=SHOWN, now=sitting.now) if counts.open else []
    board = sitting.address.to(Page.TICKETS, unit)
    return Waiting(
        open=counts.open,
        late=counts.overdue,
        new=counts.new,
        asked=counts.waiting,
        rows=ticket_rows(sitting, lines),
        board=board.href,
        late_board=board.with_words(state="late").href,
    )
