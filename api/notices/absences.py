"""Who is away, and who stands in: entered by oneself, or by who manages the person.

A deputy sees at least one branch that the other one sees; anybody else is *not found*.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from api.access.people import require_person
from api.core.crypto import Vault
from api.core.errors import NotFound
from api.models import Absence
from api.notices.choices import own_account
from api.notices.errors import BadAbsence
from api.notices.repository import notices as repository
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.sessions import viewer_of_account
from api.security.viewer import Viewer

LONGEST = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class AbsenceWish:
    """When somebody is away, and who stands in; ``account`` None: oneself."""

    from_at: datetime
    until_at: datetime
    deputy: UUID | None = None
    account: UUID | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """An absence that has not ended, with the names of both."""

    id: UUID
    account_id: UUID
    name: str
    deputy_id: UUID | None
    deputy: str | None
    from_at: datetime
    until_at: datetime


def list_absences(session: Session, viewer: Viewer, now: datetime) -> list[Away]:
    """The viewer's own absences, and those of who could stand in for the viewer; soonest first."""
    people = {own_account(viewer), *colleagues(session, viewer, now)}
    rows = repository.list_absences(session, people, now)
    shown = {one.account_id for one in rows} | {one.deputy_id for one in rows if one.deputy_id}
    names = repository.names_of(session, shown)
    return [_shown(one, names) for one in rows]


def be_away(
    session: Session, viewer: Viewer, vault: Vault, wish: AbsenceWish, now: datetime
) -> UUID:
    """Enters an absence; its id. Raises BadAbsence, or NotFound for who is not to be known."""
    account = wish.account or own_account(viewer)
    if account != viewer.account_id:
        require_person(session, viewer, vault, account, now.date())
    length = wish.until_at - wish.from_at
    if not timedelta(0) < length <= LONGEST or wish.until_at <= now or wish.deputy == account:
        raise BadAbsence
    if wish.deputy is not None and wish.deputy not in _colleagues(session, account, now):
        raise NotFound(account=str(wish.deputy))
    row = Absence(
        account_id=account,
        deputy_id=wish.deputy,
        from_at=wish.from_at,
        until_at=wish.until_at,
        created_by=viewer.account_id,
        created_at=now,
    )
    repository.add_absence(session, row)
    audit(session, viewer.actor, "absence.entered", now=now, subject=str(account))
    return row.id


def end_absence(
    session: Session, viewer: Viewer, vault: Vault, absence_id: UUID, now: datetime
) -> None:
    """Takes an absence back, or ends it now if it has begun."""
    row = repository.get_absence(session, absence_id)
    if row is None or row.until_at <= now:
        raise NotFound(absence=str(absence_id))
    if row.account_id != viewer.account_id:
        if not viewer.may(Permission.MANAGE_PEOPLE):
            raise NotFound(absence=str(absence_id))
        require_person(session, viewer, vault, row.account_id, now.date())
    if row.from_at < now:
        repository.end_absence(session, absence_id, now)
    else:
        repository.delete_absence(session, absence_id)
    audit(session, viewer.actor, "absence.ended", now=now, subject=str(row.account_id))


def colleagues(session: Session, viewer: Viewer, now: datetime) -> Mapping[UUID, str]:
    """Who could stand in for the viewer, by name."""
    return _colleagues(session, own_account(viewer), now)


def _colleagues(session: Session, account_id: UUID, now: datetime) -> Mapping[UUID, str]:
    """Active people with a role at the person's units, above or below them."""
    own = viewer_of_account(session, account_id, "", "en", now)
    tree = own.hierarchy
    units = {one.unit_id for one in own.grants if one.unit_id is not None and not one.excluded}
    units |= set(own.scope.branches)
    near = {node.id for unit in units for node in tree.ancestors(unit)}
    near |= {node.id for unit in units for node in tree.subtree(unit)}
    found = repository.people_at(session, near, now.date())
    return {who: name for who, name in found.items() if who != account_id}


def _shown(row: Absence, names: Mapping[UUID, str]) -> Away:
    return Away(
        id=row.id,
        account_id=row.account_id,
        name=names.get(row.account_id, ""),
        deputy_id=row.deputy_id,
        deputy=None if row.deputy_id is None else names.get(row.deputy_id),
        from_at=row.from_at,
        until_at=row.until_at,
    )
