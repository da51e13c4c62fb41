"""Drivers of a metric: the numbers against the answers, whose they are, when nothing is told."""

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from answered import LAST, MONDAY, Given, World, days_of, make_world, write
from conftest import NOW, Office
from viewers import looking

from api.cells.service import fold
from api.core.errors import BadInput, NotAllowed, NotFound
from api.core.ids import new_id
from api.insights.drivers.commands import as_lines, network_drivers
from api.insights.drivers.matrix import DriverMatrix, Level, Problem
from api.insights.drivers.questions import LeftOut
from api.insights.drivers.service import drivers
from api.insights.periods import Period
from scoring.importance import johnson_weights

PERIOD = Period(MONDAY, LAST)
METRICS = ("nps", "service", "speed")


def visits(world: World, luck: random.Random, each: int, places: Iterable[int]) -> list[Given]:
    """Customers whose service decides, and whose waiting hardly matters; branches differ."""
    days = days_of(MONDAY, LAST)
    given = []
    for place in places:
        level = luck.gauss(0, 0.6)
        for _ in range(each):
            service, speed = luck.gauss(0, 1), luck.gauss(0, 1)
            nps = 7.6 + level + 1.5 * service + 0.4 * speed + luck.gauss(0, 1.2)
            values = {
                "nps": _between(nps, 0, 10),
                "service": _between(3.4 + level + service, 1, 5),
                "speed": _between(4.3 + level + speed, 1, 5),
            }
            if luck.random() < 0.1:
                del values["speed"]
            given.append(_given(world, place, luck, days, values))
    return given


def _given(world: World, place: int, luck: random.Random, days: Any, values: Any) -> Given:
    return Given(
        new_id(),
        world.branches[place],
        luck.choice(days),
        luck.choice(world.touchpoints),
        world.version,
        "sms",
        None,
        None,
        values,
    )


def _between(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))


def settle(office: Office, world: World, given: list[Given]) -> None:
    world.given += given
    with office.owner.connection() as connection:
        write(connection, given)
    fold(office.worker.database)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(12, 6))
    settle(office, world, visits(world, random.Random(4), 30, range(18)))
    return world


def found(office: Office, home: int, role: str = "hq_analyst", **more: Any) -> DriverMatrix:
    with looking(office, home, role) as (session, viewer):
        return drivers(session, viewer, more.pop("outcome", "nps"), PERIOD, **more)


def by_hand(given: Iterable[Given]) -> list[float]:
    """Johnson's shares of service and speed, pair by pair, from the answers one by one."""
    chosen = list(given)
    matrix = np.eye(3)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        matrix[a, b] = matrix[b, a] = _covariance(chosen, a, b) / np.sqrt(
            _covariance(chosen, a, a) * _covariance(chosen, b, b)
        )
    weights = johnson_weights(matrix[1:, 1:], matrix[0, 1:])
    return [float(weight) for weight in weights / weights.sum()]


def _covariance(given: list[Given], a: int, b: int) -> float:
    """Within branches at a touchpoint, over the people who answered both."""
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for one in given:
        if METRICS[a] in one.values and METRICS[b] in one.values:
            pair = (one.values[METRICS[a]], one.values[METRICS[b]])
            groups.setdefault((one.branch, one.touchpoint), []).append(pair)
    total, freedom = 0.0, 0
    for pairs in groups.values():
        rows = np.array(pairs, dtype=float)
        total += float(((rows - rows.mean(axis=0)).prod(axis=1)).sum())
        freedom += len(rows) - 1
    return total / freedom


def test_the_weights_are_those_of_the_answers_themselves(office: Office, world: World) -> None:
    matrix = found(office, world.network)
    expected = by_hand(world.given)
    assert [row.metric.code for row in matrix.rows] == ["service", "speed"]
    assert [row.weight for row in matrix.rows] == pytest.approx(expected)
    assert all(row.low < row.weight < row.high for row in matrix.rows)
    assert (matrix.branches, matrix.clusters, matrix.resampled) == (18, 18, "branches")
    assert matrix.answers == len(world.given)


def test_a_rating_is_the_mean_of_the_exact_days_on_a_scale_of_hundred(
    office: Office, world: World
) -> None:
    days = Period(MONDAY + timedelta(days=3), LAST - timedelta(days=9))
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        matrix = drivers(session, viewer, "nps", days)
    marks = [one.values["service"] for one in world.given if days.start <= one.day < days.end]
    service = matrix.rows[0].performance
    assert service.score == pytest.approx(25 * (np.mean(marks) - 1))
    assert service.low is not None
    assert service.high is not None
    assert service.low < 25 * (np.mean(marks) - 1) < service.high
    assert matrix.months == Period(MONDAY.replace(day=1), LAST.replace(month=12, day=1))


def test_what_matters_and_is_weak_comes_first_in_the_network(office: Office, world: World) -> None:
    matrix = found(office, world.network)
    service, speed = matrix.rows
    assert (service.quadrant, speed.quadrant) == ("priority", "sufficient")
    assert service.ends is not None
    assert service.ends.penalty < 0 < service.ends.reward


def test_the_same_question_gets_the_same_answer(office: Office, world: World) -> None:
    assert found(office, world.network) == found(office, world.network)


def test_new_answers_are_in_the_next_answer(office: Office, world: World) -> None:
    before = found(office, world.network)
    settle(office, world, visits(world, random.Random(10), 20, range(18)))
    after = found(office, world.network)
    assert after.answers == before.answers + 360
    assert [row.weight for row in after.rows] == pytest.approx(by_hand(world.given))


def test_a_region_sees_the_drivers_of_its_own_answers(office: Office, world: World) -> None:
    region, network = world.regions[0], found(office, world.network)
    own = found(office, region, "regional_manager")
    inside = [one for one in world.given if one.branch in world.branches[:12]]
    assert own.answers == len(inside)
    assert [row.weight for row in own.rows] == pytest.approx(by_hand(inside))
    assert own.importance_line == pytest.approx(network.importance_line)
    usual = [row.weight for row in network.rows]
    assert [row.network_weight for row in own.rows] == pytest.approx(usual)
    named = found(office, world.network, unit="R1")
    assert [row.weight for row in named.rows] == pytest.approx([row.weight for row in own.rows])


def test_months_are_resampled_where_there_are_few_branches(office: Office, world: World) -> None:
    settle(office, world, visits(world, random.Random(5), 400, [12]))
    branch = world.branches[12]
    matrix = found(office, branch, "branch_manager")
    own = [one for one in world.given if one.branch == branch]
    assert matrix.problem is Problem.TOO_FEW_BRANCHES
    region = found(office, world.regions[1], "regional_manager")
    assert (region.resampled, region.branches, region.clusters) == ("months", 6, 24)
    assert matrix.answers == len(own)


def test_a_branch_of_many_months_has_drivers_of_its_own(office: Office, world: World) -> None:
    given = visits(world, random.Random(6), 400, [0])
    moved = [
        replace(one, day=one.day - timedelta(days=30 * (number % 10)))
        for number, one in enumerate(given)
    ]
    settle(office, world, moved)
    branch = world.branches[0]
    with looking(office, branch, "branch_manager") as (session, viewer):
        matrix = drivers(session, viewer, "nps", Period(MONDAY - timedelta(days=300), LAST))
    assert matrix.problem is None
    assert (matrix.resampled, matrix.branches) == ("months", 1)
    own = [one for one in world.given if one.branch == branch]
    assert [row.weight for row in matrix.rows] == pytest.approx(by_hand(own))


def test_a_question_asked_elsewhere_is_left_out_until_its_touchpoint_is_chosen(
    office: Office,
) -> None:
    world = make_world(office.owner, sizes=(12, 6))
    counter, workshop = world.touchpoints
    given = [
        replace(one, values=_without(one, "speed" if one.touchpoint == counter else ""))
        for one in visits(world, random.Random(9), 25, range(18))
    ]
    settle(office, world, given)
    everywhere = found(office, world.network)
    assert everywhere.problem is Problem.TOO_FEW_QUESTIONS
    assert [(info.code, why) for info, why in everywhere.left_out] == [("speed", LeftOut.ELSEWHERE)]
    there = found(office, world.network, touchpoint="touch2")
    assert [row.metric.code for row in there.rows] == ["service", "speed"]
    assert there.answers == sum(one.touchpoint == workshop for one in given)


def _without(one: Given, metric: str) -> dict[str, int]:
    return {code: value for code, value in one.values.items() if code != metric}


def test_between_branches_is_another_question(office: Office, world: World) -> None:
    matrix = found(office, world.network, level=Level.BETWEEN)
    assert matrix.clusters == 18
    assert all(row.ends is None for row in matrix.rows)
    assert sum(row.weight for row in matrix.rows) == pytest.approx(1)
    few = found(office, world.regions[1], "regional_manager", level=Level.BETWEEN)
    assert few.problem is Problem.TOO_FEW_BRANCHES


def test_few_answers_tell_nothing(office: Office) -> None:
    world = make_world(office.owner, sizes=(12, 2))
    settle(office, world, visits(world, random.Random(7), 8, range(12)))
    matrix = found(office, world.network)
    assert matrix.problem is Problem.TOO_FEW_ANSWERS
    assert (matrix.rows, matrix.needed) == ((), 100)
    empty = found(office, world.regions[1], "regional_manager")
    assert empty.problem is Problem.NO_ANSWERS


def test_what_is_not_there_or_not_the_viewers_is_not_found(office: Office, world: World) -> None:
    for more in ({"unit": "D201"}, {"outcome": "nothing"}, {"touchpoint": "nowhere"}):
        with pytest.raises(NotFound):
            found(office, world.regions[0], "regional_manager", **more)
    with pytest.raises(NotAllowed):
        found(office, world.branches[0], "interviewer")


def test_lines_are_not_told_where_they_would_tell_of_a_few_others(office: Office) -> None:
    world = make_world(office.owner, sizes=(11, 2))
    settle(office, world, visits(world, random.Random(8), 40, range(13)))
    own = found(office, world.regions[0], "regional_manager")
    assert own.problem is None
    assert (own.importance_line, own.performance_line) == (None, None)
    assert {row.quadrant for row in own.rows} == {None}
    assert {row.network_performance for row in own.rows} == {None}
    assert found(office, world.network).importance_line is not None


def test_the_document_begins_with_the_contracts_columns(office: Office, world: World) -> None:
    document = json.loads(json.dumps(found(office, world.network).as_dict("en")))
    contract = ["driver", "weight", "low", "high", "performance", "quadrant"]
    assert list(document["rows"][0])[:6] == contract
    assert document["outcome"] == "nps"
    assert (document["from"], document["to"]) == ("2026-08-03", "2026-11-15")
    assert NOW.year == 2026


def test_the_command_names_the_option_at_fault(office: Office, world: World) -> None:
    def asked(**more: Any) -> DriverMatrix:
        return network_drivers(office.worker, more.pop("outcome", "nps"), PERIOD, **more)

    assert [row.metric.code for row in asked(unit="R1").rows] == ["service", "speed"]
    wrong = {
        "--outcome": {"outcome": "x"},
        "--unit": {"unit": "x"},
        "--touchpoint": {"touchpoint": "x"},
    }
    for option, given in wrong.items():
        with pytest.raises(BadInput, match=f"{option} x"):
            asked(**given)


def test_the_terminal_shows_weights_with_ranges_or_one_sentence(
    office: Office, world: World
) -> None:
    matrix = network_drivers(office.worker, "nps", PERIOD)
    head, first, *_, note = as_lines(matrix).splitlines()
    assert "95 % range" in head
    assert f"{matrix.rows[0].weight:.1%}" in first
    assert "service" in first
    assert "no proof" in note
    few = network_drivers(office.worker, "nps", PERIOD, unit="R2", between=True)
    assert "At least ten branches" in as_lines(few)
    assert "至少需要十家网点" in as_lines(few, "zh")
