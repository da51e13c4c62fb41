"""Units side by side and last week: every number against the answers, nothing of others."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from answered import LAST, MONDAY, World, days_of, made_up, make_world, write
from conftest import NOW, Office
from test_insights import PERIOD, nps, of, says, values, world
from viewers import looking

from api.cells.service import fold
from api.core.errors import NotFound
from api.insights.changes import WeekChanges, last_week, week_changes
from api.insights.periods import Period
from api.insights.side_by_side import SideBySide, side_by_side

__all__ = ["world"]  # the fixture


def compared(office: Office, home: int, codes: list[str], role: str = "hq_analyst") -> SideBySide:
    with looking(office, home, role) as (session, viewer):
        return side_by_side(session, viewer, "nps", PERIOD, codes, now=NOW)


def changed(office: Office, world: World, unit: str | None, week: Period) -> WeekChanges:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        return week_changes(session, viewer, "nps", week, now=NOW, unit=unit)


def write_all(office: Office, world: World) -> None:
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)


def test_every_unit_has_its_own_answers_by_touchpoint_and_week(
    office: Office, world: World
) -> None:
    found = compared(office, world.network, ["R1", "R2", "D105"])
    members = (world.branches[:5], world.branches[5:], [world.branches[4]])
    for side, branches in zip(found.sides, members, strict=True):
        given = of(world, *branches)
        assert says(side.figure, values(given))
        for place, figure in zip(world.touchpoints, side.touchpoints, strict=True):
            assert says(figure, values(one for one in given if one.touchpoint == place))
        last = side.trend[-1]
        weeks = Period(last.week - timedelta(weeks=found.weeks - 1), last.week + timedelta(weeks=1))
        assert says(last.figure, values(given, period=weeks))
    assert len({len(side.trend) for side in found.sides}) == 1


def test_a_unit_of_somebody_else_is_not_found(office: Office, world: World) -> None:
    for code in ("R1", "D103", "HQ", "no such"):
        with pytest.raises(NotFound):
            compared(office, world.regions[1], ["R2", code], "regional_manager")


def test_only_what_chance_does_not_explain_is_called_below_the_best(office: Office) -> None:
    world = make_world(office.owner, sizes=(3, 3))
    pool = made_up(world, random.Random(8), days_of(PERIOD.start, LAST), 600)
    levels = [10, 10, 0, 10, 10, 10]  # the third branch has angry customers only
    world.given = [
        replace(one, branch=world.branches[at % 6], values={"nps": levels[at % 6]})
        for at, one in enumerate(pool)
    ]
    write_all(office, world)
    found = compared(office, world.network, ["D103", "D101", "D102", "R1"])
    told = {side.unit.code: side.below_best for side in found.sides}
    assert found.best is not None
    assert found.best.code == "D101"
    assert told == {"D103": True, "D101": None, "D102": False, "R1": None}, "R1 holds D101"


def test_a_branch_kept_back_beside_its_sibling_is_kept_back_here_too(office: Office) -> None:
    world = make_world(office.owner, sizes=(3, 2))
    counts = [3, 40, 33, 50, 60]
    pool = made_up(world, random.Random(5), days_of(PERIOD.start, LAST), sum(counts))
    places = [place for place, count in enumerate(counts) for _ in range(count)]
    world.given = [
        replace(one, branch=world.branches[place]) for one, place in zip(pool, places, strict=True)
    ]
    write_all(office, world)
    found = compared(office, world.network, ["D101", "D102", "D103", "R1"])
    told = {side.unit.code: side.figure.n for side in found.sides}
    assert told == {"D101": None, "D102": 40, "D103": None, "R1": 76}
    hidden = found.sides[2]
    assert not hidden.trend
    assert all(figure.score is None for figure in hidden.touchpoints)
    assert hidden.difference.change is hidden.previous.score is None


def test_the_last_week_is_the_last_one_that_is_over() -> None:
    sunday, monday = date(2026, 11, 15), date(2026, 11, 16)
    period = Period(date(2026, 8, 17), date(2026, 12, 1))
    assert last_week(period, sunday) == Period(date(2026, 11, 2), date(2026, 11, 9))
    assert last_week(period, monday) == Period(date(2026, 11, 9), monday)
    past = Period(date(2026, 8, 3), date(2026, 9, 2))
    assert last_week(past, monday) == Period(date(2026, 8, 24), date(2026, 8, 31))


def test_last_week_is_told_with_its_answers_and_parts_are_judged_together(office: Office) -> None:
    world = make_world(office.owner, sizes=(2, 2))
    week = Period(MONDAY + timedelta(weeks=1), MONDAY + timedelta(weeks=2))
    luck = random.Random(3)
    earlier = made_up(world, luck, days_of(MONDAY, week.start), 160)
    later = made_up(world, luck, days_of(week.start, week.end), 160)
    sunk = world.branches[2:]
    world.given = [
        replace(one, branch=world.branches[at % 4], values={"nps": 9 + at % 2})
        for at, one in enumerate(earlier)
    ] + [
        replace(
            one,
            branch=world.branches[at % 4],
            values={"nps": 2 if world.branches[at % 4] in sunk else 9 + at % 2},
        )
        for at, one in enumerate(later)
    ]
    write_all(office, world)
    found = changed(office, world, "HQ", week)
    now, before = (values(world.given, period=one) for one in (week, week.before()))
    assert says(found.figure, now)
    assert says(found.previous, before)
    assert found.difference.change == pytest.approx(nps(now) - nps(before))
    assert found.difference.is_noise is False
    assert [(part.unit.code, part.is_noise) for part in found.parts] == [
        ("R2", False),
        ("R1", True),
    ]
    assert found.parts[0].change == pytest.approx(-200)
