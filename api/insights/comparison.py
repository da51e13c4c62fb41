"""Comparison sets: whom a branch is compared with, and what such a set is called.

``network`` is every branch, ``peers`` compares each branch within its group of like ones (same city
tier, size and brand on the period's last day); ``/`` and a touchpoint's code narrow either. Reads
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from api.security.hierarchy import Hierarchy, Node

NETWORK: Final = "network"
PEERS: Final = "peers"
FEWEST_PEERS = 5
"""Ranked branches that a peer group needs: from fewer no crowd is fitted and no mean is told."""
_UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class ComparisonSet:
    """A comparison set as a value; ``touchpoint`` is a code."""

    peers: bool = False
    touchpoint: str | None = None

    @property
    def name(self) -> str:
        """How stored and published tables call it."""
        whole = PEERS if self.peers else NETWORK
        return whole if self.touchpoint is None else f"{whole}/{self.touchpoint}"

    @classmethod
    def named(cls, name: str) -> "ComparisonSet":
        """The set called ``name``; raises ValueError when there is none."""
        whole, _, touchpoint = name.partition("/")
        if whole not in (NETWORK, PEERS):
            raise ValueError(f"no comparison set is called {name!r}")
        return cls(whole == PEERS, touchpoint or None)


def comparison_set(touchpoint: str | None, *, peers: bool = False) -> str:
    """The name of the set that branches are compared in."""
    return ComparisonSet(peers, touchpoint).name


def peer_group(node: Node) -> str:
    """What the group of like branches is called: city tier, size and brand."""
    return " / ".join(part or _UNKNOWN for part in (node.city_tier, node.size, node.brand))


def peer_groups(hierarchy: Hierarchy, branches: Iterable[int]) -> list[str]:
    """The group of each branch in the tree of one day; who is not in it has no attributes."""
    nodes = hierarchy.nodes
    nothing = " / ".join([_UNKNOWN] * 3)
    return [peer_group(nodes[one]) if one in nodes else nothing for one in branches]
