"""Counts of the whole network, week by week, kept in memory for those who see all of it.

Twenty people of the headquarters who follow the answers would have the same hundred thousand cells
summed again with every answer. Every week is kept under the data version of its days: after an
answer one week is read again, the others are added up as they are. Counts are kept, never scores.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_cells, network_imported, own_branches
from api.insights.periods import Period
from api.insights.queries import (
    EVERYTHING,
    Filters,
    Histograms,
    day_versions,
    histograms,
    weekly_histograms,
)
from api.security.viewer import Viewer
from scoring.arrays import Counts

_WEEK = timedelta(weeks=1)
_KEYS = ("branch_id", "touchpoint_id")


@dataclass(frozen=True, slots=True, eq=False)
class Week:
    """Counts of (part of) a week: of row i the keys ``at[i]`` and the histogram ``counts[i]``."""

    start: date
    at: npt.NDArray[np.int64]  # (rows, 2): branch, touchpoint
    counts: Counts  # (rows, bins)
    branches: frozenset[int]


KEPT: LRUCache[tuple[object, ...], Week] = LRUCache(maxsize=160)
_KEEPING = Lock()


def seen_histograms(
    session: Session,
    viewer: Viewer,
    metric: MetricInfo,
    period: Period,
    *,
    by: Sequence[str] = ("branch_id",),
    filters: Filters = EVERYTHING,
) -> Histograms:
    """`queries.histograms` of what the transaction may see, whoever sees it."""
    weeks = _weeks(session, viewer, metric, period, filters)
    if weeks is None:
        return histograms(session, metric, period, by, filters)
    at = np.concatenate([week.at for week in weeks])
    counts = np.concatenate([week.counts for week in weeks])
    if filters.touchpoint is not None:
        chosen = at[:, 1] == filters.touchpoint
        at, counts = at[chosen], counts[chosen]
    found = _grouped(at[:, [_KEYS.index(name) for name in by]], counts)
    imported = network_imported(session, metric, period, by, filters)
    if not imported.keys:
        return found
    return _grouped(
        np.array(found.keys + imported.keys), np.concatenate([found.counts, imported.counts])
    )


def seen_weeks(
    session: Session, viewer: Viewer, metric: MetricInfo, period: Period, filters: Filters
) -> Histograms:
    """`queries.weekly_histograms` of full weeks, whoever sees them."""
    weeks = _weeks(session, viewer, metric, period, filters)
    if weeks is None:
        return weekly_histograms(session, metric, period, filters)
    place = filters.touchpoint
    sums = [
        (week.counts if place is None else week.counts[week.at[:, 1] == place]).sum(axis=0)
        for week in weeks
    ]
    return Histograms([(week.start,) for week in weeks], np.array(sums))


def _weeks(
    session: Session, viewer: Viewer, metric: MetricInfo, period: Period, filters: Filters
) -> list[Week] | None:
    """The weeks of the period, or None where they are not the viewer's to see or not kept."""
    if filters.branches is not None or filters.survey_version is not None:
        return None
    if not viewer.scope.whole and not viewer.scope.branches >= viewer.hierarchy.branch_ids:
        return None
    opened = own_branches(session)
    if opened is None or not opened >= viewer.hierarchy.branch_ids:
        return None
    versions = day_versions(session, metric.code, period)
    weeks = [_week(session, metric, part, versions) for part in _parts(period)]
    return weeks if all(week.branches <= opened for week in weeks) else None


def _parts(period: Period) -> Iterator[Period]:
    """The period cut before every Monday."""
    start = period.start
    while start < period.end:
        end = min(period.end, start - timedelta(days=start.weekday()) + _WEEK)
        yield Period(start, end)
        start = end


def _week(session: Session, metric: MetricInfo, part: Period, versions: dict[date, int]) -> Week:
    days = [part.start + timedelta(days=day) for day in range((part.end - part.start).days)]
    version = max((versions.get(day, 0) for day in days), default=0)
    name = (session.connection().engine.url, metric, part, version)
    with _KEEPING:
        kept = KEPT.get(name) if version else None
    if kept is None:
        found = network_cells(session, metric, part, _KEYS)
        at = np.array(found.keys, dtype=np.int64).reshape(len(found.keys), len(_KEYS))
        kept = Week(part.start, at, found.counts, frozenset(at[:, 0].tolist()))
        if version:
            with _KEEPING:
                KEPT[name] = kept
    return kept


def _grouped(keys: npt.NDArray[np.int64], counts: Counts) -> Histograms:
    """Histograms summed over equal keys; keys of shape (rows, columns)."""
    if not len(keys):
        return Histograms([], counts)
    code = keys[:, 0] if keys.shape[1] == 1 else keys[:, 0] * (keys[:, 1].max() + 1) + keys[:, 1]
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    sums = np.zeros((len(first), counts.shape[1]), dtype=np.int64)
    np.add.at(sums, place, counts)
    return Histograms([tuple(key) for key in keys[first].tolist()], sums)
