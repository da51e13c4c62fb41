"""Bodies of the API of asking."""

from datetime import datetime
from typing import Literal

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
    checks: list[CheckBody]
