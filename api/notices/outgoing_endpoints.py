"""HTTP of messages to the own system that nobody took: the list, and sending one again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.paging import Page
from api.boundary.visits import AnyVisit, PersonVisit, require_token_scope
from api.notices.dead_messages import failure_words, list_dead, resend
from api.notices.repository.outgoing import DeadRow
from api.notices.schemas import DeliveryBody, MadeBody
from api.security.viewer import Viewer

router = APIRouter(prefix="/api/v1/webhook-deliveries", tags=["notices"])


@router.get("")
def read_dead_deliveries(
    visit: AnyVisit,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[DeliveryBody]:
    """Messages that the own system never took, newest first, and why."""
    require_token_scope(visit.viewer, "read")
    found = list_dead(visit.session, visit.viewer, cursor=cursor, limit=limit)
    return Page(items=[_shown(one, visit.viewer) for one in found.items], next=found.next)


@router.post("/{delivery_id}/resend", status_code=202, response_model=MadeBody)
def resend_delivery(visit: PersonVisit, delivery_id: UUID, guard: IdempotencyGuard) -> Response:
    """Lets a message be tried again."""

    def work() -> tuple[int, MadeBody]:
        resend(visit.session, visit.viewer, delivery_id, visit.now)
        return 202, MadeBody(id=delivery_id)

    return guard.answer(visit, work)


def _shown(row: DeadRow, viewer: Viewer) -> DeliveryBody:
    return DeliveryBody(
        id=row.id,
        event=row.event,
        unit_code=viewer.hierarchy.nodes[row.branch_id].code,
        ticket=row.ticket,
        attempts=row.attempts,
        created_at=row.created_at,
        failure=row.failure,
        reason=failure_words(row.failure, viewer.language),
    )
