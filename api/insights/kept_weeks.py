"""Counts of the whole network, week by week, kept in memory for those who see all of it.

Twenty people of the headquarters who follow the answers would have the same hundred thousand cells
summed again with every answer. Every week is kept under the data version of its days: after an
answer one week is read again, the others are added up as they are. Counts are kept, never scores.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import Any, TypeVar

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
Found = TypeVar("Found")
_KEYS = ("branch_id", "touchpoint_id")


@dataclass(frozen=True, slots=True, eq=False)
class Week:
    """Counts of (part of) a week: of row i the keys ``at[i]`` and the histogram ``counts[i]``."""

    start: date
    at: npt.NDArray[np.int64]  # (rows, 2): branch, touchpoint
    counts: Counts  # (rows, bins)
    branches: frozenset[int]


KEPT: LRUCache[tuple[object, ...], Any] = LRUCache(maxsize=192)
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
    imported = _imported(session, metric, period, tuple(by), filters.touchpoint)
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
    weeks = [_week(session, metric, part) for part in _parts(period)]
    return weeks if all(week.branches <= opened for week in weeks) else None


def _parts(period: Period) -> Iterator[Period]:
    """The period cut before every Monday."""
    start = period.start
    while start < period.end:
        end = min(period.end, start - timedelta(days=start.weekday()) + _WEEK)
        yield Period(start, end)
        start = end


def _week(session: Session, metric: MetricInfo, part: Period) -> Week:
    def read() -> Week:
        found = network_cells(session, metric, part, _KEYS)
        at = np.array(found.keys, dtype=np.int64).reshape(len(found.keys), len(_KEYS))
        return Week(part.start, at, found.counts, frozenset(at[:, 0].tolist()))

    return _kept(session, metric, part, ("week",), read)


def _imported(
    session: Session, metric: MetricInfo, period: Period, by: tuple[str, ...], place: int | None
) -> Histograms:
    def read() -> Histograms:
        return network_imported(session, metric, period, by, Filters(touchpoint=place))

    return _kept(session, metric, period, ("imported", by, place), read)


def _kept(
    session: Session,
    metric: MetricInfo,
    period: Period,
    what: tuple[object, ...],
    read: Callable[[], Found],
) -> Found:
    """What was read of the period's days in their present version."""
    versions = day_versions(session, metric.code)
    days = range(period.start.toordinal(), period.end.toordinal())
    version = max((versions.get(day, 0) for day in map(date.fromordinal, days)), default=0)
    name = (session.connection().engine.url, metric, period, version, what)
    with _KEEPING:
        kept: Found | None = KEPT.get(name) if version else None
    if kept is None:
        kept = read()
        if version:
            with _KEEPING:
                KEPT[name] = kept
    return kept


def _grouped(keys: npt.NDArray[np.int64], counts: Counts) -> Histograms:
    """Histograms summed over equal keys; keys of shape (rows, columns), never negative."""
    if not len(keys):
        return Histograms([], counts)
    width = 1 if keys.shape[1] == 1 else keys[:, 1].max() + 1
    code = keys[:, 0] if keys.shape[1] == 1 else keys[:, 0] * width + keys[:, 1]
    # Ids are small numbers: counting by them is quicker than sorting them, and exact below 2^53.
    there = np.flatnonzero(np.bincount(code))
    sums = np.stack([np.bincount(code, weights=column)[there] for column in counts.T], axis=1)
    names = there[:, None] if keys.shape[1] == 1 else np.stack(np.divmod(there, width), axis=1)
    return Histograms([tuple(key) for key in names.tolist()], sums.astype(np.int64))
