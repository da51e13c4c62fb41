"""What the endpoints of the indicators take and answer with."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.surveys.schemas import TextProblem
from api.surveys.writing import State


class IndicatorsText(BaseModel):
    """A text of indicators (TOML)."""

    text: Annotated[str, Field(max_length=2_000_000)]


class TreeVersionOut(BaseModel):
    """A published version; ``published_by`` is null at the command line, or where not told."""

    version: int
    code: str
    state: State
    effective_from: date
    published_at: datetime
    published_by: str | None


class TreeVersionsOut(BaseModel):
    """All versions, the newest first."""

    items: list[TreeVersionOut]


class TreeNodeOut(BaseModel):
    """A line of the tree, parents first; names of a question are those of its metric."""

    code: str
    depth: int
    parent: str | None
    weight: float
    share: float
    is_question: bool
    name_zh: str | None
    name_en: str | None


class TargetOut(BaseModel):
    """A target of a unit the viewer sees, and of everything below it."""

    of: str
    unit: str
    year: int
    value: float


class TreeOut(BaseModel):
    """One version; ``text`` only for who may publish."""

    version: int
    code: str
    effective_from: date
    nodes: list[TreeNodeOut]
    targets: list[TargetOut]
    text: str | None


class IndicatorsChecked(BaseModel):
    """What checking found; without problems: the version that the text would publish."""

    problems: list[TextProblem]
    version: int | None = None
    effective_from: date | None = None


class IndicatorsPublished(BaseModel):
    """A publication; ``new`` is false when exactly this was published before."""

    code: str
    version: int
    effective_from: date
    new: bool
