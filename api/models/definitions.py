"""What is published and never changes again: surveys, messages, rules; and the metrics."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Table, moment, one_of, text


class Metric(Table, table=True):
    """A figure that answers are counted for; its kind and scale are declared, never guessed."""

    __tablename__ = "metric"
    __table_args__ = (
        one_of("kind", "nps", "top_box", "top2_box", "mean", "ces"),
        one_of("scale", "0-10", "1-5", "1-7", "nps3"),
    )

    code: str = text(primary_key=True)
    kind: str = text()
    scale: str = text()
    position: int = 0
    name_zh: str = text()
    name_en: str = text()


class SurveyVersion(Table, table=True):
    """A published questionnaire."""

    __tablename__ = "survey_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = text()
    version: int
    definition: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    content_hash: bytes
    published_at: datetime = moment()


class MessageVersion(Table, table=True):
    """A published message template of one channel."""

    __tablename__ = "message_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = text()
    version: int
    channel: str = text()
    definition: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    content_hash: bytes
    published_at: datetime = moment()


class RuleSetVersion(Table, table=True):
    """Published rules of asking, in force from a moment on."""

    __tablename__ = "rule_set_version"

    version: int = Field(primary_key=True)
    effective_from: datetime = moment(index=True)
    definition: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    # The file as it was written, comments and all.
    written: str = text(sa_column_kwargs={"server_default": ""})
    published_by: str | None = text(nullable=True)  # account id; None: at the command line
    content_hash: bytes
    published_at: datetime = moment()


class RulesDraft(Table, table=True):
    """Rules that someone is writing in the dashboard: one draft per account, not yet published."""

    __tablename__ = "rules_draft"

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    written: str = text()
    saved_at: datetime = moment()
