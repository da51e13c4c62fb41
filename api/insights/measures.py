"""What branches are compared by: a metric of their answers, or an index made of several.

The one place that knows both. League tables, bands and published tables ask here and never look
which of the two they have. Reads the whole network (the comparison set), so that figures do not
depend on the viewer; cutting rows is decided elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms
from api.insights.periods import Period
from api.insights.queries import require_metric
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


def measured_at(
    session: Session,
    measure: Measure,
    period: Period,
    branches: Sequence[int],
    touchpoint: int | None = None,
) -> Measured:
    """What ``branches`` scored in ``period``, in their order; no answers where there are none."""
    found = network_histograms(session, measure, period, touchpoint)
    counts = found.at([(branch,) for branch in branches])
    return measured(counts, measure.kind, measure.scale)


def placed(found: Measured, at: Sequence[int], wanted: Sequence[int]) -> Measured:
    """``found`` of the branches ``at`` in the order of ``wanted``, nan for those not found."""
    place = {branch: index for index, branch in enumerate(at)}
    source = np.array([place.get(branch, -1) for branch in wanted], dtype=np.int64)
    known = source >= 0

    def moved(column: np.ndarray, nothing: float) -> np.ndarray:
        filled = np.full(len(wanted), nothing, dtype=column.dtype)
        filled[known] = column[source[known]]
        return filled

    return Measured(
        moved(found.n, 0),
        *(moved(getattr(found, name), np.nan) for name in ("score", "low", "high", "variance")),
    )
