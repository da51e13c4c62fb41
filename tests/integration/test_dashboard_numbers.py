"""What only the dashboard asks of the read side, against counts made one by one in Python."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

import pytest
from answered import LAST, MONDAY, World, counted, days_of, made_up, make_world, write
from conftest import Office
from viewers import looking

from api.cells.service import fold
from api.core.errors import NotFound
from api.insights.extent import answered_period
from api.insights.overview import overview
from api.insights.periods import Period
from api.insights.trend import rolling_trend

NOW = datetime.combine(LAST, time(12), tzinfo=UTC)
PERIOD = Period(LAST - timedelta(weeks=8), LAST)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner)
    world.given = made_up(world, random.Random(5), days_of(MONDAY, LAST), 700)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def _values(world: World, branches: list[int], period: Period) -> Mapping[int, int]:
    """How often each value was given at some branches."""
    found = counted(world.given, "nps", period.start, period.end)
    total: dict[int, int] = {}
    for branch in branches:
        for value, times in found.get(branch, {}).items():
            total[value] = total.get(value, 0) + times
    return total


def test_bands_are_counted_over_the_branches_of_the_unit(office: Office, world: World) -> None:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        everywhere = overview(session, viewer, "nps", PERIOD, now=NOW, detailed=False).bands
        region = overview(session, viewer, "nps", PERIOD, now=NOW, unit="R1", detailed=False).bands
    for found, branches in ((everywhere, world.branches), (region, world.branches[:3])):
        values = _values(world, branches, PERIOD)
        assert found is not None
        assert found.detractors == sum(n for value, n in values.items() if value <= 6)
        assert found.passives == sum(n for value, n in values.items() if value in (7, 8))
        assert found.promoters == sum(n for value, n in values.items() if value >= 9)


def test_bands_belong_to_a_net_promoter_score_only(office: Office, world: World) -> None:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        assert overview(session, viewer, "speed", PERIOD, now=NOW, detailed=False).bands is None


def test_every_point_of_a_trend_gathers_its_weeks(office: Office, world: World) -> None:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        trends = [
            rolling_trend(session, viewer, "nps", PERIOD),
            rolling_trend(session, viewer, "nps", PERIOD, unit="HQ"),
        ]
    for trend in trends:
        assert [point.week for point in trend.points] == [
            PERIOD.start + timedelta(weeks=number) for number in range(8)
        ]
        for point in trend.points:
            end = point.week + timedelta(weeks=1)
            gathered = Period(end - timedelta(weeks=trend.weeks), end)
            values = _values(world, world.branches, gathered)
            n = sum(values.values())
            assert point.figure.n == n
            promoters = sum(times for value, times in values.items() if value >= 9)
            detractors = sum(times for value, times in values.items() if value <= 6)
            assert point.figure.score == pytest.approx(100 * (promoters - detractors) / n)


def test_a_small_branch_gathers_more_weeks_than_the_network(office: Office, world: World) -> None:
    by_size = sorted(
        world.branches, key=lambda branch: sum(_values(world, [branch], PERIOD).values())
    )
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        code = viewer.hierarchy.nodes[by_size[0]].code
        small = rolling_trend(session, viewer, "nps", PERIOD, unit=code)
        whole = rolling_trend(session, viewer, "nps", PERIOD)
    assert small.weeks >= whole.weeks


def test_the_answered_days_are_those_of_the_viewers_own_branches(
    office: Office, world: World
) -> None:
    own = world.branches[0]
    days = [one.day for one in world.given if one.branch == own and "nps" in one.values]
    with looking(office, own, "branch_manager") as (session, viewer):
        found = answered_period(session, viewer, "nps")
    assert found == Period(min(days), max(days) + timedelta(days=1))


def test_what_lies_outside_is_not_found(office: Office, world: World) -> None:
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        with pytest.raises(NotFound):
            overview(session, viewer, "nps", PERIOD, now=NOW, unit="D201")
        with pytest.raises(NotFound):
            rolling_trend(session, viewer, "nps", PERIOD, unit="D201")
        with pytest.raises(NotFound):
            answered_period(session, viewer, "nps", unit="D201")
