"""Over which days there is anything counted at all."""

from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from api.insights.queries.cells import EVERYTHING, Filters


def counted_days(
    session: Session, metric: str, filters: Filters = EVERYTHING
) -> tuple[date, date] | None:
    """The first day, and the day after the last, of what may be seen of a metric."""
    where = "" if filters.branches is None else "and branch_id = any(cast(:branches as int[]))"
    if filters.touchpoint is not None:
        where += " and touchpoint_id = :touchpoint"
    row = session.execute(
        text(
            "select min(period_from) as first, max(period_to) as last from cell "
            f"where metric = :metric and period in ('day', 'span') {where}"
        ),
        {
            "metric": metric,
            "branches": sorted(filters.branches or ()),
            "touchpoint": filters.touchpoint,
        },
    ).one()
    return None if row.first is None else (row.first, row.last)
