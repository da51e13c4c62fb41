"""Responses and their answers; texts are stored only as the redactor left them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text


class Response(Table, table=True):
    """One customer's answer to one invitation (or an imported one), partial until completed."""

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        one_of("mode", "self", "phone", "kiosk"),
        Index("ix_response_branch_id_occurred_on", "branch_id", "occurred_on"),
        Index("ix_response_branch_id_submitted_at", "branch_id", "submitted_at"),
        Index(
            "ix_response_excluded",
            "occurred_on",
            postgresql_where=sql_text("excluded_at is not null"),
        ),
        # Months are read one after the other, and responses lie about as they came in.
        Index("ix_response_occurred_on", "occurred_on", postgresql_using="brin"),
    )

    id: UUID = id_field()
    invitation_id: UUID | None = Field(default=None, foreign_key="invitation.id", unique=True)
    survey_version_id: int = Field(foreign_key="survey_version.id")
    branch_id: int = Field(foreign_key="unit.id")
    touchpoint_id: int = Field(foreign_key="touchpoint.id")
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    occurred_on: date  # the touchpoint's branch-local date: the answer belongs to it
    channel: str = text()
    segment: str | None = text(nullable=True)
    advisor: str | None = text(nullable=True)
    model: str | None = text(nullable=True)  # model line, or product: the event's attribute
    language: str = text()
    mode: str = Field(default="self", sa_column_kwargs={"server_default": "self"})
    named: bool = False
    pages_done: int = 0
    started_at: datetime = moment()
    submitted_at: datetime = moment(index=True)  # the last page saved
    completed_at: datetime | None = moment(nullable=True)
    excluded_at: datetime | None = moment(nullable=True)  # contested, and headquarters agreed
    source: str | None = text(nullable=True)
    external_id: str | None = text(nullable=True)


class Answer(Table, table=True):
    """One question's answer. Partitioned by month of ``occurred_on``."""

    __tablename__ = "answer"
    __table_args__ = (
        Index("ix_answer_branch_id_occurred_on", "branch_id", "occurred_on"),
        Index(
            "ix_answer_comment",
            "branch_id",
            "occurred_on",
            postgresql_where=sql_text("text is not null"),
        ),
        {"postgresql_partition_by": "RANGE (occurred_on)"},
    )

    response_id: UUID = Field(primary_key=True)
    question: str = text(primary_key=True)
    occurred_on: date = Field(primary_key=True)
    branch_id: int
    metric: str | None = text(nullable=True)
    value: int | None = Field(default=None, sa_type=SmallInteger)
    choices: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text), nullable=True))
    option_texts: list[str] | None = Field(
        default=None, sa_column=Column(ARRAY(Text), nullable=True)
    )
    text: str | None = Field(default=None, sa_type=Text)
