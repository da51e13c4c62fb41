"""A branch's advisors: how their customers rate the branch, and what changed.

Advisors are people: told from 10 answers on, to the branch itself and to whoever stands above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from api.insights.cuts import ADVISORS
from api.insights.figures import Difference, Figure, differences_of, figure_of, figures_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.own_branch.day import require_branch
from api.insights.own_branch.verdicts import Verdict, verdict
from api.insights.periods import Period
from api.insights.queries import (
    Filters,
    Histograms,
    cut_histograms,
    histograms,
    require_metric,
    require_touchpoint,
)
from api.insights.sight import branches_of, some_branches
from api.insights.suppression import KEPT_BACK, told_change, told_parts
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scoring.arrays import Counts


@dataclass(frozen=True, slots=True)
class Advisor:
    """One advisor; ``verdict`` is against the branch's own score."""

    name: str
    figure: Figure
    difference: Difference
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Team:
    """A branch's advisors with answers in the period, most answers first.

    ``untold``: how many of them have too few answers to be told.
    """

    unit: Node
    metric: MetricInfo
    period: Period
    figure: Figure
    advisors: list[Advisor]

    @property
    def untold(self) -> int:
        """Advisors with too few answers, or kept back for the sake of one of them."""
        return sum(one.figure.score is None for one in self.advisors)


def team(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    unit: str,
    touchpoint: str | None = None,
) -> Team:
    """The advisors of the branch called ``unit``.

    Raises NotFound for what is no branch, or not the viewer's to see.
    """
    node = require_branch(viewer, unit)
    info = require_metric(session, metric)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    filters = Filters(some_branches(viewer, branches_of(viewer, node)), place)
    spread = pooled_spread(session, info, period, place)
    whole = figure_of(histograms(session, info, period, filters=filters).total, info, spread)
    found = cut_histograms(session, info, period, "advisor", filters)
    earlier = cut_histograms(session, info, period.before(), "advisor", filters)
    advisors = _advisors(found, earlier.at(found.keys), info, spread, whole)
    return Team(node, info, period, whole, advisors)


def _advisors(
    found: Histograms, before: Counts, info: MetricInfo, spread: float | None, whole: Figure
) -> list[Advisor]:
    if not found.keys:
        return []
    now = _told(found.counts, info, spread)
    then = _told(before, info, spread)
    changes = differences_of(found.counts, before, info, spread)
    rows = [
        Advisor(
            str(key[0]),
            figure,
            told_change(figure, previous, change),
            verdict(figure.low, figure.high, whole.score),
        )
        for key, figure, previous, change in zip(found.keys, now, then, changes, strict=True)
    ]
    return sorted(rows, key=lambda one: (-(one.figure.n or 0), one.name))


def _told(counts: Counts, info: MetricInfo, spread: float | None) -> Sequence[Figure]:
    """The figures that may be told beside the branch's own, see `suppression`."""
    answers = counts.sum(axis=1).tolist()
    enough = [
        figure if n >= ADVISORS.count else KEPT_BACK
        for figure, n in zip(figures_of(counts, info, spread), answers, strict=True)
    ]
    return told_parts(enough, answers, ADVISORS)
