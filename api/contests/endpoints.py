"""HTTP of contested answers: translates, decides nothing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.boundary.attachments import attached
from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit
from api.contests import service
from api.contests.repository import Raised
from api.contests.schemas import (
    ContestIn,
    ContestOut,
    ContestsOut,
    DecisionIn,
    EvidenceIn,
    FileOut,
    Made,
    State,
)

router = APIRouter(prefix="/api/v1/contests", tags=["contests"])


@router.get("")
def list_contests(
    visit: PersonVisit,
    state: State | None = None,
    unit: Annotated[str | None, Query(max_length=300)] = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ContestsOut:
    """Contests of the branches that the viewer may read, the newest first."""
    states = service.STATES if state is None else (state,)
    found = service.list_contests(
        visit.session, visit.viewer, states=states, unit=unit, after=after, limit=limit + 1
    )
    shown = found[:limit]
    return ContestsOut(
        items=[_shown(visit, one) for one in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.post("", status_code=201, response_model=Made)
def raise_contest(body: ContestIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Contests an answer of an own branch, within ten days."""

    def work() -> tuple[int, Made]:
        wish = service.Objection(body.response, body.reason, body.note)
        return 201, Made(id=service.raise_contest(visit.session, visit.viewer, wish, visit.now))

    return guard.answer(visit, work)


@router.get("/{contest_id}")
def read_contest(contest_id: UUID, visit: PersonVisit) -> ContestOut:
    """One contest."""
    found = service.require_contest(visit.session, visit.viewer, contest_id)
    return _shown(visit, found)


@router.post("/{contest_id}/withdraw", status_code=204)
def withdraw_contest(contest_id: UUID, visit: PersonVisit) -> None:
    """Takes an open contest back."""
    service.withdraw_contest(visit.session, visit.viewer, contest_id, visit.now)


@router.post("/{contest_id}/decision", status_code=204)
def decide_contest(contest_id: UUID, body: DecisionIn, visit: PersonVisit) -> None:
    """Headquarters decides, or reverses what it decided."""
    service.decide_contest(
        visit.session,
        visit.viewer,
        contest_id,
        verdict=body.verdict,
        note=body.note,
        now=visit.now,
    )


@router.get("/{contest_id}/evidence")
def list_evidence(contest_id: UUID, visit: PersonVisit) -> list[FileOut]:
    """The files of a contest."""
    found = service.list_evidence(visit.session, visit.viewer, contest_id)
    return [FileOut.model_validate(file, from_attributes=True) for file in found]


@router.post("/{contest_id}/evidence", status_code=201, response_model=Made)
def add_evidence(
    contest_id: UUID, body: EvidenceIn, visit: PersonVisit, guard: IdempotencyGuard
) -> Response:
    """Puts a file forward: PDF, PNG or JPEG up to 2 MB, five at most."""

    def work() -> tuple[int, Made]:
        made = service.add_evidence(
            visit.session,
            visit.viewer,
            contest_id,
            file_name=body.file_name,
            content=body.content,
            now=visit.now,
        )
        return 201, Made(id=made)

    return guard.answer(visit, work)


@router.get("/{contest_id}/evidence/{file_id}", response_class=Response)
def read_evidence(contest_id: UUID, file_id: UUID, visit: PersonVisit) -> Response:
    """A file to be saved, never to be shown as a page of ours."""
    file = service.require_file(visit.session, visit.viewer, contest_id, file_id)
    return Response(file.content, 200, attached(file.file_name), file.media_type)


def _shown(visit: PersonVisit, found: Raised) -> ContestOut:
    unit = visit.viewer.hierarchy.nodes[found.branch_id]
    return ContestOut(
        id=found.id,
        state=found.state,
        reason=found.reason,
        note=found.note,
        unit_code=unit.code,
        unit_name=unit.name(visit.viewer.language),
        touchpoint=found.touchpoint,
        occurred_on=found.occurred_on,
        submitted_at=found.submitted_at,
        channel=found.channel,
        score=found.score,
        comment=found.comment,
        files=found.files,
        raised_by=found.raised_name,
        raised_at=found.raised_at,
        decided_by=found.decided_name,
        decided_at=found.decided_at,
        decision_note=found.decision_note,
    )
