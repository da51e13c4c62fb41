"""Whose scores a viewer may read: the scope, less branches where the role has no scores."""

from collections.abc import Collection
from datetime import date

from sqlmodel import Session

from api.core.errors import NotAllowed
from api.security.hierarchy import Node, current_hierarchy
from api.security.permissions import ROLE_PERMISSIONS, Permission
from api.security.scope import Scope
from api.security.viewer import Viewer


def scored_branches(
    viewer: Viewer, permission: Permission = Permission.VIEW_SCORES
) -> frozenset[int]:
    """The branches whose scores (or comments) the viewer may read."""
    seen = viewer.scope.branches
    roles = viewer.roles
    if viewer.token_id is not None or _whole(viewer):
        return viewer.hierarchy.branch_ids if viewer.scope.whole else seen
    if all(permission in ROLE_PERMISSIONS[role] for role in roles):
        return seen
    return frozenset(branch for branch in seen if viewer.may(permission, branch))


def branches_of(
    viewer: Viewer, unit: Node, permission: Permission = Permission.VIEW_SCORES
) -> frozenset[int]:
    """The readable branches under ``unit``; raises NotAllowed when there are none to read."""
    under = frozenset(node.id for node in viewer.hierarchy.branches_under(unit.id))
    readable = under & scored_branches(viewer, permission)
    if under and not readable:
        raise NotAllowed(permission=permission)
    return readable


def some_branches(viewer: Viewer, branches: frozenset[int]) -> Collection[int] | None:
    """``branches`` for a filter; None when the transaction shows no others anyway."""
    seen = viewer.hierarchy.branch_ids if viewer.scope.whole else viewer.scope.branches
    return None if branches == seen else branches


def whole_network_viewer(session: Session, on: date, reason: str) -> Viewer:
    """A viewer of everything, for commands and workers; ``reason`` says which."""
    return Viewer(
        account_id=None,
        name=reason,
        language="en",
        grants=(),
        hierarchy=current_hierarchy(session, on),
        scope=Scope.whole_network(reason=reason),
    )


def _whole(viewer: Viewer) -> bool:
    return viewer.account_id is None and viewer.scope.whole
