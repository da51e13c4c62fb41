"""Sums over pairs of metrics are those of the people who answered both, of whole months."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from answered import MONDAY, SCALES, Given, World, days_of, made_up, make_world, write
from conftest import Office

from api.cells.service import fold
from api.insights.periods import Period
from api.insights.queries import Filters, require_metric
from api.insights.queries.moments import PairSums, pair_sums
from scoring.composite import answer_moments

DAYS = days_of(MONDAY, MONDAY + timedelta(days=80))
METRICS = ("speed", "nps", "service")  # not in the order of their codes


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner)
    world.given = made_up(world, random.Random(1), DAYS, 400)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def read(office: Office, period: Period, filters: Filters = Filters()) -> PairSums:
    with office.worker.database.transaction() as session:
        metrics = [require_metric(session, code) for code in METRICS]
        return pair_sums(session, metrics, period, filters)


def values_of(given: list[Given]) -> np.ndarray:
    rows = [[one.values.get(code, np.nan) for code in METRICS] for one in given]
    return np.array(rows, dtype=float).reshape(len(rows), len(METRICS))


def test_every_month_that_touches_the_period_is_read_whole(office: Office, world: World) -> None:
    found = read(office, Period(date(2026, 8, 31), date(2026, 9, 2)))
    assert found.months == Period(date(2026, 8, 1), date(2026, 10, 1))
    given = [one for one in world.given if one.day < date(2026, 10, 1)]
    assert found.counts[:, 1, 1].sum() == len(given)
    assert read(office, Period(date(2027, 1, 1), date(2027, 2, 1))).branches == ()


def test_what_composites_are_made_of_equals_the_sums_over_respondents(
    office: Office, world: World
) -> None:
    found = read(office, Period(DAYS[0], DAYS[-1])).at(world.branches)
    origin, unit = np.array([1.0, 0.0, 1.0]), np.array([25.0, 10.0, 25.0])
    branch = np.array([world.branches.index(one.branch) for one in world.given])
    values = (values_of(world.given) - origin) * unit
    wanted = answer_moments(values, branch, branches=len(world.branches))
    moments = found.composite(origin, unit)
    for name in ("counts", "sums", "products", "respondents"):
        np.testing.assert_allclose(getattr(moments, name), getattr(wanted, name), rtol=1e-12)
    pooled = found.pooled().composite(origin, unit)
    np.testing.assert_allclose(pooled.products[0], wanted.products.sum(axis=0), rtol=1e-12)


def test_what_the_contrast_is_made_of_equals_the_sums_over_marks(
    office: Office, world: World
) -> None:
    place, version = world.touchpoints[1], world.version
    filters = Filters(branches=world.branches[:2], touchpoint=place, survey_version=version)
    found = read(office, Period(DAYS[0], DAYS[-1]), filters).pooled()
    given = [
        one for one in world.given if one.branch in world.branches[:2] and one.touchpoint == place
    ]
    values = values_of(given)
    drivers = values[:, [0, 2]]
    low = np.where(np.isnan(drivers), np.nan, drivers <= 3)
    high = np.where(np.isnan(drivers), np.nan, drivers == 5)
    wanted = answer_moments(np.column_stack([values[:, 1], low, high]))
    marked = found.marked(METRICS.index("nps"), [0, 2])
    for name in ("counts", "sums", "products"):
        np.testing.assert_array_equal(getattr(marked, name), getattr(wanted, name), name)


def test_scores_count_as_the_kind_of_the_metric_does(office: Office, world: World) -> None:
    found = read(office, Period(DAYS[0], DAYS[-1])).pooled()
    nps = [one.values["nps"] for one in world.given]
    service = [one.values["service"] for one in world.given if "service" in one.values]
    assert SCALES["service"][0] == "top2_box"
    assert found.scores[0, 1, 1] == sum((value >= 9) - (value <= 6) for value in nps)
    assert found.scores[0, 2, 2] == sum(value >= 4 for value in service)
    assert found.score_products[0, 1, 1] == sum(value >= 9 or value <= 6 for value in nps)
