"""Notices, choices and absences of colleagues: the SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import Absence, Account, Grant, Notice


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """Somebody who holds a role, and where."""

    account_id: UUID
    unit_id: int | None


def add_notices(session: Session, rows: Sequence[dict[str, Any]]) -> tuple[UUID, ...]:
    """Adds notices whose keys are new; the accounts they went to."""
    if not rows:
        return ()
    given = insert(Notice).values([{"id": new_id(), **row} for row in rows])
    query = given.on_conflict_do_nothing(index_elements=["dedupe_key"])
    return tuple(session.execute(query.returning(col(Notice.account_id))).scalars())


def grants_of_role(
    session: Session, role: str, units: Sequence[int], group: int | None, *, on: date
) -> list[RoleGrant]:
    """Grants of a role at these units or at the owner group, of accounts that are active."""
    barred = aliased(Grant)
    in_force = (
        col(Grant.valid_from) <= on,
        or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > on),
    )
    places: list[ColumnElement[bool]] = [col(Grant.unit_id).in_(units)]
    if group is not None:
        places.append(col(Grant.owner_group_id) == group)
    hidden = exists().where(
        barred.account_id == col(Grant.account_id),  # type: ignore[arg-type]
        col(barred.excluded).is_(True),
        col(barred.unit_id).in_(units),
        col(barred.valid_from) <= on,
        or_(col(barred.valid_to).is_(None), col(barred.valid_to) > on),
    )
    query = (
        select(col(Grant.account_id), col(Grant.unit_id))
        .join(Account, col(Account.id) == col(Grant.account_id))
        .where(
            col(Account.status) == "active",
            col(Grant.role) == role,
            col(Grant.excluded).is_(False),
            *in_force,
            or_(*places),
            ~hidden,
        )
        .order_by(col(Grant.id))
    )
    return [RoleGrant(*row) for row in session.execute(query)]


def deputies(session: Session, accounts: Sequence[UUID], now: datetime) -> dict[UUID, UUID]:
    """Of those who are away now, who stands in; a deputy who is away too is none."""
    if not accounts:
        return {}
    query = (
        select(col(Absence.account_id), col(Absence.deputy_id))
        .join(Account, col(Account.id) == col(Absence.deputy_id))
        .where(
            col(Absence.account_id).in_(accounts),
            col(Absence.from_at) <= now,
            col(Absence.until_at) > now,
            col(Account.status) == "active",
        )
        .order_by(col(Absence.from_at).desc(), col(Absence.id))
    )
    found: dict[UUID, UUID] = {}
    for account_id, deputy_id in session.execute(query):
        found.setdefault(account_id, deputy_id)
    absent = away(session, list(found.values()), now)
    return {who: deputy for who, deputy in found.items() if deputy not in absent}


def away(session: Session, accounts: Sequence[UUID], now: datetime) -> frozenset[UUID]:
    """Those of the accounts that are away now."""
    if not accounts:
        return frozenset()
    query = select(col(Absence.account_id)).where(
        col(Absence.account_id).in_(accounts),
        col(Absence.from_at) <= now,
        col(Absence.until_at) > now,
    )
    return frozenset(session.execute(query).scalars())
