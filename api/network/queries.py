"""The read side of units: lists cut to the viewer's scope, and one unit with its history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
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


@dataclass(frozen=True)
class StructureChange:
    """One change of the tree: ``what`` happened to a unit on a day, and with which other one."""

    day: date
    what: str  # opened, closed, merged, moved, profile, code
    unit_id: int
    other_id: int | None
    code: str | None


# The first place and the first profile of a unit are its beginning, not a change.
_CHANGES = text(
    """
    select day, what, unit_id, other_id, code from (
        select opened_on as day, 'opened' as what, id as unit_id, null::int as other_id,
               null as code
        from unit where opened_on is not null and id = any(:units)
        union all
        select closed_on, case when merged_into_id is null then 'closed' else 'merged' end, id,
               merged_into_id, null
        from unit where closed_on is not null and id = any(:units)
        union all
        select p.valid_from, 'moved', p.unit_id, p.parent_id, null
        from unit_parent p where p.unit_id = any(:units)
          and exists (select from unit_parent f
                      where f.unit_id = p.unit_id and f.valid_from < p.valid_from)
        union all
        select p.valid_from, 'profile', p.unit_id, null, null
        from unit_profile p where p.unit_id = any(:units)
          and exists (select from unit_profile f
                      where f.unit_id = p.unit_id and f.valid_from < p.valid_from)
        union all
        select until_on, 'code', unit_id, null, code
        from unit_former_code where until_on is not null and unit_id = any(:units)
    ) change
    order by day desc, unit_id, what limit :limit
    """
)


def list_changes(session: Session, unit_ids: Iterable[int], limit: int) -> list[StructureChange]:
    """What changed in the structure of these units, newest first, also what is planned."""
    values = {"units": list(unit_ids), "limit": limit}
    return [StructureChange(*row) for row in session.execute(_CHANGES, values)]


def owner_group_names(session: Session) -> Mapping[int, str]:
    """Names of owner groups by id."""
    found = session.execute(select(col(OwnerGroup.id), col(OwnerGroup.name)))
    return {row.id: row.name for row in found}


def owner_group_codes(session: Session) -> Mapping[int, str]:
    """Codes of owner groups by id."""
    found = session.execute(select(col(OwnerGroup.id), col(OwnerGroup.code)))
    return {row.id: row.code for row in found}


def get_network(session: Session) -> Network | None:
    """The network's settings, which everybody in it may know."""
    return session.execute(select(Network)).scalar_one_or_none()
