"""A person or machine at work: their grants widened into units and branches.

Visible is the union of the grants' subtrees and owner groups today, minus explicit exclusions; at
each unit the nearest grant decides what may be done. Every query about responses, scores or
comments starts from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.errors import NotAllowed, NotFound
from api.core.languages import Language
from api.security.hierarchy import Hierarchy, Node
from api.security.permissions import ROLE_PERMISSIONS, Permission
from api.security.scope import Scope


@dataclass(frozen=True)
class Granted:
    """One grant that is in force today."""

    role: str
    unit_id: int | None
    owner_group_id: int | None
    excluded: bool = False


@dataclass(frozen=True, eq=False)
class Viewer:
    """Who is asking, with what they may see today."""

    account_id: UUID | None
    name: str
    language: Language
    grants: tuple[Granted, ...]
    hierarchy: Hierarchy
    scope: Scope
    token_id: UUID | None = None
    token_scopes: frozenset[str] = frozenset()

    @property
    def actor(self) -> str:
        """How the audit names the viewer."""
        if self.account_id is not None:
            return f"account:{self.account_id}"
        return f"token:{self.token_id}"

    @property
    def roles(self) -> frozenset[str]:
        """All roles the viewer has anywhere."""
        return frozenset(grant.role for grant in self.grants if not grant.excluded)

    @property
    def home(self) -> Node | None:
        """The unit the viewer lands on: the first granted one that is visible."""
        units = [g.unit_id for g in self.grants if not g.excluded and g.unit_id is not None]
        for unit_id in units:
            if self.sees_unit(unit_id):
                return self.hierarchy.nodes[unit_id]
        if self.scope.branches:
            return self.hierarchy.nodes[min(self.scope.branches)]
        return None

    def sees_unit(self, unit_id: int) -> bool:
        """True when the unit's own figures are the viewer's to see.

        A unit is visible when every branch under it is, or when a grant covers it.
        """
        node = self.hierarchy.nodes.get(unit_id)
        if node is None:
            return False
        if node.is_branch:
            return self.scope.sees(unit_id)
        branches = self.hierarchy.branches_under(unit_id)
        if branches:
            return all(self.scope.sees(branch.id) for branch in branches)
        return self._covered(unit_id)

    def require_unit(self, unit_id: int) -> Node:
        """The unit, or *not found*: what lies outside is never *forbidden*."""
        if not self.sees_unit(unit_id):
            raise NotFound(unit=unit_id)
        return self.hierarchy.nodes[unit_id]

    def require_unit_code(self, code: str) -> Node:
        """The unit with that code, or *not found*."""
        node = self.hierarchy.by_code.get(code)
        if node is None or not self.sees_unit(node.id):
            raise NotFound(unit=code)
        return node

    def may(self, permission: Permission, unit_id: int | None = None) -> bool:
        """True when the nearest grant at ``unit_id`` (anywhere, if None) allows it."""
        if unit_id is None:
            return any(permission in ROLE_PERMISSIONS[role] for role in self.roles)
        return permission in self._permissions_at(unit_id)

    def require(self, permission: Permission, unit_id: int | None = None) -> None:
        """Nothing, or *not found* outside the scope and *not allowed* inside."""
        if unit_id is not None:
            self.require_unit(unit_id)
        if not self.may(permission, unit_id):
            raise NotAllowed(permission=permission)

    def may_everywhere(self, permission: Permission) -> bool:
        """True when the whole network is the viewer's to see, and its top allows it."""
        root = self.hierarchy.root
        return root is not None and self.sees_unit(root.id) and self.may(permission, root.id)

    def require_everywhere(self, permission: Permission) -> UUID:
        """The account of a person who may; NotAllowed for everybody else."""
        if self.account_id is None or not self.may_everywhere(permission):
            raise NotAllowed(permission=permission)
        return self.account_id

    def _covered(self, unit_id: int) -> bool:
        above = {node.id for node in self.hierarchy.ancestors(unit_id)}
        granted = {g.unit_id for g in self.grants if not g.excluded}
        excluded = {g.unit_id for g in self.grants if g.excluded}
        return bool(above & granted) and not above & excluded

    def _permissions_at(self, unit_id: int) -> frozenset[Permission]:
        for node in self.hierarchy.ancestors(unit_id):
            roles = [g.role for g in self.grants if g.unit_id == node.id and not g.excluded]
            if node.id == unit_id and node.owner_group_id is not None:
                roles += [
                    g.role
                    for g in self.grants
                    if g.owner_group_id == node.owner_group_id and not g.excluded
                ]
            if roles:
                return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
        return frozenset()


GRANTED = "g.role, g.unit_id, g.owner_group_id, g.excluded"
IN_FORCE = "g.valid_from <= :on and (g.valid_to is null or g.valid_to > :on)"
_GRANTS = text(
    f"select {GRANTED} from access_grant g where g.account_id = :account and {IN_FORCE} "
    "order by g.id"
)


def load_grants(session: Session, account_id: UUID, on: date) -> tuple[Granted, ...]:
    """The grants of an account that are in force on ``on``, oldest first."""
    rows = session.execute(_GRANTS, {"account": account_id, "on": on})
    return tuple(Granted(*row) for row in rows)


def widen(grants: Iterable[Granted], hierarchy: Hierarchy) -> Scope:
    """The branches that ``grants`` make visible in today's tree."""
    seen: set[int] = set()
    hidden: set[int] = set()
    for grant in grants:
        (hidden if grant.excluded else seen).update(_branches_of(grant, hierarchy))
    return Scope.of(seen - hidden)


def _branches_of(grant: Granted, hierarchy: Hierarchy) -> Iterable[int]:
    if grant.unit_id is not None:
        yield from (node.id for node in hierarchy.branches_under(grant.unit_id))
    if grant.owner_group_id is not None:
        for node in hierarchy.nodes.values():
            if node.is_branch and node.owner_group_id == grant.owner_group_id:
                yield node.id
