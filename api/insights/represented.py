"""Whether the answers are enough, and whether they stand for all customers.

For each branch how many answers a useful score needs and how many are there; for the unit as a
whole its score as it is and weighted: by who was likely to answer, then to the customers served in
each part and at each touchpoint. Weights are those of the unit that is asked about, whoever asks.
The league table is not weighted: what differs between customers is adjusted for there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from sqlmodel import Session

from api.insights.figures import Figure, figure_of, shown_count
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period
from api.insights.queries import require_metric, require_touchpoint
from api.insights.queries.represented import asked_and_answered, customers_served
from api.insights.sight import branches_of, some_branches
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scheduler.planner.sampling import expected_margin, required_answers
from scoring.arrays import Counts, Flags, Floats, floats
from scoring.intervals import Interval, finite_population_factor
from scoring.scales import Kind, scale_of, to_nps3
from scoring.tiers import DEFAULT_THRESHOLDS, tiers
from scoring.variances import metric_variance
from scoring.weighting import (
    class_weights,
    design_effect,
    rake,
    representativity,
    response_propensity,
    trimmed,
    weighted_interval,
    weighted_score,
)

CONFIDENCE = 0.90
MARGIN_SHARE = 0.05  # the margin that is aimed at, as a share of the scale: 10 points of NPS


@dataclass(frozen=True, slots=True)
class Enough:
    """A branch: customers served, messages sent, answers, how many a useful score needs.

    ``answered`` is None for 1-4; ``margin`` is half the width of a 90 % interval now, in units of
    the score, None without answers; ``effective`` is what the answers are worth once weighted.
    """

    unit: Node
    customers: int
    invited: int
    answered: int | None
    needed: int
    lacking: int | None
    margin: float | None
    effective: float | None


@dataclass(frozen=True, slots=True)
class Represented:
    """A unit's answers against its customers; ``weighted`` is None below the answers of a score.

    ``closed`` is the raw score's interval for the customers of this period alone (finite
    population); ``alike`` is 1 when all groups answered alike; ``gap`` is what raking left open.
    """

    unit: Node
    metric: MetricInfo
    period: Period
    customers: int
    invited: int
    raw: Figure
    closed: tuple[float, float] | None
    weighted: Figure | None
    effective: float | None
    design_effect: float | None
    alike: float | None
    gap: float | None
    margin: float
    confidence: float
    branches: list[Enough]


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """What was asked and answered, one row per branch, touchpoint, channel and segment."""

    branch: Counts
    touchpoint: Counts
    known: Floats
    invited: Counts
    histograms: Counts

    @property
    def answered(self) -> Counts:
        total: Counts = self.histograms.sum(axis=1)
        return total


def represented(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    unit: str,
    touchpoint: str | None = None,
) -> Represented:
    """How well a unit's answers stand for its customers; raises NotFound outside the scope."""
    info = require_metric(session, metric)
    node = viewer.require_unit_code(unit)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    allowed = branches_of(viewer, node)
    some = some_branches(viewer, allowed)
    cells = _cells(session, info, period, some, place)
    served = customers_served(session, period, some, place)
    pooled = pooled_spread(session, info, period, place)
    weights, alike, gap = _weights(viewer, node, cells, served)
    return _assembled(
        _Found(viewer, node, info, period, cells, served, weights, pooled, allowed), alike, gap
    )


def _cells(
    session: Session,
    info: MetricInfo,
    period: Period,
    branches: object,
    place: int | None,
) -> _Cells:
    rows = asked_and_answered(session, info, period, branches, place)  # type: ignore[arg-type]
    scale = scale_of(info.declared_scale)
    counts = np.array([row[5:] for row in rows], dtype=np.int64).reshape(len(rows), scale.bins)
    if info.kind is Kind.NPS:
        counts = to_nps3(counts, scale)
    return _Cells(
        branch=np.array([row.branch_id for row in rows], dtype=np.int64),
        touchpoint=np.array([row.touchpoint_id for row in rows], dtype=np.int64),
        known=_dummies([(row.touchpoint_id, row.channel, row.segment) for row in rows]),
        invited=np.array([row.invited for row in rows], dtype=np.int64),
        histograms=counts,
    )


def _dummies(known: Sequence[tuple[object, ...]]) -> Floats:
    """A column for each level but the first of each thing known, in order."""
    columns = []
    for values in zip(*known, strict=True):
        levels = sorted({str(value) for value in values})
        columns += [[float(str(value) == level) for value in values] for level in levels[1:]]
    return np.array(columns, dtype=np.float64).T.reshape(len(known), len(columns))


def _weights(
    viewer: Viewer, node: Node, cells: _Cells, served: dict[tuple[int, int], int]
) -> tuple[Floats, float | None, float | None]:
    """A weight for each answer of a cell, how alike the groups answered, what raking left open."""
    if not cells.answered.sum():
        return np.ones(len(cells.invited)), None, None
    propensity = response_propensity(cells.known, cells.invited, cells.answered)
    first = class_weights(propensity, cells.invited, cells.answered)
    groups, totals = _margins(viewer, node, cells, served)
    raked = rake(first, cells.answered, groups, totals)
    alike = representativity(propensity, cells.invited)
    return trimmed(raked.weights, cells.answered), alike, raked.gap


def _margins(
    viewer: Viewer, node: Node, cells: _Cells, served: dict[tuple[int, int], int]
) -> tuple[list[Counts], list[Floats]]:
    """The unit's parts, and the touchpoints, with the customers served in each."""
    part_of = {
        branch.id: place
        for place, part in enumerate(viewer.hierarchy.children(node.id) or [node])
        for branch in (viewer.hierarchy.branches_under(part.id) or [part])
    }
    touchpoints = sorted({key[1] for key in served} | set(cells.touchpoint.tolist()))
    parts = np.zeros(max(part_of.values()) + 1)
    places = np.zeros(len(touchpoints))
    for (branch, touchpoint), customers in served.items():
        parts[part_of.get(branch, 0)] += customers
        places[touchpoints.index(touchpoint)] += customers
    groups = [
        np.array([part_of.get(branch, 0) for branch in cells.branch.tolist()], dtype=np.int64),
        np.searchsorted(touchpoints, cells.touchpoint).astype(np.int64),
    ]
    return groups, [parts, places]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What a unit's answer is put together from."""

    viewer: Viewer
    node: Node
    metric: MetricInfo
    period: Period
    cells: _Cells
    served: dict[tuple[int, int], int]
    weights: Floats
    pooled: float | None
    branches: frozenset[int]

    @property
    def margin(self) -> float:
        """The margin that is aimed at, in units of the score."""
        if self.metric.kind is Kind.NPS:
            return 200 * MARGIN_SHARE
        if self.metric.kind is Kind.MEAN:
            return MARGIN_SHARE * (self.metric.scale.values[-1] - self.metric.scale.values[0])
        return MARGIN_SHARE


def _assembled(found: _Found, alike: float | None, gap: float | None) -> Represented:
    cells, info = found.cells, found.metric
    total = cells.histograms.sum(axis=0)
    raw = figure_of(total, info, found.pooled)
    customers = sum(found.served.values())
    cost = design_effect(found.weights, cells.answered) if total.sum() else None
    return Represented(
        unit=found.node,
        metric=info,
        period=found.period,
        customers=customers,
        invited=int(cells.invited.sum()),
        raw=raw,
        closed=_closed(raw, customers),
        weighted=_weighted(found, raw, cost),
        effective=None if cost is None else float(total.sum() / cost),
        design_effect=cost,
        alike=alike,
        gap=gap,
        margin=found.margin,
        confidence=CONFIDENCE,
        branches=_branches(found, _spread(total, info, found.pooled)),
    )


def _closed(raw: Figure, customers: int) -> tuple[float, float] | None:
    """The interval for the customers of this period alone."""
    if raw.score is None or raw.low is None or raw.high is None or raw.n is None:
        return None
    factor = finite_population_factor(raw.n, customers)
    narrowed = Interval(floats(raw.low), floats(raw.high)).narrowed(floats(raw.score), factor)
    return float(narrowed.low), float(narrowed.high)


def _weighted(found: _Found, raw: Figure, cost: float | None) -> Figure | None:
    if raw.score is None or cost is None:
        return None
    info, histograms = found.metric, found.cells.histograms
    score = weighted_score(histograms, found.weights, info.kind, info.scale)
    interval = weighted_interval(
        histograms, found.weights, info.kind, info.scale, pooled=found.pooled
    )
    return Figure(raw.n, score, float(interval.low), float(interval.high), raw.tier)


def _spread(total: Counts, info: MetricInfo, pooled: float | None) -> float:
    """Standard deviation of one answer's contribution, in units of the score."""
    n = int(total.sum())
    if not n:
        return float(np.sqrt(metric_variance(np.ones_like(total), info.kind, info.scale)) * 2)
    return float(np.sqrt(metric_variance(total, info.kind, info.scale, pooled=pooled) * n))


def _branches(found: _Found, sd: float) -> list[Enough]:
    """Every branch that had customers, those that lack most first."""
    served: dict[int, int] = {}
    for (branch, _), customers in found.served.items():
        served[branch] = served.get(branch, 0) + customers
    listed = sorted((served.keys() | set(found.cells.branch.tolist())) & found.branches)
    rows = [
        _branch(found, branch, served.get(branch, 0), found.cells.branch == branch, sd)
        for branch in listed
    ]
    return sorted(rows, key=lambda row: (-(row.lacking or 0), row.unit.code))


def _branch(found: _Found, branch: int, customers: int, own: Flags, sd: float) -> Enough:
    answered = int(found.cells.answered[own].sum())
    population = max(customers, answered)
    needed = ceil(
        float(required_answers(found.margin, population, confidence=CONFIDENCE, sd=sd)) - 1e-9
    )
    shown = shown_count(answered, int(tiers(np.array(answered))))
    margin = float(expected_margin(answered, population, confidence=CONFIDENCE, sd=sd))
    cost = design_effect(found.weights[own], found.cells.answered[own]) if answered else None
    return Enough(
        unit=found.viewer.hierarchy.nodes[branch],
        customers=customers,
        invited=int(found.cells.invited[own].sum()),
        answered=shown,
        needed=needed,
        lacking=None if shown is None else max(needed - answered, 0),
        margin=margin if shown and answered >= DEFAULT_THRESHOLDS.score else None,
        effective=answered / cost if cost and shown else None,
    )
