"""Contesting an answer, withdrawing, deciding."""

import base64
import binascii
from uuid import UUID

from api.contests import service
from api.contests.errors import BadEvidence
from api.contests.service import Objection, Verdict
from dashboard.data.sitting import Sitting

REASONS = service.REASONS


def contest(
    sitting: Sitting, answer: UUID, reason: str, note: str, file: tuple[str, str] | None
) -> UUID:
    """Contests an answer; ``file`` is a name and what a browser hands over (a data address)."""
    session, viewer, now = sitting.session, sitting.viewer, sitting.now
    made = service.raise_contest(session, viewer, Objection(answer, reason, note), now)
    if file is not None:
        name, content = file
        service.add_evidence(
            session, viewer, made, file_name=name, content=file_bytes(content), now=now
        )
    return made


def withdraw(sitting: Sitting, contest_id: UUID) -> None:
    """Takes it back."""
    service.withdraw_contest(sitting.session, sitting.viewer, contest_id, sitting.now)


def decide(sitting: Sitting, contest_id: UUID, verdict: Verdict, note: str) -> None:
    """Headquarters' word."""
    service.decide_contest(
        sitting.session, sitting.viewer, contest_id, verdict=verdict, note=note, now=sitting.now
    )


def file_bytes(content: str) -> bytes:
    """What stands behind the comma of a data address."""
    try:
        return base64.b64decode(content.partition(",")[2], validate=True)
    except (ValueError, binascii.Error):
        raise BadEvidence from None
