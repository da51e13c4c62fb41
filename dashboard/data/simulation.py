"""A changed rule set replayed over past events, beside the one in force."""

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Choice:
    """A text that can be tried out."""

    value: str
    name: str


@dataclass(frozen=True)
class TryView:
    """What can be tried out, over which days."""

    choices: list[Choice]
    first: str
    last: str


@dataclass(frozen=True)
class Pair:
    """A number under the rules in force, and under the other ones; ``of`` is what both are of."""

    name: str
    now: float
    then: float


@dataclass(frozen=True)
class Outcome:
    """What the other rules would have done; ``costs`` None where the rules name none."""

    name: str
    period: str
    events: int
    invitations: Pair
    answers: Pair
    costs: Pair | None
    channels: list[Pair]
    volume: pd.DataFrame
    by_week: bool
    reach: list[Pair]
    more: int
    less: int
    same: int
    rows: list[dict[str, Any]]
    seconds: float
