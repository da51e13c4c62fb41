"""What grants let somebody see, now and after a change: for the sentence before a confirmation.

Pure: grants and today's tree in, branches out. The same widening decides what people see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.access.directory import in_force
from api.models import Grant
from api.security.hierarchy import Hierarchy
from api.security.viewer import Granted, widen


@dataclass(frozen=True)
class Effect:
    """How many branches somebody sees now and would see, of all that are open."""

    now: int
    then: int
    branches: int


def effect_of(
    before: Iterable[Grant], after: Iterable[Grant], hierarchy: Hierarchy, today: date
) -> Effect:
    """What a change from the grants ``before`` to those ``after`` does on ``today``."""
    return Effect(
        now=branches_seen(before, hierarchy, today),
        then=branches_seen(after, hierarchy, today),
        branches=sum(_is_open(hierarchy, one, today) for one in hierarchy.branch_ids),
    )


def branches_seen(grants: Iterable[Grant], hierarchy: Hierarchy, today: date) -> int:
    """How many open branches the grants in force on ``today`` show."""
    held = [
        Granted(one.role, one.unit_id, one.owner_group_id, one.excluded)
        for one in grants
        if in_force(one, today)
    ]
    return sum(_is_open(hierarchy, one, today) for one in widen(held, hierarchy).branches)


def _is_open(hierarchy: Hierarchy, unit_id: int, today: date) -> bool:
    closed = hierarchy.nodes[unit_id].closed_on
    return closed is None or closed > today
