"""Bodies of the plans' addresses."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.plans.service import LONGEST_TEXT, LONGEST_TITLE

Code = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$"
    ),
]


class PlanIn(BaseModel):
    """What is to be worked on, at a branch or at all branches of a unit."""

    model_config = ConfigDict(extra="forbid")

    unit: Code
    metric: Code
    driver: Code | None = None
    touchpoint: Code | None = None
    title: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=3, max_length=LONGEST_TITLE)
    ]
    started_on: date


class EndIn(BaseModel):
    """How a plan ended, and what was learned; ``version`` as it was read."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["done", "dropped"]
    lesson: Text | None = None
    version: int


class VersionIn(BaseModel):
    """The version of the plan as it was read."""

    model_config = ConfigDict(extra="forbid")

    version: int


class StepIn(BaseModel):
    """An action: what, whose, until when."""

    model_config = ConfigDict(extra="forbid")

    what: Text
    due_on: date
    owner_id: UUID | None = None


class TickIn(BaseModel):
    """Whether an action is done."""

    model_config = ConfigDict(extra="forbid")

    done: bool


class ShareIn(BaseModel):
    """What helped, in words that name nobody."""

    model_config = ConfigDict(extra="forbid")

    what: Text


class Made(BaseModel):
    """The id of what was made."""

    id: UUID


class StepOut(BaseModel):
    """An action of a plan."""

    id: UUID
    what: str
    owner: str | None
    due_on: date
    done_on: date | None


class PlanOut(BaseModel):
    """A plan with its actions."""

    id: UUID
    unit_code: str
    unit_name: str
    branches: int
    metric: str
    driver: str | None
    title: str
    started_on: date
    status: str
    version: int
    lesson: str | None
    shared: bool
    created_at: datetime
    closed_at: datetime | None
    steps: list[StepOut]


class EffectOut(BaseModel):
    """A metric before and after; ``effect`` is the own change less that of branches alike."""

    metric: str
    before_from: date
    before_to: date
    after_from: date | None
    after_to: date | None
    before_n: int | None
    before_score: float | None
    after_n: int | None
    after_score: float | None
    unknown: str | None
    told_from: date
    like: str | None = None
    peers: int | None = None
    own: float | None = None
    usual: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    by_itself: float | None = None
    is_noise: bool | None = None


class PracticeOut(BaseModel):
    """What helped somewhere else."""

    what: str
    driver: str | None
    metric: str
    measured: str
    touchpoint: str | None
    effect: float
    low: float
    high: float
    weeks: int
    peers: int
    alike: int
    shared_at: datetime
