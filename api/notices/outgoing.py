"""What the network's own systems are told: rows that a worker signs and posts.

Called inside the transaction in which the thing happens; nothing is sent here. A payload holds
numbers, codes and states, never a name, a contact or what the customer wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.notices.repository import outgoing as repository

EVENTS = (
    *("ticket.opened", "ticket.changed", "ticket.escalated"),
    *("alert.opened", "alert.ended"),
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to the network's own system; told once per ``dedupe_key``."""

    event: str
    dedupe_key: str
    branch_id: int
    payload: Mapping[str, Any]
    ticket_id: UUID | None = None


def enqueue(session: Session, outgoing: Outgoing, now: datetime) -> bool:
    """Puts the message to what waits to be posted; False when it was there already."""
    if outgoing.event not in EVENTS:
        raise ValueError(f"{outgoing.event} is nothing that goes out")
    return repository.add_delivery(
        session,
        outgoing.event,
        outgoing.dedupe_key,
        {
            "branch_id": outgoing.branch_id,
            "ticket_id": outgoing.ticket_id,
            "payload": dict(outgoing.payload),
            "created_at": now,
            "next_at": now,
        },
    )
