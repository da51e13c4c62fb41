"""Early warnings end to end: judged over the network, stored, renewed, cut to the viewer."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from answered import Given, World, make_world, write
from conftest import NOW, Office
from sqlalchemy import text
from viewers import looking

from api.cells.service import fold
from api.core.errors import BadInput, NotFound
from api.core.ids import new_id
from api.insights.warnings.commands import as_lines, network_warnings
from api.insights.warnings.judging import RULES, baseline_months
from api.insights.warnings.keeping import KEPT_MONTHS, judge_month, keep_warnings
from api.insights.warnings.reading import (
    Warnings,
    early_warnings,
    month_scores,
    monthly_figures,
)
from scheduler.jobs import TICKS
from scheduler.jobs.counting import keep_up_warnings
from scoring.scales import SCALES, Kind
from scoring.warnings import early_warnings as judged

MONTHS = [date(2026, month, 1) for month in range(1, 12)]  # November is running
OCTOBER, NOVEMBER = MONTHS[9], MONTHS[10]
SINKS, SCARCE, NEW = 0, 1, 2


def answers_of(world: World, luck: random.Random) -> Iterable[Given]:
    """25 answers a month and branch; one sinks from August on, one gets 2, one is new."""
    for place, branch in enumerate(world.branches):
        for month in MONTHS:
            count = 8 if month == NOVEMBER else 25
            if place == SCARCE and month >= date(2026, 9, 1):
                count = 2
            if place == NEW and month < date(2026, 7, 1):
                count = 0
            low = 0.65 if place == SINKS and month >= date(2026, 8, 1) else 0.15
            for _ in range(count):
                day = month + timedelta(days=luck.randrange(20))
                yield given(world, branch, day, 3 if luck.random() < low else 10)


def given(world: World, branch: int, day: date, value: int) -> Given:
    return Given(new_id(), branch, day, world.touchpoints[0], world.version, "sms", None, None,
                 {"nps": value})  # fmt: skip


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(6, 6))
    world.given = list(answers_of(world, random.Random(41)))
    store(office, world.given)
    return world


def store(office: Office, answers: list[Given]) -> None:
    with office.owner.connection() as connection:
        write(connection, answers)
    fold(office.worker.database)


def seen(
    office: Office, unit: int, role: str = "hq_analyst", month: date | None = OCTOBER, **more: Any
) -> Warnings:
    with looking(office, unit, role) as (session, viewer):
        return early_warnings(session, viewer, "nps", month, now=NOW, **more)


def test_the_sinking_branch_is_found_with_the_month_in_which_it_began(
    office: Office, world: World
) -> None:
    assert keep_warnings(office.worker.database, NOW.date()) > 0
    found = seen(office, world.network)
    assert not found.pending
    assert (found.month, found.running, found.too_early) == (OCTOBER, False, False)
    first, *rest = found.rows
    assert (first.branch_id, first.level) == (world.branches[SINKS], "alert")
    assert first.since in (date(2026, 8, 1), date(2026, 9, 1))
    assert first.below_since == date(2026, 8, 1)
    assert first.drop > 40
    assert first.normal == pytest.approx(70, abs=20)
    assert all(row.level is None for row in rest)
    judged_branches = {row.branch_id for row in found.rows}
    assert world.branches[SCARCE] not in judged_branches
    assert world.branches[NEW] not in judged_branches
    assert (found.judged, found.not_judged) == (10, 2)
    assert found.funnel is not None
    assert found.funnel.branches == 11


def test_what_is_stored_is_what_scoring_says(office: Office, world: World) -> None:
    judge_month(office.worker.database, "nps", OCTOBER)
    found = seen(office, world.network)
    counts = np.zeros((len(world.branches), 10, 3), dtype=np.int64)
    for one in world.given:
        if one.day.month <= 10:
            band = 0 if one.values["nps"] <= 6 else 2
            counts[world.branches.index(one.branch), one.day.month - 1, band] += 1
    by_hand = judged(counts, Kind.NPS, SCALES["nps3"], baseline_months=5, rules=RULES)
    for row in found.rows:
        place = world.branches.index(row.branch_id)
        assert row.drop == pytest.approx(by_hand.drop[place, -1])
        assert row.q == pytest.approx(by_hand.q[place, -1])
        assert row.score == pytest.approx(by_hand.score[place, -1])
        assert row.expected == pytest.approx(by_hand.chart.expected[place, -1])


def test_every_viewer_reads_the_same_finding_and_only_the_own_branches(
    office: Office, world: World
) -> None:
    keep_warnings(office.worker.database, NOW.date())
    whole = {row.branch_id: row for row in seen(office, world.network).rows}
    region = seen(office, world.regions[0], "regional_manager")
    own = seen(office, world.branches[SINKS], "branch_manager")
    assert {row.branch_id for row in region.rows} == whole.keys() & set(world.branches[:6])
    assert [row.branch_id for row in own.rows] == [world.branches[SINKS]]
    for row in (*region.rows, *own.rows):
        assert row == whole[row.branch_id]
    assert own.funnel == region.funnel
    with looking(office, world.branches[3], "branch_manager") as (session, viewer):
        places = [one.branch_id for one in month_scores(session, viewer, "nps", OCTOBER)]
        assert places == [world.branches[3]]
        with pytest.raises(NotFound):
            early_warnings(session, viewer, "nps", OCTOBER, now=NOW, unit="D201")
        with pytest.raises(NotFound):
            early_warnings(session, viewer, "nothing", OCTOBER, now=NOW)


def test_a_month_is_judged_again_only_when_its_data_changed(office: Office, world: World) -> None:
    database = office.worker.database
    months = len(MONTHS)
    assert keep_warnings(database, NOW.date()) == months
    assert keep_warnings(database, NOW.date()) == 0
    before = seen(office, world.network)
    store(office, [given(world, world.branches[4], date(2026, 10, 9), 0)])
    assert seen(office, world.network).pending
    assert not seen(office, world.network, month=date(2026, 9, 1)).pending
    assert keep_warnings(database, NOW.date()) == 2  # October and the running month
    after = seen(office, world.network)
    assert not after.pending
    assert after.data_version > before.data_version
    score = {row.branch_id: row.score for row in after.rows}
    assert score[world.branches[4]] != {row.branch_id: row.score for row in before.rows}[
        world.branches[4]
    ]  # fmt: skip


def test_months_of_one_to_four_answers_tell_of_nobody(office: Office, world: World) -> None:
    store(office, [given(world, world.branches[SCARCE], date(2026, 10, 9), 0) for _ in range(2)])
    judge_month(office.worker.database, "nps", OCTOBER)
    assert world.branches[SCARCE] not in {row.branch_id for row in seen(office, world.network).rows}
    store(office, [given(world, world.branches[SCARCE], date(2026, 10, 9), 0)])
    judge_month(office.worker.database, "nps", OCTOBER)
    found = {row.branch_id: row for row in seen(office, world.network).rows}
    row = found[world.branches[SCARCE]]
    assert (row.n, row.score) == (5, None)


def test_histories_hold_every_month_and_hide_what_is_too_few(office: Office, world: World) -> None:
    branch = world.branches[SCARCE]
    with looking(office, branch, "branch_manager") as (session, _):
        told = monthly_figures(session, "nps", [branch], OCTOBER, 12)[branch]
    assert [one.month for one in told][-1] == OCTOBER
    assert len(told) == 12
    assert told[0].figure.n == 0  # November of last year
    assert told[-3].figure.score is not None
    assert (told[-1].figure.n, told[-1].figure.score) == (None, None)


def test_the_newest_month_that_tells_enough_is_shown_first(office: Office, world: World) -> None:
    database = office.worker.database
    keep_warnings(database, NOW.date())
    assert seen(office, world.network, month=None).month == NOVEMBER
    with office.owner.connection() as connection:
        connection.execute(
            text("update warning_run set parameters = parameters || '{\"tested\": 4}' "
                 "where month = :month"), {"month": NOVEMBER},
        )  # fmt: skip
    assert seen(office, world.network, month=None).month == OCTOBER
    assert seen(office, world.network).months[0] == NOVEMBER


def test_a_young_network_is_told_to_wait(office: Office) -> None:
    world = make_world(office.owner, sizes=(3,))
    store(office, [given(world, branch, month, 9) for branch in world.branches
                   for month in MONTHS[8:] for _ in range(12)])  # fmt: skip
    keep_warnings(office.worker.database, NOW.date())
    found = seen(office, world.network)
    assert (found.too_early, found.rows, found.pending) == (True, [], False)
    nothing = seen(office, world.network, month=date(2026, 1, 1))
    assert (nothing.computed_at, nothing.rows, nothing.pending) == (None, [], False)


@pytest.mark.parametrize(("months", "baseline"), [(3, None), (4, 3), (7, 3), (13, 6), (30, 12)])
def test_half_of_the_months_say_what_is_normal(months: int, baseline: int | None) -> None:
    assert baseline_months(months) == baseline


def test_the_command_tells_of_the_whole_network(office: Office, world: World) -> None:
    found = network_warnings(office.worker, "nps", date(2026, 10, 20))
    document = found.as_dict(everyone=True)
    assert document["month"] == "2026-10"
    assert [row["level"] for row in document["rows"]] == ["alert"] + [None] * 9
    assert document["rows"][0]["since"] in ("2026-08", "2026-09")
    lines = as_lines(found).splitlines()
    assert lines[0].startswith("alert  D101")
    assert lines[-1].startswith("10 branches judged; 2 more")
    with pytest.raises(BadInput, match="no such metric; known: nps"):
        network_warnings(office.worker, "none", OCTOBER)


def test_the_leader_keeps_warnings_up_to_date(office: Office, world: World) -> None:
    assert any(tick.name == "warnings" and tick.step is keep_up_warnings for tick in TICKS)
    office.clock.now = NOW
    keep_up_warnings(office.worker)
    assert len(seen(office, world.network).months) == len(MONTHS) <= KEPT_MONTHS
    store(office, [given(world, world.branches[4], date(2026, 10, 9), 0)])
    keep_up_warnings(office.worker)
    assert seen(office, world.network).pending  # once in five minutes is enough
    office.clock.now = NOW + timedelta(minutes=6)
    keep_up_warnings(office.worker)
    assert not seen(office, world.network).pending
