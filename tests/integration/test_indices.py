"""The index against the answers, person by person; the same for every viewer; targets; history."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from answered import LAST, MONDAY, Given, World, days_of, made_up, make_world, write
from conftest import NOW, Office
from sqlalchemy import text
from viewers import looking

from api.cells.service import fold
from api.core.errors import NotFound
from api.indicators.reading import read_indicators
from api.indicators.service import publish_indicators
from api.insights.index_answers import network_answers
from api.insights.index_tree import IndexTree, NodeFigure, index_tree
from api.insights.index_trend import index_trend
from api.insights.indices import find_index
from api.insights.league import League, league
from api.insights.league_store import compute_requested
from api.insights.periods import Period
from scoring.intervals import mean_interval
from scoring.tiers import DEFAULT_THRESHOLDS

MONTHS = Period(date(2026, 9, 1), date(2026, 11, 1))
WEEKS = Period(LAST - timedelta(weeks=7), LAST)
TREE = """
code = "experience"
version = 1
effective_from = 2026-01-01
name = { zh = "体验指数", en = "Experience index" }

[[dimension]]
code = "workshop"
weight = 3
name = { zh = "车间", en = "Workshop" }

[[question]]
metric = "service"
of = "workshop"
weight = 2

[[question]]
metric = "speed"
of = "workshop"
weight = 1

[[question]]
metric = "nps"
weight = 1

[[target]]
of = "experience"
unit = "HQ"
year = 2026
value = 20

[[target]]
of = "experience"
unit = "R2"
year = 2026
value = 99

[[target]]
of = "nps"
unit = "D101"
year = 2026
value = -90
"""
LATER = TREE.replace("version = 1", "version = 2").replace("weight = 3", "weight = 1")
WEIGHTS = {"service": 0.75 * 2 / 3, "speed": 0.75 / 3, "nps": 0.25}


def publish(office: Office, written: str) -> None:
    with office.worker.database.transaction() as session:
        publish_indicators(session, read_indicators(written, "a.toml"), NOW, written=written)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(4, 3))
    world.given = made_up(world, random.Random(11), days_of(MONDAY, LAST), 1500)
    for one in world.given:
        if one.branch == world.branches[1]:
            one.values.pop("speed", None)  # this branch was never asked
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    publish(office, TREE)
    return world


def points(metric: str, value: int) -> float:
    if metric == "nps":
        return 100 if value >= 9 else 50 if value >= 7 else 0
    return 100 * (value >= 4) if metric == "service" else (value - 1) * 25


def people(given: Iterable[Given], metrics: Iterable[str]) -> np.ndarray:
    """A row per person, nan where a question was not answered."""
    rows = [[points(m, one.values[m]) if m in one.values else np.nan for m in metrics]
            for one in given]  # fmt: skip
    return np.array(rows).reshape(len(rows), -1)


def by_hand(values: np.ndarray, weights: np.ndarray) -> tuple[int, float, float]:
    """Respondents, score and variance of a contribution by METHODS 1.3, person by person."""
    values = values[~np.isnan(values).all(axis=1)]
    n, given = len(values), np.sum(~np.isnan(values), axis=0)
    means = np.nanmean(values, axis=0)
    u = np.nansum(weights * n / given * (values - means), axis=1)
    return n, float(weights @ means), float(np.sum(u**2) / (n - 1))


def of(world: World, period: Period, *branches: int) -> list[Given]:
    return [
        one
        for one in world.given
        if one.branch in branches and period.start <= one.day < period.end
    ]


def weights_of(world: World, branch: int) -> dict[str, float]:
    """Where the speed was not asked, its weight goes to the other question of the workshop."""
    return {"service": 0.75, "nps": 0.25} if branch == world.branches[1] else WEIGHTS


def test_every_branchs_index_is_that_of_its_people_one_by_one(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        index = find_index(session, "experience", MONTHS)
        assert index is not None
        found = network_answers(session, index, MONTHS)
        scores = found.score(index.node)
    assert found.branches == sorted({one.branch for one in world.given})
    spreads = []
    for place, branch in enumerate(found.branches):
        weights = weights_of(world, branch)
        values = people(of(world, MONTHS, branch), weights)
        n, score, spread = by_hand(values, np.array(list(weights.values())))
        assert scores.measured.n[place] == n
        assert scores.measured.score[place] == pytest.approx(score)
        assert scores.spread[place] == pytest.approx(spread)
        spreads.append((n, score, spread))
    freedom = sum(n - 1 for n, _, _ in spreads)
    pooled = (sum((n - 1) * spread for n, _, spread in spreads) + 1e4 / 12) / (freedom + 1)
    assert scores.pooled == pytest.approx(pooled)
    for place, (n, score, spread) in enumerate(spreads):
        interval = mean_interval(score, spread, n, pooled).clipped(0, 100)
        assert scores.measured.low[place] == pytest.approx(float(interval.low))
        assert scores.measured.high[place] == pytest.approx(float(interval.high))


def test_weeks_are_scored_exactly_and_their_months_tell_the_variance(
    office: Office, world: World
) -> None:
    with office.worker.database.transaction() as session:
        index = find_index(session, "experience", WEEKS)
        assert index is not None
        found = network_answers(session, index, WEEKS)
        scores = found.score(index.node)
    touched = Period(date(2026, 9, 1), date(2026, 12, 1))
    for place, branch in enumerate(found.branches):
        weights = weights_of(world, branch)
        marks = np.array(list(weights.values()))
        n, score, _ = by_hand(people(of(world, WEEKS, branch), weights), marks)
        _, _, spread = by_hand(people(of(world, touched, branch), weights), marks)
        assert scores.measured.n[place] == n
        assert scores.measured.score[place] == pytest.approx(score)
        assert scores.spread[place] == pytest.approx(spread, rel=0.1)


def seen(office: Office, home: int, role: str, period: Period = MONTHS, **more: Any) -> IndexTree:
    with looking(office, home, role) as (session, viewer):
        found = index_tree(session, viewer, period, **more)
    assert found is not None
    return found


def line(found: IndexTree, code: str) -> NodeFigure:
    return next(one for one in found.nodes if one.line.code == code)


def test_a_region_pools_the_answers_of_its_branches(office: Office, world: World) -> None:
    found = seen(office, world.network, "hq_analyst", unit="R1")
    values = people(of(world, MONTHS, *world.branches[:4]), WEIGHTS)
    n, score, _ = by_hand(values, np.array(list(WEIGHTS.values())))
    root, workshop, speed = (line(found, code) for code in ("experience", "workshop", "speed"))
    assert (root.figure.n, root.figure.score) == (n, pytest.approx(score))
    assert workshop.figure.score == pytest.approx(np.nanmean(values, axis=0)[:2] @ [2 / 3, 1 / 3])
    assert speed.figure.score == pytest.approx(1 + np.nanmean(values[:, 1]) / 25)
    assert speed.points == pytest.approx(np.nanmean(values[:, 1]))
    assert (root.weight, workshop.weight, workshop.share) == (1, 0.75, pytest.approx(0.75))
    assert {child.unit.code for child in found.children} == {"D101", "D102", "D103", "D104"}


def test_a_branch_is_told_the_same_figures_as_headquarters_and_no_others(
    office: Office, world: World
) -> None:
    whole = seen(office, world.network, "hq_analyst", unit="D101")
    own = seen(office, world.branches[0], "branch_manager", unit="D101")
    assert own.nodes == whole.nodes
    children = seen(office, world.network, "hq_analyst", unit="R1").children
    below = next(child for child in children if child.unit.code == "D101")
    assert below.figure == line(own, "experience").figure
    with pytest.raises(NotFound):
        seen(office, world.branches[0], "branch_manager", unit="D102")


def test_where_a_question_was_not_asked_its_weight_is_shown_with_the_others(
    office: Office, world: World
) -> None:
    found = seen(office, world.network, "hq_analyst", unit="D102")
    assert (line(found, "speed").share, line(found, "speed").figure.n) == (0, 0)
    assert line(found, "service").share == 1
    assert line(found, "service").weight == pytest.approx(2 / 3)


def test_a_target_holds_until_something_nearer_has_its_own(office: Office, world: World) -> None:
    first, other = (seen(office, world.network, "hq_analyst", unit=u) for u in ("D101", "R2"))
    near = line(first, "experience")
    assert near.target is not None
    assert near.figure.score is not None
    assert (near.target.value, near.target.unit.code) == (20, "HQ")
    assert near.target.share == pytest.approx(near.figure.score / 20)
    assert near.target.verdict == "reached"
    far = line(other, "experience").target
    assert far is not None
    assert (far.value, far.unit.code, far.verdict) == (99, "R2", "missed")
    nps = line(first, "nps")
    assert nps.target is not None
    assert nps.figure.score is not None
    assert nps.target.share == pytest.approx((nps.figure.score + 100) / 2 / 5)
    assert line(first, "workshop").target is None
    assert line(other, "nps").target is None


def test_a_target_of_which_too_few_answered_cannot_be_told_yet(
    office: Office, world: World
) -> None:
    day = Period(date(2026, 9, 7), date(2026, 9, 8))
    found = seen(office, world.network, "hq_analyst", day, unit="D101")
    root = line(found, "experience")
    assert root.figure.score is None
    assert root.target is not None
    assert (root.target.verdict, root.target.share) == ("open", None)


def ranking(office: Office, world: World, metric: str, period: Period) -> League:
    def read() -> League:
        with looking(office, world.network, "hq_analyst") as (session, viewer):
            return league(session, viewer, metric, period, now=NOW)

    read()
    compute_requested(office.worker.database)
    found = read()
    assert not found.ranks_pending
    return found


def test_branches_are_ranked_by_the_index_and_by_its_dimensions(
    office: Office, world: World
) -> None:
    for code, weights in (
        ("experience", WEIGHTS),
        ("workshop", {"service": 2 / 3, "speed": 1 / 3}),
    ):
        rows = {row.branch_id: row for row in ranking(office, world, code, MONTHS).rows}
        branch = world.branches[0]
        values = people(of(world, MONTHS, branch), weights)
        n, score, _ = by_hand(values, np.array(list(weights.values())))
        assert rows[branch].score == pytest.approx(score)
        assert rows[branch].rank is not None
        assert (rows[branch].n or 0) >= DEFAULT_THRESHOLDS.rank
        assert (rows[branch].n == n) == (code == "experience")
        assert rows[branch].adjusted is None
    with pytest.raises(NotFound):
        ranking(office, world, "nothing", MONTHS)


def test_last_quarters_ranking_is_the_very_same_after_a_later_version(
    office: Office, world: World
) -> None:
    quarter = Period(date(2026, 8, 3), date(2026, 11, 1))
    before = ranking(office, world, "experience", quarter)
    publish(office, LATER.replace("2026-01-01", NOW.date().isoformat()))
    with office.owner.connection() as connection:
        connection.execute(text("delete from league_table"))
    after = ranking(office, world, "experience", quarter)
    assert after.rows == before.rows
    assert after.data_version == before.data_version
    ongoing = Period(date(2026, 11, 2), NOW.date() + timedelta(days=7))
    row = next(
        one for one in ranking(office, world, "experience", ongoing).rows
        if one.branch_id == world.branches[0]
    )  # fmt: skip
    weights = {"service": 1 / 3, "speed": 1 / 6, "nps": 1 / 2}
    values = people(of(world, ongoing, world.branches[0]), weights)
    assert row.score == pytest.approx(by_hand(values, np.array(list(weights.values())))[1])


def test_a_table_by_another_tree_is_out_of_date(office: Office, world: World) -> None:
    ongoing = Period(date(2026, 9, 1), NOW.date() + timedelta(days=7))
    old = ranking(office, world, "experience", ongoing)
    publish(office, LATER.replace("2026-01-01", NOW.date().isoformat()))
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        new = league(session, viewer, "experience", ongoing, now=NOW)
    assert new.data_version > old.data_version


def test_the_trend_gathers_the_same_answers_as_the_weeks_themselves(
    office: Office, world: World
) -> None:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        found = index_trend(session, viewer, "experience", WEEKS, unit="R1")
    assert len(found.points) == 7
    last = found.points[-1]
    gathered = Period(last.week - timedelta(weeks=found.weeks - 1), last.week + timedelta(weeks=1))
    values = people(of(world, gathered, *world.branches[:4]), WEIGHTS)
    n, score, _ = by_hand(values, np.array(list(WEIGHTS.values())))
    assert (last.figure.n, last.figure.score) == (n, pytest.approx(score))
    assert last.figure.low is not None
    assert last.figure.low < score
