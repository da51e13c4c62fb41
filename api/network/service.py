"""Units and touchpoints as they change: add, move, profile, open, close, merge, new codes.

On every day each unit but the network stands under exactly one other, never under itself. Parents
and profiles hold from a day until the next planned change; history is never rewritten. Structural
changes wait for each other, and each marks the structure as changed.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from sqlmodel import Session

from api.core.errors import NotFound
from api.core.languages import say
from api.models import Network, Unit, UnitParent, UnitProfile
from api.models.network import UNIT_KINDS
from api.network import repository
from api.network.errors import (
    BranchIsLeaf,
    CannotMerge,
    CodeTaken,
    NetworkMissing,
    StillOpen,
    TooEarly,
    UnitCycle,
    UnknownKind,
    UnknownParent,
    UnknownTimezone,
)
from api.network.plans import LEAF_OF, TOUCHPOINTS, NewUnit, Profile
from api.network.sorting import sort_key
from api.security.hierarchy import structure_changed

BEGINNING = date(1990, 1, 1)  # since when a unit stands where it is, if nobody knows better

_NETWORK_SETTINGS = (
    "name_zh",
    "name_en",
    "leaf_word",
    "default_timezone",
    "default_language",
    "branch_names_public",
)


def set_network(
    session: Session,
    *,
    name_zh: str,
    name_en: str,
    code: str = "network",
    leaf_word: str = "dealer",
    default_timezone: str = "Asia/Shanghai",
    default_language: str = "zh",
    branch_names_public: bool = False,
) -> int:
    """Makes or renames the one network and the unit at its top; the id of that unit."""
    check_timezone(default_timezone)
    network = Network(
        name_zh=name_zh,
        name_en=name_en,
        leaf_word=leaf_word,
        default_timezone=default_timezone,
        default_language=default_language,
        branch_names_public=branch_names_public,
    )
    repository.write_network(session, network, changing=_NETWORK_SETTINGS)
    names = {"name_zh": name_zh, "name_en": name_en, "sort_key": sort_key(name_zh)}
    root = repository.get_root(session)
    if root is not None:
        assert root.id is not None
        repository.change_unit(session, root.id, **names)
        unit_id = root.id
    else:
        row = {"code": code, "kind": "network", "level": "network", **names}
        unit_id = repository.insert_units(session, [row])[code]
    structure_changed(session)
    return unit_id


def ensure_touchpoints(session: Session, business: str) -> int:
    """The usual touchpoints of ``cars`` or ``bank``, behind those there are; how many were new."""
    known = {touchpoint.code for touchpoint in repository.list_touchpoints(session)}
    wanted = [row for row in TOUCHPOINTS[business] if row[0] not in known]
    if not wanted:
        return 0
    first = repository.last_touchpoint_position(session) + 1
    rows = [
        {
            "code": code,
            "stage": stage,
            "position": position,
            "owner_function": owner,
            "branch_kind": LEAF_OF[business],
            "name_zh": say(f"network.touchpoint.{code}", "zh"),
            "name_en": say(f"network.touchpoint.{code}", "en"),
        }
        for position, (code, stage, owner) in enumerate(wanted, first)
    ]
    return repository.write_touchpoints(session, rows)


def ensure_owner_group(session: Session, code: str, name: str) -> int:
    """The id of the owner group with that code, made if there is none."""
    return repository.ensure_owner_group(session, code, name)


def add_unit(session: Session, new: NewUnit) -> int:
    """Adds one unit; its id."""
    return add_units(session, [new])[new.code]


def add_units(session: Session, new: Sequence[NewUnit]) -> dict[str, int]:
    """Adds units, in any order, under units that exist or come along; their ids by code."""
    if repository.lock_network(session) is None:
        raise NetworkMissing
    _check_new(session, new)
    ids = repository.insert_units(session, [_unit_row(unit) for unit in new])
    known = repository.units_by_code(session, {unit.parent for unit in new})
    above = {code: unit.id for code, unit in known.items()}
    parents = [
        {"unit_id": ids[unit.code], "parent_id": above[unit.parent], "valid_from": unit.since}
        for unit in new
    ]
    repository.insert_ranges(session, UnitParent, parents)
    profiles = [
        {"unit_id": ids[unit.code], "valid_from": unit.since, **_profile_row(unit.profile)}
        for unit in new
        if unit.profile is not None
    ]
    repository.insert_ranges(session, UnitProfile, profiles)
    structure_changed(session)
    return ids


def move_unit(session: Session, unit_id: int, parent_id: int, on: date) -> None:
    """From ``on`` until the next planned move the unit stands under ``parent_id``."""
    repository.lock_network(session)
    unit, parent = _require(session, unit_id), _require(session, parent_id)
    if unit.kind == "network" or parent.kind == "branch":
        raise BranchIsLeaf(field="parent", unit=unit.code)
    ranges = repository.list_ranges(session, UnitParent, unit_id)
    if not ranges or on < ranges[0].valid_from:
        raise TooEarly(field="on", unit=unit.code)
    _check_attached(session, parent, on)
    until = next((one.valid_from for one in ranges if one.valid_from > on), None)
    if repository.stands_above(session, unit_id, parent_id, on, until):
        raise UnitCycle(field="parent", unit=unit.code)
    now_under = next(one for one in reversed(ranges) if one.valid_from <= on)
    if now_under.parent_id == parent_id:
        return
    repository.set_range(session, UnitParent, unit_id, on, {"parent_id": parent_id})
    structure_changed(session)


def set_profile(session: Session, unit_id: int, profile: Profile, on: date) -> None:
    """From ``on`` until the next planned change the unit is compared by ``profile``."""
    repository.lock_network(session)
    _require(session, unit_id)
    repository.set_range(session, UnitProfile, unit_id, on, _profile_row(profile))
    structure_changed(session)


def open_unit(session: Session, unit_id: int, on: date) -> None:
    """The unit is open from ``on``, also when it had been closed."""
    repository.lock_network(session)
    unit = _require(session, unit_id)
    if unit.merged_into_id is not None:
        raise CannotMerge(field="unit", unit=unit.code)
    opened = unit.opened_on if unit.opened_on and unit.opened_on < on else on
    repository.change_unit(session, unit_id, opened_on=opened, closed_on=None)
    structure_changed(session)


def close_unit(session: Session, unit_id: int, on: date) -> None:
    """The unit is closed from ``on``; its history and its place in the tree stay."""
    repository.lock_network(session)
    unit = _require(session, unit_id)
    if unit.opened_on is not None and on < unit.opened_on:
        raise TooEarly(field="on", unit=unit.code)
    if repository.open_children(session, unit_id, on):
        raise StillOpen(field="unit", unit=unit.code)
    repository.change_unit(session, unit_id, closed_on=on)
    structure_changed(session)


def merge_unit(session: Session, unit_id: int, into_id: int, on: date) -> None:
    """A branch becomes part of another on ``on``; what still names it then reaches the other."""
    repository.lock_network(session)
    unit, into = _require(session, unit_id), _require(session, into_id)
    both = {unit.kind, into.kind} == {"branch"}
    into_lives = into.merged_into_id is None and (into.closed_on is None or into.closed_on > on)
    if not both or unit_id == into_id or not into_lives or unit.merged_into_id is not None:
        raise CannotMerge(field="into", unit=unit.code)
    if unit.opened_on is not None and on < unit.opened_on:
        raise TooEarly(field="on", unit=unit.code)
    repository.change_unit(session, unit_id, closed_on=on, merged_into_id=into_id)
    structure_changed(session)


def rename_code(session: Session, unit_id: int, code: str, on: date) -> None:
    """Gives the unit another code; the former one still reaches it."""
    repository.lock_network(session)
    unit = _require(session, unit_id)
    if unit.code == code:
        return
    taken = repository.units_by_code(session, [code])
    if taken or repository.former_codes(session, [code]).get(code, unit_id) != unit_id:
        raise CodeTaken(field="code", unit=code)
    repository.keep_former_code(session, unit.code, unit_id, on)
    repository.change_unit(session, unit_id, code=code)
    structure_changed(session)


def rename_unit(session: Session, unit_id: int, name_zh: str, name_en: str) -> None:
    """Gives the unit other names."""
    repository.lock_network(session)
    _require(session, unit_id)
    names = {"name_zh": name_zh, "name_en": name_en, "sort_key": sort_key(name_zh)}
    repository.change_unit(session, unit_id, **names)
    structure_changed(session)


def set_place(session: Session, unit_id: int, timezone: str | None, language: str | None) -> None:
    """The unit's own time zone and language; None is inherited from above."""
    repository.lock_network(session)
    _require(session, unit_id)
    check_timezone(timezone)
    repository.change_unit(session, unit_id, timezone=timezone, language=language)
    structure_changed(session)


def check_timezone(name: str | None) -> None:
    """Nothing, or UnknownTimezone; None is inherited and fine."""
    if name is not None and name not in _timezones():
        raise UnknownTimezone(field="timezone", value=name)


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_new(session: Session, new: Sequence[NewUnit]) -> None:
    coming = {unit.code: unit for unit in new}
    codes = [unit.code for unit in new]
    taken = {*repository.units_by_code(session, codes), *repository.former_codes(session, codes)}
    known = repository.units_by_code(session, {unit.parent for unit in new} - coming.keys())
    starts = repository.range_starts(
        session, UnitParent, [unit.id for unit in known.values() if unit.id is not None]
    )
    for unit in new:
        if unit.code in taken or coming[unit.code] is not unit:
            raise CodeTaken(field="code", unit=unit.code)
        if unit.kind not in UNIT_KINDS or unit.kind == "network":
            raise UnknownKind(field="kind", unit=unit.code)
        check_timezone(unit.timezone)
        _check_parent(unit, coming, known, starts)
    _check_no_circle(coming)


def _check_parent(
    unit: NewUnit,
    coming: Mapping[str, NewUnit],
    known: Mapping[str, Unit],
    starts: Mapping[int, date],
) -> None:
    along, stored = coming.get(unit.parent), known.get(unit.parent)
    kind = along.kind if along else stored.kind if stored else None
    if kind is None:
        raise UnknownParent(field="parent", unit=unit.code, value=unit.parent)
    if kind == "branch":
        raise BranchIsLeaf(field="parent", unit=unit.code, value=unit.parent)
    if along is not None:
        began = along.since
    else:
        assert stored is not None
        began = starts.get(stored.id or 0, BEGINNING) if stored.kind != "network" else date.min
    if unit.since < began:
        raise UnknownParent(field="parent", unit=unit.code, value=unit.parent)


def _check_no_circle(coming: Mapping[str, NewUnit]) -> None:
    """Among units that come together, following the parents must lead out."""
    fine: set[str] = set()
    for start in coming:
        way: list[str] = []
        code = start
        while code in coming and code not in fine:
            if code in way:
                raise UnitCycle(field="parent", unit=code)
            way.append(code)
            code = coming[code].parent
        fine.update(way)


def _check_attached(session: Session, parent: Unit, on: date) -> None:
    """The new parent must itself stand in the tree from ``on``."""
    if parent.kind == "network":
        return
    assert parent.id is not None
    began = repository.range_starts(session, UnitParent, [parent.id]).get(parent.id)
    if began is None or on < began:
        raise UnknownParent(field="parent", value=parent.code)


def _require(session: Session, unit_id: int) -> Unit:
    unit = repository.get_unit(session, unit_id)
    if unit is None:
        raise NotFound(unit=unit_id)
    return unit


def _unit_row(unit: NewUnit) -> dict[str, object]:
    return {
        "code": unit.code,
        "kind": unit.kind,
        "level": unit.level or unit.kind,
        "name_zh": unit.name_zh,
        "name_en": unit.name_en or unit.name_zh,
        "sort_key": sort_key(unit.name_zh),
        "timezone": unit.timezone,
        "language": unit.language,
        "opened_on": unit.opened_on,
        "closed_on": unit.closed_on,
    }


def _profile_row(profile: Profile) -> dict[str, object]:
    return {
        "city_tier": profile.city_tier,
        "size": profile.size,
        "brand": profile.brand,
        "owner_group_id": profile.owner_group_id,
        "attributes": dict(profile.attributes),
    }
