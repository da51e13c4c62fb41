"""The tables behind the weekly ranking: the week's counts and comments, and the outbox."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from api.models import Network, OutboxMessage

GOOD_LENGTH = 180  # bytes


@dataclass(frozen=True)
class WeekCounts:
    """What one branch's customers said in one week; counts, never a rank."""

    answers: int
    detractors: int
    comments: int


@dataclass(frozen=True)
class Voice:
    """A comment of the week."""

    branch_id: int
    on: date
    score: int | None
    text: str


def read_network(session: Session) -> Network | None:
    """The network's settings; None before anything was set up."""
    return session.execute(select(Network)).scalar_one_or_none()


def put_in_outbox(session: Session, message: OutboxMessage) -> None:
    """Adds a message once, however often it is tried."""
    row = insert(OutboxMessage).values(**message.model_dump())
    session.execute(row.on_conflict_do_nothing(index_elements=["dedupe_key"]))


_WEEK = text(
    """
    select r.branch_id,
        count(distinct a.response_id) filter (where a.metric = :metric) as answers,
        count(*) filter (where a.metric = :metric and a.value <= :detractor_to) as detractors,
        count(*) filter (where a.text is not null) as comments
    from response r
    join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
    where r.branch_id = any(:branches) and r.occurred_on >= :first and r.occurred_on < :last
        and a.occurred_on >= :first and a.occurred_on < :last
    group by r.branch_id
    """
)


def week_counts(
    session: Session, branches: Collection[int], metric: str, first: date, last: date
) -> dict[int, WeekCounts]:
    """Answers, detractors and comments per branch of the days from ``first`` to before ``last``."""
    values = {
        "branches": sorted(branches),
        "metric": metric,
        "detractor_to": 6,
        "first": first,
        "last": last,
    }
    rows = session.execute(_WEEK, values)
    return {row.branch_id: WeekCounts(row.answers, row.detractors, row.comments) for row in rows}


_ANSWERED = text(
    """
    select branch_id, count(distinct period_from) from cell
    where metric = :metric and period = 'week' and n > 0
        and period_from >= :first and period_from < :last and branch_id = any(:branches)
    group by branch_id
    """
)


def answered_weeks(
    session: Session, branches: Collection[int], metric: str, first: date, last: date
) -> dict[int, int]:
    """In how many of the weeks from ``first`` to before ``last`` each branch had answers."""
    values = {"branches": sorted(branches), "metric": metric, "first": first, "last": last}
    return dict(tuple(row) for row in session.execute(_ANSWERED, values))


# Neither a word nor a novel: those of a few sentences first (a Chinese sign has three bytes).
_VOICES = text(
    """
    select t.branch_id, t.occurred_on, s.value, t.text
    from answer t
    join response r on r.id = t.response_id and r.occurred_on = t.occurred_on
        and r.excluded_at is null
    left join answer s on s.response_id = t.response_id and s.occurred_on = t.occurred_on
        and s.metric = :metric and s.occurred_on >= :first and s.occurred_on < :last
    where t.branch_id = any(:branches) and t.text is not null
        and t.occurred_on >= :first and t.occurred_on < :last
        and r.occurred_on >= :first and r.occurred_on < :last
    order by abs(octet_length(t.text) - :length), t.occurred_on desc, t.response_id
    limit :limit
    """
)


def week_voices(
    session: Session, branches: Collection[int], metric: str, week: tuple[date, date], limit: int
) -> list[Voice]:
    """The week's comments that count, those of a good length to read first."""
    first, last = week
    values = {"branches": sorted(branches), "metric": metric, "first": first, "last": last}
    rows = session.execute(_VOICES, {**values, "limit": limit, "length": GOOD_LENGTH})
    return [Voice(*row) for row in rows]
