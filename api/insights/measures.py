"""What branches are compared by: a metric of their answers, or an index made of several.

The one place that knows both. League tables, bands and published tables ask here and never look
which of the two they have. Reads the whole network (the comparison set), so that figures do not
depend on the viewer; cutting rows is decided elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms
from api.insights.periods import Period
from api.insights.queries import metric_version, require_metric
from scoring.arrays import Counts
from scoring.change import Change, change_between
from scoring.measured import Measured, measured

Measure: TypeAlias = MetricInfo


@dataclass(frozen=True, slots=True, eq=False)
class BranchMeasures:
    """Every branch with answers of a period, what it scored then and before, and the change.

    ``branches`` are unit ids, ascending; the arrays follow them.
    """

    branches: list[int]
    now: Measured
    before: Measured
    change: Change


def require_measure(session: Session, code: str, period: Period) -> Measure:
    """The metric called ``code``, else that node of the indicator tree; raises NotFound.

    The tree is the one in force at the period's last day.
    """
    return require_metric(session, code)


def network_measures(
    session: Session, measure: Measure, period: Period, touchpoint: int | None = None
) -> BranchMeasures:
    """The whole network in ``period`` and the period of the same length directly before."""
    found = network_histograms(session, measure, period, touchpoint)
    branches = sorted(key[0] for key in found.keys)
    keys = [(branch,) for branch in branches]
    earlier = network_histograms(session, measure, period.before(), touchpoint)
    now, before = found.at(keys), earlier.at(keys)
    return BranchMeasures(
        branches,
        measured(now, measure.kind, measure.scale),
        measured(before, measure.kind, measure.scale),
        change_between(now, before, measure.kind, measure.scale),
    )


def window_measures(
    session: Session, measure: Measure, period: Period, touchpoint: int | None = None
) -> tuple[list[int], Measured]:
    """The branches with answers of a period, ascending, and what they scored."""
    found = network_histograms(session, measure, period, touchpoint)
    branches = sorted(key[0] for key in found.keys)
    counts = found.at([(branch,) for branch in branches])
    return branches, measured(counts, measure.kind, measure.scale)


def measure_version(session: Session, measure: Measure, period: Period) -> int:
    """The data version of everything that a measure is made of; 0 when nothing was counted."""
    return metric_version(session, measure.code, period)


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """Adjusted scores of the branches asked for (nan where there is none), and how they came about.

    ``mix`` holds rows ``{adjuster, level, share, usual, points}`` per branch; ``coefficients``
    names the frozen coefficients.
    """

    measured: Measured
    mix: list[list[dict[str, Any]]]
    coefficients: dict[str, Any]


def adjusted_for(
    session: Session,
    measure: Measure,
    period: Period,
    branches: Sequence[int],
    raw: Measured,
    *,
    touchpoint: int | None = None,
) -> Adjustment | None:
    """``raw`` adjusted for customers and channels; None where no coefficients are published."""
    return None


def placed(found: Measured, at: Sequence[int], wanted: Sequence[int]) -> Measured:
    """``found`` of the branches ``at`` in the order of ``wanted``, no answers for the others."""
    to, source = _places(at, wanted)
    n = np.zeros(len(wanted), dtype=np.int64)
    n[to] = found.n[source]
    columns = []
    for name in ("score", "low", "high", "variance"):
        column = np.full(len(wanted), np.nan)
        column[to] = getattr(found, name)[source]
        columns.append(column)
    return Measured(n, *columns)


def placed_change(found: Change, at: Sequence[int], wanted: Sequence[int]) -> Change:
    """The same of a change; there is none where a branch is not among ``at``."""
    to, source = _places(at, wanted)
    change, noise = np.full(len(wanted), np.nan), np.ones(len(wanted), dtype=bool)
    change[to], noise[to] = found.change[source], found.is_noise[source]
    return Change(change, noise)


def _places(at: Sequence[int], wanted: Sequence[int]) -> tuple[Counts, Counts]:
    """Where in ``wanted`` and where in ``at`` the branches of both stand."""
    place = {branch: index for index, branch in enumerate(at)}
    both = [(to, place[branch]) for to, branch in enumerate(wanted) if branch in place]
    found = np.array(both, dtype=np.int64).reshape(len(both), 2)
    return found[:, 0], found[:, 1]
