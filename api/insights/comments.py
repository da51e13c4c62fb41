"""What customers wrote, newest first, told no further than the survey promised.

A comment whose customer did not agree to be named comes without the person and without the
advisor, who would know which customer it was.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlmodel import Session

from api.boundary.paging import from_cursor, to_cursor
from api.core.errors import Invalid
from api.insights.periods import Period
from api.insights.queries import (
    CommentFilter,
    comment_count,
    comment_rows,
    require_metric,
    require_touchpoint,
    touchpoint_rows,
)
from api.insights.searching import search_query
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from scoring.scales import scale_of

PAGE = 50
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; ``person_id`` and ``advisor`` only of customers who agreed to be named."""

    response_id: UUID
    question: str
    text: str
    unit: Node
    touchpoint: str
    occurred_on: date
    submitted_at: datetime
    score: int | None
    channel: str
    language: str
    partial: bool
    excluded: bool
    named: bool
    advisor: str | None
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Comments:
    """A page of comments and the cursor of the next one."""

    items: list[Comment]
    next: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which comments: of a unit (None: of all that is visible), touchpoint, range of scores.

    ``words`` is what a person types to search; ``written`` the language that was answered in.
    """

    period: Period
    metric: str = "nps"
    unit: str | None = None
    touchpoint: str | None = None
    lowest: int | None = None
    highest: int | None = None
    words: str | None = None
    channel: str | None = None
    written: str | None = None
    scored: bool | None = None


def list_comments(
    session: Session, viewer: Viewer, wanted: Wanted, *, cursor: str | None = None, limit: int = 20
) -> Comments:
    """The newest comments first; ``cursor`` continues where a page ended.

    Raises NotFound for what is not there or not the viewer's to see, Invalid for a bad cursor.
    """
    limit = min(max(limit, 1), PAGE)
    require_metric(session, wanted.metric)
    chosen = _filter(session, viewer, wanted)
    rows = comment_rows(session, wanted.metric, chosen, _position(cursor), limit + 1)
    codes = {row.id: row.code for row in touchpoint_rows(session)}
    items = [_comment(row, viewer, codes) for row in rows[:limit]]
    return Comments(items, _cursor(items[-1]) if len(rows) > limit else None)


def score_groups(session: Session, metric: str) -> dict[str, tuple[int, int]]:
    """The lowest and highest answer of those who are unhappy, between, and happy.

    Detractors, passives and promoters of an NPS. Empty where answers were counted elsewhere.
    """
    scale = scale_of(require_metric(session, metric).declared_scale)
    values, between, happy = scale.values, scale.passive_from, scale.promoter_from
    if values[0] < 0:
        return {}
    return {
        "low": (values[0], values[between - 1]),
        "middle": (values[between], values[happy - 1]),
        "high": (values[happy], values[-1]),
    }


def count_comments(session: Session, viewer: Viewer, wanted: Wanted) -> int:
    """How many comments there are, up to one more than `MOST_COUNTED`; raises as they do."""
    require_metric(session, wanted.metric)
    chosen = _filter(session, viewer, wanted)
    return comment_count(session, wanted.metric, chosen, MOST_COUNTED + 1)


def _filter(session: Session, viewer: Viewer, wanted: Wanted) -> CommentFilter:
    what = Permission.VIEW_COMMENTS
    if wanted.unit is None:
        branches = scored_branches(viewer, what)
    else:
        branches = branches_of(viewer, viewer.require_unit_code(wanted.unit), what)
    place = None if wanted.touchpoint is None else require_touchpoint(session, wanted.touchpoint)
    return CommentFilter(
        period=wanted.period,
        branches=some_branches(viewer, branches),
        touchpoint=place,
        lowest=wanted.lowest,
        highest=wanted.highest,
        words=None if wanted.words is None else search_query(wanted.words),
        channel=wanted.channel,
        written=wanted.written,
        scored=wanted.scored,
        within=branches,
    )


def _comment(row: Row[Any], viewer: Viewer, touchpoints: dict[int, str]) -> Comment:
    return Comment(
        response_id=row.id,
        question=row.question,
        text=row.text,
        unit=viewer.hierarchy.nodes[row.branch_id],
        touchpoint=touchpoints[row.touchpoint_id],
        occurred_on=row.occurred_on,
        submitted_at=row.submitted_at,
        score=row.score,
        channel=row.channel,
        language=row.language,
        partial=not row.whole,
        excluded=row.excluded,
        named=row.named,
        advisor=row.advisor if row.named else None,
        person_id=row.person_id if row.named else None,
    )


def _cursor(last: Comment) -> str:
    return to_cursor(last.submitted_at.isoformat(), str(last.response_id), last.question)


def _position(cursor: str | None) -> tuple[datetime, UUID, str] | None:
    if cursor is None:
        return None
    at, response, question = from_cursor(cursor, 3)
    try:
        return datetime.fromisoformat(at), UUID(response), question
    except ValueError as error:
        raise Invalid(fields=[{"field": "cursor", "message": "not a cursor"}]) from error
