"""Who is told of what and how, who is away, and what goes out to the network's own systems."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text


class Notice(Table, table=True):
    """Something a colleague is told, in the dashboard first; other ways are outbox rows."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_account_id_created_at", "account_id", "created_at"),
        Index("ix_notice_unread", "account_id", postgresql_where=sql("read_at is null")),
        Index("ix_notice_unspread", "account_id", postgresql_where=sql("spread_at is null")),
    )

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id")
    branch_id: int | None = Field(default=None, foreign_key="unit.id")
    kind: str = text()  # alert | ticket | escalated | reopened | verified | digest | …
    ticket_id: UUID | None = Field(default=None, foreign_key="ticket.id")
    dedupe_key: str = text(unique=True)
    created_at: datetime = moment()
    read_at: datetime | None = moment(nullable=True)
    spread_at: datetime | None = moment(nullable=True)  # when the other ways were taken
    hold_until: datetime | None = moment(nullable=True)  # end of the person's quiet hours
    told: list[str] = Field(  # ways besides the dashboard that were taken
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    detail: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )


class NoticeChoice(Table, table=True):
    """How a person wants to be told, and when not."""

    __tablename__ = "notice_choice"

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    # Ways by kind of notice: {"ticket": ["email", "wecom"], …}; what is missing is as usual.
    ways: dict[str, list[str]] = Field(sa_column=Column(JSONB, nullable=False))
    quiet_from: time | None = None
    quiet_until: time | None = None
    timezone: str | None = text(nullable=True)  # None: of the own unit
    wecom_encrypted: bytes | None = None  # user id at WeCom
    updated_at: datetime = moment()


class Absence(Table, table=True):
    """When a colleague is away, and who stands in."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="range"),
        CheckConstraint("deputy_id <> account_id", name="not_oneself"),
        Index("ix_absence_account_id_until_at", "account_id", "until_at"),
    )

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id")
    deputy_id: UUID | None = Field(default=None, foreign_key="account.id")
    from_at: datetime = moment()
    until_at: datetime = moment()
    created_by: UUID | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = moment()


class WebhookDelivery(Table, table=True):
    """One signed message to the network's own system: retried, and dead when all tries failed."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        one_of("status", "waiting", "claimed", "sent", "dead"),
        Index("ix_webhook_delivery_due", "next_at", postgresql_where=sql("status = 'waiting'")),
        Index("ix_webhook_delivery_status", "status", "created_at"),
    )

    id: UUID = id_field()
    branch_id: int = Field(foreign_key="unit.id")
    ticket_id: UUID | None = Field(default=None, foreign_key="ticket.id")
    event: str = text()  # ticket.opened | ticket.changed | …
    dedupe_key: str = text(unique=True)
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    status: str = Field(default="waiting")
    attempts: int = 0
    created_at: datetime = moment()
    next_at: datetime = moment()
    claimed_at: datetime | None = moment(nullable=True)
    sent_at: datetime | None = moment(nullable=True)
    failure: str | None = text(nullable=True)
