"""HTTP of messages that only a person can settle: the list, and sending one again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.paging import Page
from api.boundary.visits import AnyVisit, PersonVisit, require_token_scope
from api.core.languages import Language
from api.invitations.dead_letters import (
    failure_words,
    list_dead_letters,
    reason_words,
    resend,
)
from api.invitations.repository.dead_letters import LetterRow
from api.invitations.schemas import DeadLetterBody, ResentBody
from api.security.hierarchy import Hierarchy

router = APIRouter(prefix="/api/v1/dead-letters", tags=["asking"])


@router.get("")
def read_dead_letters(
    visit: AnyVisit,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[DeadLetterBody]:
    """Unknown and undelivered messages, newest first: why, and whether they may be sent again."""
    require_token_scope(visit.viewer, "read")
    found = list_dead_letters(visit.session, visit.viewer, visit.now, cursor=cursor, limit=limit)
    viewer = visit.viewer
    items = [_shown(one, viewer.hierarchy, viewer.language) for one in found.items]
    return Page(items=items, next=found.next)


@router.post("/{invitation_id}/resend", status_code=201, response_model=ResentBody)
def resend_dead_letter(
    visit: PersonVisit, invitation_id: UUID, guard: IdempotencyGuard
) -> Response:
    """Sends a message again, by the wish of a person who may."""

    def work() -> tuple[int, ResentBody]:
        made = resend(visit.session, visit.viewer, invitation_id, visit.now)
        return 201, ResentBody(invitation=made)

    return guard.answer(visit, work)


def _shown(letter: LetterRow, hierarchy: Hierarchy, language: Language) -> DeadLetterBody:
    return DeadLetterBody(
        invitation=letter.id,
        event=letter.event_id,
        unit_code=hierarchy.nodes[letter.branch_id].code,
        channel=letter.channel,
        kind=letter.kind,
        status=letter.status,
        failure=letter.failure,
        reason=failure_words(letter.failure, language),
        attempts=letter.attempts,
        sender=letter.sender,
        occurred_on=letter.occurred_on,
        planned_at=letter.planned_at,
        against=None if letter.against is None else reason_words(letter.against, language),
    )
