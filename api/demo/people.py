"""One log-in per role, and a regional manager for every region."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from api.access.service import LoginNames, create_account, grant
from api.core.crypto import Vault
from api.security.hierarchy import Hierarchy, Node, load_hierarchy

SINCE = timedelta(days=400)  # in office: what happened in the made-up year was theirs


@dataclass(frozen=True)
class Login:
    """Who may log in to the demo, and what they see."""

    role: str
    email: str
    password: str
    sees: str


def make_logins(session: Session, vault: Vault, now: datetime, password: str) -> list[Login]:
    """Makes the accounts; one log-in per role comes back, to be printed."""
    hierarchy = load_hierarchy(session, now.date())
    shown: list[Login] = []
    since = (now - SINCE).date()
    for role, email, node, group in _cast(hierarchy):
        account = create_account(
            session,
            vault,
            LoginNames(email=email),
            name=email.partition("@")[0].replace("-", " ").title(),
            password=password,
            now=now,
        )
        unit_id = node.id if group is None else None
        grant(
            session, account, role, unit_id=unit_id, owner_group_id=group, valid_from=since, now=now
        )
        if all(login.role != role for login in shown):
            sees = f"{node.name_zh} · {node.name_en}" if group is None else "owner group"
            shown.append(Login(role, email, password, sees))
    return shown


def _cast(hierarchy: Hierarchy) -> Iterator[tuple[str, str, Node, int | None]]:
    """Role, address, unit and owner group of everybody."""
    assert hierarchy.root is not None
    root = hierarchy.root
    regions = [node for node in hierarchy.children(root.id) if node.kind == "region"]
    branch = min(
        (node for node in hierarchy.nodes.values() if node.is_branch and node.closed_on is None),
        key=lambda node: (node.owner_group_id is None, node.size != "large", node.id),
    )
    regions.sort(key=lambda node: node != hierarchy.region_of(branch.id))
    yield "hq_admin", "admin@demo.example", root, None
    yield "hq_analyst", "analyst@demo.example", root, None
    for region in regions:
        yield "regional_manager", f"region-{region.code.lower()}@demo.example", region, None
    yield "branch_manager", "manager@demo.example", branch, None
    yield "branch_staff", "staff@demo.example", branch, None
    yield "interviewer", "calls@demo.example", root, None
    if branch.owner_group_id is not None:
        yield "owner_group_manager", "owner@demo.example", branch, branch.owner_group_id
