"""The tables behind the weekly ranking: windows, recipients, the week's counts, the outbox."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.models import Account, Grant, LoginIdentifier, Network, OutboxMessage
from api.models.outbox import JobWindow


@dataclass(frozen=True)
class Recipient:
    """A regional manager, the unit managed, and the encrypted address."""

    account_id: UUID
    name: str
    language: str
    unit_id: int
    email_encrypted: bytes


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


def list_recipients(session: Session, on: date) -> list[Recipient]:
    """Every regional manager with an e-mail address, by unit."""
    query = (
        select(
            col(Account.id),
            col(Account.name),
            col(Account.language),
            col(Grant.unit_id),
            col(LoginIdentifier.value_encrypted),
        )
        .join(Grant, col(Grant.account_id) == col(Account.id))
        .join(LoginIdentifier, col(LoginIdentifier.account_id) == col(Account.id))
        .where(
            col(Account.status) == "active",
            col(Grant.role) == "regional_manager",
            col(Grant.excluded).is_(False),
            col(Grant.unit_id).is_not(None),
            col(Grant.valid_from) <= on,
            or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > on),
            col(LoginIdentifier.kind) == "email",
        )
        .order_by(col(Grant.unit_id), col(Account.id))
        .distinct()
    )
    return [Recipient(*row) for row in session.execute(query)]


def claim_window(session: Session, job: str, key: str, due: datetime) -> bool:
    """True for the one transaction that moves the job's window forward to ``due``."""
    row = insert(JobWindow).values(job=job, key=key, done_until=due)
    claimed = row.on_conflict_do_update(
        index_elements=["job", "key"],
        set_={"done_until": due},
        where=col(JobWindow.done_until) < due,
    ).returning(col(JobWindow.key))
    return session.execute(claimed).first() is not None


def window_done_until(session: Session, job: str, key: str) -> datetime | None:
    """How far the job has come for this key; None when it never ran."""
    window = session.get(JobWindow, (job, key))
    return None if window is None else window.done_until


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


_VOICES = text(
    """
    select t.branch_id, t.occurred_on, s.value, t.text
    from answer t
    left join answer s on s.response_id = t.response_id and s.occurred_on = t.occurred_on
        and s.metric = :metric
    where t.branch_id = any(:branches) and t.text is not null
        and t.occurred_on >= :first and t.occurred_on < :last
    order by s.value nulls last, t.occurred_on desc, t.response_id
    limit :limit
    """
)


def week_voices(
    session: Session, branches: Collection[int], metric: str, week: tuple[date, date], limit: int
) -> list[Voice]:
    """The week's comments, the least satisfied first."""
    first, last = week
    values = {"branches": sorted(branches), "metric": metric, "first": first, "last": last}
    rows = session.execute(_VOICES, {**values, "limit": limit})
    return [Voice(*row) for row in rows]
