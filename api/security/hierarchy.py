"""The tree of units on one day, as a value: who stands under whom.

Access follows today's tree; views may ask for the tree of another day. Knows the tables, writes
nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import and_, or_, select, text
from sqlmodel import Session, col

from api.models import Unit, UnitParent, UnitProfile


@dataclass(frozen=True)
class Node:
    """A unit on one day: where it stands and what it is compared by."""

    id: int
    code: str
    kind: str
    level: str
    name_zh: str
    name_en: str
    sort_key: str
    parent_id: int | None
    timezone: str | None
    language: str | None
    opened_on: date | None
    closed_on: date | None
    city_tier: str | None
    size: str | None
    brand: str | None
    owner_group_id: int | None

    @property
    def is_branch(self) -> bool:
        """True for a leaf of the network."""
        return self.kind == "branch"

    def name(self, language: str) -> str:
        """The unit's name in ``language``."""
        return self.name_en if language == "en" else self.name_zh


class Hierarchy:
    """All units of one day."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self._children: dict[int | None, list[Node]] = {}
        for node in sorted(self.nodes.values(), key=lambda item: (item.sort_key, item.id)):
            self._children.setdefault(node.parent_id, []).append(node)
        self._branches: dict[int, tuple[Node, ...]] = {}
        self._regions: dict[int, Node | None] = {}

    @cached_property
    def root(self) -> Node | None:
        """The network itself; None before anything was imported."""
        roots = [node for node in self._children.get(None, ()) if node.kind == "network"]
        return roots[0] if roots else None

    @cached_property
    def branch_ids(self) -> frozenset[int]:
        """Every branch of the network, also closed ones: their history stays."""
        return frozenset(node.id for node in self.nodes.values() if node.is_branch)

    @cached_property
    def by_code(self) -> dict[str, Node]:
        """Units by their present code."""
        return {node.code: node for node in self.nodes.values()}

    def children(self, unit_id: int) -> list[Node]:
        """The units directly under one, ordered by name."""
        return self._children.get(unit_id, [])

    def subtree(self, unit_id: int) -> Iterator[Node]:
        """A unit and everything under it, parents first."""
        if unit_id in self.nodes:
            yield self.nodes[unit_id]
            for child in self.children(unit_id):
                yield from self.subtree(child.id)

    def branches_under(self, unit_id: int) -> tuple[Node, ...]:
        """The branches of a unit's subtree (itself, if it is one)."""
        if unit_id not in self._branches:
            found = tuple(node for node in self.subtree(unit_id) if node.is_branch)
            self._branches[unit_id] = found
        return self._branches[unit_id]

    def ancestors(self, unit_id: int) -> list[Node]:
        """The unit and what stands above it, nearest first."""
        chain: list[Node] = []
        node = self.nodes.get(unit_id)
        while node is not None:
            chain.append(node)
            node = self.nodes.get(node.parent_id) if node.parent_id is not None else None
        return chain

    def path(self, unit_id: int) -> list[Node]:
        """From the network down to the unit: its breadcrumbs."""
        return self.ancestors(unit_id)[::-1]

    def timezone(self, unit_id: int, default: str) -> str:
        """The unit's own time zone or the nearest above it."""
        return next((n.timezone for n in self.ancestors(unit_id) if n.timezone), default)

    def language(self, unit_id: int, default: str) -> str:
        """The unit's own language or the nearest above it."""
        return next((n.language for n in self.ancestors(unit_id) if n.language), default)

    def region_of(self, unit_id: int) -> Node | None:
        """The region a unit stands in."""
        if unit_id not in self._regions:
            above = self.ancestors(unit_id)
            self._regions[unit_id] = next((n for n in above if n.kind == "region"), None)
        return self._regions[unit_id]


def load_hierarchy(session: Session, on: date) -> Hierarchy:
    """The tree as it stands on ``on``; an unscoped read, since access is decided from it."""

    def in_force(table: type[UnitParent] | type[UnitProfile]) -> object:
        return and_(
            col(table.unit_id) == col(Unit.id),
            col(table.valid_from) <= on,
            or_(col(table.valid_to).is_(None), col(table.valid_to) > on),
        )

    columns = Unit.__table__.c  # type: ignore[attr-defined]
    query = (
        select(
            *(columns[name] for name in _UNIT_COLUMNS[:7]),
            col(UnitParent.parent_id),
            *(columns[name] for name in _UNIT_COLUMNS[7:]),
            col(UnitProfile.city_tier),
            col(UnitProfile.size),
            col(UnitProfile.brand),
            col(UnitProfile.owner_group_id),
        )
        .select_from(Unit)
        .outerjoin(UnitParent, in_force(UnitParent))  # type: ignore[arg-type]
        .outerjoin(UnitProfile, in_force(UnitProfile))  # type: ignore[arg-type]
    )
    return Hierarchy(Node(*row) for row in session.execute(query))


_UNIT_COLUMNS = (
    "id",
    "code",
    "kind",
    "level",
    "name_zh",
    "name_en",
    "sort_key",
    "timezone",
    "language",
    "opened_on",
    "closed_on",
)


_cache: dict[tuple[str, int, date], Hierarchy] = {}
_CACHED = 8


def current_hierarchy(session: Session, on: date) -> Hierarchy:
    """The tree of ``on``, kept in memory until the structure changes."""
    return hierarchy_of(session, session.execute(_VERSION).scalar(), on)


_VERSION = text("select structure_version from network")


def hierarchy_of(session: Session, version: int | None, on: date) -> Hierarchy:
    """The tree of ``on`` for who has just read the structure's version; None: there is none."""
    if version is None:
        return Hierarchy(())
    key = (str(session.get_bind().engine.url), version, on)
    if key not in _cache:
        while len(_cache) >= _CACHED:
            _cache.pop(next(iter(_cache)), None)
        _cache[key] = load_hierarchy(session, on)
    return _cache[key]


def structure_changed(session: Session) -> None:
    """Marks the tree as changed; every writer of units, parents or profiles calls it."""
    session.execute(text("update network set structure_version = nextval('data_version')"))
