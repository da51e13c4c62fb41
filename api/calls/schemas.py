"""Bodies of the calls' addresses."""

from datetime import date, datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from api.calls.outcomes import Outcome


class CallItem(BaseModel):
    """A call of the list; nothing personal."""

    id: UUID
    unit: str
    occasion: str
    occurred_on: date
    ready: bool
    call_after: datetime
    call_before: datetime
    appointment: bool
    tries: int
    timezone: str


class TodayOut(BaseModel):
    """What the interviewer did today."""

    calls: int
    answered: int
    appointments: int


class CallsOut(BaseModel):
    """How many to call, and the first of them."""

    now: int
    later: int
    today: TodayOut
    current: UUID | None
    items: list[CallItem]


class CallOut(BaseModel):
    """A claimed call; the number needs a request of its own."""

    id: UUID
    name: str | None
    unit: str
    occasion: str
    occurred_on: date
    language: str
    appointment_at: datetime | None
    tries: int
    call_before: datetime
    timezone: str
    held_until: datetime
    answered: bool


class NumberOut(BaseModel):
    """The number in clear; the audit says who asked."""

    number: str


class FormOut(BaseModel):
    """Where the interviewer fills the survey in; dies with the claim."""

    url: str


class OutcomeIn(BaseModel):
    """What came of a call; an appointment has its moment."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    appointment_at: AwareDatetime | None = None


class OutcomeOut(BaseModel):
    """Where the task stands now."""

    status: str
