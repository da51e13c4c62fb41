"""What one branch reads of itself, against the answers counted one by one in Python."""

import random
from datetime import date, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

import pytest
from answered import LAST, MONDAY, Given, World, make_world
from conftest import NOW, Office
from sqlalchemy import text
from test_drivers import settle, visits
from viewers import looking

from api.core.errors import NotFound
from api.insights.drivers.matrix import Problem
from api.insights.own_branch.day import branch_day, moments
from api.insights.own_branch.improve import Like, improvement
from api.insights.own_branch.score import branch_score
from api.insights.own_branch.standing import standing
from api.insights.own_branch.team import team
from api.insights.own_branch.verdicts import Verdict
from api.insights.periods import Period

PERIOD = Period(MONDAY, LAST)
ADVISORS = (("Li", 14), ("Wang", 11), ("Zhao", 9), ("Qian", 6))


@pytest.fixture
def world(office: Office) -> World:
    """Eighteen branches of 40 answers; those of the first have an advisor, and slow service."""
    world = make_world(office.owner, sizes=(12, 6))
    given = visits(world, random.Random(4), 40, range(18))
    own = [one for one in given if one.branch == world.branches[0]]
    names = [name for name, answers in ADVISORS for _ in range(answers)]
    for one, name in zip(own, names, strict=True):
        one.advisor = name
        one.touchpoint = world.touchpoints[0]
        one.values["service"] = min(one.values["service"], 2)
    settle(office, world, given)
    return world


def own_answers(world: World) -> list[Given]:
    return [one for one in world.given if one.branch == world.branches[0]]


def nps(given: list[Given]) -> float:
    values = [one.values["nps"] for one in given]
    return 100 * fmean((value >= 9) - (value <= 6) for value in values)


def test_the_score_is_that_of_the_answers_and_others_are_told_as_aggregates(
    office: Office, world: World
) -> None:
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        found = branch_score(session, viewer, "nps", PERIOD, unit="D101")
    assert found.figure.n == len(own_answers(world)) == 40
    assert found.figure.score == pytest.approx(nps(own_answers(world)))
    region = [one for one in world.given if one.branch in world.branches[:12]]
    assert [one.unit.code for one in found.above] == ["R1", "HQ"]
    assert [one.figure.score for one in found.above] == [
        pytest.approx(nps(region)),
        pytest.approx(nps(world.given)),
    ]
    assert found.difference.change is None  # nobody answered in the period before


def test_advisors_are_told_from_ten_answers_on(office: Office, world: World) -> None:
    with looking(office, world.branches[0], "branch_staff") as (session, viewer):
        found = team(session, viewer, "nps", PERIOD, unit="D101")
    told = {one.name: one.figure for one in found.advisors if one.figure.score is not None}
    assert set(told) == {"Li", "Wang"}
    for name, figure in told.items():
        given = [one for one in own_answers(world) if one.advisor == name]
        assert figure.n == len(given)
        assert figure.score == pytest.approx(nps(given))
    assert found.untold == 2
    assert all(one.figure.n is None for one in found.advisors if one.name not in told)


def test_what_to_improve_is_what_matters_and_is_rated_below_the_others(
    office: Office, world: World
) -> None:
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        found = improvement(session, viewer, "nps", PERIOD, unit="D101")
    assert found.problem is None
    assert [place.touchpoint.code for place in found.places] == ["touch1"]
    assert found.first is not None
    assert found.first.metric.code == "service"
    assert (found.first.verdict, found.like) == (Verdict.BELOW, Like.NETWORK)
    here = [one.values["service"] for one in own_answers(world)]
    assert found.first.own.score == pytest.approx(100 * (fmean(here) - 1) / 4)
    assert found.first.low == sum(value <= found.first.low_value for value in here) == 40
    there = [one.values["service"] for one in world.given if one.touchpoint == world.touchpoints[0]]
    assert found.first.usual == pytest.approx(100 * (fmean(there) - 1) / 4)
    assert sum(one.weight for one in found.levers) == pytest.approx(1)


def test_nothing_is_told_of_a_touchpoint_without_answers(office: Office, world: World) -> None:
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        found = improvement(session, viewer, "nps", PERIOD, unit="D101", touchpoint="touch2")
    assert found.problem is Problem.NO_ANSWERS
    assert not found.levers


def test_every_line_of_the_standing_is_judged_by_its_own_range(
    office: Office, world: World
) -> None:
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        found = standing(session, viewer, "nps", PERIOD, unit="D101")
    service = next(one for one in found.metrics if one.metric.code == "service")
    assert service.figure.score == 0.0  # nobody gave 4 or 5
    assert service.usual is not None
    assert service.usual.verdict is Verdict.BELOW
    assert {one.touchpoint.code for one in found.touchpoints if one.touchpoint} == {"touch1"}


def test_another_branch_or_a_region_is_not_found(office: Office, world: World) -> None:
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        for code in ("D102", "R1", "HQ", "nowhere"):
            with pytest.raises(NotFound):
                branch_day(session, viewer, code, now=NOW)
            with pytest.raises(NotFound):
                branch_score(session, viewer, "nps", PERIOD, unit=code)
            with pytest.raises(NotFound):
                team(session, viewer, "nps", PERIOD, unit=code)
            with pytest.raises(NotFound):
                improvement(session, viewer, "nps", PERIOD, unit=code)


def test_too_few_branches_around_are_not_told(office: Office) -> None:
    world = make_world(office.owner, sizes=(3, 1))
    settle(office, world, visits(world, random.Random(4), 40, range(4)))
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        assert branch_score(session, viewer, "nps", PERIOD, unit="D101").above == []
        found = improvement(session, viewer, "nps", PERIOD, unit="D101")
    assert not any(one.usual for one in found.levers)


def test_a_day_counts_by_the_clock_of_the_branch(office: Office, world: World) -> None:
    at = moments(NOW, ZoneInfo("Asia/Shanghai"))  # Wednesday noon
    hours = {"today": 1, "yesterday": 13, "last week": 24 * 7 + 1, "too late then": 24 * 7 - 1}
    own = own_answers(world)[: len(hours)]
    with office.owner.connection() as connection:
        connection.execute(text("update response set submitted_at = '2026-09-01'"))
        for one, ago in zip(own, hours.values(), strict=True):
            connection.execute(
                text("update response set submitted_at = :at where id = :id"),
                {"at": NOW - timedelta(hours=ago), "id": one.id},
            )
            connection.execute(
                text("update response set occurred_on = :day where id = :id"),
                {"day": LAST, "id": one.id},
            )
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        found = branch_day(session, viewer, "D101", now=NOW)
    assert found.today == at.today.date() == date(2026, 11, 18)
    assert (found.answers.today, found.answers.week, found.answers.week_before) == (1, 2, 1)
