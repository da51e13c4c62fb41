"""How a score moved week by week, where one week alone says too little over several weeks each.

A point of a small branch gathers the answers of the weeks up to it, so that it can be shown at
all; how many is the same for the whole trend and stands beside it.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlmodel import Session

from api.insights.figures import Figure, figures_of
from api.insights.kept_weeks import seen_weeks
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period, weeks_of
from api.insights.queries import Filters, require_metric, require_touchpoint
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.viewer import Viewer
from scoring.arrays import Counts
from scoring.tiers import DEFAULT_THRESHOLDS

WINDOWS = (1, 4, 13)  # weeks that a point may gather
NEARLY_ALWAYS = 0.9  # of the points
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class RollingPoint:
    """The score of the ``weeks`` weeks up to and with the one that starts on ``week``."""

    week: date
    figure: Figure


@dataclass(frozen=True, slots=True)
class RollingTrend:
    """A trend, oldest point first; every point gathers ``weeks`` weeks."""

    metric: MetricInfo
    weeks: int
    points: list[RollingPoint]


def rolling_trend(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> RollingTrend:
    """The trend over the full weeks of ``period``; raises NotFound outside the scope."""
    info = require_metric(session, metric)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    weeks = [week.start for week in weeks_of(period)]
    if not weeks:
        return RollingTrend(info, 1, [])
    before = WINDOWS[-1] - 1
    first = weeks[0] - before * _WEEK
    reading = [first + number * _WEEK for number in range(before + len(weeks))]
    filters = Filters(some_branches(viewer, branches), place)
    found = seen_weeks(session, viewer, info, Period(first, weeks[-1] + _WEEK), filters)
    counts = found.at([(week,) for week in reading])
    window = telling_window(counts, before)
    figures = figures_of(
        rolling_sums(counts, window)[before:], info, pooled_spread(session, info, period, place)
    )
    points = [RollingPoint(week, figure) for week, figure in zip(weeks, figures, strict=True)]
    return RollingTrend(info, window, points)


def telling_window(counts: Counts, before: int) -> int:
    """The fewest weeks whose answers nearly always suffice for a score, from row ``before`` on."""
    for window in WINDOWS:
        answers = rolling_sums(counts, window)[before:].sum(axis=1)
        if np.mean(answers >= DEFAULT_THRESHOLDS.score) >= NEARLY_ALWAYS:
            return window
    return WINDOWS[-1]


def rolling_sums(counts: Counts, window: int) -> Counts:
    """Row i: the sum of ``window`` rows up to and with i (fewer at the very beginning)."""
    total: Counts = np.cumsum(counts, axis=0)
    earlier = np.zeros_like(total)
    earlier[window:] = total[:-window]
    gathered: Counts = total - earlier
    return gathered
