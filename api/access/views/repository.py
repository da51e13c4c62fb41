"""The table of saved views; every statement names the account whose views they are."""

from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlmodel import Session, col

from api.models import SavedView


def list_saved(session: Session, account_id: UUID) -> list[SavedView]:
    """The views of an account, the oldest first."""
    query = select(SavedView).where(_of(account_id)).order_by(col(SavedView.created_at))
    return list(session.execute(query).scalars())


def count_saved(session: Session, account_id: UUID) -> int:
    """How many views an account has."""
    query = select(func.count()).select_from(SavedView).where(_of(account_id))
    return int(session.execute(query).scalar_one())


def get_saved(session: Session, account_id: UUID, view_id: UUID) -> SavedView | None:
    """One view of an account."""
    query = select(SavedView).where(_of(account_id), col(SavedView.id) == view_id)
    return session.execute(query).scalar()


def get_named(session: Session, account_id: UUID, name: str) -> SavedView | None:
    """The view of an account under a name."""
    query = select(SavedView).where(_of(account_id), col(SavedView.name) == name)
    return session.execute(query).scalar()


def add_saved(session: Session, view: SavedView) -> None:
    """Adds a view, or writes what has changed of one."""
    session.add(view)
    session.flush()


def delete_saved(session: Session, account_id: UUID, view_id: UUID) -> None:
    """Forgets a view of an account."""
    session.execute(delete(SavedView).where(_of(account_id), col(SavedView.id) == view_id))


def _of(account_id: UUID) -> ColumnElement[bool]:
    return col(SavedView.account_id) == account_id
