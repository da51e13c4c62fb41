"""Bodies of the API of asking."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class CheckBody(BaseModel):
    """One question that was asked of the facts."""

    rule: str
    value: str | int | float | bool | list[str] | None
    limit: str | int | float | bool | list[str] | None
    ok: bool


class DecisionBody(BaseModel):
    """Whether, when and why a customer is asked about an event."""

    event: str
    decision: Literal["send", "hold", "drop"]
    reason: str
    earliest_at: datetime | None
    rule_set_version: int | None
    first_blocked: str | None
    checks: list[CheckBody]
    further: list[CheckBody] = Field(description="Not reached; looked at again as of `as_of`")
    as_of: datetime | None


class ChainMessage(BaseModel):
    """One message of an event."""

    id: UUID
    number: int
    kind: str
    channel: str
    status: str
    failure: str | None
    counts: bool
    at: datetime
    answered_at: datetime | None


class AskedEvent(BaseModel):
    """An event of a customer at a branch of the viewer's, and what was decided on it."""

    id: UUID
    touchpoint: str
    unit: str
    occurred_at: datetime
    cancelled: bool
    asking: str
    action: str | None
    reason: str | None
    earliest_at: datetime | None
    decided_at: datetime | None
    rule_set_version: int | None
    messages: list[ChainMessage]


class CapBody(BaseModel):
    """How much of a cap is used now, and until when there is no room."""

    name: str
    per: str
    since: str
    over: str
    code: str | None
    used: int
    limit: int
    days: int
    free_at: datetime | None


class ElsewhereBody(BaseModel):
    """Messages of branches that the viewer does not see: how many, and when."""

    count: int
    moments: list[datetime]


class CustomerAskingBody(BaseModel):
    """How often a customer is asked, and why."""

    customer: str
    rule_set_version: int | None
    events: list[AskedEvent]
    caps: list[CapBody]
    elsewhere: ElsewhereBody


class DeadLetterBody(BaseModel):
    """A message that only a person can settle; ``against``: why it may not be sent again."""

    invitation: UUID
    event: UUID
    unit_code: str
    channel: str
    kind: Literal["first", "fallback", "reminder", "resend", "recovery"]
    status: Literal["unknown", "undelivered"]
    failure: str
    reason: str
    attempts: int
    sender: str | None
    occurred_on: date
    planned_at: datetime
    against: str | None


class ResentBody(BaseModel):
    """The message that was planned by a person's wish."""

    invitation: UUID
