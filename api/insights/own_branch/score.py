"""A branch's score of a period beside its region and the network, and what changed."""

from dataclasses import dataclass

from sqlmodel import Session

from api.insights.bands import Bands, bands_of
from api.insights.figures import Difference, Figure, differences_of, figure_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import Published, pooled_spread, published_aggregates
from api.insights.own_branch.day import require_branch
from api.insights.own_branch.verdicts import Verdict, verdict
from api.insights.periods import Period
from api.insights.queries import Filters, histograms, require_metric, require_touchpoint
from api.insights.sight import branches_of, some_branches
from api.insights.suppression import told_change
from api.security.hierarchy import Node
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Beside:
    """A unit above the branch, as far as it may be told, and where the branch stands to it."""

    unit: Node
    figure: Figure
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class BranchScore:
    """The branch's score and its bands; of the units around it those that may be told.

    ``above`` are these, nearest first; ``untold`` are kept back, since one could work out
    the scores of others from theirs.
    """

    unit: Node
    metric: MetricInfo
    period: Period
    figure: Figure
    previous: Figure
    difference: Difference
    above: list[Beside]
    bands: Bands | None = None
    untold: tuple[Node, ...] = ()


def branch_score(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    unit: str,
    touchpoint: str | None = None,
) -> BranchScore:
    """The score of the branch called ``unit``.

    Raises NotFound for what is no branch, or not the viewer's to see.
    """
    node = require_branch(viewer, unit)
    info = require_metric(session, metric)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    filters = Filters(some_branches(viewer, branches_of(viewer, node)), place)
    spread = pooled_spread(session, info, period, place)
    now = histograms(session, info, period, filters=filters).total
    before = histograms(session, info, period.before(), filters=filters).total
    figure, previous = figure_of(now, info, spread), figure_of(before, info, spread)
    (difference,) = differences_of(now[None, :], before[None, :], info, spread)
    listed = published_aggregates(session, viewer, info, period, node.id, touchpoint=place)
    return BranchScore(
        unit=node,
        metric=info,
        period=period,
        figure=figure,
        previous=previous,
        difference=told_change(figure, previous, difference),
        above=said_of_others(viewer, listed, figure),
        bands=bands_of(info, now),
        untold=tuple(one.unit for one in listed if one.figure is None),
    )


def said_of_others(viewer: Viewer, listed: list[Published], own: Figure) -> list[Beside]:
    """Those that may be told and say more than the branch itself does, with its verdict."""
    return [
        Beside(one.unit, one.figure, verdict(own.low, own.high, one.figure.score))
        for one in listed
        if one.figure is not None and len(viewer.hierarchy.branches_under(one.unit.id)) > 1
    ]
