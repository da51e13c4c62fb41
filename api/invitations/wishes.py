"""What becomes known of an address: that nobody may write to it, or that it does not exist.

It belongs to the address, not to the person, and holds for every branch.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.invitations.repository import receiving


def opt_out(session: Session, kind: str, value_hash: bytes, now: datetime) -> None:
    """Nobody writes to this address any more; what was planned for its owner is withdrawn."""
    receiving.suppress_hash(session, kind, value_hash, now)


def lift_opt_out(session: Session, kind: str, value_hash: bytes) -> None:
    """The owner of an address takes the own opt-out back; other reasons stay."""
    receiving.lift_opt_out(session, kind, value_hash)


def note_address_state(
    session: Session, invitation_id: UUID, *, opted_out: bool, dead: bool, now: datetime
) -> None:
    """What a provider's refusal says of the address of an invitation."""
    if opted_out:
        receiving.suppress_address_of(session, invitation_id, now)
    if dead:
        receiving.mark_undeliverable(session, invitation_id, now)
