"""What a viewer may know of branches outside the own scope: statistics, never names or rows.

The one module that reads under ``bp_stats``, which sees units, cells and stored tables of the
whole network and nothing of any customer. It sets back the role it found. Aggregates are published
only when at least five branches stand behind them, and behind what subtraction would leave.
"""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from api.insights.figures import Figure, figure_of
from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from api.insights.queries import Filters, Histograms, histograms
from api.security.hierarchy import Hierarchy, Node
from scoring.scales import Kind
from scoring.variances import pooled_variance

PUBLISHED_FROM = 5  # branches behind an aggregate


@contextlib.contextmanager
def _as_statistician(session: Session) -> Iterator[None]:
    found = session.execute(text("select current_user")).scalar_one()
    session.execute(text("set local role bp_stats"))
    try:
        yield
    except BaseException:
        with contextlib.suppress(DBAPIError):
            session.execute(text(f'set local role "{found}"'))
        raise
    session.execute(text(f'set local role "{found}"'))


def network_histograms(
    session: Session, metric: MetricInfo, period: Period, touchpoint: int | None = None
) -> Histograms:
    """Histograms of every branch: the comparison set of league tables."""
    with _as_statistician(session):
        return histograms(session, metric, period, filters=Filters(touchpoint=touchpoint))


def pooled_spread(
    session: Session, metric: MetricInfo, period: Period, touchpoint: int | None = None
) -> float | None:
    """Variance within branches over the whole network, which only a mean's interval needs."""
    if metric.kind is not Kind.MEAN:
        return None
    found = network_histograms(session, metric, period, touchpoint)
    return pooled_variance(found.counts, metric.scale)


@dataclass(frozen=True, slots=True)
class Published:
    """An aggregate over branches that may be outside the viewer's scope; None: not published."""

    unit: Node
    figure: Figure | None


def published_aggregates(
    session: Session,
    hierarchy: Hierarchy,
    metric: MetricInfo,
    period: Period,
    branch_id: int,
) -> list[Published]:
    """The units above a branch, nearest first, each with its pooled score where it may be told."""
    found = network_histograms(session, metric, period)
    spread = pooled_variance(found.counts, metric.scale) if metric.kind is Kind.MEAN else None
    counted = {
        key[0]: counts for key, counts in zip(found.keys, found.counts, strict=True) if counts.any()
    }
    above = [node for node in hierarchy.ancestors(branch_id) if not node.is_branch]
    sets = [
        {node.id for node in hierarchy.branches_under(unit.id)} & counted.keys() for unit in above
    ]
    published = []
    for unit, members, may in zip(above, sets, _tellable(sets), strict=True):
        total = sum((counted[branch] for branch in sorted(members)), start=0 * found.total)
        figure = figure_of(total, metric, spread) if may else None
        published.append(Published(unit, figure))
    return published


def _tellable(sets: list[set[int]]) -> Collection[bool]:
    """Which of the nested sets may be told, widest first: no difference shows too few branches."""
    told: list[bool] = []
    outer: set[int] | None = None
    for members in reversed(sets):
        rest = PUBLISHED_FROM if outer is None else len(outer - members)
        may = len(members) >= PUBLISHED_FROM and (rest == 0 or rest >= PUBLISHED_FROM)
        told.append(may)
        outer = members if may else outer
    return told[::-1]
