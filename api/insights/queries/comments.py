"""Comments as customers wrote them (redacted when they were stored), newest first."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
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
    with a score, or for those without.
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
    within: Collection[int] = ()  # all branches that may have written them


# The days are said of every table, so that partitions of other months are left alone.
_FROM = """
    from {found} response r {on}
    join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
        and a.occurred_on >= :start and a.occurred_on < :end and a.text is not null {same}
    left join answer s on s.response_id = r.id and s.occurred_on = r.occurred_on
        and s.occurred_on >= :start and s.occurred_on < :end and s.metric = :metric
    where r.occurred_on >= :start and r.occurred_on < :end {responses} {answers}
"""
# From the newest responses to their answers.
_NEWEST = """
    from {responses}
    cross join lateral (select question, text from answer where response_id = r.id
        and occurred_on = r.occurred_on and occurred_on >= :start and occurred_on < :end
        and text is not null offset 0) a
    left join lateral (select value from answer where response_id = r.id
        and occurred_on = r.occurred_on and occurred_on >= :start and occurred_on < :end
        and metric = :metric offset 0) s on true
    where true {answers}
"""
_OF_ALL = """
    (select * from response r
        where r.occurred_on >= :start and r.occurred_on < :end {responses}
        order by r.submitted_at desc, r.id desc limit :rows) r
"""
_OF_EACH = """
    unnest(cast(:within as int[])) b(id) cross join lateral (
        select * from response r where r.branch_id = b.id
            and r.occurred_on >= :start and r.occurred_on < :end {responses}
        order by r.submitted_at desc, r.id desc limit :rows) r
"""
_COMMENTS = """
    select r.id, a.question, a.text, r.branch_id, r.touchpoint_id, r.occurred_on, r.submitted_at,
        r.channel, r.language, r.named, r.advisor, r.person_id, r.completed_at is not null as whole,
        r.excluded_at is not null as excluded, s.value as score
    {source}
    order by r.submitted_at desc, r.id desc, a.question collate "C"
    limit :limit
"""
_ROWS = (2_000, 40_000)  # responses that are looked through before all are
_FEW = 20  # branches whose responses are looked through one branch after the other
_LATE = timedelta(days=14)  # from a period's end, after which hardly an answer about it comes
_LAST_ANSWER = text("select max(submitted_at) from response")
_ORDER = text(
    "select set_config('enable_sort', :sorting, true), "
    "set_config('enable_bitmapscan', :sorting, true)"
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

    They are looked for among the newest responses, then among more of them, then everywhere.
    """
    where, values = _conditions(wanted)
    values |= {"metric": metric, "limit": limit}
    if after is not None:
        where["responses"] += " and (r.submitted_at, r.id) <= (:at, :id)"
        where["answers"] += (
            ' and ((r.submitted_at, r.id) < (:at, :id) or a.question collate "C" > :question)'
        )
        values |= dict(zip(("at", "id", "question"), after, strict=True))
    if wanted.words is None:
        found = _among_newest(session, wanted, where, values)
        if found is not None:
            return found
    statement = _COMMENTS.format(source=_source(wanted, where))
    return session.execute(text(statement), values).all()


def _among_newest(
    session: Session, wanted: CommentFilter, where: dict[str, str], values: dict[str, Any]
) -> Sequence[Row[Any]] | None:
    """The comments if the newest responses have enough, else None."""
    few = len(wanted.within) <= _FEW
    if not few:
        newest = values.get("at") or session.execute(_LAST_ANSWER).scalar()
        if newest is None or newest.date() - wanted.period.end > _LATE:
            return None
    responses = (_OF_EACH if few else _OF_ALL).format(**where)
    statement = _COMMENTS.format(source=_NEWEST.format(**{**where, "responses": responses}))
    values = values | {"within": sorted(wanted.within)}
    shared_by = 10 * max(1, len(wanted.within)) if few else 1
    for rows in _ROWS:
        with nullcontext() if few else _in_order(session):
            found = session.execute(text(statement), values | {"rows": rows // shared_by}).all()
        if len(found) == values["limit"]:
            return found
    return None


@contextmanager
def _in_order(session: Session) -> Iterator[None]:
    """Has rows read in the order of an index.

    The planner takes the scope of row-level security for a handful of branches, and would read
    every response of a network to sort them.
    """
    session.execute(_ORDER, {"sorting": "off"})
    yield
    session.execute(_ORDER, {"sorting": "on"})


def comment_count(session: Session, metric: str, wanted: CommentFilter, most: int) -> int:
    """How many comments there are; it stops counting at ``most``."""
    where, values = _conditions(wanted)
    values |= {"metric": metric, "limit": most}
    statement = _COUNT.format(source=_source(wanted, where))
    return int(session.execute(text(statement), values).scalar_one())


def _source(wanted: CommentFilter, where: dict[str, str]) -> str:
    if wanted.words is None:
        return _FROM.format(found="", on="", same="", **where)
    on = "on r.id = f.response_id and r.occurred_on = f.occurred_on"
    return _FROM.format(found=_FOUND, on=on, same="and a.question = f.question", **where)


def _conditions(wanted: CommentFilter) -> tuple[dict[str, str], dict[str, Any]]:
    """What is asked of responses and of their answers, and the values of it."""
    values: dict[str, Any] = {"start": wanted.period.start, "end": wanted.period.end}
    responses = answers = ""
    if wanted.words is not None:
        values |= {"words": wanted.words, "branches": None}
    if wanted.branches is not None:
        responses += " and r.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(wanted.branches)
    for name, column in (("touchpoint", "touchpoint_id"), ("channel", "channel")):
        if getattr(wanted, name) is not None:
            responses += f" and r.{column} = :{name}"
            values[name] = getattr(wanted, name)
    if wanted.written is not None:
        responses += " and r.language = :written"
        values["written"] = wanted.written
    if wanted.scored is not None:
        answers += f" and s.value is {'not ' if wanted.scored else ''}null"
    for name, sign in (("lowest", ">="), ("highest", "<=")):
        if getattr(wanted, name) is not None:
            answers += f" and s.value {sign} :{name}"
            values[name] = getattr(wanted, name)
    return {"responses": responses, "answers": answers}, values
