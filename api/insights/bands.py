"""Promoters, passives and detractors behind a Net Promoter Score."""

from dataclasses import dataclass

from api.insights.metrics import MetricInfo
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


def bands_of(metric: MetricInfo, total: Counts) -> Bands | None:
    """The bands of a metric's histogram, where it has any and they may be told."""
    if metric.kind is not Kind.NPS or int(total.sum()) < DEFAULT_THRESHOLDS.score:
        return None
    return Bands(*(int(number) for number in total))
