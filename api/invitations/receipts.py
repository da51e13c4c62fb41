"""What providers say of messages, applied forward only, under the invitation's lock.

Delivered after undelivered counts, undelivered after delivered does not. A receipt for a message
that we do not know yet is kept, and applied when its sending is recorded.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from api.core.ids import new_id
from api.invitations.repository import following, receiving
from api.invitations.repository.receiving import ReceiptRow

Outcome = Literal["sent", "undelivered", "delivered"]
_RANK = {"planned": 0, "claimed": 1, "unknown": 2, "sent": 3, "undelivered": 4, "delivered": 5}
EARLY_BY = timedelta(days=2)  # a receipt that nobody claimed for so long is not ours
_FINAL = frozenset({"dropped", "expired"})


def note_receipt(
    session: Session,
    *,
    provider: str,
    provider_id: str,
    status: Outcome,
    now: datetime,
    error_code: str | None = None,
    invitation_id: UUID | None = None,
) -> UUID | None:
    """Stores a receipt and applies it if its message is known: the invitation it is about."""
    row = ReceiptRow(new_id(), provider, provider_id, status, error_code, now)
    found = receiving.lock_invitation(session, provider, provider_id, invitation_id)
    receiving.insert_receipt(session, row, found)
    if found is None:
        return None
    _apply(session, row, found.id, found.status)
    return found.id


def apply_kept(session: Session, provider: str, provider_id: str, invitation_id: UUID) -> int:
    """Applies receipts that came before their message was recorded as sent; how many."""
    found = receiving.lock_invitation(session, provider, provider_id, invitation_id)
    if found is None:
        return 0
    status = found.status
    kept = receiving.kept_receipts(session, provider, provider_id)
    for row in kept:
        status = _apply(session, row, found.id, status)
    return len(kept)


def apply_waiting(session: Session, now: datetime, limit: int = 500) -> int:
    """Applies kept receipts whose message is known by now; how many messages.

    A receipt and the record of its message can pass each other: neither saw the other.
    """
    found = receiving.matched_receipts(session, now - EARLY_BY, limit)
    for provider, provider_id, invitation_id in found:
        apply_kept(session, provider, provider_id, invitation_id)
    return len(found)


def further(status: str, said: str) -> bool:
    """Whether ``said`` moves an invitation on from ``status``."""
    return status not in _FINAL and _RANK[said] > _RANK[status]


def _apply(session: Session, row: ReceiptRow, invitation_id: UUID, status: str) -> str:
    moved = further(status, row.status)
    if moved:
        receiving.move_on(session, row, invitation_id)
        if row.status == "undelivered":
            following.wake(session, [invitation_id], row.received_at)
    receiving.mark_applied(session, row, invitation_id)
    return row.status if moved else status
