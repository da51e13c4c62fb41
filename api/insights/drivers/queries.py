"""Which metrics were answered by the people who answered a given one, and where."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from api.insights.periods import Period, whole_months
from api.insights.queries.cells import EVERYTHING, Filters


@dataclass(frozen=True, slots=True)
class Together:
    """At one touchpoint, ``n`` people answered the outcome and ``metric`` (or just the outcome)."""

    touchpoint_id: int
    metric: str
    n: int


def answered_together(
    session: Session, outcome: str, period: Period, filters: Filters = EVERYTHING
) -> list[Together]:
    """Counts per touchpoint and metric of the visible branches, in the months of ``period``."""
    months = whole_months(period)
    values: dict[str, Any] = {"outcome": outcome, "first": months.start, "last": months.end}
    where = ""
    if filters.branches is not None:
        where += " and c.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(filters.branches)
    if filters.touchpoint is not None:
        where += " and c.touchpoint_id = :touchpoint"
        values["touchpoint"] = filters.touchpoint
    rows = session.execute(text(_TOGETHER.format(where=where)), values).all()
    return [Together(row.touchpoint_id, row.metric, row.n) for row in rows]


_TOGETHER = """
    select c.touchpoint_id, c.metric, sum(c.n)::bigint as n
    from (
        select c.touchpoint_id, c.n,
            case when c.metric_left = :outcome then c.metric_right else c.metric_left end as metric
        from moment_cell c
        where c.month >= :first and c.month < :last
            and (c.metric_left = :outcome or c.metric_right = :outcome) {where}
        offset 0) as c
    group by c.touchpoint_id, c.metric
    order by c.touchpoint_id, c.metric collate "C"
"""
