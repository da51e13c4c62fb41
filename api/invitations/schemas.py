"""Bodies of the API of asking."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


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


class DeadLetterBody(BaseModel):
    """A message that only a person can settle; ``against``: why it may not be sent again."""

    invitation: UUID
    event: UUID
    unit_code: str
    channel: str
    kind: Literal["first", "fallback", "reminder", "resend"]
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
