"""What the endpoints of the rules take and answer with."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.surveys.writing import State


class RulesText(BaseModel):
    """A text of rules (TOML)."""

    text: Annotated[str, Field(max_length=500_000)]


class RulesVersionOut(BaseModel):
    """A published version; ``published_by`` is null when it came from the command line."""

    version: int
    code: str
    state: State
    effective_from: datetime
    published_at: datetime
    published_by: str | None


class RulesVersionsOut(BaseModel):
    """All versions, the newest first."""

    items: list[RulesVersionOut]


class WrittenRulesOut(BaseModel):
    """One version as it was written."""

    version: int
    code: str
    effective_from: datetime
    text: str


class TextProblem(BaseModel):
    """One fault of a text: where it is, and what would be right."""

    line: int
    column: int
    field: str
    code: str
    message: str


class RulesChecked(BaseModel):
    """What checking found; without problems: the version that the text would publish."""

    problems: list[TextProblem]
    version: int | None = None
    effective_from: datetime | None = None


class DifferencesOut(BaseModel):
    """What one version changes against another, as lines of a unified diff."""

    version: int
    against: int
    lines: list[str]


class RulesDraftOut(BaseModel):
    """What the viewer is writing; null: nothing."""

    text: str | None = None
    saved_at: datetime | None = None


class TextPublished(BaseModel):
    """A publication; ``new`` is false when exactly this was published before."""

    code: str
    version: int
    new: bool
