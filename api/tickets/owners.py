"""Whose ticket it is: somebody of the wanted role who is there, or who stands in for them.

Where nobody of the role is there, the next one above has it; nobody at all is possible, and shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.notices.people import ABOVE, away, deputy_of, holders
from api.tickets.repository import tickets as repository


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a ticket, and who stands in while that person is away."""

    account_id: UUID | None = None
    deputy_id: UUID | None = None


def choose_owner(session: Session, role: str, branch_id: int, now: datetime) -> Owner:
    """Of those who hold the role nearest to the branch the one with the fewest open tickets."""
    wanted: str | None = role
    while wanted is not None:
        found = holders(session, wanted, branch_id, now)
        absent = away(session, found, now)
        present = [one for one in found if one not in absent]
        if present:
            return Owner(least_busy(present, repository.open_by_owner(session, present)))
        for one in found:
            deputy = deputy_of(session, one, now)
            if deputy is not None and deputy not in away(session, [deputy], now):
                return Owner(one, deputy)
        wanted = ABOVE.get(wanted)
    return Owner()


def least_busy(accounts: Sequence[UUID], open_tickets: Mapping[UUID, int]) -> UUID:
    """The first of those with the fewest open tickets."""
    return min(accounts, key=lambda one: open_tickets.get(one, 0))
