"""HTTP of asking: the decision on an event, explained."""

from fastapi import APIRouter

from api.boundary.visits import AnyVisit, require_token_scope
from api.invitations.explaining import explain
from api.invitations.schemas import DecisionBody

router = APIRouter(prefix="/api/v1/events", tags=["asking"])


@router.get("/{event}/decision")
def event_decision(event: str, visit: AnyVisit) -> DecisionBody:
    """Why the customer of an event (our id or ``SOURCE:EXTERNAL_ID``) is asked, or not."""
    require_token_scope(visit.viewer, "read")
    document = explain(visit.session, visit.viewer.scope, event, visit.now)
    return DecisionBody.model_validate(document)
