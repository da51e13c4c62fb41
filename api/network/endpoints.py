"""HTTP for the network: units within the viewer's scope, and the touchpoints of the journey."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.boundary.paging import Page, from_cursor, no_cursor, to_cursor
from api.boundary.visits import AnyVisit, Visit, require_token_scope
from api.models import UnitProfile
from api.network import queries, repository
from api.network.schemas import ParentOut, ProfileOut, TouchpointOut, UnitDetail, UnitOut
from api.security.hierarchy import Node

router = APIRouter(prefix="/api/v1", tags=["network"])


@router.get("/units")
def list_units(
    visit: AnyVisit,
    kind: Literal["network", "region", "area", "branch"] | None = None,
    under: Annotated[str | None, Query(description="Only this unit and what is under it")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[UnitOut]:
    """The units the viewer sees, by name."""
    viewer = visit.viewer
    require_token_scope(viewer, "read")
    top = viewer.require_unit_code(under).id if under is not None else None
    found = queries.list_units(viewer, kind=kind, under=top, after=_unit_at(cursor))
    last = found[limit - 1] if len(found) > limit else None
    groups, zone, language = _defaults(visit)
    return Page(
        items=[UnitOut(**_shown(visit, node, groups, zone, language)) for node in found[:limit]],
        next=to_cursor(last.sort_key, str(last.id)) if last else None,
    )


def _unit_at(cursor: str | None) -> tuple[str, int] | None:
    if cursor is None:
        return None
    sort_key, unit_id = from_cursor(cursor, 2)
    if not unit_id.isdecimal():
        raise no_cursor()
    return sort_key, int(unit_id)


@router.get("/units/{code}")
def read_unit(visit: AnyVisit, code: str) -> UnitDetail:
    """One unit with its history; a former code reaches it too."""
    viewer = visit.viewer
    require_token_scope(viewer, "read")
    node = queries.require_unit(visit.session, viewer, code)
    history = queries.read_history(visit.session, viewer, node.id)
    groups, zone, language = _defaults(visit)
    tree = viewer.hierarchy
    return UnitDetail(
        **_shown(visit, node, groups, zone, language),
        path=[one.code for one in tree.path(node.id) if viewer.sees_unit(one.id)],
        children=[one.code for one in tree.children(node.id) if viewer.sees_unit(one.id)],
        former_codes=history.former_codes,
        merged_into=_code(visit, history.merged_into_id),
        parents=[
            ParentOut(
                parent=_code(visit, one.parent_id), valid_from=one.valid_from, valid_to=one.valid_to
            )
            for one in history.parents
        ],
        profiles=[_shown_profile(one, groups) for one in history.profiles],
    )


@router.get("/touchpoints")
def list_touchpoints(visit: AnyVisit) -> Page[TouchpointOut]:
    """All touchpoints in the order of the journey."""
    require_token_scope(visit.viewer, "read")
    found = repository.list_touchpoints(visit.session)
    english = visit.viewer.language == "en"
    return Page(
        items=[
            TouchpointOut(name=one.name_en if english else one.name_zh, **one.model_dump())
            for one in found
        ]
    )


def _defaults(visit: Visit) -> tuple[dict[int, str], str, str]:
    network = queries.get_network(visit.session)
    zone = network.default_timezone if network else "UTC"
    language = network.default_language if network else "zh"
    return dict(queries.owner_group_codes(visit.session)), zone, language


def _shown(
    visit: Visit, node: Node, groups: dict[int, str], zone: str, language: str
) -> dict[str, object]:
    tree = visit.viewer.hierarchy
    return {
        "code": node.code,
        "kind": node.kind,
        "level": node.level,
        "name": node.name(visit.viewer.language),
        "name_zh": node.name_zh,
        "name_en": node.name_en,
        "parent": _code(visit, node.parent_id),
        "timezone": tree.timezone(node.id, zone),
        "language": tree.language(node.id, language),
        "opened_on": node.opened_on,
        "closed_on": node.closed_on,
        "city_tier": node.city_tier,
        "size": node.size,
        "brand": node.brand,
        "owner_group": groups.get(node.owner_group_id or 0),
    }


def _code(visit: Visit, unit_id: int | None) -> str | None:
    """The code of a unit that the viewer may know of."""
    if unit_id is None or not visit.viewer.sees_unit(unit_id):
        return None
    return visit.viewer.hierarchy.nodes[unit_id].code


def _shown_profile(one: UnitProfile, groups: dict[int, str]) -> ProfileOut:
    return ProfileOut(
        city_tier=one.city_tier,
        size=one.size,
        brand=one.brand,
        owner_group=groups.get(one.owner_group_id or 0),
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )
