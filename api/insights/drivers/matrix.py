"""Drivers of a metric as a value, and as the document that leaves the house.

Pure. Weights are shares 0..1 of what is explained, performance is on 0..100 of a question's scale.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from api.core.languages import Language
from api.insights.drivers.questions import LeftOut
from api.insights.drivers.sums import Resampled
from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from api.security.hierarchy import Node
from scoring.contrast import Role
from scoring.drivers import Quadrant


class Level(StrEnum):
    """Whether customers of a branch are compared with one another, or branches."""

    WITHIN = "within"
    BETWEEN = "between"


class Problem(StrEnum):
    """Why there are no drivers to be told."""

    NO_ANSWERS = "no_answers"
    TOO_FEW_QUESTIONS = "too_few_questions"
    TOO_FEW_ANSWERS = "too_few_answers"
    TOO_FEW_BRANCHES = "too_few_branches"
    NO_SPREAD = "no_spread"


class Caution(StrEnum):
    """What keeps a driver from being read as it stands."""

    COLLINEAR = "collinear"  # measures the same as another
    SUPPRESSED = "suppressed"  # its sign turns around at equal other answers
    INVERSE = "inverse"  # better marks go with a worse outcome
    RESULT = "result"  # an overall judgement like the outcome, nothing to work on


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a question is rated: the mean on 0..100 of its scale, with its interval."""

    score: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Ends:
    """What low marks cost and high marks bring, in the outcome's own values."""

    role: Role | None
    penalty: float
    penalty_low: float
    penalty_high: float
    reward: float
    reward_low: float
    reward_high: float
    asymmetry: float | None


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One question: its share of what is explained, how it is rated, where that puts it."""

    metric: MetricInfo
    weight: float
    low: float
    high: float
    performance: Spoken
    quadrant: Quadrant | None
    network_weight: float | None
    network_performance: float | None
    correlation: float
    coefficient: float
    inflation: float | None  # None: a combination of the others
    shapley: float | None
    cautions: tuple[Caution, ...]
    ends: Ends | None

    def as_dict(self, language: Language) -> dict[str, Any]:
        """The contract's columns first."""
        ends = asdict(self.ends) if self.ends is not None else {}
        return {
            "driver": self.metric.code,
            "weight": self.weight,
            "low": self.low,
            "high": self.high,
            "performance": self.performance.score,
            "quadrant": self.quadrant,
            "name": self.metric.name(language),
            "performance_low": self.performance.low,
            "performance_high": self.performance.high,
            "network_weight": self.network_weight,
            "network_performance": self.network_performance,
            "correlation": self.correlation,
            "coefficient": self.coefficient,
            "vif": self.inflation,
            "lmg": self.shapley,
            "cautions": list(self.cautions),
            "ends": ends or None,
        }


@dataclass(frozen=True, slots=True)
class DriverMatrix:
    """Drivers of ``outcome``, the heaviest first; without rows, ``problem`` says why."""

    outcome: MetricInfo
    unit: Node | None
    touchpoint: str | None
    period: Period
    months: Period
    level: Level
    answers: int
    needed: int
    branches: int
    touchpoints: tuple[int, ...]  # where the outcome was answered
    left_out: tuple[tuple[MetricInfo, LeftOut], ...]
    problem: Problem | None = None
    rows: tuple[DriverRow, ...] = ()
    explained: float | None = None
    explained_low: float | None = None
    explained_high: float | None = None
    resampled: Resampled | None = None
    clusters: int = 0
    seed: int | None = None
    importance_line: float | None = None
    performance_line: float | None = None

    def as_dict(self, language: Language) -> dict[str, Any]:
        """The contract's document; ``from`` and ``to`` are the first and the last day."""
        return {
            "outcome": self.outcome.code,
            "from": self.period.start.isoformat(),
            "to": _last_day(self.period),
            "unit": None if self.unit is None else self.unit.code,
            "touchpoint": self.touchpoint,
            "level": self.level,
            "months": {"from": self.months.start.isoformat(), "to": _last_day(self.months)},
            "n": self.answers,
            "needed": self.needed,
            "branches": self.branches,
            "problem": self.problem,
            "explained": self.explained,
            "explained_low": self.explained_low,
            "explained_high": self.explained_high,
            "resampled": self.resampled,
            "clusters": self.clusters,
            "seed": self.seed,
            "importance_line": self.importance_line,
            "performance_line": self.performance_line,
            "left_out": [
                {"driver": metric.code, "reason": reason} for metric, reason in self.left_out
            ],
            "rows": [row.as_dict(language) for row in self.rows],
        }


def _last_day(period: Period) -> str:
    return (period.end - timedelta(days=1)).isoformat()
