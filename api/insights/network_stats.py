"""What a viewer may know of branches outside the own scope: statistics, never names or rows.

The one module that reads under ``bp_stats``, which sees units, cells and stored tables of the
whole network and nothing of any customer. It sets back the role it found. Aggregates are published
only when at least five branches stand behind them, and behind what subtraction would leave.

The newest counts of branches are kept in memory with the data versions that they are of, so that
twenty people a second who open their page do not have the same cells summed twenty times; after an
answer they are read again for its branch alone.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from threading import Lock

import numpy as np
from cachetools import LRUCache
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from api.insights.drivers.queries import Together, answered_together
from api.insights.figures import Figure, figure_of
from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from api.insights.queries import (
    Filters,
    Histograms,
    counted_histograms,
    every_version,
    histograms,
    imported_histograms,
    metric_version,
    monthly_histograms,
)
from api.insights.queries.moments import PairSums, pair_sums
from api.insights.queries.respondents import Groups, respondents
from api.insights.queries.score_sums import ScoreSums, score_sums
from api.security.hierarchy import Node
from api.security.scope import opened
from api.security.viewer import Viewer
from scoring.scales import Kind
from scoring.variances import pooled_variance

PUBLISHED_FROM = 5  # branches behind an aggregate
_MANY_NEWS = 100  # branches, above which all are read


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Counts of every branch, and the data versions that they are of."""

    version: int  # of the metric's days
    versions: Mapping[int, int]  # of the branches
    found: Histograms

    def news(self, versions: Mapping[int, int]) -> set[int] | None:
        """The branches of which anything was counted since; None: too many to be read alone."""
        news = {one for one, version in versions.items() if self.versions.get(one) != version}
        gone = self.versions.keys() - versions.keys()
        return None if gone or len(news) > _MANY_NEWS else news


KEPT: LRUCache[tuple[object, ...], Kept] = LRUCache(maxsize=64)
_KEEPING = Lock()
_STATISTICIAN = text("set local role bp_stats")


@contextlib.contextmanager
def _as_statistician(session: Session) -> Iterator[None]:
    back = text(f'set local role "{opened(session).role}"')
    session.execute(_STATISTICIAN)
    try:
        yield
    except BaseException:
        with contextlib.suppress(DBAPIError):
            session.execute(back)
        raise
    session.execute(back)


def network_histograms(
    session: Session, metric: MetricInfo, period: Period, touchpoint: int | None = None
) -> Histograms:
    """Histograms of every branch: the comparison set of league tables."""
    version = metric_version(session, metric.code, period)
    name = (session.connection().engine.url, metric, period, touchpoint)
    with _KEEPING:
        kept = KEPT.get(name)
    if kept is None or kept.version != version:
        kept = Kept(version, *_read_again(session, metric, period, touchpoint, kept))
        if version:
            with _KEEPING:
                KEPT[name] = kept
    return kept.found


def _read_again(
    session: Session, metric: MetricInfo, period: Period, touchpoint: int | None, kept: Kept | None
) -> tuple[dict[int, int], Histograms]:
    """Counts of this moment: only of branches with news, where the others are known.

    Versions are read before the counts: what is counted in between is read once more next time.
    """
    with _as_statistician(session):
        versions = every_version(session)
        news = None if kept is None else kept.news(versions)
        if kept is None or news is None:
            found = histograms(session, metric, period, filters=Filters(touchpoint=touchpoint))
        else:
            filters = Filters(news, touchpoint)
            found = kept.found.renewed(news, histograms(session, metric, period, filters=filters))
    found.counts.setflags(write=False)
    return versions, found


def network_versions(session: Session) -> dict[int, int]:
    """The data version of every branch of which anything was counted."""
    with _as_statistician(session):
        return every_version(session)


def network_cells(
    session: Session, metric: MetricInfo, period: Period, by: Sequence[str]
) -> Histograms:
    """Answers of every branch, by branch and touchpoint, without imported counts."""
    with _as_statistician(session):
        return counted_histograms(session, metric, period, by)


def network_imported(
    session: Session, metric: MetricInfo, period: Period, by: Sequence[str], filters: Filters
) -> Histograms:
    """Imported counts of every branch: none is hidden, so that the server finds them at once."""
    with _as_statistician(session):
        return imported_histograms(session, metric, period, by, filters)


def network_histograms_by_month(session: Session, metric: MetricInfo, period: Period) -> Histograms:
    """Histograms of every branch by calendar month: what early warnings are judged from."""
    with _as_statistician(session):
        return monthly_histograms(session, metric, period)


def network_pair_sums(
    session: Session,
    metrics: Sequence[MetricInfo],
    period: Period,
    touchpoint: int | None = None,
) -> PairSums:
    """Pair sums of every branch, for statistics of the whole network alone."""
    with _as_statistician(session):
        return pair_sums(session, metrics, period, Filters(touchpoint=touchpoint))


def network_score_sums(
    session: Session,
    metrics: Sequence[MetricInfo],
    period: Period,
    touchpoint: int | None = None,
) -> ScoreSums:
    """Score sums of every branch, for statistics of the whole network alone."""
    with _as_statistician(session):
        return score_sums(session, metrics, period, Filters(touchpoint=touchpoint))


def network_respondents(
    session: Session, groups: Groups, period: Period, touchpoint: int | None = None
) -> dict[str, dict[int, int]]:
    """People of every branch who answered any of each group's metrics."""
    with _as_statistician(session):
        return respondents(session, groups, period, Filters(touchpoint=touchpoint))


def network_answered_together(
    session: Session, outcome: str, period: Period, touchpoint: int
) -> list[Together]:
    """Which metrics the outcome's people answered too, at one touchpoint of the whole network."""
    with _as_statistician(session):
        return answered_together(session, outcome, period, Filters(touchpoint=touchpoint))


def nested_may_be_told(session: Session, sets: Sequence[set[int]]) -> list[bool]:
    """Which aggregates over sets of branches may be told together, each set within the next."""
    own = own_branches(session)
    widest = sets[-1] if sets else set()
    return _tellable(sets, widest if own is None else own)


def may_be_told(session: Session, branches: AbstractSet[int]) -> bool:
    """Whether an aggregate over ``branches`` may be published, see the head of this module."""
    own = own_branches(session)
    members = set(branches)
    return _tellable([members], members if own is None else own)[0]


def own_branches(session: Session) -> frozenset[int] | None:
    """The branches whose own figures the transaction may be told, None for all of them.

    As the database was told at its beginning, so that a mistake in the application's filter does
    not turn statistics into another branch's figures.
    """
    found = opened(session)
    return found.branches if found.role == "bp_web" else None


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
    viewer: Viewer,
    metric: MetricInfo,
    period: Period,
    unit_id: int,
    *,
    touchpoint: int | None = None,
) -> list[Published]:
    """The units above one, nearest first, each with its pooled score where it may be told."""
    found = network_histograms(session, metric, period, touchpoint)
    spread = pooled_variance(found.counts, metric.scale) if metric.kind is Kind.MEAN else None
    place = {key[0]: row for row, key in enumerate(found.keys)}
    above = viewer.hierarchy.ancestors(unit_id)[1:]
    sets = [
        {node.id for node in viewer.hierarchy.branches_under(unit.id) if node.id in place}
        for unit in above
    ]
    own = own_branches(session)
    seen = set(place) if own is None else own
    published = []
    for unit, members, may in zip(above, sets, _tellable(sets, seen), strict=True):
        figure = None
        if may:
            rows = np.array([place[branch] for branch in members], dtype=np.int64)
            figure = figure_of(found.counts[rows].sum(axis=0), metric, spread)
        published.append(Published(unit, figure))
    return published


def _tellable(sets: Sequence[set[int]], seen: AbstractSet[int]) -> list[bool]:
    """Which of the nested sets may be told, the widest first.

    One that the viewer sees whole always; else one of at least five branches, unless subtracting
    it from a wider one, or from it what the viewer sees, would leave fewer than that (the viewer's
    own branch counts towards the five).
    """
    told: list[bool] = []
    wider: set[int] | None = None
    for members in reversed(sets):
        hidden = len(members - seen)
        rest = PUBLISHED_FROM if wider is None else len(wider - members)
        enough = len(members) >= PUBLISHED_FROM and hidden >= PUBLISHED_FROM - 1
        may = hidden == 0 or (enough and (rest == 0 or rest >= PUBLISHED_FROM))
        told.append(may)
        wider = members if may else wider
    return told[::-1]
