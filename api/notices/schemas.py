"""Bodies of notices, choices, absences and messages to the own system."""

from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Way = Literal["email", "wecom", "sms"]


class NoticeBody(BaseModel):
    """Something the viewer was told."""

    id: UUID
    kind: str
    words: str
    unit_code: str | None
    ticket: int | None
    created_at: datetime
    read_at: datetime | None
    told: list[str]


class ReadIn(BaseModel):
    """Which notices were read; without ``notices``: all."""

    model_config = ConfigDict(extra="forbid")
    notices: Annotated[list[UUID], Field(max_length=500)] | None = None


class CountBody(BaseModel):
    """How many."""

    count: int


class ChoicesBody(BaseModel):
    """How the viewer is told. Without quiet hours at every hour; without a zone: the unit's."""

    model_config = ConfigDict(extra="forbid")
    ways: dict[str, list[Way]] = Field(default_factory=dict)
    quiet_from: time | None = None
    quiet_until: time | None = None
    timezone: str | None = Field(default=None, max_length=64)
    wecom: str | None = Field(
        default=None, max_length=80, description="A member's name, or robot:KEY of a group's robot"
    )


class AbsenceIn(BaseModel):
    """When somebody is away and who stands in; without ``account`` the viewer."""

    model_config = ConfigDict(extra="forbid")
    from_at: AwareDatetime
    until_at: AwareDatetime
    deputy: UUID | None = None
    account: UUID | None = None


class AbsenceBody(BaseModel):
    """An absence that has not ended."""

    id: UUID
    account: UUID
    name: str
    deputy: UUID | None
    deputy_name: str | None
    from_at: datetime
    until_at: datetime


class MadeBody(BaseModel):
    """The id of what was made."""

    id: UUID


class ColleagueBody(BaseModel):
    """Somebody who could stand in for the viewer."""

    id: UUID
    name: str


class DeliveryBody(BaseModel):
    """A message to the network's own system that nobody took."""

    id: UUID
    event: str
    unit_code: str
    ticket: int | None
    attempts: int
    created_at: datetime
    failure: str
    reason: str
