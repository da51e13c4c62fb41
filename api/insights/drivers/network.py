"""The whole network's sums behind drivers, kept in memory while nothing new was counted.

Every viewer's lines come from them, and they are the slow part of a large network. What is kept
tells of all branches: only weights of it leave this room, and only where they may be told.
"""

from collections.abc import Sequence
from threading import Lock

from sqlmodel import Session

from api.insights.drivers.sums import Parts, driver_parts
from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_pair_sums, own_branches
from api.insights.periods import Period
from api.insights.queries import metric_version
from api.security.viewer import Viewer

_KEPT = 4  # the sums of 2,000 branches, 2 touchpoints and 6 questions take 20 MB
_kept: dict[tuple[object, ...], Parts] = {}
_lock = Lock()


def network_parts(
    session: Session, metrics: Sequence[MetricInfo], months: Period, touchpoints: Sequence[int]
) -> Parts:
    """The parts of the network for an outcome (first) and its drivers, in whole months."""
    version = max(metric_version(session, metric.code, months) for metric in metrics)
    # The sequence of versions belongs to the database: its address tells several apart.
    place = str(session.connection().engine.url)
    codes = tuple(metric.code for metric in metrics)
    key = (place, version, codes, months, tuple(touchpoints))
    with _lock:
        found = _kept.get(key)
    if found is None:
        found = driver_parts(
            lambda asked, days, where: network_pair_sums(session, asked, days, where),
            metrics,
            months,
            touchpoints,
        )
        with _lock:
            while len(_kept) >= _KEPT:
                del _kept[next(iter(_kept))]
            _kept[key] = found
    return found


def sees_the_network(session: Session, viewer: Viewer) -> bool:
    """Whether the database itself was told to show this transaction every branch."""
    opened = own_branches(session)
    return opened is None or opened >= viewer.hierarchy.branch_ids
