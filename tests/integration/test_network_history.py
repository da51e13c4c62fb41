"""Whatever is moved, on every day each unit stands under exactly one other, never itself."""

from datetime import date, timedelta

import pytest
from conftest import Office
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlmodel import Session, col

from api.core.errors import BranchpulseError
from api.models import Network, Unit, UnitParent
from api.network import repository, service
from api.network.codes import load_codes
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
from api.network.plans import NewUnit, Profile
from api.network.sorting import sort_key
from api.security.hierarchy import current_hierarchy, load_hierarchy

DAY = date(2025, 1, 1)
LATER = date(2025, 6, 1)


def new(code: str, parent: str = "network", kind: str = "area", since: date = DAY) -> NewUnit:
    return NewUnit(code=code, kind=kind, name_zh=code, parent=parent, since=since)


def with_network(session: Session) -> int:
    return service.set_network(session, name_zh="网络", name_en="Network")


def parents_on(session: Session, day: date) -> dict[int, list[int]]:
    rows = session.execute(
        text(
            "select unit_id, parent_id from unit_parent where valid_from <= :day "
            "and (valid_to is null or valid_to > :day)"
        ),
        {"day": day},
    )
    found: dict[int, list[int]] = {}
    for unit_id, parent_id in rows:
        found.setdefault(unit_id, []).append(parent_id)
    return found


def assert_tree(session: Session, root: int, began: dict[int, date], day: date) -> None:
    parents = parents_on(session, day)
    assert all(len(above) == 1 for above in parents.values()), "two parents"
    assert set(parents) == {unit for unit, first in began.items() if first <= day}, "orphans"
    for unit in parents:
        seen = {unit}
        at = unit
        while at != root:
            at = parents[at][0]
            assert at not in seen, "a cycle"
            seen.add(at)


@given(
    moves=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(-5, 40).map(timedelta)),
        max_size=14,
    ),
    starts=st.lists(st.integers(0, 20), min_size=6, max_size=6),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_sequence_of_moves_gives_a_cycle_two_parents_or_an_orphan(
    office: Office, moves: list[tuple[int, int, timedelta]], starts: list[int]
) -> None:
    with office.worker.database.transaction() as session:
        undo = session.begin_nested()
        root = with_network(session)
        began: dict[int, date] = {}
        units = [root]
        for number, start in enumerate(starts):
            since = DAY + timedelta(start)
            units.append(service.add_unit(session, new(f"u{number}", since=since)))
            began[units[-1]] = since
        for unit, parent, after in moves:
            try:
                with session.begin_nested():
                    service.move_unit(session, units[unit], units[parent], DAY + after)
            except BranchpulseError:
                continue
        for offset in range(-1, 45):
            assert_tree(session, root, began, DAY + timedelta(offset))
        undo.rollback()


@pytest.fixture
def session(office: Office):  # type: ignore[no-untyped-def]
    with office.worker.database.transaction() as opened:
        yield opened


@pytest.fixture
def tree(session: Session) -> dict[str, int]:
    root = with_network(session)
    ids = service.add_units(
        session,
        [
            new("b1", "north", "branch"),
            new("north", kind="region"),
            new("south", kind="region"),
            new("b2", "south", "branch"),
        ],
    )
    return {"network": root, **ids}


def test_units_of_one_file_may_come_in_any_order(session: Session, tree: dict[str, int]) -> None:
    found = load_hierarchy(session, DAY)
    assert [node.code for node in found.path(tree["b1"])] == ["network", "north", "b1"]


def test_a_move_leaves_the_history_as_it_was(session: Session, tree: dict[str, int]) -> None:
    service.move_unit(session, tree["b1"], tree["south"], LATER)
    before = load_hierarchy(session, LATER - timedelta(1))
    after = load_hierarchy(session, LATER)
    assert before.nodes[tree["b1"]].parent_id == tree["north"]
    assert after.nodes[tree["b1"]].parent_id == tree["south"]


def test_a_unit_cannot_stand_under_itself_on_any_planned_day(
    session: Session, tree: dict[str, int]
) -> None:
    service.move_unit(session, tree["south"], tree["north"], LATER)
    with pytest.raises(UnitCycle):
        service.move_unit(session, tree["north"], tree["south"], DAY)
    service.move_unit(session, tree["south"], tree["network"], LATER + timedelta(30))
    with pytest.raises(UnitCycle):
        service.move_unit(session, tree["north"], tree["south"], DAY)


def test_nothing_stands_under_a_branch(session: Session, tree: dict[str, int]) -> None:
    with pytest.raises(BranchIsLeaf):
        service.move_unit(session, tree["b2"], tree["b1"], LATER)
    with pytest.raises(BranchIsLeaf):
        service.add_unit(session, new("b3", "b1", "branch"))


def test_a_move_before_the_unit_began_is_refused(session: Session, tree: dict[str, int]) -> None:
    with pytest.raises(TooEarly):
        service.move_unit(session, tree["b1"], tree["south"], DAY - timedelta(1))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ([new("x", "nowhere")], UnknownParent),
        ([new("x", "north", since=DAY - timedelta(1))], UnknownParent),
        ([new("x", "y"), new("y", "x")], UnitCycle),
        ([new("x", "x")], UnitCycle),
        ([new("b1", "north", "branch")], CodeTaken),
        ([new("x"), new("x")], CodeTaken),
        ([new("x", kind="planet")], UnknownKind),
        ([new("x", kind="network")], UnknownKind),
    ],
)
def test_units_that_would_break_the_tree_are_refused(
    session: Session, tree: dict[str, int], wrong: list[NewUnit], error: type[Exception]
) -> None:
    with pytest.raises(error):
        service.add_units(session, wrong)


def test_an_unknown_time_zone_is_refused() -> None:
    service.check_timezone("Asia/Urumqi")
    service.check_timezone(None)
    with pytest.raises(UnknownTimezone):
        service.check_timezone("Asia/Atlantis")


def test_there_are_no_units_without_a_network(session: Session) -> None:
    with pytest.raises(NetworkMissing):
        service.add_unit(session, new("north", kind="region"))


def test_a_profile_holds_from_its_day_on(session: Session, tree: dict[str, int]) -> None:
    group = service.ensure_owner_group(session, "g1", "Group")
    assert service.ensure_owner_group(session, "g1", "Group") == group
    service.set_profile(session, tree["b1"], Profile(size="s", owner_group_id=group), DAY)
    service.set_profile(session, tree["b1"], Profile(size="l"), LATER)
    sizes = [load_hierarchy(session, day).nodes[tree["b1"]].size for day in (DAY, LATER)]
    assert sizes == ["s", "l"]
    assert load_hierarchy(session, DAY).nodes[tree["b1"]].owner_group_id == group


def test_a_region_closes_after_its_branches(session: Session, tree: dict[str, int]) -> None:
    with pytest.raises(StillOpen):
        service.close_unit(session, tree["north"], LATER)
    service.close_unit(session, tree["b1"], LATER)
    service.close_unit(session, tree["north"], LATER)
    assert load_hierarchy(session, LATER).nodes[tree["north"]].closed_on == LATER
    service.open_unit(session, tree["b1"], LATER + timedelta(9))
    assert load_hierarchy(session, LATER).nodes[tree["b1"]].closed_on is None


def test_a_former_code_still_reaches_the_unit(session: Session, tree: dict[str, int]) -> None:
    service.rename_code(session, tree["b1"], "b1-new", LATER)
    codes = load_codes(session)
    assert codes.resolve("b1", LATER) == codes.resolve("b1-new", DAY) == tree["b1"]
    with pytest.raises(CodeTaken):
        service.rename_code(session, tree["b2"], "b1", LATER)
    with pytest.raises(CodeTaken):
        service.add_unit(session, new("b1", "north", "branch"))
    service.rename_code(session, tree["b1"], "b1", LATER)
    assert load_codes(session).resolve("b1", LATER) == tree["b1"]


def test_a_merged_branch_is_reached_until_its_last_day(
    session: Session, tree: dict[str, int]
) -> None:
    service.merge_unit(session, tree["b1"], tree["b2"], LATER)
    codes = load_codes(session)
    assert codes.resolve("b1", LATER - timedelta(1)) == tree["b1"]
    assert codes.resolve("b1", LATER) == tree["b2"]
    assert codes.resolve("b9", LATER) is None
    with pytest.raises(CannotMerge):
        service.merge_unit(session, tree["b2"], tree["b1"], LATER)
    with pytest.raises(CannotMerge):
        service.merge_unit(session, tree["north"], tree["south"], LATER)


def test_every_change_is_seen_by_the_cached_tree(session: Session, tree: dict[str, int]) -> None:
    def changed() -> int:
        return session.execute(select(col(Network.structure_version))).scalar_one()

    version = changed()
    for change in (
        lambda: service.move_unit(session, tree["b1"], tree["south"], LATER),
        lambda: service.set_profile(session, tree["b1"], Profile(size="m"), LATER),
        lambda: service.rename_unit(session, tree["b1"], "新店", "New"),
        lambda: service.set_place(session, tree["b1"], "Asia/Urumqi", "en"),
        lambda: service.rename_code(session, tree["b1"], "b9", LATER),
        lambda: service.close_unit(session, tree["b1"], LATER),
        lambda: service.open_unit(session, tree["b1"], LATER),
        lambda: service.merge_unit(session, tree["b1"], tree["b2"], LATER),
    ):
        change()
        assert changed() > version
        version = changed()
    assert current_hierarchy(session, LATER).nodes[tree["b1"]].name("en") == "New"


def test_touchpoints_come_once_and_in_the_order_of_the_journey(session: Session) -> None:
    assert service.ensure_touchpoints(session, "cars") > 5
    assert service.ensure_touchpoints(session, "cars") == 0
    found = repository.list_touchpoints(session)
    assert [one.position for one in found] == sorted(one.position for one in found)
    assert {"test_drive", "delivery", "service"} <= {one.code for one in found}
    assert all(one.name_zh != one.code and "." not in one.name_en for one in found)
    service.ensure_touchpoints(session, "bank")
    assert "counter" in {one.code for one in repository.list_touchpoints(session)}


def test_the_network_keeps_its_one_root_when_renamed(session: Session) -> None:
    root = with_network(session)
    assert service.set_network(session, name_zh="新网络", name_en="New") == root
    units = session.execute(select(Unit)).scalars().all()
    assert [unit.name_en for unit in units] == ["New"]
    assert session.execute(select(UnitParent)).first() is None


def test_chinese_names_sort_by_sound_among_latin_ones() -> None:
    names = ["上海一店", "Beijing West", "北京一店", "Élan", "Zhuhai", "广州"]
    assert sorted(names, key=sort_key) == [
        "北京一店",
        "Beijing West",
        "Élan",
        "广州",
        "上海一店",
        "Zhuhai",
    ]
