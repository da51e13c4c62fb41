"""What an interviewer does: claims a call, looks at its number, says what came of it."""

from datetime import datetime
from uuid import UUID

from api.calls import service
from api.calls.outcomes import Outcome
from dashboard.data.sitting import Sitting

OUTCOMES: tuple[Outcome, ...] = (
    "answered",
    "appointment",
    "no_answer",
    "busy",
    "wrong_number",
    "refused",
    "opted_out",
)


def claim_next(sitting: Sitting) -> None:
    """The next call in turn, if there is one."""
    service.claim_next(sitting.session, sitting.viewer, sitting.now)


def reveal(sitting: Sitting, call: UUID) -> str:
    """The number, in clear; audited."""
    vault = sitting.installation.vault
    return service.reveal_number(sitting.session, sitting.viewer, call, vault, sitting.now)


def record(sitting: Sitting, call: UUID, outcome: str, agreed: datetime | None) -> None:
    """What came of the call."""
    known = outcome if outcome in OUTCOMES else OUTCOMES[2]
    at = agreed if known == "appointment" else None
    service.record_outcome(
        sitting.session, sitting.viewer, call, known, appointment_at=at, now=sitting.now
    )


def give_back(sitting: Sitting, call: UUID) -> None:
    """The call was not made."""
    service.release(sitting.session, sitting.viewer, call, sitting.now)
