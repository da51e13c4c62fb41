"""Touchpoint events: what happened between a customer and a branch."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Numeric, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text


class Event(Table, table=True):
    """One touchpoint event in its newest revision."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        one_of("status", "active", "cancelled"),
        one_of("asking", "pending", "held", "decided"),
        Index("ix_event_due", "due_at", postgresql_where=sql("asking <> 'decided'")),
        Index("ix_event_branch_id_occurred_on", "branch_id", "occurred_on"),
    )

    id: UUID = id_field()
    source: str = text()
    external_id: str = text()
    revision: int = 1
    content_hash: bytes
    touchpoint_id: int = Field(foreign_key="touchpoint.id")
    branch_id: int = Field(foreign_key="unit.id")
    occurred_at: datetime = moment()
    occurred_on: date  # in the branch's time zone
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    employee: str | None = text(nullable=True)
    vehicle_encrypted: bytes | None = None  # vehicle or account
    object_hash: bytes | None = None  # keyed hash of vehicle or account: caps count by it
    order_ref: str | None = text(nullable=True)
    amount: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    attributes: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    status: str = Field(default="active")
    received_at: datetime = moment()
    asking: str = Field(default="pending")  # pending: not decided yet; held: decide again at due_at
    due_at: datetime = moment()
