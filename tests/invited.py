"""An invitation that stands in the ledger, written there without a decision."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asking import add_customer, add_event, make_network, one
from conftest import NOW, Office

from api.models import Invitation


def planned(office: Office, *, channel: str = "sms", **contacts: str) -> UUID:
    """A planned invitation to a customer with these contacts, by kind."""
    network = make_network(office.owner)
    someone = add_customer(office.owner, office.worker.vault, network.branches[0], **contacts)
    survey: Any = one(
        office.worker, "select id, code from survey_version where code = 'car_service'"
    )
    made = Invitation(
        event_id=add_event(office.owner, network, someone),
        survey_code=survey.code,
        survey_version_id=survey.id,
        person_id=someone.id,
        contact_point_id=next(iter(someone.contacts.values())),
        branch_id=network.branches[0],
        touchpoint_id=network.touchpoints["service"],
        occurred_on=NOW.date(),
        channel=channel,
        language="zh",
        created_at=NOW,
        planned_at=NOW,
        expires_at=NOW + timedelta(days=14),
    )
    with office.owner.transaction() as session:
        session.add(made)
        session.flush()
        return made.id
