"""The read side of units: lists cut to the viewer's scope, and one unit with its history."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from api.models import Network, OwnerGroup, Unit, UnitFormerCode, UnitParent, UnitProfile
from api.network import repository
from api.security.hierarchy import Node
from api.security.viewer import Viewer


@dataclass(frozen=True)
class UnitHistory:
    """What a unit was before: codes, places, profiles, and where it went."""

    former_codes: list[str]
    merged_into_id: int | None
    parents: list[UnitParent]
    profiles: list[UnitProfile]


def list_units(
    viewer: Viewer,
    *,
    kind: str | None = None,
    under: int | None = None,
    after: tuple[str, int] | None = None,
) -> list[Node]:
    """The viewer's units by name, behind the position ``after``; read from the tree in memory."""
    tree = viewer.hierarchy
    nodes = tree.nodes.values() if under is None else tree.subtree(under)
    chosen = [
        node
        for node in nodes
        if (kind is None or node.kind == kind)
        and (after is None or (node.sort_key, node.id) > after)
        and viewer.sees_unit(node.id)
    ]
    return sorted(chosen, key=lambda node: (node.sort_key, node.id))


def require_unit(session: Session, viewer: Viewer, code: str) -> Node:
    """The unit that has or had ``code``, or *not found*."""
    node = viewer.hierarchy.by_code.get(code)
    if node is not None:
        return viewer.require_unit(node.id)
    unit_id = repository.former_codes(session, [code]).get(code, 0)
    return viewer.require_unit(unit_id)


def read_history(session: Session, viewer: Viewer, unit_id: int) -> UnitHistory:
    """What the unit was before; *not found* outside the viewer's scope."""
    viewer.require_unit(unit_id)
    codes = select(col(UnitFormerCode.code)).where(col(UnitFormerCode.unit_id) == unit_id)
    merged = select(col(Unit.merged_into_id)).where(col(Unit.id) == unit_id)
    return UnitHistory(
        former_codes=sorted(session.execute(codes).scalars()),
        merged_into_id=session.execute(merged).scalar(),
        parents=repository.list_ranges(session, UnitParent, unit_id),
        profiles=repository.list_ranges(session, UnitProfile, unit_id),
    )


def owner_group_codes(session: Session) -> Mapping[int, str]:
    """Codes of owner groups by id."""
    found = session.execute(select(col(OwnerGroup.id), col(OwnerGroup.code)))
    return {row.id: row.code for row in found}


def get_network(session: Session) -> Network | None:
    """The network's settings, which everybody in it may know."""
    return session.execute(select(Network)).scalar_one_or_none()
