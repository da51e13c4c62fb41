"""What share of customers could be asked by which channel: of a unit, and of each part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.insights.queries.reach import CHANNELS, ReachCount, reach_counts
from api.insights.sight import branches_of, scored_branches
from api.security.hierarchy import Node
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class ChannelReach:
    """One channel: customers with an address, of those with a consent, and reachable today."""

    channel: str
    customers: int
    addressed: int
    consented: int
    reachable: int

    @property
    def share(self) -> float | None:
        """Customers who can be reached, of all; None without any."""
        return self.reachable / self.customers if self.customers else None


@dataclass(frozen=True, slots=True)
class UnitReach:
    """A unit with its channels, in the order of :data:`CHANNELS`."""

    unit: Node
    channels: tuple[ChannelReach, ...]
    anyhow: int = 0  # customers who can be reached by any of them

    @property
    def customers(self) -> int:
        """All customers of the unit."""
        return self.channels[0].customers

    @property
    def share(self) -> float | None:
        """Customers who can be reached by any channel, of all; None without any."""
        return self.anyhow / self.customers if self.customers else None


def reach(
    session: Session, viewer: Viewer, unit: str | None = None, *, now: datetime, parts: bool = True
) -> list[UnitReach]:
    """The unit (else the viewer's home) first, then what is directly under it, by name.

    Only branches that the viewer sees are counted, and a customer of several branches once in each
    unit. Without ``parts``, the unit alone. Raises NotFound outside the scope.
    """
    node = viewer.require_unit_code(unit) if unit is not None else viewer.home
    if node is None:
        return []
    below = viewer.hierarchy.children(node.id) if parts else []
    shown = [node, *(child for child in below if viewer.sees_unit(child.id))]
    return _reach(session, viewer, shown, branches_of(viewer, node), now)


def branch_reach(
    session: Session, viewer: Viewer, unit: str | None = None, *, now: datetime
) -> list[UnitReach]:
    """Every open branch that the viewer reads (under a unit, or all of them), by name.

    Raises NotFound outside the scope.
    """
    node = None if unit is None else viewer.require_unit_code(unit)
    readable = scored_branches(viewer) if node is None else branches_of(viewer, node)
    nodes = [viewer.hierarchy.nodes[branch] for branch in readable]
    today = now.date()
    shown = [one for one in nodes if one.closed_on is None or one.closed_on > today]
    ordered = sorted(shown, key=lambda one: (one.sort_key, one.id))
    return _reach(session, viewer, ordered, readable, now)


def _reach(
    session: Session,
    viewer: Viewer,
    shown: Sequence[Node],
    readable: frozenset[int],
    now: datetime,
) -> list[UnitReach]:
    pairs = [
        (each.id, branch.id)
        for each in shown
        for branch in viewer.hierarchy.branches_under(each.id)
        if branch.id in readable
    ]
    found = {(one.unit_id, one.channel): one for one in reach_counts(session, pairs, now)}
    return [UnitReach(each, _channels(each, found), _anyhow(each, found)) for each in shown]


def _anyhow(unit: Node, found: dict[tuple[int, str], ReachCount]) -> int:
    one = found.get((unit.id, CHANNELS[0][0]))
    return one.anyhow if one else 0


def _channels(unit: Node, found: dict[tuple[int, str], ReachCount]) -> tuple[ChannelReach, ...]:
    return tuple(_channel(channel, found.get((unit.id, channel))) for channel, _ in CHANNELS)


def _channel(name: str, one: ReachCount | None) -> ChannelReach:
    if one is None:
        return ChannelReach(name, 0, 0, 0, 0)
    return ChannelReach(name, one.customers, one.addressed, one.consented, one.reachable)
