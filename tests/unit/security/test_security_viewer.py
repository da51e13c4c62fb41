"""Grants widened: the union is seen, exclusions are not, the nearest grant decides what is done."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.errors import NotAllowed, NotFound
from api.core.ids import new_id
from api.models.access import ROLES
from api.security.hierarchy import Hierarchy, Node
from api.security.permissions import ROLE_PERMISSIONS, Permission
from api.security.scope import Scope
from api.security.viewer import Granted, Viewer, widen

# 1 network ─ 2 north ─ 4 area ─ 8, 9 ; 5 branch   (owner group 70: 8 and 7)
#           └ 3 south ─ 6, 7                        (region 10 has no branch yet)
GROUP = 70
PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 3, 8: 4, 9: 4, 10: 1}
BRANCHES = frozenset({5, 6, 7, 8, 9})


def node(unit: int) -> Node:
    kind = {1: "network", 4: "area"}.get(unit, "branch" if unit in BRANCHES else "region")
    return Node(
        id=unit,
        code=f"u{unit}",
        kind=kind,
        level=kind,
        name_zh=f"单位{unit}",
        name_en=f"Unit {unit}",
        sort_key=f"{unit:02d}",
        parent_id=PARENTS[unit],
        timezone="Asia/Urumqi" if unit == 2 else None,
        language="en" if unit == 3 else None,
        opened_on=date(2020, 1, 1),
        closed_on=None,
        city_tier=None,
        size=None,
        brand=None,
        owner_group_id=GROUP if unit in (7, 8) else None,
    )


TREE = Hierarchy(node(unit) for unit in PARENTS)


def at(role: str, unit: int, *, excluded: bool = False) -> Granted:
    return Granted(role, unit, None, excluded)


def viewer(*grants: Granted) -> Viewer:
    return Viewer(new_id(), "someone", "zh", grants, TREE, widen(grants, TREE))


def test_what_is_seen_is_the_union_of_the_grants() -> None:
    seen = viewer(at("branch_manager", 5), at("regional_manager", 3))
    assert seen.scope.branches == {5, 6, 7}


def test_an_exclusion_takes_a_subtree_out_of_every_grant() -> None:
    grants = (at("hq_analyst", 1), at("branch_manager", 8), at("hq_analyst", 4, excluded=True))
    assert viewer(*grants).scope.branches == {5, 6, 7}


def test_an_owner_group_reaches_across_regions() -> None:
    seen = viewer(Granted("owner_group_manager", None, GROUP))
    assert seen.scope.branches == {7, 8}
    assert seen.may(Permission.EXPORT, 7)
    assert not seen.sees_unit(3)
    assert not seen.may(Permission.VIEW_SCORES, 6)


def test_the_nearest_grant_decides_what_may_be_done() -> None:
    mixed = viewer(at("hq_admin", 1), at("branch_staff", 5))
    assert mixed.may(Permission.REVEAL_CONTACT, 6)
    assert not mixed.may(Permission.REVEAL_CONTACT, 5), "at branch 5 they are staff"
    nearer = viewer(at("hq_analyst", 1), at("branch_manager", 4))
    assert nearer.may(Permission.REVEAL_CONTACT, 8)
    assert not nearer.may(Permission.REVEAL_CONTACT, 5)


def test_grants_at_the_same_unit_add_up() -> None:
    both = viewer(at("branch_staff", 5), at("interviewer", 5))
    assert both.may(Permission.CALL_CUSTOMERS, 5)
    assert both.may(Permission.VIEW_COMMENTS, 5)


def test_an_interviewer_calls_and_sees_no_scores() -> None:
    caller = viewer(at("interviewer", 2))
    assert caller.may(Permission.CALL_CUSTOMERS, 8)
    for permission in set(Permission) - {Permission.CALL_CUSTOMERS}:
        assert not caller.may(permission), permission
        with pytest.raises(NotAllowed):
            caller.require(permission, 8)


def test_outside_is_not_found_and_never_not_allowed() -> None:
    manager = viewer(at("branch_manager", 5))
    for unit in (1, 2, 3, 6, 8, 404):
        with pytest.raises(NotFound):
            manager.require_unit(unit)
        with pytest.raises(NotFound):
            manager.require(Permission.VIEW_SCORES, unit)
    for code in ("u6", "u2", "nothing"):
        with pytest.raises(NotFound):
            manager.require_unit_code(code)
    assert manager.require_unit_code("u5").id == 5


def test_a_region_is_seen_when_all_of_it_is_seen() -> None:
    assert viewer(at("branch_manager", 8), at("branch_manager", 9)).sees_unit(4)
    assert not viewer(at("branch_manager", 8)).sees_unit(4)
    assert viewer(at("hq_analyst", 1)).sees_unit(10), "no branch yet, but a grant above"
    assert not viewer(at("regional_manager", 2)).sees_unit(10)
    assert not viewer(at("hq_analyst", 1), at("hq_analyst", 10, excluded=True)).sees_unit(10)
    assert not viewer(at("hq_analyst", 1), at("hq_analyst", 8, excluded=True)).sees_unit(1)


def test_one_lands_where_one_was_granted_first() -> None:
    assert viewer(at("regional_manager", 3), at("branch_manager", 5)).home == TREE.nodes[3]
    assert viewer(Granted("owner_group_manager", None, GROUP)).home == TREE.nodes[7]
    assert viewer().home is None
    partly = viewer(at("hq_analyst", 2), at("hq_analyst", 8, excluded=True))
    assert partly.home is not None
    assert partly.sees_unit(partly.home.id)


def test_zone_and_language_are_inherited() -> None:
    assert TREE.timezone(8, "Asia/Shanghai") == "Asia/Urumqi"
    assert TREE.timezone(6, "Asia/Shanghai") == "Asia/Shanghai"
    assert TREE.language(7, "zh") == "en"
    assert [one.id for one in TREE.path(8)] == [1, 2, 4, 8]


def test_every_role_is_granted_something() -> None:
    assert set(ROLE_PERMISSIONS) == set(ROLES)
    assert all(ROLE_PERMISSIONS.values())


grants = st.lists(
    st.builds(
        Granted,
        role=st.sampled_from(ROLES),
        unit_id=st.sampled_from(sorted(PARENTS)),
        owner_group_id=st.none(),
        excluded=st.booleans(),
    )
    | st.builds(
        Granted,
        role=st.sampled_from(ROLES),
        unit_id=st.none(),
        owner_group_id=st.just(GROUP),
        excluded=st.booleans(),
    ),
    max_size=6,
)


@given(grants)
def test_nothing_is_seen_without_a_grant_nor_through_an_exclusion(given_: list[Granted]) -> None:
    someone = viewer(*given_)
    for branch in BRANCHES:
        above = {one.id for one in TREE.ancestors(branch)}
        group = TREE.nodes[branch].owner_group_id

        def covers(one: Granted, above: set[int] = above, group: int | None = group) -> bool:
            in_group = one.owner_group_id is not None and one.owner_group_id == group
            return one.unit_id in above or in_group

        granted = any(covers(one) for one in given_ if not one.excluded)
        excluded = any(covers(one) for one in given_ if one.excluded)
        assert someone.sees_unit(branch) == (granted and not excluded)


@given(grants)
def test_whoever_sees_a_unit_sees_every_branch_under_it(given_: list[Granted]) -> None:
    someone = viewer(*given_)
    for unit in PARENTS:
        if someone.sees_unit(unit):
            assert all(someone.sees_unit(one.id) for one in TREE.branches_under(unit))


@given(grants)
def test_nobody_may_do_what_no_role_of_theirs_allows(given_: list[Granted]) -> None:
    someone = viewer(*given_)
    allowed = set().union(*(ROLE_PERMISSIONS[role] for role in someone.roles))
    for unit in PARENTS:
        assert {one for one in Permission if someone.may(one, unit)} <= allowed


def test_a_scope_holds_what_it_was_given() -> None:
    assert Scope.of([1, 2]).sees(1)
    assert not Scope.of([1, 2]).sees(3)
    assert not Scope.nothing().sees(1)
    assert Scope.whole_network(reason="test").sees(1)
