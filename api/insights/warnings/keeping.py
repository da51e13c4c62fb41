"""Keeping warnings up to date: the workers' part, over the whole network.

A month is judged again when anything it was judged from has changed. Who calls says how often.
"""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session

from api.core.database import Database
from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms_by_month
from api.insights.periods import Period, next_month
from api.insights.queries import list_metrics, require_metric
from api.insights.warnings.judging import MOST_MONTHS, judged_month, months_before, months_between
from api.insights.warnings.queries import month_versions, newest_month, stored_runs
from api.insights.warnings.repository import lock_judging, store_run

KEPT_MONTHS = 13
"""The running month and the year before it."""


def keep_warnings(database: Database, today: date) -> int:
    """Judges what is out of date of every metric's last months, a metric a transaction; how many.

    Costs a query per metric as long as nothing has changed.
    """
    with database.transaction() as session:
        metrics = list_metrics(session)
    judged = 0
    for metric in metrics:
        with database.transaction() as session:
            last = newest_month(session, metric.code, today.replace(day=1))
            if last is None:
                continue
            months = months_between(months_before(last, KEPT_MONTHS - 1), last)
            judged += _judge(session, metric, months)
    return judged


def judge_month(database: Database, metric: str, month: date) -> None:
    """Judges one month now, unless it is judged from the present data."""
    with database.transaction() as session:
        _judge(session, require_metric(session, metric), [month])


def _judge(session: Session, metric: MetricInfo, months: Sequence[date]) -> int:
    """Judges those of the consecutive ``months`` whose data have changed; how many."""
    lock_judging(session)
    stale = _stale(session, metric, months)
    if not stale:
        return 0
    counted = network_histograms_by_month(session, metric, _span(stale))
    for month, version in stale.items():
        store_run(session, metric.code, month, version, judged_month(counted, month, metric))
    return len(stale)


def _stale(session: Session, metric: MetricInfo, months: Sequence[date]) -> dict[date, int]:
    """Months that were never judged, or from other data, with the version of the present ones.

    The version is read before the counts: what is folded in between is judged next time.
    """
    versions = month_versions(session, metric.code, _span(months))
    stored = {run.month: run.data_version for run in stored_runs(session, metric.code)}
    stale = {}
    for month in months:
        behind = months_between(months_before(month, MOST_MONTHS - 1), month)
        version = max((versions[one] for one in behind if one in versions), default=0)
        if version and stored.get(month) != version:
            stale[month] = version
    return stale


def _span(months: Sequence[date] | dict[date, int]) -> Period:
    """All days that judging ``months`` looks at."""
    return Period(months_before(min(months), MOST_MONTHS - 1), next_month(max(months)))
