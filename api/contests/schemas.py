"""Bodies of the contests' addresses."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints

from api.contests.evidence import LARGEST
from api.contests.service import LONGEST_NOTE

Note = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$"
    ),
]
Reason = Literal[
    "wrong_branch",
    "wrong_customer",
    "duplicate",
    "misread_scale",
    "not_about_us",
    "abuse",
    "other",
]
State = Literal["open", "upheld", "rejected", "withdrawn"]


class ContestIn(BaseModel):
    """An objection to a response."""

    model_config = ConfigDict(extra="forbid")

    response: UUID
    reason: Reason
    note: Note


class DecisionIn(BaseModel):
    """What headquarters decides, and why."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["upheld", "rejected"]
    note: Note


class EvidenceIn(BaseModel):
    """A file: PDF, PNG or JPEG, in base64."""

    model_config = ConfigDict(extra="forbid")

    file_name: str = Field(min_length=1, max_length=200)
    content: Base64Bytes = Field(max_length=LARGEST + 1)


class Made(BaseModel):
    """The id of what was made."""

    id: UUID


class ContestOut(BaseModel):
    """A contest with the answer it is about; who raised and decided it only by name."""

    id: UUID
    state: State
    reason: str
    note: str
    unit_code: str
    unit_name: str
    touchpoint: str
    occurred_on: date
    submitted_at: datetime
    channel: str
    score: int | None
    comment: str | None
    files: int
    raised_by: str | None
    raised_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str | None


class ContestsOut(BaseModel):
    """A page of contests, the newest first."""

    items: list[ContestOut]
    next: UUID | None


class FileOut(BaseModel):
    """A file of a contest."""

    id: UUID
    file_name: str
    media_type: str
    size: int
    added_at: datetime
