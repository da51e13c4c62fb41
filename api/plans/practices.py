"""What helped one branch, offered to branches like it without saying which one it was.

Only what is proven is offered: an effect beyond chance, or a plan of a branch that stands clearly
above its like in what it worked on. The words must not name the branch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.core.ids import new_id
from api.insights.queries import touchpoint_rows
from api.models import GoodPractice
from api.plans import repository
from api.plans.effect import Effect, effect_of
from api.plans.errors import NamesItself, NotProven
from api.plans.repository import Practice
from api.plans.service import LONGEST_TEXT, Plan, record, require_plan, words_of
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer

SHOWN = 5
_LOOKED_AT = 200
_SHORTEST_NAME = 2


@dataclass(frozen=True, slots=True)
class Offered:
    """A practice for a branch; ``alike`` counts what it shares of tier, size and brand (0 to 3)."""

    practice: Practice
    touchpoint: str | None
    alike: int


def share(session: Session, viewer: Viewer, plan_id: UUID, what: str, now: datetime) -> Effect:
    """Offers what helped to others; raises NotProven or NamesItself.

    What was offered of the same plan before is replaced.
    """
    plan = require_plan(session, viewer, plan_id)
    viewer.require(Permission.MANAGE_PLANS, plan.unit.id)
    effect = effect_of(session, viewer.hierarchy, plan.row, plan.measured, now)
    found = effect.found
    if found is None or found.low <= 0:
        raise NotProven
    words = words_of("what", what, LONGEST_TEXT)
    if _names(words, [plan.unit, *_branches(viewer, plan)]):
        raise NamesItself(fields=[{"field": "what", "message": "names the unit"}])
    node = plan.unit
    earlier = repository.practice_of(session, plan_id)
    practice = GoodPractice(
        id=new_id() if earlier is None else earlier.id,
        plan_id=plan_id,
        metric=plan.row.metric,
        driver=plan.row.driver,
        touchpoint_id=plan.row.touchpoint_id,
        city_tier=node.city_tier,
        size=node.size,
        brand=node.brand,
        what=words,
        measured=plan.measured,
        effect=found.effect,
        low=found.low,
        high=found.high,
        weeks=effect.weeks,
        peers=found.peers,
        shared_at=now,
    )
    repository.put_practice(session, practice)
    record(session, viewer, "plan.share", plan.row, now)
    return effect


def withdraw(session: Session, viewer: Viewer, plan_id: UUID, now: datetime) -> None:
    """Offers it no longer; raises NotFound when it was not offered."""
    plan = require_plan(session, viewer, plan_id)
    viewer.require(Permission.MANAGE_PLANS, plan.unit.id)
    offered = repository.practice_of(session, plan_id)
    if offered is None or offered.withdrawn_at is not None:
        raise NotFound(plan=str(plan_id))
    offered.withdrawn_at = now
    repository.put_practice(session, offered)
    record(session, viewer, "plan.withdraw", plan.row, now)


def is_offered(session: Session, plan: Plan) -> bool:
    """Whether others are offered what was learned from a plan."""
    offered = repository.practice_of(session, plan.row.id)
    return offered is not None and offered.withdrawn_at is None


def offered_to(
    session: Session, viewer: Viewer, unit: str, drivers: Sequence[str]
) -> list[Offered]:
    """Up to five practices about ``drivers``, from units most like ``unit`` first."""
    node = viewer.require_unit_code(unit)
    viewer.require(Permission.VIEW_SCORES, node.id)
    places = {row.id: row.code for row in touchpoint_rows(session)}
    found = [
        Offered(one, places.get(one.touchpoint_id or 0), _alike(node, one))
        for one in repository.list_practices(session, drivers, _LOOKED_AT)
    ]
    return sorted(found, key=lambda one: (-one.alike, -one.practice.low))[:SHOWN]


def _alike(node: Node, one: Practice) -> int:
    pairs = ((node.city_tier, one.city_tier), (node.size, one.size), (node.brand, one.brand))
    return sum(own is not None and own == theirs for own, theirs in pairs)


def _branches(viewer: Viewer, plan: Plan) -> list[Node]:
    nodes = viewer.hierarchy.nodes
    return [nodes[branch] for branch in plan.row.branches if branch in nodes]


def _names(words: str, nodes: Sequence[Node]) -> bool:
    said = words.casefold()
    names = {name.casefold() for node in nodes for name in (node.code, node.name_zh, node.name_en)}
    return any(len(name) >= _SHORTEST_NAME and name in said for name in names)
