"""Sending a message again that only a person can settle."""

from uuid import UUID

from api.invitations.dead_letters import resend
from dashboard.data.sitting import Sitting


def send_again(sitting: Sitting, letter: UUID) -> None:
    """Plans it once more; raises what stands against it."""
    resend(sitting.session, sitting.viewer, letter, sitting.now)
