"""The append-only record of who logged in, granted, exported or looked at a number."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Instant, Table, id_field, text


class AuditEntry(Table, table=True):
    """One thing somebody did. Partitioned by month; nobody may update or delete."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_actor", "actor", "at"),
        Index("ix_audit_entry_subject", "subject", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: UUID = id_field()
    at: datetime = Field(primary_key=True, sa_type=Instant)
    actor: str = text()  # account:<id> | token:<id> | system:<what>
    action: str = text()  # login, login_failed, logout, grant, revoke, export, reveal, erase …
    subject: str | None = text(nullable=True)  # person:<id>, account:<id> …
    unit_id: int | None = None
    detail: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
