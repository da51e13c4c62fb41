"""Reads of stored warnings and of what they are made from. Sees what the transaction may see."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.insights.periods import Period


class StoredRun(NamedTuple):
    """A stored judgement of one metric and month."""

    id: UUID
    month: date
    data_version: int
    computed_at: datetime
    parameters: dict[str, Any]


class StoredRow(NamedTuple):
    """One judged branch of a run."""

    branch_id: int
    n: int
    score: float | None
    expected: float | None
    drop: float | None
    level: str | None
    since: date | None
    figures: dict[str, Any]


def stored_runs(session: Session, metric: str) -> list[StoredRun]:
    """All judgements of a metric, the oldest month first."""
    rows = session.execute(
        text(
            "select id, month, data_version, computed_at, parameters from warning_run "
            "where metric = :metric order by month"
        ),
        {"metric": metric},
    )
    return [StoredRun(*row) for row in rows]


def stored_rows(session: Session, run: UUID, branches: Collection[int]) -> list[StoredRow]:
    """The rows of a run that are the given branches', the most alarming first."""
    rows = session.execute(
        text(
            "select branch_id, n, score, expected, drop, level, since, figures from warning_row "
            "where run_id = :run and branch_id = any(cast(:branches as int[])) "
            "order by level nulls last, p, branch_id"  # alert comes before watch
        ),
        {"run": run, "branches": sorted(branches)},
    )
    return [StoredRow(*row) for row in rows]


def month_versions(session: Session, metric: str, period: Period) -> dict[date, int]:
    """The newest data version of each month of ``period`` that has any."""
    rows = session.execute(
        text(
            "select date_trunc('month', day)::date, max(version) from metric_day "
            "where metric = :metric and day >= :start and day < :end group by 1"
        ),
        {"metric": metric, "start": period.start, "end": period.end},
    )
    return {row[0]: int(row[1]) for row in rows}


def newest_month(session: Session, metric: str, last: date) -> date | None:
    """The last month, not after ``last``, that has answers anywhere; None without any."""
    found = session.execute(
        text(
            "select max(period_from) from cell where metric = :metric and period = 'month' "
            "and period_from <= :last"
        ),
        {"metric": metric, "last": last},
    )
    month: date | None = found.scalar()
    return month
