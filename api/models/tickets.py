"""The closed loop: its published rules, alerts, tickets with their steps, clocks and files.

Rules are only ever added, steps only ever appended. What is told of a customer stays where it was:
a ticket points at the response, the event and the person.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text

TICKET_STATES = (
    *("new", "acknowledged", "contacted", "resolved", "verified", "unverified"),
    "reopened",
)
OPEN_STATES = ("new", "acknowledged", "contacted", "reopened")
CLOCK_KINDS = ("acknowledge", "contact", "resolve")
CLOCK_CALENDARS = ("business", "customer")


def _document() -> Any:
    return Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))


class LoopVersion(Table, table=True):
    """Published rules of the closed loop: alerts, calendars, targets, escalations, causes."""

    __tablename__ = "loop_version"

    version: int = Field(primary_key=True)
    definition: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    written: str = text()  # the file as it was written, comments and all
    content_hash: bytes
    published_by: str | None = text(nullable=True)  # account id; None: at the command line
    published_at: datetime = moment()


class AlertMark(Table, table=True):
    """A response's transaction says from when on the rules have to look at it.

    At once when the customer has said everything; an unfinished answer waits for the rest.
    """

    __tablename__ = "alert_mark"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    response_id: UUID
    branch_id: int
    due_at: datetime = moment(index=True)


class Alert(Table, table=True):
    """Something that somebody has to know: once per cause, whatever finds it again."""

    __tablename__ = "alert"
    __table_args__ = (
        one_of("kind", "answer", "silence", "feed", "warning", "complaint"),
        Index("ix_alert_branch_id_opened_at", "branch_id", "opened_at"),
        Index("ix_alert_opened_at", "opened_at"),
    )

    id: UUID = id_field()
    branch_id: int = Field(foreign_key="unit.id")
    kind: str = text()
    rule: str = text()  # its code in the rules
    rules_version: int
    cause_key: str = text(unique=True)
    severity: int = 1  # 1 low, 2 high, 3 urgent
    response_id: UUID | None = Field(default=None, foreign_key="response.id", index=True)
    event_id: UUID | None = Field(default=None, foreign_key="event.id")
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    ticket_id: UUID | None = Field(default=None, foreign_key="ticket.id", index=True)
    opened_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)  # a silence that is over
    muted: bool = False  # found while a mute held: counted, told to nobody
    detail: dict[str, Any] = _document()  # what was found, as values; nothing personal


class AlertMute(Table, table=True):
    """Until when a rule is silent for a branch, and why somebody wanted that."""

    __tablename__ = "alert_mute"
    __table_args__ = (Index("ix_alert_mute_branch_id_until_at", "branch_id", "until_at"),)

    id: UUID = id_field()
    branch_id: int = Field(foreign_key="unit.id")
    rule: str | None = text(nullable=True)  # None: every rule
    reason: str = text()
    from_at: datetime = moment()
    until_at: datetime = moment()
    muted_by: UUID | None = Field(default=None, foreign_key="account.id")
    ended_at: datetime | None = moment(nullable=True)  # ended early


class Ticket(Table, table=True):
    """One customer's matter, followed until it is closed. ``version`` is for compare-and-set."""

    __tablename__ = "ticket"
    __table_args__ = (
        one_of("state", *TICKET_STATES),
        one_of("kind", "answer", "complaint", "wish"),
        UniqueConstraint("source", "external_id"),
        CheckConstraint("owner_id is distinct from deputy_id or owner_id is null", name="deputy"),
        Index(
            "ix_ticket_open",
            "branch_id",
            "opened_at",
            postgresql_where=sql("state in ('new', 'acknowledged', 'contacted', 'reopened')"),
        ),
        Index(  # the board: what is due first
            "ix_ticket_due",
            "due_at",
            "number",
            postgresql_where=sql("state in ('new', 'acknowledged', 'contacted', 'reopened')"),
        ),
        Index("ix_ticket_branch_id_opened_at", "branch_id", "opened_at"),
        Index("ix_ticket_closed", "closed_at", postgresql_where=sql("closed_at is not null")),
        Index(  # asked, and not heard yet
            "ix_ticket_asked",
            "recovery_next_at",
            postgresql_where=sql("recovery_invitation_id is not null and recovery_score is null"),
        ),
        Index(  # what waits for the customer's word
            "ix_ticket_resolved", "resolved_at", postgresql_where=sql("state = 'resolved'")
        ),
    )

    id: UUID = id_field()
    number: int = Field(
        sa_column=Column(BigInteger, Identity(), nullable=False, unique=True), default=None
    )
    branch_id: int = Field(foreign_key="unit.id")
    kind: str = text()
    severity: int = 1
    state: str = Field(default="new")
    version: int = 1
    owner_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    deputy_id: UUID | None = Field(default=None, foreign_key="account.id")
    role: str = Field(default="branch_manager")  # whose it is while nobody owns it
    level: int = 0  # 0 branch, 1 region, 2 headquarters: how far it has escalated
    cause: str | None = text(nullable=True)  # root cause, a code of the rules
    loop_version: int
    response_id: UUID | None = Field(default=None, foreign_key="response.id", unique=True)
    event_id: UUID | None = Field(default=None, foreign_key="event.id", index=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    named: bool = False  # who it is may be known; a response says it anew while it can be read
    touchpoint_id: int | None = Field(default=None, foreign_key="touchpoint.id")
    metric: str | None = text(nullable=True)
    first_score: int | None = None  # never replaced by a later answer
    summary: str | None = text(nullable=True)  # of a complaint; redacted
    source: str | None = text(nullable=True)
    external_id: str | None = text(nullable=True)
    opened_at: datetime = moment()
    due_at: datetime | None = moment(nullable=True)  # of the running clock that is due first
    state_at: datetime = moment()
    acknowledged_at: datetime | None = moment(nullable=True)
    contacted_at: datetime | None = moment(nullable=True)
    resolved_at: datetime | None = moment(nullable=True)
    closed_at: datetime | None = moment(nullable=True)  # verified, or unverified for good
    reopened: int = 0  # how often
    recovery_invitation_id: UUID | None = Field(default=None, foreign_key="invitation.id")
    recovery_score: int | None = None
    # When asking is thought about; once the customer is asked, until when they are listened to.
    recovery_next_at: datetime | None = moment(nullable=True)
    revealed_at: datetime | None = moment(nullable=True)


class TicketStep(Table, table=True):
    """What happened to a ticket, who did it and when; appended, never changed.

    Erasure empties notes; steps go with a ticket that another branch is given.
    """

    __tablename__ = "ticket_step"
    __table_args__ = (
        Index("ix_ticket_step_ticket_id_at", "ticket_id", "at"),
        # Who owns a matter does not say of it that the customer is content.
        CheckConstraint(
            "to_state is distinct from 'verified' or by_id is null "
            "or by_id is distinct from owner_id",
            name="not_by_the_owner",
        ),
    )

    id: UUID = id_field()
    ticket_id: UUID = Field(foreign_key="ticket.id")
    branch_id: int = Field(foreign_key="unit.id")
    kind: str = text()  # opened | state | note | owner | moved | cause | revealed | dialled | …
    at: datetime = moment()
    by_id: UUID | None = Field(default=None, foreign_key="account.id")  # None: the system
    owner_id: UUID | None = Field(default=None)  # who owned it then
    from_state: str | None = text(nullable=True)
    to_state: str | None = text(nullable=True)
    note: str | None = text(nullable=True)  # redacted
    detail: dict[str, Any] = _document()


class TicketClock(Table, table=True):
    """Until when something has to be done for a ticket, on one of two calendars."""

    __tablename__ = "ticket_clock"
    __table_args__ = (
        one_of("kind", *CLOCK_KINDS),
        one_of("calendar", *CLOCK_CALENDARS),
        Index(
            "ix_ticket_clock_due",
            "due_at",
            postgresql_where=sql("met_at is null and stopped_at is null"),
        ),
        Index("ix_ticket_clock_branch_id", "branch_id"),
    )

    ticket_id: UUID = Field(foreign_key="ticket.id", primary_key=True)
    kind: str = text(primary_key=True)
    calendar: str = text(primary_key=True)
    branch_id: int = Field(foreign_key="unit.id")
    started_at: datetime = moment()
    target_seconds: int
    due_at: datetime = moment()
    met_at: datetime | None = moment(nullable=True)
    stopped_at: datetime | None = moment(nullable=True)  # runs no more, met or not
    escalated: int = 0  # steps of escalation taken so far: claimed by compare-and-set


class TicketFile(Table, table=True):
    """A file that somebody put to a ticket; its type was read off the content."""

    __tablename__ = "ticket_file"

    id: UUID = id_field()
    ticket_id: UUID = Field(foreign_key="ticket.id", index=True)
    branch_id: int = Field(foreign_key="unit.id")
    file_name: str = text()
    media_type: str = text()
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_by: UUID | None = Field(default=None, foreign_key="account.id")
    added_at: datetime = moment()
