"""What share of customers could be asked by which channel: of a unit, and of each part of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.insights.queries.reach import CHANNELS, ReachCount, reach_counts
from api.insights.sight import branches_of
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
    readable = branches_of(viewer, node)
    below = viewer.hierarchy.children(node.id) if parts else []
    shown = [node, *(child for child in below if viewer.sees_unit(child.id))]
    pairs = [
        (each.id, branch.id)
        for each in shown
        for branch in viewer.hierarchy.branches_under(each.id)
        if branch.id in readable
    ]
    found = {(one.unit_id, one.channel): one for one in reach_counts(session, pairs, now)}
    return [UnitReach(each, _channels(each, found)) for each in shown]


def _channels(unit: Node, found: dict[tuple[int, str], ReachCount]) -> tuple[ChannelReach, ...]:
    return tuple(_channel(channel, found.get((unit.id, channel))) for channel, _ in CHANNELS)


def _channel(name: str, one: ReachCount | None) -> ChannelReach:
    if one is None:
        return ChannelReach(name, 0, 0, 0, 0)
    return ChannelReach(name, one.customers, one.addressed, one.consented, one.reachable)
