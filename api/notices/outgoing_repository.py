"""Messages to the network's own systems, those that wait and those that are dead: the SQL."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import WebhookDelivery


def add_delivery(session: Session, event: str, dedupe_key: str, about: dict[str, Any]) -> bool:
    """Adds a message whose key is new; True when it was."""
    row = {"id": new_id(), "event": event, "dedupe_key": dedupe_key, **about}
    query = insert(WebhookDelivery).values(row)
    query = query.on_conflict_do_nothing(index_elements=["dedupe_key"])
    return session.execute(query.returning(col(WebhookDelivery.id))).first() is not None
