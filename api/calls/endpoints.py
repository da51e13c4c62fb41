"""HTTP of the call-centre list, for our own page and for other call-centre software."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit, Visit
from api.calls import service
from api.calls.schemas import (
    CallItem,
    CallOut,
    CallsOut,
    FormOut,
    NumberOut,
    OutcomeIn,
    OutcomeOut,
    TodayOut,
)

router = APIRouter(tags=["calls"])
_API = "/api/v1/calls"
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get(_API)
def list_calls(visit: PersonVisit) -> CallsOut:
    """Whom the interviewer may call now and later, without names."""
    found = service.call_list(visit.session, visit.viewer, visit.now)
    nodes, english = visit.viewer.hierarchy.nodes, visit.viewer.language == "en"
    return CallsOut(
        now=found.now,
        later=found.later,
        today=TodayOut(**vars(found.today)),
        current=found.current,
        items=[
            CallItem(
                id=one.invitation_id,
                unit=nodes[one.branch_id].code,
                occasion=one.occasion_en if english else one.occasion_zh,
                occurred_on=one.occurred_on,
                ready=one.ready,
                call_after=one.call_after,
                call_before=one.call_before,
                appointment=one.appointment,
                tries=one.tries,
                timezone=one.zone,
            )
            for one in found.items
        ],
    )


@router.post(f"{_API}/next", responses={204: {"description": "Nobody to call now"}})
def claim_next(visit: PersonVisit) -> CallOut:
    """Claims the next call for 30 minutes; asked again, it is the same until it has an outcome."""
    claimed = service.claim_next(visit.session, visit.viewer, visit.now)
    if claimed is None:
        return Response(status_code=204)  # type: ignore[return-value]
    return _call(visit, claimed)


@router.get(f"{_API}/{{invitation_id}}")
def read_call(invitation_id: UUID, visit: PersonVisit) -> CallOut:
    """A call that the interviewer has claimed."""
    return _call(visit, invitation_id)


@router.post(f"{_API}/{{invitation_id}}/reveal")
def reveal_number(invitation_id: UUID, visit: PersonVisit) -> NumberOut:
    """The number to call, in clear; the audit says who looked."""
    vault = visit.installation.vault
    number = service.reveal_number(visit.session, visit.viewer, invitation_id, vault, visit.now)
    return NumberOut(number=number)


@router.post(f"{_API}/{{invitation_id}}/form", status_code=201)
def open_form(invitation_id: UUID, visit: PersonVisit) -> FormOut:
    """The survey for this call; a link made earlier dies."""
    path = service.open_form(visit.session, visit.viewer, invitation_id, visit.now)
    return FormOut(url=visit.installation.settings.public_url.rstrip("/") + path)


@router.post("/calls/{invitation_id}/form", include_in_schema=False)
def go_to_form(invitation_id: UUID, visit: PersonVisit, request: Request) -> Response:
    """The same for a button of the page: leads on to the survey."""
    path = service.open_form(visit.session, visit.viewer, invitation_id, visit.now)
    return RedirectResponse(path, 303, headers=_PRIVATE)


@router.post(f"{_API}/{{invitation_id}}/outcome", response_model=OutcomeOut)
def record_outcome(
    invitation_id: UUID, body: OutcomeIn, visit: PersonVisit, guard: IdempotencyGuard
) -> Response:
    """What came of the call; the claim ends."""

    def work() -> tuple[int, OutcomeOut]:
        status = service.record_outcome(
            visit.session,
            visit.viewer,
            invitation_id,
            body.outcome,
            appointment_at=body.appointment_at,
            now=visit.now,
        )
        return 200, OutcomeOut(status=status)

    return guard.answer(visit, work)


@router.post(f"{_API}/{{invitation_id}}/release", status_code=204)
def release(invitation_id: UUID, visit: PersonVisit) -> None:
    """Gives the call back without having made it."""
    service.release(visit.session, visit.viewer, invitation_id, visit.now)


def _call(visit: Visit, invitation_id: UUID) -> CallOut:
    vault, viewer = visit.installation.vault, visit.viewer
    found = service.require_call(visit.session, viewer, invitation_id, vault, visit.now)
    english = viewer.language == "en"
    return CallOut.model_validate(
        {
            **vars(found),
            "id": found.invitation_id,
            "unit": viewer.hierarchy.nodes[found.branch_id].code,
            "occasion": found.occasion_en if english else found.occasion_zh,
            "timezone": found.zone,
        }
    )
