"""Notices, choices and absences of colleagues: the SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import Absence, Account, Grant, Notice, NoticeChoice, OutboxMessage


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """Somebody who holds a role, and where."""

    role: str
    account_id: UUID
    unit_id: int | None


def add_notices(session: Session, rows: Sequence[dict[str, Any]]) -> tuple[UUID, ...]:
    """Adds notices whose keys are new; the accounts they went to."""
    if not rows:
        return ()
    given = insert(Notice).values([{"id": new_id(), **row} for row in rows])
    query = given.on_conflict_do_nothing(index_elements=["dedupe_key"])
    return tuple(session.execute(query.returning(col(Notice.account_id))).scalars())


_NEAR = text(
    """
    select g.role, g.account_id, g.unit_id
    from access_grant g join account a on a.id = g.account_id
    where a.status = 'active' and not g.excluded
        and g.valid_from <= :on and (g.valid_to is null or g.valid_to > :on)
        and (g.unit_id = any (:units) or g.owner_group_id = :group)
        and not exists (
            select from access_grant barred
            where barred.account_id = g.account_id and barred.excluded
                and barred.unit_id = any (:units) and barred.valid_from <= :on
                and (barred.valid_to is null or barred.valid_to > :on))
    order by g.id
    """
)


def grants_near(
    session: Session, units: Sequence[int], group: int | None, *, on: date
) -> list[RoleGrant]:
    """Grants at these units or at the owner group, of accounts that are active."""
    rows = session.execute(_NEAR, {"units": list(units), "group": group, "on": on})
    return [RoleGrant(*row) for row in rows]


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


def get_choice(session: Session, account_id: UUID) -> NoticeChoice | None:
    """How somebody wants to be told; None for who never chose."""
    return session.get(NoticeChoice, account_id)


def choices_of(session: Session, accounts: Collection[UUID]) -> dict[UUID, NoticeChoice]:
    """The choices of those of the accounts that chose."""
    query = select(NoticeChoice).where(col(NoticeChoice.account_id).in_(list(accounts)))
    return {one.account_id: one for one in session.execute(query).scalars()}


def put_choice(session: Session, choice: NoticeChoice) -> None:
    """Stores a choice in place of the one before."""
    session.merge(choice)
    session.flush()


def put_in_outbox(session: Session, letter: OutboxMessage) -> None:
    """Adds a letter once, however often it is tried."""
    row = insert(OutboxMessage).values(**letter.model_dump())
    session.execute(row.on_conflict_do_nothing(index_elements=["dedupe_key"]))


def list_absences(session: Session, accounts: Collection[UUID], now: datetime) -> list[Absence]:
    """Absences of these accounts that have not ended, soonest first."""
    query = (
        select(Absence)
        .where(col(Absence.account_id).in_(list(accounts)), col(Absence.until_at) > now)
        .order_by(col(Absence.from_at), col(Absence.id))
    )
    return list(session.execute(query).scalars())


def get_absence(session: Session, absence_id: UUID) -> Absence | None:
    """An absence."""
    return session.get(Absence, absence_id)


def add_absence(session: Session, absence: Absence) -> None:
    """Adds an absence."""
    session.add(absence)
    session.flush()


def end_absence(session: Session, absence_id: UUID, now: datetime) -> None:
    """Ends an absence that has begun."""
    query = update(Absence).where(col(Absence.id) == absence_id).values(until_at=now)
    session.execute(query)


def delete_absence(session: Session, absence_id: UUID) -> None:
    """Takes an absence back that has not begun."""
    session.execute(delete(Absence).where(col(Absence.id) == absence_id))


def names_of(session: Session, accounts: Collection[UUID]) -> dict[UUID, str]:
    """The names of accounts."""
    query = select(col(Account.id), col(Account.name)).where(col(Account.id).in_(list(accounts)))
    return {row[0]: row[1] for row in session.execute(query)}


def people_at(session: Session, units: Collection[int], on: date) -> dict[UUID, str]:
    """Active people with a role at these units, by name; interviewers are nobody's deputies."""
    query = (
        select(col(Account.id), col(Account.name))
        .join(Grant, col(Grant.account_id) == col(Account.id))
        .where(
            col(Account.status) == "active",
            col(Grant.excluded).is_(False),
            col(Grant.role) != "interviewer",
            col(Grant.unit_id).in_(list(units)),
            col(Grant.valid_from) <= on,
            or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > on),
        )
        .order_by(col(Account.name), col(Account.id))
        .distinct()
    )
    return {row[0]: row[1] for row in session.execute(query)}
