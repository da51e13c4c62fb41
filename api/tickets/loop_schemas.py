"""What the endpoints of the closed loop's rules take and answer with."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.surveys.schemas import TextProblem
from api.tickets.loopbook import State


class LoopText(BaseModel):
    """A text of rules (TOML)."""

    text: Annotated[str, Field(max_length=500_000)]


class NamesOut(BaseModel):
    """What people call it."""

    zh: str
    en: str


class AlertRuleOut(BaseModel):
    """What is worth telling; severity 1 low, 2 high, 3 urgent."""

    code: str
    kind: str
    name: NamesOut
    severity: int
    ticket: bool
    role: str


class TargetOut(BaseModel):
    """Within how many hours of a calendar something has to be done."""

    severity: int
    kind: str
    calendar: str
    hours: float


class EscalationOut(BaseModel):
    """Who is told when a clock has been over for so long."""

    kind: str
    calendar: str
    after_hours: float
    to: str


class CauseOut(BaseModel):
    """A root cause; without a parent it is a group."""

    code: str
    name: NamesOut
    parent: str | None


class LoopOut(BaseModel):
    """The rules that hold."""

    version: int
    code: str
    alerts: list[AlertRuleOut]
    targets: list[TargetOut]
    escalations: list[EscalationOut]
    causes: list[CauseOut]
    verify: bool
    wait_days: int


class CurrentLoopOut(BaseModel):
    """The rules that hold; null before the first were published."""

    current: LoopOut | None


class LoopVersionOut(BaseModel):
    """A published version; ``published_by`` is null when it came from the command line."""

    version: int
    code: str
    state: State
    published_at: datetime
    published_by: str | None


class LoopVersionsOut(BaseModel):
    """All versions, the newest first."""

    items: list[LoopVersionOut]


class WrittenLoopOut(BaseModel):
    """One version as it was written."""

    version: int
    code: str
    text: str


class LoopChecked(BaseModel):
    """What checking found; without problems: the version that the text would publish."""

    problems: list[TextProblem]
    version: int | None = None
