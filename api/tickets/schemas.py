"""Bodies of the tickets' addresses."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints

from api.contests.evidence import LARGEST
from api.tickets.complainant import Complainant
from api.tickets.notes import LONGEST_NOTE

State = Literal[
    "new", "acknowledged", "contacted", "resolved", "verified", "unverified", "reopened"
]
Note = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$"
    ),
]
Word = Annotated[str | None, Field(default=None, max_length=300)]


class BoardIn(BaseModel):
    """Which tickets; open ones unless a state is asked for."""

    model_config = ConfigDict(extra="forbid")

    state: list[State] = Field(default_factory=list)
    unit: Word = None
    overdue: bool = False
    severity: int | None = Field(default=None, ge=1, le=3, description="At least")
    escalated: int | None = Field(default=None, ge=0, le=2, description="At least so far")
    kind: Literal["answer", "complaint", "wish"] | None = None
    owner: Literal["me", "nobody"] | None = None
    touchpoint: Word = None
    cause: Word = None
    order: Literal["due", "newest"] = "due"
    cursor: Word = None
    limit: int = Field(default=50, ge=1, le=200)


class TicketIn(BaseModel):
    """About an answer, or about what a customer said at a branch: then ``summary`` says what."""

    model_config = ConfigDict(extra="forbid")

    response: UUID | None = None
    unit: str | None = Field(default=None, min_length=1, max_length=300)
    summary: Note | None = None
    customer: Complainant | None = Field(default=None, description="Who said it; not of an answer")
    severity: int = Field(ge=1, le=3, description="1 low, 2 high, 3 urgent")


class Body(BaseModel):
    """The version that was looked at: when another was faster, 409."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)


class SaidIn(Body):
    """A change that may say something."""

    note: Note | None = None


class NoteIn(Body):
    """A change that has to say something."""

    note: Note


class ResolveIn(SaidIn):
    """A root cause of the rules; who was not spoken to needs a note."""

    cause: str = Field(min_length=1, max_length=100)


class AssignIn(Body):
    """Who gets the ticket, and who stands in."""

    owner: UUID
    deputy: UUID | None = None


class MoveIn(NoteIn):
    """The branch that gets the ticket."""

    to_unit: str = Field(min_length=1, max_length=300)


class ContactIn(Body):
    """Which of the customer's contact points."""

    contact_id: UUID


class FileIn(BaseModel):
    """A file: PDF, PNG or JPEG, in base64."""

    model_config = ConfigDict(extra="forbid")

    file_name: str = Field(min_length=1, max_length=200)
    content: Base64Bytes = Field(max_length=LARGEST + 1)


class VersionOut(BaseModel):
    """The ticket's new version."""

    version: int


class OpenedOut(BaseModel):
    """The number of the new ticket."""

    number: int


class RevealedOut(BaseModel):
    """A contact point in clear; the audit says who looked."""

    value: str


class MadeOut(BaseModel):
    """The id of what was made."""

    id: UUID


class DueOut(BaseModel):
    """The running clock that is due first on one calendar."""

    kind: str
    due_at: datetime
    overdue: bool


class TicketOut(BaseModel):
    """A ticket of the board."""

    number: int
    unit_code: str
    unit_name: str
    kind: str
    severity: int
    state: State
    version: int
    owner_id: UUID | None
    owner: str | None
    deputy_id: UUID | None
    deputy: str | None
    role: str
    level: int
    cause: str | None
    touchpoint: str | None
    metric: str | None
    first_score: int | None
    recovery_score: int | None
    words: str | None
    named: bool
    opened_at: datetime
    state_at: datetime
    reopened: int
    overdue: bool
    business: DueOut | None
    customer: DueOut | None


class TicketsOut(BaseModel):
    """A page of tickets, and the cursor of the next one."""

    items: list[TicketOut]
    next: str | None


class CountsOut(BaseModel):
    """How many tickets stand where; closed ones of the last 30 days."""

    open: int
    new: int
    acknowledged: int
    contacted: int
    reopened: int
    overdue: int
    urgent: int
    escalated: int
    mine: int
    waiting: int
    verified: int
    unverified: int


class StepOut(BaseModel):
    """Something that happened to a ticket."""

    kind: str
    at: datetime
    by: str | None
    from_state: str | None
    to_state: str | None
    note: str | None
    detail: dict[str, Any]


class ClockOut(BaseModel):
    """A clock of a ticket."""

    kind: str
    calendar: str
    started_at: datetime
    due_at: datetime
    met_at: datetime | None
    stopped_at: datetime | None
    escalated: int
    overdue: bool


class FileOut(BaseModel):
    """A file of a ticket."""

    id: UUID
    file_name: str
    media_type: str
    size: int
    added_by: str | None
    added_at: datetime


class ContactOut(BaseModel):
    """A contact point of the customer, masked."""

    id: UUID
    kind: str
    masked: str


class EncounterOut(BaseModel):
    """Something the viewer's branches had to do with the customer."""

    kind: str
    at: datetime
    unit_code: str | None
    touchpoint: str | None
    score: int | None
    response_id: UUID | None
    ticket_number: int | None
    state: str | None


class TicketDetailOut(TicketOut):
    """A ticket with all that belongs to it; the customer only where that was agreed to."""

    response_id: UUID | None
    event_id: UUID | None
    person_id: UUID | None
    name: str | None
    contacts: list[ContactOut]
    history: list[EncounterOut]
    steps: list[StepOut]
    clocks: list[ClockOut]
    files: list[FileOut]
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    revealed_at: datetime | None
    may: list[str]
    next_step: str | None


class ShareOut(BaseModel):
    """A share with its interval; nothing without any case."""

    n: int
    hits: int
    share: float | None
    low: float | None
    high: float | None


class TimeOut(BaseModel):
    """Hours until a state was reached by half and by 9 in 10; none: not yet by so many."""

    state: str
    n: int
    reached: int
    median_hours: float | None
    most_hours: float | None


class KeptOut(BaseModel):
    """Clocks of one kind that were met in time."""

    kind: str
    calendar: str
    in_time: ShareOut


class EndsOut(BaseModel):
    """What became of tickets that had been resolved."""

    recovered: ShareOut
    unverified: int
    waiting: int
    reopened: ShareOut
    told: int


class CauseOut(BaseModel):
    """A root cause; repeats are tickets beyond a branch's first of it."""

    cause: str
    n: int
    branches: int
    repeats: int


class MeasuresOut(BaseModel):
    """The closed loop of one unit."""

    unit_code: str
    unit_name: str
    opened: int
    open: int
    times: list[TimeOut]
    kept: list[KeptOut]
    ends: EndsOut
    causes: list[CauseOut]


class LoopMeasuresOut(BaseModel):
    """The unit first, then each one directly below it."""

    rows: list[MeasuresOut]
