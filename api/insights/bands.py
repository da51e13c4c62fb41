"""Promoters, passives and detractors behind a Net Promoter Score."""

from dataclasses import dataclass

from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from api.insights.queries import Filters, histograms, require_metric, require_touchpoint
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.viewer import Viewer
from scoring.arrays import Counts
from scoring.scales import Kind
from scoring.tiers import DEFAULT_THRESHOLDS


@dataclass(frozen=True, slots=True)
class Bands:
    """How many answers fall into each band."""

    detractors: int
    passives: int
    promoters: int

    @property
    def answers(self) -> int:
        """All of them."""
        return self.detractors + self.passives + self.promoters


def bands(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> Bands | None:
    """The bands of a unit; None for other metrics and below the answers that a score needs."""
    info = require_metric(session, metric)
    if info.kind is not Kind.NPS:
        return None
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    filters = Filters(some_branches(viewer, branches), place)
    return bands_of(info, histograms(session, info, period, filters=filters).total)


def bands_of(metric: MetricInfo, total: Counts) -> Bands | None:
    """The bands of a metric's histogram, where it has any and they may be told."""
    if metric.kind is not Kind.NPS or int(total.sum()) < DEFAULT_THRESHOLDS.score:
        return None
    return Bands(*(int(number) for number in total))
