"""The tickets that are overdue now, as far as a letter tells of them. Reads api.tickets."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.security.hierarchy import Node
from api.security.viewer import Viewer
from api.tickets.queries import TicketFilter, list_tickets, ticket_counts

MOST = 5


@dataclass(frozen=True)
class OverdueTicket:
    """One ticket past its time: what nobody did, and since when."""

    number: int
    unit: Node
    kind: str  # of the clock: acknowledge | contact | resolve
    due_at: datetime
    owner: str | None


@dataclass(frozen=True)
class Overdue:
    """How many tickets are open, how many past their time, and those that wait longest."""

    open: int
    overdue: int
    longest: tuple[OverdueTicket, ...]


def overdue_of(session: Session, viewer: Viewer, unit: str | None, now: datetime) -> Overdue:
    """The open tickets of the viewer's branches, below ``unit`` if one is named."""
    counts = ticket_counts(session, viewer, unit, now=now)
    if not counts.overdue:
        return Overdue(counts.open, 0, ())
    wanted = TicketFilter(unit=unit, overdue=True)
    lines = list_tickets(session, viewer, wanted, limit=MOST, now=now)
    longest = [
        OverdueTicket(line.number, line.unit, due.kind, due.due_at, line.owner)
        for line in lines
        if (
            due := next(
                (one for one in (line.business, line.customer) if one is not None and one.overdue),
                None,
            )
        )
    ]
    return Overdue(counts.open, counts.overdue, tuple(longest))
