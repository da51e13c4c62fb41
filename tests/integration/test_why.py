"""Why a branch ranks where it does: every step is a figure of the table, and adds up."""

import random
from typing import Any

import pytest
from answered import LAST, MONDAY, World, days_of, made_up, make_world, write
from conftest import NOW, Office
from sqlalchemy import text
from test_league import QUARTER, by_branch, ready_table, table
from viewers import looking

from api.cells.service import fold
from api.core.errors import NotAllowed, NotFound
from api.insights.case_mix.coefficients import fit_metric, publish
from api.insights.league_store import compute_requested
from api.insights.periods import Period
from api.insights.queries import require_metric
from api.insights.why import Why, why


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(4, 3))
    world.given = made_up(world, random.Random(11), days_of(MONDAY, LAST), 2500)
    for one in world.given:  # who is asked by SMS is less content
        if one.channel == "sms":
            one.values["nps"] = max(one.values["nps"] - 3, 0)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def asked(
    office: Office, home: int, unit: str = "D101", role: str = "branch_manager", **more: Any
) -> Why:
    with looking(office, home, role) as (session, viewer):
        return why(session, viewer, "nps", QUARTER, now=NOW, unit=unit, **more)


def adjust(office: Office) -> None:
    with office.worker.database.transaction() as session:
        metric = require_metric(session, "nps")
        publish(session, fit_metric(session, metric, 2026, Period(MONDAY, LAST)), now=NOW)
    fold(office.worker.database)


def ready(office: Office, world: World) -> None:
    with office.worker.database.connection() as connection:
        connection.execute(text("delete from league_table"))
    table(office, world.network)
    compute_requested(office.worker.database)


def test_without_a_stored_table_there_is_the_raw_score_alone(office: Office, world: World) -> None:
    found = asked(office, world.branches[0]).as_dict()
    assert found["ranks_pending"]
    assert found["raw"]["score"] is not None
    for step in ("adjusted", "shrunk", "place", "audited", "band"):
        assert found[step] is None


def test_the_steps_are_the_figures_of_the_table(office: Office, world: World) -> None:
    rows = by_branch(ready_table(office, world.network))
    for code, branch in zip(("D101", "D103"), (world.branches[0], world.branches[2]), strict=True):
        found, row = asked(office, branch, code), rows[branch]
        assert found.row == row
        told = found.as_dict()
        assert told["place"]["of"] == sum(one.ranked for one in rows.values())
        assert told["adjusted"] is None
        crowd = told["shrunk"]["crowd"]
        weight = told["shrunk"]["own_weight"]
        expected = crowd["mean"] + weight * (row.score - crowd["mean"])
        assert told["shrunk"]["score"] == pytest.approx(expected)
        assert told["audited"]["simultaneous"]["low"] <= told["audited"]["marginal"]["low"]
        assert told["audited"]["marginal"]["low"] <= told["place"]["rank"]
        top = told["audited"]["top"]
        assert top["places"] == max(1, told["place"]["of"] // 10)
        assert top["possible"] is (row.simultaneous_low <= top["places"])


def test_the_parts_of_the_mix_add_up_to_the_adjustment(office: Office, world: World) -> None:
    adjust(office)
    ready(office, world)
    rows = by_branch(table(office, world.network))
    assert any(row.adjusted is not None for row in rows.values())
    for number, branch in enumerate(world.branches[:3], 1):
        told = asked(office, branch, f"D10{number}").as_dict()
        step = told["adjusted"]
        assert sum(part["points"] for part in step["parts"]) == pytest.approx(step["points"])
        assert step["score"] == pytest.approx(told["raw"]["score"] + step["points"])
        channel = [part for part in step["parts"] if part["adjuster"] == "channel"]
        assert sum(part["share"] for part in channel) == pytest.approx(1)
        assert step["coefficients"]["year"] == 2026
        weight, crowd = told["shrunk"]["own_weight"], told["shrunk"]["crowd"]
        expected = crowd["mean"] + weight * (step["score"] - crowd["mean"])
        assert told["shrunk"]["score"] == pytest.approx(expected), "the adjusted score is drawn"


def test_coefficients_that_are_published_make_another_table(office: Office, world: World) -> None:
    before = by_branch(ready_table(office, world.network))
    assert {row.adjusted for row in before.values()} == {None}
    adjust(office)
    ready(office, world)
    after = by_branch(table(office, world.network))
    for branch, row in after.items():
        assert (row.n, row.score, row.low) == (
            before[branch].n,
            before[branch].score,
            before[branch].low,
        )
        if row.score is not None:
            assert row.adjusted_low < row.adjusted < row.adjusted_high


def test_whoever_stands_above_may_ask_too_and_nobody_beside(office: Office, world: World) -> None:
    ready_table(office, world.network)
    own = asked(office, world.branches[0])
    for home, role in ((world.regions[0], "regional_manager"), (world.network, "hq_analyst")):
        assert asked(office, home, role=role).row == own.row
    for unit in ("D102", "D201", "R1", "nowhere"):
        with pytest.raises(NotFound):
            asked(office, world.branches[0], unit)
    with pytest.raises(NotFound):
        asked(office, world.regions[0], "R1", "regional_manager")
    with pytest.raises(NotAllowed):
        asked(office, world.branches[0], role="interviewer")


def test_a_small_crowd_s_mean_is_not_told_to_whoever_could_work_out_the_others(
    office: Office,
) -> None:
    world = make_world(office.owner, sizes=(2,))
    world.given = made_up(world, random.Random(1), days_of(MONDAY, LAST), 600)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    ready_table(office, world.network)
    told = asked(office, world.branches[0]).as_dict()["shrunk"]
    assert told["crowd"] == {"group": None, "ranked": 2, "mean": None, "spread": None}
    assert told["own_weight"] is None
    whole = asked(office, world.network, role="hq_analyst").as_dict()["shrunk"]
    assert whole["crowd"]["mean"] is not None


def test_a_branch_without_enough_answers_is_told_what_is_lacking(office: Office) -> None:
    world = make_world(office.owner, sizes=(5,))
    world.given = made_up(world, random.Random(1), days_of(QUARTER.start, LAST), 60)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    rows = ready_table(office, world.network).rows
    small = next(row for row in rows if not row.ranked and row.n)
    found = asked(office, small.branch_id, small.unit_code)
    assert found.lacking == 30 - small.n
    assert found.as_dict()["place"] is None
