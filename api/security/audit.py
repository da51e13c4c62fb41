"""The append-only record of who did what. Every room writes it through this one function.

Nothing personal goes in: accounts and persons by id, never a name, number or address.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from api.core.ids import new_id
from api.models import AuditEntry


def audit(
    session: Session,
    actor: str,
    action: str,
    *,
    now: datetime,
    subject: str | None = None,
    unit_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Writes one entry: ``actor`` (``account:<id>``, ``token:<id>``, ``system:<what>``) did it."""
    session.execute(
        insert(AuditEntry).values(
            id=new_id(),
            at=now,
            actor=actor,
            action=action,
            subject=subject,
            unit_id=unit_id,
            detail=dict(detail or {}),
        )
    )
