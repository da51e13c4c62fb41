"""The tables behind subscriptions: rows, whose usual one stands without a row, and windows."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.models import Account, Subscription
from api.models.outbox import JobWindow


class UsualRow(NamedTuple):
    """A regional manager's grant, for whom no row says otherwise."""

    account_id: UUID
    name: str
    language: str
    unit_id: int


def list_rows(
    session: Session, *, account_id: UUID | None = None, kind: str | None = None
) -> list[tuple[Subscription, str]]:
    """Subscriptions of active people with their names, off ones too, the oldest first."""
    query = (
        select(Subscription, col(Account.name))
        .join(Account, col(Account.id) == col(Subscription.account_id))
        .where(col(Account.status) == "active")
        .order_by(col(Subscription.id))
    )
    if account_id is not None:
        query = query.where(col(Subscription.account_id) == account_id)
    if kind is not None:
        query = query.where(col(Subscription.kind) == kind)
    return [(row[0], row[1]) for row in session.execute(query)]


_USUAL = text("""
    select distinct a.id, a.name, a.language, g.unit_id
    from account a join access_grant g on g.account_id = a.id
    where a.status = 'active' and g.role = 'regional_manager' and not g.excluded
        and g.unit_id is not null and g.valid_from <= :on
        and (g.valid_to is null or g.valid_to > :on)
        and (cast(:account as uuid) is null or a.id = :account)
        and not exists (select from subscription s
            where s.account_id = a.id and s.unit_id = g.unit_id and s.kind = 'ranking')
    order by g.unit_id, a.id
""")


def list_usual(session: Session, on: date, account_id: UUID | None = None) -> list[UsualRow]:
    """Regional managers who never said how they want the ranking of their unit."""
    return [UsualRow(*row) for row in session.execute(_USUAL, {"on": on, "account": account_id})]


def get_row(session: Session, account_id: UUID, row_id: UUID) -> Subscription | None:
    """One subscription of somebody."""
    query = select(Subscription).where(
        col(Subscription.id) == row_id, col(Subscription.account_id) == account_id
    )
    return session.execute(query).scalar_one_or_none()


def find_row(
    session: Session, account_id: UUID, unit_id: int, kind: str, language: str
) -> Subscription | None:
    """The subscription of somebody to a unit in a language."""
    query = select(Subscription).where(
        col(Subscription.account_id) == account_id,
        col(Subscription.unit_id) == unit_id,
        col(Subscription.kind) == kind,
        col(Subscription.language) == language,
    )
    return session.execute(query).scalar_one_or_none()


def upsert_row(session: Session, values: dict[str, Any]) -> Subscription:
    """The subscription of these values, made or changed; two at once make one."""
    keys = ("account_id", "unit_id", "kind", "language")
    kept = (*keys, "id", "created_at")
    row = insert(Subscription).values(**values)
    row = row.on_conflict_do_update(
        index_elements=keys, set_={name: row.excluded[name] for name in values if name not in kept}
    )
    session.execute(row)
    found = find_row(session, *(values[name] for name in keys))
    assert found is not None
    session.refresh(found)
    return found


def delete_row(session: Session, account_id: UUID, row_id: UUID) -> bool:
    """Forgets a subscription; False when there was none."""
    gone = delete(Subscription).where(
        col(Subscription.id) == row_id, col(Subscription.account_id) == account_id
    )
    return session.execute(gone.returning(col(Subscription.id))).first() is not None


def claim_window(session: Session, job: str, key: str, until: datetime) -> bool:
    """True for the one transaction that moves the job's window forward to ``until``."""
    row = insert(JobWindow).values(job=job, key=key, done_until=until)
    claimed = row.on_conflict_do_update(
        index_elements=["job", "key"],
        set_={"done_until": until},
        where=col(JobWindow.done_until) < until,
    ).returning(col(JobWindow.key))
    return session.execute(claimed).first() is not None


def windows_done(session: Session, job: str) -> dict[str, datetime]:
    """How far a job has come, by key."""
    query = select(col(JobWindow.key), col(JobWindow.done_until)).where(col(JobWindow.job) == job)
    return dict(tuple(row) for row in session.execute(query))


_ADDRESSES = text("""
    select (select value_encrypted from login_identifier
            where account_id = :account and kind = 'email' order by id limit 1) as email,
        (select wecom_encrypted from notice_choice where account_id = :account) as wecom
""")


def addresses(session: Session, account_id: UUID) -> dict[str, bytes]:
    """The encrypted addresses of somebody by way, as far as there are any."""
    row = session.execute(_ADDRESSES, {"account": account_id}).one()
    return {way: bytes(value) for way, value in row._mapping.items() if value is not None}
