"""Bodies of the alerts' addresses."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from api.tickets.alerts.mutes import LONGEST_REASON

Kind = Literal["answer", "silence", "feed", "warning", "complaint"]
Reason = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=LONGEST_REASON, pattern=r"^[^\x00]*$"
    ),
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]


class AlertOut(BaseModel):
    """An alert: what was found where, what the customer wrote, which ticket it opened."""

    id: UUID
    unit_code: str
    unit_name: str
    kind: Kind
    rule: str
    rules_version: int
    severity: int
    opened_at: datetime
    ended_at: datetime | None
    muted: bool
    response: UUID | None
    ticket: int | None
    ticket_state: str | None
    words: str | None  # what the customer wrote, redacted
    detail: dict[str, Any]


class CountOut(BaseModel):
    """What a rule found since a moment."""

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    rule: str
    found: int
    muted: int
    running: int
    tickets: int


class CountsOut(BaseModel):
    """What each rule found."""

    since: datetime
    rows: list[CountOut]


class MuteIn(BaseModel):
    """Keeps a rule (without one: all that is not urgent) quiet at a unit's branches."""

    model_config = ConfigDict(extra="forbid")

    unit: Code
    rule: Code | None = None
    reason: Reason
    until_at: AwareDatetime
    from_at: AwareDatetime | None = None


class MutesMade(BaseModel):
    """One mute for each branch of the unit."""

    ids: list[UUID]


class MuteOut(BaseModel):
    """A mute, and how much it kept quiet."""

    id: UUID
    unit_code: str
    unit_name: str
    rule: str | None
    reason: str
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None
    by: str | None
    found: int
