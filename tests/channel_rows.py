"""Rows of the call list, a printed code and a contest, for a branch of the two regions."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from conftest import NOW
from sqlmodel import Session

from api.models import CallTask, CallTry, Contest, ContestEvidence, QrPoint


class Place(Protocol):
    """Where the rows belong."""

    @property
    def unit_id(self) -> int:
        """The branch."""

    @property
    def touchpoint_id(self) -> int:
        """What it was about."""

    @property
    def number(self) -> int:
        """Tells branches apart."""


def add_calls_and_point(
    session: Session, mark: str, at: Place, invitation: UUID, account: UUID
) -> UUID:
    """A call with an appointment, one that was made, and a code called ``mark``; the code's id."""
    point = QrPoint(
        code=f"codeq{at.number}",
        kind="qr",
        branch_id=at.unit_id,
        touchpoint_id=at.touchpoint_id,
        survey_code="car_service",
        label=mark,
        created_at=NOW,
    )
    task = CallTask(
        invitation_id=invitation,
        branch_id=at.unit_id,
        call_after=NOW,
        call_before=NOW + timedelta(14),
        appointment=True,
    )
    tried = CallTry(
        invitation_id=invitation,
        branch_id=at.unit_id,
        account_id=account,
        at=NOW,
        outcome="appointment",
        appointment_at=NOW,
    )
    for row in (task, tried, point):
        session.add(row)
        session.flush()
    return point.id


def add_contest(
    session: Session, mark: str, at: Place, response: UUID, account: UUID
) -> tuple[UUID, UUID]:
    """An open contest with a file, both called ``mark``; their ids."""
    contest = Contest(
        response_id=response,
        branch_id=at.unit_id,
        occurred_on=NOW.date(),
        reason="other",
        note=mark,
        raised_by=account,
        raised_at=NOW,
    )
    evidence = ContestEvidence(
        contest_id=contest.id,
        branch_id=at.unit_id,
        file_name=f"{mark}.pdf",
        media_type="application/pdf",
        content=f"%PDF-{mark}".encode(),
        added_by=account,
        added_at=NOW,
    )
    for row in (contest, evidence):
        session.add(row)
        session.flush()
    return contest.id, evidence.id
