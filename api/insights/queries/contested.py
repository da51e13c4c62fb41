"""Answers that headquarters took out of the scores, counted from the answers themselves: few."""

from collections.abc import Collection
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from api.insights.queries.cells import Histograms
from scoring.scales import Kind, histogram, scale_of, to_nps3


def excluded_histograms(
    session: Session,
    metric: MetricInfo,
    period: Period,
    branches: Collection[int] | None = None,
    touchpoint: int | None = None,
) -> Histograms:
    """Histograms of the excluded answers per branch; branches without any are not there."""
    values: dict[str, Any] = {"metric": metric.code, "start": period.start, "end": period.end}
    where = ""
    if branches is not None:
        where += " and r.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(branches)
    if touchpoint is not None:
        where += " and r.touchpoint_id = :touchpoint"
        values["touchpoint"] = touchpoint
    rows = session.execute(
        text(
            "select r.branch_id, array_agg(a.value) from response r join answer a "
            "on a.response_id = r.id and a.occurred_on = r.occurred_on and a.metric = :metric "
            "where r.excluded_at is not null and a.value is not null "
            f"and r.occurred_on >= :start and r.occurred_on < :end {where} group by r.branch_id"
        ),
        values,
    ).all()
    scale = scale_of(metric.declared_scale)
    counts = [histogram(np.array(row[1]), scale) for row in rows]
    if metric.kind is Kind.NPS:
        counts = [to_nps3(one, scale) for one in counts]
    found = np.array(counts, dtype=np.int64).reshape(len(rows), metric.scale.bins)
    return Histograms([(row[0],) for row in rows], found)
