"""What drives a metric, for the network or a unit: importance, performance, what to do first.

Importance compares customers of the same branch (or, if asked, branches); its intervals come from
resampling. It is read from the months that touch the period, performance from its exact days. The
lines of the matrix are the network's. Association, never proof of an effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlmodel import Session

from api.core.errors import NotAllowed
from api.insights.drivers.matrix import Caution, DriverMatrix, DriverRow, Ends, Level, Problem
from api.insights.drivers.network import network_parts, sees_the_network
from api.insights.drivers.performance import Rated, ratings
from api.insights.drivers.queries import answered_together
from api.insights.drivers.questions import FEWEST_DRIVERS, Questions, driver_questions
from api.insights.drivers.sums import Parts, driver_parts
from api.insights.indices import tree_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import may_be_told
from api.insights.periods import Period, whole_months
from api.insights.queries import Filters, list_metrics, require_metric, require_touchpoint
from api.insights.queries.moments import pair_sums
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from scoring.arrays import Floats
from scoring.contrast import Contrast, penalty_reward
from scoring.crossed import centred_parts
from scoring.drivers import (
    Drivers,
    NeverTogetherError,
    Placed,
    Quadrant,
    between_drivers,
    between_shares,
    quadrants,
    within_drivers,
    within_shares,
)
from scoring.league import league_seed
from scoring.resampling import FEWEST_CLUSTERS, TooFewClustersError

FEWEST_ANSWERS = 100  # people who answered both, of every pair of questions
ANSWERS_PER_DRIVER = 20
INFLATED, ALIKE = 10.0, 0.85  # beyond these, two questions measure one thing


@dataclass(frozen=True, slots=True)
class Asked:
    """What the drivers are asked of."""

    outcome: MetricInfo
    period: Period
    level: Level
    unit: Node | None
    touchpoint: str | None
    filters: Filters
    questions: Questions
    everywhere: bool  # of the whole network, which the viewer sees

    @property
    def metrics(self) -> list[MetricInfo]:
        """The outcome first, then the drivers."""
        return [self.outcome, *self.questions.drivers]

    @property
    def needed(self) -> int:
        """People who must have answered every two of the questions."""
        return max(FEWEST_ANSWERS, ANSWERS_PER_DRIVER * len(self.questions.drivers))

    @property
    def seed(self) -> int:
        """Of the bootstrap: the same question always gets the same answer."""
        named = (self.touchpoint or "", self.unit.code if self.unit else "", self.level)
        days = (self.period.start.isoformat(), self.period.end.isoformat())
        return league_seed("drivers", self.outcome.code, *days, *named)


def drivers(
    session: Session,
    viewer: Viewer,
    outcome: str,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
    level: Level = Level.WITHIN,
) -> DriverMatrix:
    """What drives ``outcome`` in the viewer's branches (under ``unit``), everywhere or at one
    touchpoint. Raises NotFound for what is not there or not the viewer's to see.
    """
    info = require_metric(session, outcome)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    if node is None and not branches:
        raise NotAllowed(permission=Permission.VIEW_SCORES)
    filters = Filters(some_branches(viewer, branches), place)
    together = answered_together(session, outcome, period, filters)
    beside = same_part(session, outcome, period)
    questions = driver_questions(outcome, list_metrics(session), together, beside)
    everywhere = filters.branches is None and sees_the_network(session, viewer)
    asked = Asked(info, period, level, node, touchpoint, filters, questions, everywhere)
    return _matrix(session, asked)


def same_part(session: Session, outcome: str, period: Period) -> frozenset[str]:
    """Questions that stand beside the outcome in the tree of indicators."""
    tree = tree_of(session, period)
    if tree is None or outcome not in tree.metrics:
        return frozenset()
    part = tree.line(outcome).parent
    return frozenset(one.code for one in tree.nodes if one.is_question and one.parent == part)


def _matrix(session: Session, asked: Asked) -> DriverMatrix:
    parts = _network_parts(session, asked) if asked.everywhere else _own_parts(session, asked)
    matrix = DriverMatrix(
        outcome=asked.outcome,
        unit=asked.unit,
        touchpoint=asked.touchpoint,
        period=asked.period,
        months=whole_months(asked.period),
        level=asked.level,
        answers=asked.questions.answers,
        needed=asked.needed,
        branches=len(parts.branches),
        touchpoints=asked.questions.touchpoints,
        left_out=asked.questions.left_out,
        problem=_problem(asked, parts),
    )
    if matrix.problem is not None:
        return matrix
    try:
        return _filled(session, matrix, asked, parts)
    except NeverTogetherError:
        return replace(matrix, problem=Problem.NO_SPREAD)
    except TooFewClustersError:
        return replace(matrix, problem=Problem.TOO_FEW_BRANCHES)


def _own_parts(session: Session, asked: Asked) -> Parts:
    return driver_parts(
        lambda metrics, months, place: pair_sums(
            session, metrics, months, replace(asked.filters, touchpoint=place)
        ),
        asked.metrics,
        whole_months(asked.period),
        asked.questions.touchpoints,
    )


def _network_parts(session: Session, asked: Asked) -> Parts:
    months = whole_months(asked.period)
    return network_parts(session, asked.metrics, months, asked.questions.touchpoints)


def _problem(asked: Asked, parts: Parts) -> Problem | None:
    if asked.questions.answers == 0:
        return Problem.NO_ANSWERS
    if len(asked.questions.drivers) < FEWEST_DRIVERS:
        return Problem.TOO_FEW_QUESTIONS
    if parts.together < asked.needed:
        return Problem.TOO_FEW_ANSWERS
    between = asked.level is Level.BETWEEN
    if (len(parts.branches) if between else parts.clusters) < FEWEST_CLUSTERS:
        return Problem.TOO_FEW_BRANCHES
    return None


def _filled(session: Session, matrix: DriverMatrix, asked: Asked, parts: Parts) -> DriverMatrix:
    shares, ends = _computed(asked, parts)
    questions, everywhere = asked.questions.drivers, asked.everywhere
    rated = ratings(session, questions, asked.period, asked.filters, everywhere=everywhere)
    usual = _network_shares(session, asked)
    importance = None if usual is None else float(np.median(usual))
    performance = None if usual is None else _median([one.network for one in rated])
    places = _places(shares, rated, importance, performance)
    rows = [
        DriverRow(
            metric=metric,
            weight=float(shares.weight[at]),
            low=float(shares.low[at]),
            high=float(shares.high[at]),
            performance=rated[at].own,
            quadrant=None if metric.code in asked.questions.results else places[at],
            network_weight=None if usual is None else float(usual[at]),
            network_performance=None if usual is None else rated[at].network,
            correlation=float(shares.correlation[at]),
            coefficient=float(shares.coefficient[at]),
            inflation=_finite(shares.inflation[at]),
            shapley=_finite(shares.shapley[at]),
            cautions=_cautions(shares, at, result=metric.code in asked.questions.results),
            ends=None if ends is None else _ends(ends, at),
        )
        for at, metric in enumerate(questions)
    ]
    return replace(
        matrix,
        rows=tuple(sorted(rows, key=lambda row: -row.weight)),
        explained=shares.explained,
        explained_low=shares.explained_low,
        explained_high=shares.explained_high,
        resampled="branches" if asked.level is Level.BETWEEN else parts.resampled,
        clusters=shares.clusters,
        seed=asked.seed,
        importance_line=importance,
        performance_line=performance,
    )


def _computed(asked: Asked, parts: Parts) -> tuple[Drivers, Contrast | None]:
    if asked.level is Level.BETWEEN:
        return between_drivers(parts.by_branch(), seed=asked.seed), None
    inside = centred_parts(parts.moments, parts.group)
    marks = centred_parts(parts.marks, parts.group)
    return (
        within_drivers(inside, parts.cluster, seed=asked.seed),
        penalty_reward(marks, parts.cluster, parts.mark_counts, seed=asked.seed),
    )


def _network_shares(session: Session, asked: Asked) -> Floats | None:
    """The same weights of the whole network; None where that would tell of a few others."""
    parts = _network_parts(session, asked)
    if not may_be_told(session, parts.branches):
        return None
    try:
        if asked.level is Level.BETWEEN:
            return between_shares(parts.by_branch())
        return within_shares(centred_parts(parts.moments, parts.group))
    except NeverTogetherError:
        return None


def _places(
    shares: Drivers, rated: Sequence[Rated], importance: float | None, performance: float | None
) -> list[Quadrant | None]:
    """Quadrants, where the network's lines may be told."""
    if importance is None or performance is None:
        return [None] * len(rated)
    low, high = (
        np.array([np.nan if value is None else value for value in column])
        for column in zip(*((one.own.low, one.own.high) for one in rated), strict=True)
    )
    return quadrants(Placed(shares.low, shares.high, importance), Placed(low, high, performance))


def _cautions(shares: Drivers, at: int, *, result: bool) -> tuple[Caution, ...]:
    found = {
        Caution.COLLINEAR: shares.inflation[at] > INFLATED or shares.closest[at] > ALIKE,
        Caution.SUPPRESSED: shares.suppressed[at],
        Caution.INVERSE: shares.correlation[at] < 0,
        Caution.RESULT: result,
    }
    return tuple(caution for caution, holds in found.items() if holds)


def _ends(ends: Contrast, at: int) -> Ends | None:
    if not ends.known[at]:
        return None
    return Ends(
        role=ends.roles[at],
        penalty=float(ends.penalty[at]),
        penalty_low=float(ends.penalty_low[at]),
        penalty_high=float(ends.penalty_high[at]),
        reward=float(ends.reward[at]),
        reward_low=float(ends.reward_low[at]),
        reward_high=float(ends.reward_high[at]),
        asymmetry=_finite(ends.asymmetry[at]),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
