"""Units by the way that leads to them: each row of answers says network, region, … and branch.

Finds the branch of every path, makes what is not there yet if the mapping allows it, and refuses
paths that contradict each other or the network. Moves nothing: that is an import of units.
"""

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import available_timezones

from sqlmodel import Session

from api.imports import queries, repository
from api.imports.mapping import Mapping, Units
from api.imports.queries import KnownUnit, StagedPath
from api.imports.rejects import RejectLog
from api.imports.values import Reason, Reject, reason
from api.network.plans import NewUnit
from api.network.service import BEGINNING, add_units, set_network

KINDS = ("network", "region", "area")
DEFAULT_ZONE = "Asia/Shanghai"
NEW = 0  # the id of a unit that is planned and not written yet


@dataclass(slots=True)
class Planned:
    """A unit of a path: known, or to be made."""

    code: str
    kind: str
    level: str
    name: str
    timezone: str | None
    parent: "Planned | None"
    id: int = NEW


@dataclass(slots=True)
class Plan:
    """What the paths of a file come to."""

    units: dict[str, Planned] = field(default_factory=dict)
    leaves: dict[str, Planned] = field(default_factory=dict)
    paths: dict[str, StagedPath] = field(default_factory=dict)

    @property
    def new(self) -> list[Planned]:
        """Units to be made, parents first."""
        return [unit for unit in self.units.values() if unit.id == NEW]


class PathPlanner:
    """Walks every path of a file down the network as it stands today."""

    def __init__(self, mapping: Mapping, known: dict[str, KnownUnit], root: str | None) -> None:
        assert mapping.units is not None
        self._mapping = mapping
        self._units: Units = mapping.units
        self._known = known
        self._code_of = {unit.id: unit.code for unit in known.values()}
        self._root = root
        self.plan = Plan()

    def add(self, staged: StagedPath) -> Reject | None:
        """Takes a path into the plan; or says why it cannot be right."""
        leaf = staged.path[-1]
        before = self.plan.paths.get(leaf)
        if before is not None:
            first, second = ("/".join(item.path[:-1]) for item in (before, staged))
            why = reason(
                "two_parents_path", code=leaf, first=first, line=before.line, second=second
            )
            return self._reject(staged, len(staged.path) - 1, why)
        parent = self._above()
        for depth, code in enumerate(path_codes(staged.path)):
            unit, why_not = self._step(staged, depth, code, parent)
            if why_not is not None:
                return self._reject(staged, depth, why_not)
            parent = unit
        assert parent is not None
        self.plan.paths[leaf] = staged
        self.plan.leaves[leaf] = parent
        return None

    def _above(self) -> Planned | None:
        """What stands above the first level: the network, if it has another name."""
        first = self._units.levels[0]
        column = self._mapping.columns.get(first)
        if self._root is None or (column is not None and column.value == self._root):
            return None
        return self._as_planned(self._known[self._root])

    def _step(
        self, staged: StagedPath, depth: int, code: str, parent: Planned | None
    ) -> tuple[Planned | None, Reason | None]:
        is_leaf = depth == len(staged.path) - 1
        if depth == 0 and code == self._root:
            return self._as_planned(self._known[code]), None
        planned, known = self.plan.units.get(code), self._known.get(code)
        if planned is None and known is None:
            return self._new(staged, depth, code, parent)
        found = planned or known
        if found is not None and (found.kind == "branch") != is_leaf:
            kind = "branch" if is_leaf else self._units.levels[depth]
            return None, reason("kind_changed", code=code, known=found.kind, kind=kind)
        if planned is not None or known is None:
            return planned, None
        stands_under = self._code_of.get(known.parent_id or 0, "")
        if parent is not None and stands_under != parent.code:
            why = reason("other_parent", code=code, known=stands_under, parent=parent.code)
            return None, why
        return self._as_planned(known), None

    def _new(
        self, staged: StagedPath, depth: int, code: str, parent: Planned | None
    ) -> tuple[Planned | None, Reason | None]:
        if not self._units.create:
            return None, reason("unknown_units_create", code=code)
        zone = staged.zones[depth]
        if zone is not None and zone not in available_timezones():
            return None, reason("unknown_zone", zone=zone, near=DEFAULT_ZONE)
        if depth == 0:
            zone = zone or self._mapping.timezone
        name = staged.names[depth] or staged.path[depth]
        kind = self._kind(staged, depth, parent)
        unit = Planned(code, kind, self._units.levels[depth], name, zone, parent)
        self.plan.units[code] = unit
        return unit, None

    def _kind(self, staged: StagedPath, depth: int, parent: Planned | None) -> str:
        if depth == len(staged.path) - 1:
            return "branch"
        if depth == 0:
            return "network" if parent is None else "region"
        return "region" if depth == 1 else "area"

    def _as_planned(self, known: KnownUnit) -> Planned:
        if known.code not in self.plan.units:
            above = self._code_of.get(known.parent_id or 0)
            parent = self._as_planned(self._known[above]) if above is not None else None
            self.plan.units[known.code] = Planned(
                known.code, known.kind, "", known.code, known.timezone, parent, known.id
            )
        return self.plan.units[known.code]

    def _reject(self, staged: StagedPath, depth: int, why: Reason) -> Reject:
        level, source = self._units.path[depth]
        name = level if source == "value" else source
        column = self._mapping.columns.get(name)
        shown = (column.from_ or name) if column is not None else name
        return Reject(staged.line, shown, "error", why, staged.path[depth])


def path_codes(path: tuple[str, ...]) -> list[str]:
    """Codes of the units on a path: a branch and the network have their own, what lies between
    is named by its way (two counties of two states may share a name).
    """
    between = ["/".join(path[1 : depth + 1]) for depth in range(1, len(path) - 1)]
    return [path[0], *between, path[-1]]


def place_rows(session: Session, mapping: Mapping, log: RejectLog, *, today: date) -> bool:
    """Finds or makes the branch of every staged row; False when a path was refused."""
    root = queries.root_unit(session)
    known = queries.known_units(session, today)
    planner = PathPlanner(mapping, known, root.code if root else None)
    for staged in queries.staged_paths(session):
        if (refused := planner.add(staged)) is not None:
            log.add(refused)
    if log.failed():
        return False
    _write(session, mapping, planner.plan)
    default = _default_zone(session, mapping)
    places = [
        {"leaf": leaf, "unit_id": unit.id, "zone": _zone(unit) or default}
        for leaf, unit in planner.plan.leaves.items()
    ]
    repository.add_places(session, places)
    return True


def _write(session: Session, mapping: Mapping, plan: Plan) -> None:
    new = plan.new
    if not new:
        return
    top = next((unit for unit in new if unit.kind == "network"), None)
    if top is not None:
        zone = mapping.timezone or DEFAULT_ZONE
        top.id = set_network(
            session,
            name_zh=top.name,
            name_en=top.name,
            code=top.code,
            leaf_word="branch",
            default_timezone=zone,
        )
    ids = add_units(session, [_new_unit(unit) for unit in new if unit is not top])
    for code, unit_id in ids.items():
        plan.units[code].id = unit_id


def _new_unit(unit: Planned) -> NewUnit:
    assert unit.parent is not None, "only the network stands alone"
    return NewUnit(
        code=unit.code,
        kind=unit.kind,
        name_zh=unit.name,
        parent=unit.parent.code,
        since=BEGINNING,
        level=unit.level,
        timezone=unit.timezone,
    )


def _zone(unit: Planned | None) -> str | None:
    while unit is not None:
        if unit.timezone:
            return unit.timezone
        unit = unit.parent
    return None


def _default_zone(session: Session, mapping: Mapping) -> str:
    network = queries.network(session)
    return network.default_timezone if network else mapping.timezone or DEFAULT_ZONE
