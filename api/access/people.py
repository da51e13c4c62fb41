"""Who may manage whom. Below it are the services that do it; above it the endpoints.

Somebody manages people at the units where the nearest grant says so. They know of an account when
all of its grants (those in force or to come, else the last ones) lie there; any other account is
*not found*. Nobody changes the own grants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from api.access import changing, repository, service
from api.access.changing import AccountWish, Changed
from api.access.errors import BadGrant, NotYourself
from api.access.identifiers import Identifier
from api.access.repository import Reach
from api.core.crypto import Vault
from api.core.errors import NotFound
from api.core.installation import Installation
from api.models import Account, Grant
from api.security.permissions import Permission
from api.security.viewer import Viewer


@dataclass(frozen=True)
class Person:
    """An account as those who manage it see it."""

    account: Account
    identifiers: Sequence[Identifier]
    grants: Sequence[Grant]


@dataclass(frozen=True)
class GrantWish:
    """A grant that somebody asks for, its places by code."""

    role: str
    unit: str | None = None
    owner_group: str | None = None
    excluded: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


def reach_of(viewer: Viewer) -> Reach:
    """Where the viewer manages people; raises NotAllowed when nowhere."""
    viewer.require(Permission.MANAGE_PEOPLE)
    tree = viewer.hierarchy
    units = frozenset(
        unit_id
        for unit_id in tree.nodes
        if viewer.may(Permission.MANAGE_PEOPLE, unit_id) and viewer.sees_unit(unit_id)
    )
    members: dict[int, list[int]] = {}
    for node in tree.nodes.values():
        if node.is_branch and node.owner_group_id is not None:
            members.setdefault(node.owner_group_id, []).append(node.id)
    groups = frozenset(group for group, branches in members.items() if units.issuperset(branches))
    everyone = tree.root is not None and tree.root.id in units
    return Reach(units, groups, everyone)


def list_people(
    session: Session,
    viewer: Viewer,
    vault: Vault,
    *,
    today: date,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Person]:
    """The accounts the viewer manages, oldest first."""
    reach = reach_of(viewer)
    found = repository.accounts_within_reach(session, reach, today=today, after=after, limit=limit)
    return _people(session, vault, found)


def require_person(
    session: Session, viewer: Viewer, vault: Vault, account_id: UUID, today: date
) -> Person:
    """The account, or *not found* when it is not the viewer's to manage."""
    _require_reach(session, viewer, account_id, today)
    return _people(session, vault, [account_id])[0]


def _people(session: Session, vault: Vault, account_ids: Sequence[UUID]) -> list[Person]:
    names = service.identifiers_of(session, vault, account_ids)
    grants = repository.list_grants(session, account_ids)
    return [
        Person(
            account=account,
            identifiers=names[account.id],
            grants=[one for one in grants if one.account_id == account.id],
        )
        for account in repository.accounts_by_id(session, account_ids)
    ]


def _require_reach(session: Session, viewer: Viewer, account_id: UUID, today: date) -> Reach:
    reach = reach_of(viewer)
    if not repository.accounts_within_reach(session, reach, today=today, only=account_id):
        raise NotFound(account=account_id)
    return reach


def _require_other(session: Session, viewer: Viewer, account_id: UUID, today: date) -> Reach:
    if viewer.account_id == account_id:
        raise NotYourself
    return _require_reach(session, viewer, account_id, today)


def invite(
    session: Session,
    viewer: Viewer,
    installation: Installation,
    names: service.LoginNames,
    *,
    name: str,
    language: str,
    wish: GrantWish,
    now: datetime,
) -> UUID:
    """Adds a person with a first grant, and sends the invitation if there is e-mail."""
    reach = reach_of(viewer)
    unit_id, group_id = _place(session, viewer, reach, wish)
    account_id = service.create_account(
        session,
        installation.vault,
        names,
        name=name,
        language=language,
        now=now,
        actor=viewer.actor,
    )
    _grant(session, viewer, account_id, wish, unit_id=unit_id, group_id=group_id, now=now)
    if names.email:
        service.make_link(
            session, installation, account_id, "invitation", now=now, actor=viewer.actor
        )
    return account_id


def grant(
    session: Session, viewer: Viewer, account_id: UUID, wish: GrantWish, now: datetime
) -> UUID:
    """Grants somebody what the viewer may grant."""
    reach = _require_other(session, viewer, account_id, now.date())
    unit_id, group_id = _place(session, viewer, reach, wish)
    return _grant(session, viewer, account_id, wish, unit_id=unit_id, group_id=group_id, now=now)


def _grant(
    session: Session,
    viewer: Viewer,
    account_id: UUID,
    wish: GrantWish,
    *,
    unit_id: int | None,
    group_id: int | None,
    now: datetime,
) -> UUID:
    return service.grant(
        session,
        account_id,
        wish.role,
        unit_id=unit_id,
        owner_group_id=group_id,
        excluded=wish.excluded,
        valid_from=wish.valid_from,
        valid_to=wish.valid_to,
        now=now,
        actor=viewer.actor,
    )


def _place(
    session: Session, viewer: Viewer, reach: Reach, wish: GrantWish
) -> tuple[int | None, int | None]:
    if (wish.unit is None) == (wish.owner_group is None):
        raise BadGrant(field="unit")
    if wish.unit is not None:
        unit = viewer.require_unit_code(wish.unit)
        if unit.id not in reach.units:
            raise NotFound(unit=wish.unit)
        return unit.id, None
    groups = {group.code: group.id for group in repository.list_owner_groups(session)}
    group_id = groups.get(wish.owner_group or "")
    if group_id is None or not (reach.everyone or group_id in reach.groups):
        raise NotFound(owner_group=wish.owner_group)
    return None, group_id


def end_grant(
    session: Session, viewer: Viewer, account_id: UUID, grant_id: UUID, now: datetime
) -> None:
    """Ends one of somebody's grants."""
    _require_other(session, viewer, account_id, now.date())
    row = repository.get_grant(session, grant_id)
    if row is None or row.account_id != account_id:
        raise NotFound(grant=grant_id)
    service.end_grant(session, grant_id, now=now, actor=viewer.actor)


def weigh_change(
    session: Session,
    viewer: Viewer,
    vault: Vault,
    account_id: UUID,
    wish: AccountWish,
    *,
    today: date,
) -> Changed:
    """What a change of name and log-ins would change; raises what is wrong with it."""
    _require_other(session, viewer, account_id, today)
    return changing.weigh(session, vault, account_id, wish)


def change(
    session: Session,
    viewer: Viewer,
    vault: Vault,
    account_id: UUID,
    wish: AccountWish,
    *,
    now: datetime,
) -> Changed:
    """Changes somebody's name, language and by what they log in."""
    _require_other(session, viewer, account_id, now.date())
    return changing.change(session, vault, account_id, wish, now=now, actor=viewer.actor)


def deactivate(session: Session, viewer: Viewer, account_id: UUID, now: datetime) -> None:
    """Deactivates somebody's account."""
    _require_other(session, viewer, account_id, now.date())
    service.deactivate(session, account_id, now=now, actor=viewer.actor)


def reactivate(session: Session, viewer: Viewer, account_id: UUID, now: datetime) -> None:
    """Lets somebody log in again; what they were granted and still holds is theirs."""
    _require_other(session, viewer, account_id, now.date())
    service.reactivate(session, account_id, now=now, actor=viewer.actor)


def place_of(session: Session, viewer: Viewer, wish: GrantWish) -> tuple[int | None, int | None]:
    """The unit or owner group of a wish, if the viewer may grant there; else *not found*."""
    return _place(session, viewer, reach_of(viewer), wish)


def make_link(
    session: Session, viewer: Viewer, installation: Installation, account_id: UUID, now: datetime
) -> str:
    """A link by which somebody chooses a password, also for people without e-mail."""
    _require_other(session, viewer, account_id, now.date())
    account = repository.get_account(session, account_id)
    purpose = "reset" if account is not None and account.status == "active" else "invitation"
    return service.make_link(
        session, installation, account_id, purpose, now=now, actor=viewer.actor
    )
