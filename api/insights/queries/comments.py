"""Comments as customers wrote them (redacted when they were stored), newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from api.insights.periods import Period


@dataclass(frozen=True, slots=True)
class CommentFilter:
    """Which comments: of some branches (None: all visible), a touchpoint, a range of scores."""

    period: Period
    branches: Collection[int] | None = None
    touchpoint: int | None = None
    lowest: int | None = None
    highest: int | None = None


_COMMENTS = """
    select r.id, a.question, a.text, r.branch_id, r.touchpoint_id, r.occurred_on, r.submitted_at,
        r.channel, r.language, r.named, r.advisor, r.person_id, r.completed_at is not null as whole,
        s.value as score
    from response r
    join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
        and a.text is not null
    left join answer s on s.response_id = r.id and s.occurred_on = r.occurred_on
        and s.metric = :metric
    where r.occurred_on >= :start and r.occurred_on < :end {where}
    order by r.submitted_at desc, r.id desc, a.question collate "C"
    limit :limit
"""


def comment_rows(
    session: Session,
    metric: str,
    wanted: CommentFilter,
    after: tuple[datetime, UUID, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """At most ``limit`` comments after a position, each with the response's score on ``metric``."""
    where, values = _conditions(wanted)
    values |= {"metric": metric, "limit": limit}
    if after is not None:
        where += (
            " and (r.submitted_at, r.id) <= (:at, :id) and ((r.submitted_at, r.id) < (:at, :id) "
            'or a.question collate "C" > :question)'
        )
        values |= dict(zip(("at", "id", "question"), after, strict=True))
    return session.execute(text(_COMMENTS.format(where=where)), values).all()


def _conditions(wanted: CommentFilter) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"start": wanted.period.start, "end": wanted.period.end}
    where = ""
    if wanted.branches is not None:
        where += " and r.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(wanted.branches)
    if wanted.touchpoint is not None:
        where += " and r.touchpoint_id = :touchpoint"
        values["touchpoint"] = wanted.touchpoint
    if wanted.lowest is not None:
        where += " and s.value >= :lowest"
        values["lowest"] = wanted.lowest
    if wanted.highest is not None:
        where += " and s.value <= :highest"
        values["highest"] = wanted.highest
    return where, values
