"""Asking: the decision with its reasons, the invitation ledger, link tokens, receipts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Instant, Table, id_field, moment, one_of, text

INVITATION_STATUSES = (
    "planned",  # waits for planned_at
    "claimed",  # a sender holds it; without a receipt it becomes unknown
    "sent",
    "delivered",
    "undelivered",
    "unknown",
    "dropped",
    "expired",
)
INVITATION_KINDS = ("first", "fallback", "reminder", "resend", "recovery")


class Decision(Table, table=True):
    """Why an event led to an invitation, or did not. Partitioned by month of ``decided_at``."""

    __tablename__ = "decision"
    __table_args__ = (
        one_of("action", "send", "hold", "drop"),
        Index("ix_decision_event_id_decided_at", "event_id", "decided_at"),
        Index("ix_decision_branch_id", "branch_id", "decided_at"),
        {"postgresql_partition_by": "RANGE (decided_at)"},
    )

    id: UUID = id_field()
    decided_at: datetime = Field(primary_key=True, sa_type=Instant)
    event_id: UUID
    branch_id: int
    action: str = text()
    reason: str = text()
    earliest_at: datetime | None = moment(nullable=True)
    at: datetime | None = moment(nullable=True)  # send at, or hold until
    rule_set_version: int | None = None
    segment: str | None = text(nullable=True)
    channel: str | None = text(nullable=True)
    inclusion_probability: float | None = None  # of an event that was drawn by lot
    # Each as rule, value, limit, ok; or as an object with these names.
    checks: list[Any] = Field(sa_column=Column(JSONB, nullable=False))


class Invitation(Table, table=True):
    """One durable row per message to a customer, with the context of its moment frozen.

    The first one of an event is the root of a chain; reminders, fall-backs and what a person sent
    again follow under higher numbers. Links, the answer and "first seen" belong to the root.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("event_id", "survey_code", "reminder_number"),
        one_of("status", *INVITATION_STATUSES),
        one_of("kind", *INVITATION_KINDS),
        Index("ix_invitation_root_id", "root_id", postgresql_where=sql("root_id is not null")),
        Index(
            "ix_invitation_follow_up",
            "follow_up_at",
            postgresql_where=sql("follow_up_at is not null"),
        ),
        Index(
            "ix_invitation_household_hash_planned_at",
            "household_hash",
            "planned_at",
            postgresql_where=sql("household_hash is not null"),
        ),
        Index(
            "ix_invitation_object_hash_planned_at",
            "object_hash",
            "planned_at",
            postgresql_where=sql("object_hash is not null"),
        ),
        Index(
            "ix_invitation_provider_id",
            "provider_id",
            postgresql_where=sql("provider_id is not null"),
        ),
        Index(  # what only a person can settle
            "ix_invitation_dead",
            "planned_at",
            postgresql_where=sql("status in ('unknown', 'undelivered')"),
        ),
        # Of the gateway that is asked for receipts one by one.
        Index(
            "ix_invitation_awaited",
            "sent_at",
            postgresql_where=sql("status = 'sent' and sender = 'domestic_sms'"),
        ),
        Index(
            "ix_invitation_due",
            "channel",
            "planned_at",
            postgresql_where=sql("status = 'planned'"),
        ),
        Index("ix_invitation_claimed", "claimed_at", postgresql_where=sql("status = 'claimed'")),
        Index("ix_invitation_person_id_planned_at", "person_id", "planned_at"),
        Index("ix_invitation_contact_point_id_planned_at", "contact_point_id", "planned_at"),
        Index("ix_invitation_branch_id_occurred_on", "branch_id", "occurred_on"),
    )

    id: UUID = id_field()
    event_id: UUID = Field(foreign_key="event.id")
    survey_code: str = text()
    survey_version_id: int = Field(foreign_key="survey_version.id")
    reminder_number: int = 0  # place in the chain; 0 is the root
    kind: str = Field(default="first", sa_column_kwargs={"server_default": "first"})
    root_id: UUID | None = Field(default=None, foreign_key="invitation.id")  # None: is the root
    counts: bool = Field(
        default=True, sa_column_kwargs={"server_default": "true"}
    )  # whether it occupies slots of the caps
    household_hash: bytes | None = None
    object_hash: bytes | None = None
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    # What the branch lacked for its margin when this was planned.
    deficit: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    inclusion_probability: float | None = None
    channel_probability: float | None = None  # of a channel that was drawn by lot
    follow_up_at: datetime | None = moment(nullable=True)  # root: when the next step is looked at
    # Calls of the provider that certainly did not send.
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    message_version_id: int | None = Field(default=None, foreign_key="message_version.id")
    rule_set_version: int | None = None
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    contact_point_id: UUID | None = Field(default=None, foreign_key="contact_point.id")
    branch_id: int = Field(foreign_key="unit.id")
    touchpoint_id: int = Field(foreign_key="touchpoint.id")
    occurred_on: date
    channel: str = text()
    segment: str | None = text(nullable=True)
    advisor: str | None = text(nullable=True)
    language: str = text()
    context: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    created_at: datetime = moment()
    planned_at: datetime = moment()
    send_before: datetime | None = moment(nullable=True)  # later: planned anew, not sent
    expires_at: datetime = moment()
    status: str = Field(default="planned")
    claimed_at: datetime | None = moment(nullable=True)
    claimed_by: str | None = text(nullable=True)
    sent_at: datetime | None = moment(nullable=True)
    delivered_at: datetime | None = moment(nullable=True)
    first_seen_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    sender: str | None = text(nullable=True)  # console | twilio | smtp
    provider_id: str | None = text(nullable=True)
    parts: int | None = None  # SMS segments
    failure: str | None = text(nullable=True)


class SurveyToken(Table, table=True):
    """The hash of a link's 128-bit token, bound to one invitation."""

    __tablename__ = "survey_token"

    token_hash: bytes = Field(primary_key=True)
    invitation_id: UUID = Field(foreign_key="invitation.id", index=True)  # the root
    message_id: UUID | None = None  # which message of the chain carried it; None: the root
    branch_id: int
    created_at: datetime = moment()
    expires_at: datetime = moment()
    dead_at: datetime | None = moment(nullable=True)


class Receipt(Table, table=True):
    """What a provider said of a message, also of one we do not know yet. By month."""

    __tablename__ = "receipt"
    __table_args__ = (
        Index("ix_receipt_provider_provider_id", "provider", "provider_id"),
        Index("ix_receipt_waiting", "received_at", postgresql_where=sql("not applied")),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    id: UUID = id_field()
    received_at: datetime = Field(primary_key=True, sa_type=Instant)
    provider: str = text()
    provider_id: str = text()
    status: str = text()
    error_code: str | None = text(nullable=True)
    invitation_id: UUID | None = None
    branch_id: int | None = None
    applied: bool = False


class SamplingPlan(Table, table=True):
    """How likely an event of a branch and touchpoint is drawn on a day, by what is lacking."""

    __tablename__ = "sampling_plan"

    day: date = Field(primary_key=True)
    branch_id: int = Field(foreign_key="unit.id", primary_key=True)
    touchpoint_id: int = Field(foreign_key="touchpoint.id", primary_key=True)
    needed: int  # answers for the margin, in the period
    answered: int  # so far in the period
    expected: float  # eligible events a day
    response_rate: float  # shrunken
    probability: float
    deficit: float
    computed_at: datetime = moment()
