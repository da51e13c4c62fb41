"""Who was asked and who answered, by what was known of both before anyone answered."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from scoring.scales import scale_of

# Printed codes and kiosks ask nobody in particular: there is no frame that they were drawn from.
_ASKED = """
    select i.branch_id, i.touchpoint_id, i.channel, coalesce(i.segment, '') as segment,
        count(*) as invited, {bins}
    from invitation i
    left join response r on r.invitation_id = i.id and r.excluded_at is null
    left join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
        and a.metric = :metric
    where i.occurred_on >= :start and i.occurred_on < :end and i.reminder_number = 0
        and i.channel not in ('qr', 'kiosk') and i.sent_at is not null {where}
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
"""
_SERVED = """
    select i.branch_id, i.touchpoint_id, count(*) as customers
    from event i
    where i.occurred_on >= :start and i.occurred_on < :end and i.status = 'active'
        and i.source not like 'qr:%' {where}
    group by 1, 2
"""


def asked_and_answered(
    session: Session,
    metric: MetricInfo,
    period: Period,
    branches: Collection[int] | None = None,
    touchpoint: int | None = None,
) -> Sequence[Row[Any]]:
    """Invitations and the answers' histogram (from column 5) per branch and what was known."""
    bins = ", ".join(
        f"count(*) filter (where a.value = {value})"
        for value in scale_of(metric.declared_scale).values
    )
    where, values = _conditions(period, branches, touchpoint)
    return session.execute(
        text(_ASKED.format(bins=bins, where=where)), {**values, "metric": metric.code}
    ).all()


def customers_served(
    session: Session,
    period: Period,
    branches: Collection[int] | None = None,
    touchpoint: int | None = None,
) -> dict[tuple[int, int], int]:
    """Touchpoint events per branch and touchpoint: the customers of the period."""
    where, values = _conditions(period, branches, touchpoint)
    rows = session.execute(text(_SERVED.format(where=where)), values)
    return {(row.branch_id, row.touchpoint_id): row.customers for row in rows}


def _conditions(
    period: Period, branches: Collection[int] | None, touchpoint: int | None
) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"start": period.start, "end": period.end}
    where = ""
    if branches is not None:
        where += " and i.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(branches)
    if touchpoint is not None:
        where += " and i.touchpoint_id = :touchpoint"
        values["touchpoint"] = touchpoint
    return where, values
