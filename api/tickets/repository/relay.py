"""Calls that wait for the relay: rows of the outbox, both numbers encrypted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import LoginIdentifier, OutboxMessage

RELAY_CALL = "relay_call"


def add_call(
    session: Session,
    *,
    key: str,
    to: bytes,
    caller: bytes,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Puts a call to what waits: the relay rings ``caller`` first, then connects ``to``."""
    row = {
        "id": new_id(),
        "kind": RELAY_CALL,
        "channel": "relay",
        "dedupe_key": key,
        "recipient_encrypted": to,
        "subject": "",
        "body_text_encrypted": caller,
        "created_at": now,
        "status": "waiting",
        "attempts": 0,
        "detail": dict(detail),
    }
    session.execute(insert(OutboxMessage).values(**row))


def own_number(session: Session, account_id: UUID) -> bytes | None:
    """The telephone number by which somebody logs in, encrypted."""
    query = select(col(LoginIdentifier.value_encrypted)).where(
        col(LoginIdentifier.account_id) == account_id, col(LoginIdentifier.kind) == "phone"
    )
    found = session.execute(query.limit(1)).scalar()
    return None if found is None else bytes(found)
