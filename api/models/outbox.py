"""What leaves the house besides invitations, and the windows that scheduled jobs have claimed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text


class OutboxMessage(Table, table=True):
    """A message to a colleague (ranking, account link, notice) that a worker sends once.

    ``not_before`` holds it back through quiet hours; ``attachments`` name files of report items.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        one_of("status", "waiting", "claimed", "sent", "failed", "unknown"),
        one_of("channel", "email", "sms", "wecom", "wechat", "relay"),
        Index("ix_outbox_message_due", "created_at", postgresql_where=sql("status = 'waiting'")),
    )

    id: UUID = id_field()
    kind: str = text()
    channel: str = Field(default="email", sa_column_kwargs={"server_default": "email"})
    dedupe_key: str = text(unique=True)
    recipient_encrypted: bytes
    subject: str = text()
    body_text_encrypted: bytes
    body_html_encrypted: bytes | None = None
    attachment: bytes | None = None  # encrypted; its name and type stand in ``detail``
    created_at: datetime = moment()
    not_before: datetime | None = moment(nullable=True)  # None: at once
    status: str = Field(default="waiting")
    claimed_at: datetime | None = moment(nullable=True)
    sent_at: datetime | None = moment(nullable=True)
    attempts: int = 0
    failure: str | None = text(nullable=True)
    detail: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )


class JobWindow(Table, table=True):
    """How far a scheduled job has come for one key: claimed by compare-and-set."""

    __tablename__ = "job_window"

    job: str = text(primary_key=True)
    key: str = text(primary_key=True)
    done_until: datetime = moment()
