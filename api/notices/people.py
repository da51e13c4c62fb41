"""Who has to know: holders of a role for a unit, and who stands in for whom.

Reads grants and absences, decides nothing about tickets. The nearest holders above a unit count:
a branch without a manager is its region's.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.notices.repository import notices as repository
from api.security.hierarchy import current_hierarchy

# Who is next when nobody holds a role.
ABOVE = {
    "branch_staff": "branch_manager",
    "branch_manager": "owner_group_manager",
    "owner_group_manager": "regional_manager",
    "regional_manager": "hq_admin",
}


def holders(session: Session, role: str, unit_id: int, now: datetime) -> tuple[UUID, ...]:
    """Active accounts that hold ``role`` nearest to the unit; where nobody does, who is above."""
    tree = current_hierarchy(session, now.date())
    above = [node.id for node in tree.ancestors(unit_id)]
    group = tree.nodes[unit_id].owner_group_id if unit_id in tree.nodes else None
    granted = repository.grants_near(session, above, group, on=now.date())
    # A grant at an owner group is as near as one at the branch itself.
    distance = {node_id: steps for steps, node_id in enumerate(above)}
    wanted: str | None = role
    while wanted is not None:
        found = [(distance.get(one.unit_id or unit_id, 0), one.account_id)
                 for one in granted if one.role == wanted]  # fmt: skip
        if found:
            near = min(steps for steps, _ in found)
            return tuple(dict.fromkeys(one for steps, one in found if steps == near))
        wanted = ABOVE.get(wanted)
    return ()


def reaching_somebody(
    session: Session, accounts: tuple[UUID, ...], place: tuple[str | None, int], now: datetime
) -> tuple[UUID, ...]:
    """The accounts; where all are away, also the next above a role (or branch) who is there."""
    role, unit_id = place
    found, above = accounts, role or "branch_staff"
    while above in ABOVE and not set(found) - away(session, found, now):
        above = ABOVE[above]
        found = with_deputies(session, (*found, *holders(session, above, unit_id, now)), now)
    return found


def deputy_of(session: Session, account_id: UUID, now: datetime) -> UUID | None:
    """Who stands in for somebody who is away now; None when nobody has to, or nobody was named."""
    return repository.deputies(session, [account_id], now).get(account_id)


def away(session: Session, accounts: Iterable[UUID], now: datetime) -> frozenset[UUID]:
    """Those of the accounts that are away now."""
    return repository.away(session, list(accounts), now)


def with_deputies(session: Session, accounts: Iterable[UUID], now: datetime) -> tuple[UUID, ...]:
    """The accounts and those who stand in for them, each once."""
    given = list(dict.fromkeys(accounts))
    standing_in = repository.deputies(session, given, now)
    return tuple(dict.fromkeys([*given, *standing_in.values()]))
