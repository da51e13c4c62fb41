"""Comments as customers wrote them (redacted when they were stored), newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from api.insights.periods import Period


@dataclass(frozen=True, slots=True)
class CommentFilter:
    """Which comments: of some branches (None: all visible), a touchpoint, a range of scores.

    ``words`` is a query of text search (`api.insights.searching`); ``scored`` asks for comments
    with a score, or for those without. ``among`` says how far back to look at first.
    """

    period: Period
    branches: Collection[int] | None = None
    touchpoint: int | None = None
    lowest: int | None = None
    highest: int | None = None
    words: str | None = None
    channel: str | None = None
    written: str | None = None
    scored: bool | None = None
    among: int = 1  # branches that may have written them


# The days are said of every table, so that partitions of other months are left alone.
_FROM = """
    from {found} response r {on}
    join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
        and a.occurred_on >= :start and a.occurred_on < :end and a.text is not null {same}
    left join answer s on s.response_id = r.id and s.occurred_on = r.occurred_on
        and s.occurred_on >= :start and s.occurred_on < :end and s.metric = :metric
    where r.occurred_on >= :start and r.occurred_on < :end {where}
"""
_COMMENTS = """
    select r.id, a.question, a.text, r.branch_id, r.touchpoint_id, r.occurred_on, r.submitted_at,
        r.channel, r.language, r.named, r.advisor, r.person_id, r.completed_at is not null as whole,
        r.excluded_at is not null as excluded, s.value as score
    {source}
    order by r.submitted_at desc, r.id desc, a.question collate "C"
    limit :limit
"""
_HOUR, _WEEK_OF_ONE = timedelta(hours=1), timedelta(weeks=1)
_BACK = (1, 4, 16, 64)
_MANY = 20  # branches, of which one has answered lately
_LAST_ANSWER = text("select max(submitted_at) from response where submitted_at <= :at")
_LAST_DAY = text(
    "select least(now(), max(day) + interval '1 day') from metric_day where day < :end"
)
_COUNT = "select count(*) from (select 1 {source} limit :limit) counted"
# Which words stand where is looked up with the owner's rights; rows are read with the viewer's.
_FOUND = "bp_find_comments(:words, :start, :end, cast(:branches as int[])) f join"


def comment_rows(
    session: Session,
    metric: str,
    wanted: CommentFilter,
    after: tuple[datetime, UUID, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """At most ``limit`` comments after a position, each with the response's score on ``metric``.

    They are looked for in the newest hours, then in ever more, until there are enough: the planner
    takes the scope of row-level security for a handful of branches and would read every comment of
    a network to sort them.
    """
    where, values = _conditions(wanted)
    values |= {"metric": metric, "limit": limit}
    if after is not None:
        where += (
            " and (r.submitted_at, r.id) <= (:at, :id) and ((r.submitted_at, r.id) < (:at, :id) "
            'or a.question collate "C" > :question)'
        )
        values |= dict(zip(("at", "id", "question"), after, strict=True))
    if wanted.words is None:
        newest = after[0] if after else _newest(session, wanted)
        statement = _COMMENTS.format(source=_source(wanted, f"{where} and r.submitted_at > :since"))
        for times in _BACK:
            values["since"] = newest - times * max(_WEEK_OF_ONE / wanted.among, _HOUR)
            found = session.execute(text(statement), values).all()
            if len(found) == limit:
                return found
    statement = _COMMENTS.format(source=_source(wanted, where))
    return session.execute(text(statement), values).all()


def _newest(session: Session, wanted: CommentFilter) -> datetime:
    """A moment after which few answers about the period came, among many branches the last one."""
    values = {"end": wanted.period.end}
    found: datetime = session.execute(_LAST_DAY, values).scalar_one()
    if wanted.among >= _MANY:
        return session.execute(_LAST_ANSWER, {"at": found}).scalar_one() or found
    return found


def comment_count(session: Session, metric: str, wanted: CommentFilter, most: int) -> int:
    """How many comments there are; it stops counting at ``most``."""
    where, values = _conditions(wanted)
    values |= {"metric": metric, "limit": most}
    statement = _COUNT.format(source=_source(wanted, where))
    return int(session.execute(text(statement), values).scalar_one())


def _source(wanted: CommentFilter, where: str) -> str:
    if wanted.words is None:
        return _FROM.format(found="", on="", same="", where=where)
    on = "on r.id = f.response_id and r.occurred_on = f.occurred_on"
    return _FROM.format(found=_FOUND, on=on, same="and a.question = f.question", where=where)


def _conditions(wanted: CommentFilter) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"start": wanted.period.start, "end": wanted.period.end}
    where = ""
    if wanted.words is not None:
        values |= {"words": wanted.words, "branches": None}
    if wanted.branches is not None:
        where += " and r.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(wanted.branches)
    for name, column in (("touchpoint", "touchpoint_id"), ("channel", "channel")):
        if getattr(wanted, name) is not None:
            where += f" and r.{column} = :{name}"
            values[name] = getattr(wanted, name)
    if wanted.written is not None:
        where += " and r.language = :written"
        values["written"] = wanted.written
    if wanted.scored is not None:
        where += f" and s.value is {'not ' if wanted.scored else ''}null"
    for name, sign in (("lowest", ">="), ("highest", "<=")):
        if getattr(wanted, name) is not None:
            where += f" and s.value {sign} :{name}"
            values[name] = getattr(wanted, name)
    return where, values
