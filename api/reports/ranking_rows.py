"""What a ranking is made of: a branch's line, a comment, something to do. Values only."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from api.insights.league_rows import LeagueRow
from api.reports.repository.weekly import Voice, WeekCounts
from api.security.hierarchy import Node
from scoring.tiers import answers_lacking

StepKind = Literal["overdue", "warning", "fallen", "silent", "hint", "risen", "nearly", "read"]


@dataclass(frozen=True)
class RankingRow:
    """A branch's line: its row of the network-wide table, and its week."""

    row: LeagueRow
    week: WeekCounts

    @property
    def lacking(self) -> int:
        """Answers still missing for a place in the table."""
        return int(answers_lacking(np.array(self.row.n or 0)))


@dataclass(frozen=True)
class Voiced:
    """A comment with the branch that it is about."""

    branch: Node
    voice: Voice


@dataclass(frozen=True)
class Step:
    """One thing to do this week: what, where, and the number that says why."""

    kind: StepKind
    unit_code: str | None = None
    unit_name: str | None = None
    number: float | None = None


@dataclass(frozen=True)
class Lately:
    """What is not new, so that nobody is asked about the same matter each Monday.

    Branches that were on alert in the month before too, that had moved a week ago already, and that
    were without answers in other weeks as well. ``monthly``: the first letter of a month, which
    asks about what goes on too.
    """

    monthly: bool = False
    alerted: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()
    quiet: frozenset[int] = frozenset()
