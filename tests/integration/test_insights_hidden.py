"""What is hidden stays hidden: few answers, advisors, and what totals would give away."""

import random
from dataclasses import replace

import pytest
from answered import LAST, Given, World, days_of, made_up, make_world, write
from conftest import Office
from test_insights import PERIOD, page, seen, world
from viewers import looking

from api.cells.service import fold
from api.core.errors import Invalid, NotFound
from api.insights.cuts import cut_figures

__all__ = ["world"]  # the fixture


def test_advisors_are_told_from_ten_answers_on_to_their_branch_and_above(
    office: Office,
) -> None:
    world = make_world(office.owner, sizes=(2, 2))
    branch = world.branches[0]
    answers = {"Wang": 40, "Li": 25, "Zhou": 9}
    world.given = advised(world, branch, answers)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)

    def told(home: int, role: str, unit: str = "D101") -> dict[str, int | None]:
        with looking(office, home, role) as (session, viewer):
            found = cut_figures(session, viewer, "nps", PERIOD, "advisor", unit=unit)
            return {item.value: item.figure.n for item in found}

    # With Li told, the branch's total would tell Zhou's nine.
    expected = {"Wang": 40, "Li": None, "Zhou": None}
    for home, role in (
        (branch, "branch_manager"),
        (branch, "branch_staff"),
        (world.regions[0], "regional_manager"),
        (world.network, "hq_admin"),
    ):
        assert told(home, role) == expected
    with pytest.raises(NotFound):
        told(world.branches[1], "branch_manager")
    with pytest.raises(NotFound):
        told(world.regions[1], "regional_manager")
    with pytest.raises(Invalid):
        told(world.regions[0], "regional_manager", "R1")


def advised(world: World, branch: int, answers: dict[str, int]) -> list[Given]:
    """So many answers of each advisor of a branch."""
    pool = made_up(world, random.Random(4), days_of(PERIOD.start, LAST), sum(answers.values()))
    names = [name for name, count in answers.items() for _ in range(count)]
    return [
        replace(one, branch=branch, advisor=name) for one, name in zip(pool, names, strict=True)
    ]


def counted_world(office: Office, sizes: dict[int, int]) -> World:
    """Two regions whose branches (by place) have exactly so many answers, all at one touchpoint."""
    world = make_world(office.owner, sizes=(4, 3))
    pool = made_up(world, random.Random(5), days_of(PERIOD.start, LAST), sum(sizes.values()))
    places = [place for place, count in sizes.items() for _ in range(count)]
    world.given = [
        replace(one, branch=world.branches[place], touchpoint=world.touchpoints[0])
        for one, place in zip(pool, places, strict=True)
    ]
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def test_a_hidden_branch_cannot_be_worked_out_from_its_region_s_total(office: Office) -> None:
    world = counted_world(office, {0: 3, 1: 40, 2: 33, 3: 50, 4: 3, 5: 4, 6: 60})
    one = {child.unit.code: child for child in seen(office, world.network, unit="R1").children}
    assert {code for code, child in one.items() if child.figure.n is None} == {"D101", "D103"}
    assert one["D103"].figure.score is one["D103"].difference.change is None
    two = {child.unit.code: child for child in seen(office, world.network, unit="R2").children}
    assert {code for code, child in two.items() if child.figure.n is None} == {"D201", "D202"}
    own = seen(office, world.branches[2], "branch_manager", unit="D103")
    assert own.figure.n == 33, "to itself it is nobody's sibling"
    for home, role in ((world.network, "hq_admin"), (world.regions[0], "regional_manager")):
        found = seen(office, home, role, unit="R1")
        shown = [child.figure.n for child in found.children if child.figure.n is not None]
        hidden = (found.figure.n or 0) - sum(shown)
        assert hidden == 0 or hidden >= 5 + 3


def test_a_hidden_touchpoint_cannot_be_worked_out_from_the_unit_s_total(office: Office) -> None:
    world = make_world(office.owner, sizes=(2,))
    pool = made_up(world, random.Random(5), days_of(PERIOD.start, LAST), 43)
    places = [world.touchpoints[0]] * 40 + [world.touchpoints[1]] * 3
    world.given = [
        replace(one, branch=world.branches[0], touchpoint=place)
        for one, place in zip(pool, places, strict=True)
    ]
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    told = {
        item.touchpoint.code: item.figure.n
        for item in page(office, world.network, "D101").touchpoints
        if item.metric.code == "nps"
    }
    assert told == {"touch1": None, "touch2": None}
