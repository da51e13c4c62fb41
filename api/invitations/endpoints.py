"""HTTP of asking: the decision on an event explained, and all that concerns one customer."""

from uuid import UUID

from fastapi import APIRouter

from api.boundary.visits import AnyVisit, require_token_scope
from api.invitations.asking_of import customer_asking
from api.invitations.explaining import explain
from api.invitations.schemas import CustomerAskingBody, DecisionBody

router = APIRouter(prefix="/api/v1", tags=["asking"])


@router.get("/events/{event}/decision")
def event_decision(event: str, visit: AnyVisit) -> DecisionBody:
    """Why the customer of an event (our id or ``SOURCE:EXTERNAL_ID``) is asked, or not."""
    require_token_scope(visit.viewer, "read")
    document = explain(visit.session, visit.viewer.scope, event, visit.now)
    return DecisionBody.model_validate(document)


@router.get("/customers/{customer_id}/asking")
def asking_of_customer(customer_id: UUID, visit: AnyVisit) -> CustomerAskingBody:
    """A customer's events, decisions and messages at your branches, and what is used of each cap.

    Of what other branches sent, only how many and when.
    """
    require_token_scope(visit.viewer, "read")
    found = customer_asking(visit.session, visit.viewer.scope, customer_id, visit.now)
    return CustomerAskingBody.model_validate(found.as_data())
