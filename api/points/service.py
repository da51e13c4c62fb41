"""Printed codes and kiosks of a branch: made, listed, closed."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.points import repository
from api.points.errors import NoBranch, UnknownTouchpoint
from api.points.repository import Point, Used
from api.security.audit import audit
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys.published import known_to_rules

Kind = Literal["qr", "kiosk", "wechat"]
CODE_LENGTH = 8
# Nothing that is read or typed wrongly: no 0 and o, no 1, i and l.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
SHOWN = 200


@dataclass(frozen=True)
class Wish:
    """A point as somebody wants it."""

    unit: str
    kind: Kind
    touchpoint: str
    survey: str
    label: str


@dataclass(frozen=True)
class ShownPoint:
    """A point with how often it was used."""

    point: Point
    used: Used


def create_point(session: Session, viewer: Viewer, wish: Wish, now: datetime) -> UUID:
    """Makes a point with a new code; raises NoBranch or UnknownTouchpoint."""
    node = viewer.require_unit_code(wish.unit)
    if not node.is_branch:
        raise NoBranch(fields=[{"field": "unit", "message": "a branch"}])
    viewer.require(Permission.MANAGE_POINTS, node.id)
    touchpoint = repository.touchpoint_id(session, wish.touchpoint)
    about = known_to_rules(session).surveys.get(wish.survey, frozenset())
    if touchpoint is None or wish.touchpoint not in about:
        raise UnknownTouchpoint(fields=[{"field": "survey", "message": "not of the touchpoint"}])
    made = repository.add_point(
        session,
        now,
        code=_new_code(),
        kind=wish.kind,
        branch=node.id,
        touchpoint=touchpoint,
        survey=wish.survey,
        label=wish.label,
    )
    audit(
        session, viewer.actor, "point.create", now=now, subject=f"point:{made}", unit_id=node.id,
        detail={"kind": wish.kind},
    )  # fmt: skip
    return made


def list_points(session: Session, viewer: Viewer, unit: str | None = None) -> list[ShownPoint]:
    """The points that the viewer manages, open ones first; below ``unit``, if it is given."""
    viewer.require(Permission.MANAGE_POINTS)
    under = None if unit is None else viewer.require_unit_code(unit)
    branches = [one.id for one in managed_branches(viewer, under)]
    found = repository.list_points(session, branches, SHOWN)
    return [ShownPoint(one, repository.use_of(session, one.code)) for one in found]


def require_point(session: Session, viewer: Viewer, point_id: UUID) -> Point:
    """A point that the viewer manages; *not found* outside the scope."""
    point = repository.point_of(session, point_id, sorted(viewer.scope.branches))
    if point is None:
        raise NotFound
    viewer.require(Permission.MANAGE_POINTS, point.branch_id)
    return point


def close_point(session: Session, viewer: Viewer, point_id: UUID, now: datetime) -> None:
    """Closes a point: who opens it is told that it is over."""
    point = require_point(session, viewer, point_id)
    repository.close_point(session, point_id, now)
    audit(
        session, viewer.actor, "point.close", now=now, subject=f"point:{point_id}",
        unit_id=point.branch_id,
    )  # fmt: skip


def managed_branches(viewer: Viewer, under: Node | None = None) -> list[Node]:
    """The open branches whose points the viewer manages, by name."""
    tree = viewer.hierarchy
    start = tree.subtree(under.id) if under is not None else iter(tree.nodes.values())
    found = [
        node
        for node in start
        if node.is_branch
        and viewer.scope.sees(node.id)
        and viewer.may(Permission.MANAGE_POINTS, node.id)
    ]
    return sorted(found, key=lambda node: (node.sort_key, node.id))


def surveys_by_touchpoint(session: Session) -> dict[str, list[str]]:
    """Which published surveys there are for each touchpoint that has any."""
    found: dict[str, list[str]] = {}
    for code, touchpoints in sorted(known_to_rules(session).surveys.items()):
        for touchpoint in sorted(touchpoints):
            found.setdefault(touchpoint, []).append(code)
    return found


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
