"""How much was taken out of a branch's score by contests, and the score with and without it.

Only branches that have such answers are listed, the largest share first.
"""

from dataclasses import dataclass

from sqlmodel import Session

from api.insights.figures import Figure, figures_of
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period
from api.insights.queries import Filters, histograms, require_metric, require_touchpoint
from api.insights.queries.contested import excluded_histograms
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.hierarchy import Node
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Contested:
    """A branch's score as it counts (``figure``) and with what was taken out (``with_all``)."""

    unit: Node
    excluded: int
    share: float
    figure: Figure
    with_all: Figure


def contested_figures(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> list[Contested]:
    """Branches with excluded answers in a period; ``share`` is of all answers, 0..1.

    Raises NotFound for a metric, unit or touchpoint that is not there or not the viewer's to see.
    """
    info = require_metric(session, metric)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    node = None if unit is None else viewer.require_unit_code(unit)
    allowed = scored_branches(viewer) if node is None else branches_of(viewer, node)
    excluded = excluded_histograms(session, info, period, some_branches(viewer, allowed), place)
    if not excluded.keys:
        return []
    branches = [key[0] for key in excluded.keys]
    filters = Filters(branches, place)
    counted = histograms(session, info, period, filters=filters).at(excluded.keys)
    pooled = pooled_spread(session, info, period, place)
    figures = figures_of(counted, info, pooled)
    with_all = figures_of(counted + excluded.counts, info, pooled)
    totals = zip(excluded.counts.sum(axis=1).tolist(), counted.sum(axis=1).tolist(), strict=True)
    rows = [
        Contested(viewer.hierarchy.nodes[branch], out, out / (out + kept), figure, whole)
        for branch, (out, kept), figure, whole in zip(
            branches, totals, figures, with_all, strict=True
        )
    ]
    return sorted(rows, key=lambda row: (-row.share, row.unit.code))
