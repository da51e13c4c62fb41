"""Messages of which nothing was heard since they were sent: what a gateway is asked about.

Asked again after twice the time each time, from a quarter of an hour to three days: every answer
is kept as a receipt, also one that says nothing new.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag

from api.core.installation import Installation
from api.invitations.repository import receiving

FIRST_ASKED = timedelta(minutes=15)
GIVEN_UP = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A message that was sent, and to whom."""

    id: UUID
    provider_id: str | None
    address: str = field(repr=False)
    sent_at: datetime


def list_awaited(installation: Installation, limit: int) -> list[Awaited]:
    """Messages of the domestic gateway that it may be asked about now, oldest first."""
    now = installation.clock()
    with installation.database.transaction() as session:
        rows = receiving.awaited(session, now, now - GIVEN_UP, now - FIRST_ASKED, limit)
    found = []
    for row in rows:
        try:
            address = installation.vault.decrypt(bytes(row.address_encrypted))
        except InvalidTag:
            continue
        found.append(Awaited(row.id, row.provider_id, address, row.sent_at))
    return found
