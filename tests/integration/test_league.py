"""League tables: every number against the answers, the same for every viewer, cut to the scope."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from answered import (
    BINS,
    LAST,
    MONDAY,
    SCALES,
    Given,
    World,
    counted,
    days_of,
    made_up,
    make_world,
    mark,
    write,
)
from conftest import NOW, Office
from sqlalchemy import text
from statsmodels.stats.proportion import proportion_confint
from viewers import looking

from api.cells.service import fold, spans_changed
from api.core.errors import NotAllowed, NotFound
from api.insights.league import RENEWED_AFTER, SHOWN_FOR, League, LeagueRow, league
from api.insights.league_store import compute_requested, forget_tables
from api.insights.periods import Period
from api.insights.queries import TableName
from api.insights.repository import request_table
from scoring.change import change_between
from scoring.intervals import nps_score_interval
from scoring.league import League as ScoredLeague
from scoring.league import league_seed, score_league
from scoring.measured import measured
from scoring.scales import SCALES as DECLARED
from scoring.scales import Kind

QUARTER = Period(LAST - timedelta(weeks=7), LAST)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(4, 3))
    world.given = made_up(world, random.Random(11), days_of(MONDAY, LAST), 1500)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def table(
    office: Office, home: int, metric: str = "nps", role: str = "hq_analyst", **more: Any
) -> League:
    with looking(office, home, role) as (session, viewer):
        return league(session, viewer, metric, QUARTER, now=NOW, **more)


def ready_table(office: Office, home: int, metric: str = "nps", **more: Any) -> League:
    table(office, home, metric, **more)
    compute_requested(office.worker.database)
    return table(office, home, metric, **more)


def by_branch(found: League) -> dict[int, LeagueRow]:
    return {row.branch_id: row for row in found.rows}


def answers(world: World, metric: str, period: Period = QUARTER) -> dict[int, Counter[int]]:
    return counted(world.given, metric, period.start, period.end)


def score_of(metric: str, values: Counter[int]) -> float:
    n = values.total()
    if metric == "nps":
        promoters = sum(count for value, count in values.items() if value >= 9)
        detractors = sum(count for value, count in values.items() if value <= 6)
        return 100 * (promoters - detractors) / n
    if metric == "service":
        return (values[4] + values[5]) / n
    return sum(value * count for value, count in values.items()) / n


@pytest.mark.parametrize("metric", list(SCALES))
def test_scores_are_those_of_the_answers(office: Office, world: World, metric: str) -> None:
    rows = by_branch(table(office, world.network, metric))
    assert set(rows) == set(world.branches)
    tiers = set()
    for branch, values in answers(world, metric).items():
        row, n = rows[branch], values.total()
        tiers.add(row.tier)
        assert row.n == (n if n >= 5 else None)
        assert row.ranked == (n >= 30)
        if n < 10:
            assert (row.score, row.low, row.high) == (None, None, None)
        else:
            assert row.score == pytest.approx(score_of(metric, values))
            assert row.low < row.score < row.high
    assert {"ranked", "shown"} <= tiers, "the world must hold large and small branches"


def test_intervals_are_those_of_their_methods(office: Office, world: World) -> None:
    for branch, row in by_branch(table(office, world.network, "service")).items():
        values = answers(world, "service").get(branch, Counter())
        if row.score is not None:
            low, high = proportion_confint(
                values[4] + values[5], values.total(), method="wilson", alpha=0.05
            )
            assert (row.low, row.high) == pytest.approx((low, high))
    for branch, row in by_branch(table(office, world.network)).items():
        values = answers(world, "nps").get(branch, Counter())
        if row.score is not None:
            promoters = sum(count for value, count in values.items() if value >= 9)
            detractors = sum(count for value, count in values.items() if value <= 6)
            expected = nps_score_interval(
                detractors, values.total() - promoters - detractors, promoters
            )
            assert (row.low, row.high) == pytest.approx((float(expected.low), float(expected.high)))


def test_ranks_are_pending_until_a_worker_stored_them(office: Office, world: World) -> None:
    pending = table(office, world.network)
    assert pending.ranks_pending
    assert {row.rank for row in pending.rows} == {row.shrunk for row in pending.rows} == {None}
    assert compute_requested(office.worker.database) == 1
    assert compute_requested(office.worker.database) == 0
    ready = table(office, world.network)
    assert not ready.ranks_pending
    assert all((row.rank is not None) == row.ranked for row in ready.rows)
    scores = {row.branch_id: row.score for row in pending.rows}
    assert scores == {row.branch_id: row.score for row in ready.rows}


@pytest.mark.parametrize("metric", list(SCALES))
def test_stored_columns_are_those_of_scoring_over_all_branches(
    office: Office, world: World, metric: str
) -> None:
    rows = by_branch(ready_table(office, world.network, metric))
    found = expected_table(world, metric)
    for index, branch in enumerate(world.branches):
        row = rows[branch]
        for column in ("shrunk", "change", "low", "p_top", *PLACES):
            assert same(getattr(row, column), getattr(found, column)[index]), column
        assert row.band == found.band[index]
        assert row.adjusted is None
        if row.change is not None:
            assert row.change_is_noise == found.change_is_noise[index]
        if row.ranked:
            assert row.rank_low <= row.rank <= row.rank_high
            assert row.tied_above == found.tied_above[index]


PLACES = (
    *("rank", "rank_low", "rank_high", "simultaneous_low", "simultaneous_high"),
    *("marginal_low", "marginal_high"),
)


def expected_table(world: World, metric: str, **more: Any) -> ScoredLeague:
    kind, scale = Kind(SCALES[metric][0]), DECLARED[SCALES[metric][1]]
    now, before = (matrix(world, metric, period) for period in (QUARTER, QUARTER.before()))
    windows = [
        matrix(world, metric, Period(QUARTER.start - step, QUARTER.end - step))
        for step in (timedelta(weeks=4 * number) for number in range(6, 0, -1))
    ]
    return score_league(
        measured(now, kind, scale),
        measured(before, kind, scale),
        change_between(now, before, kind, scale),
        seed=league_seed(
            metric, str(QUARTER.start), str(QUARTER.end), more.pop("called", "network")
        ),
        windows=[measured(one, kind, scale) for one in windows],
        **more,
    )


def matrix(world: World, metric: str, period: Period) -> np.ndarray:
    values = answers(world, metric, period)
    bins = BINS[SCALES[metric][1]]
    return np.array(
        [[values.get(branch, Counter())[value] for value in bins] for branch in world.branches]
    )


def same(ours: float | None, theirs: float) -> bool:
    return np.isnan(theirs) if ours is None else bool(np.isclose(ours, theirs))


@pytest.mark.parametrize("metric", list(SCALES))
def test_a_branch_has_the_same_row_for_every_viewer(
    office: Office, world: World, metric: str
) -> None:
    whole = by_branch(ready_table(office, world.network, metric))
    for region in world.regions:
        part = by_branch(table(office, region, metric, "regional_manager"))
        assert part == {branch: whole[branch] for branch in part}
        assert part
    for branch in world.branches:
        own = table(office, branch, metric, "branch_manager")
        assert by_branch(own) == {branch: whole[branch]}


def test_a_viewer_finds_nothing_outside_the_scope(office: Office, world: World) -> None:
    with pytest.raises(NotFound):
        table(office, world.branches[0], role="branch_manager", unit="D102")
    with pytest.raises(NotFound):
        table(office, world.branches[0], role="branch_manager", unit="R1")
    with pytest.raises(NotFound):
        table(office, world.regions[0], role="regional_manager", unit="HQ")
    with pytest.raises(NotFound):
        table(office, world.network, unit="nowhere")
    with pytest.raises(NotFound):
        table(office, world.network, "no such metric")


def test_an_interviewer_reads_no_scores(office: Office, world: World) -> None:
    assert table(office, world.regions[0], role="interviewer").rows == []
    with pytest.raises(NotAllowed):
        table(office, world.regions[0], role="interviewer", unit="R1")


def test_a_unit_cuts_the_rows_and_not_the_ranks(office: Office, world: World) -> None:
    whole = by_branch(ready_table(office, world.network))
    part = table(office, world.network, unit="R2")
    assert part.unit == "R2"
    assert by_branch(part) == {branch: whole[branch] for branch in world.branches[4:]}


def test_a_touchpoint_is_a_comparison_set_of_its_own(office: Office, world: World) -> None:
    found = ready_table(office, world.network, touchpoint="touch2")
    assert found.comparison_set == "network/touch2"
    assert not found.ranks_pending
    only = [one for one in world.given if one.touchpoint == world.touchpoints[1]]
    expected = counted(only, "nps", QUARTER.start, QUARTER.end)
    for branch, row in by_branch(found).items():
        if row.n:
            assert row.n == expected[branch].total()


def test_new_answers_make_ranks_pending_again_once_the_table_is_old(
    office: Office, world: World
) -> None:
    ready_table(office, world.network)
    add(office, world, made_up(world, random.Random(12), days_of(LAST, LAST + timedelta(3)), 20))
    grow_old(office, SHOWN_FOR)
    assert not table(office, world.network).ranks_pending, "answers of other days change nothing"
    days = days_of(QUARTER.before().start, QUARTER.start)
    add(office, world, made_up(world, random.Random(13), days, 20))
    assert table(office, world.network).ranks_pending, "the change needs the period before"
    assert compute_requested(office.worker.database) == 1
    with office.worker.database.connection() as connection:
        kept = connection.execute(text("select count(*) from league_table")).scalar_one()
    assert kept == 1, "a newer table takes the older one's place"
    early = days_of(QUARTER.start - timedelta(weeks=20), QUARTER.start - timedelta(weeks=19))
    add(office, world, made_up(world, random.Random(15), early, 20))
    grow_old(office, SHOWN_FOR)
    assert table(office, world.network).ranks_pending, "bands have a history of 24 weeks"


def grow_old(office: Office, seconds: float) -> None:
    """Lets the stored tables be older than they are."""
    with office.worker.database.connection() as connection:
        connection.execute(
            text("update league_table set computed_at = computed_at - make_interval(secs => :s)"),
            {"s": seconds},
        )


def test_where_answers_come_all_the_time_a_young_table_of_older_data_is_shown(
    office: Office, world: World
) -> None:
    first = ready_table(office, world.network)
    add(office, world, made_up(world, random.Random(14), days_of(QUARTER.start, LAST), 30))
    shown = table(office, world.network)
    assert not shown.ranks_pending
    assert shown.behind
    assert shown.rows == first.rows, "figures and ranks are of one and the same data"
    assert shown.data_version > first.data_version
    assert shown.as_of != NOW, "it says when its counts were read"
    assert compute_requested(office.worker.database) == 0, "nobody needs a newer one yet"
    grow_old(office, RENEWED_AFTER)
    assert table(office, world.network).rows == first.rows
    assert compute_requested(office.worker.database) == 1, "the next is made while this is shown"
    newest = table(office, world.network)
    assert (newest.behind, newest.as_of) == (False, NOW)
    assert sum(row.n or 0 for row in newest.rows) > sum(row.n or 0 for row in first.rows)


def test_a_table_of_older_data_is_not_shown_for_long(office: Office, world: World) -> None:
    ready_table(office, world.network)
    add(office, world, made_up(world, random.Random(14), days_of(QUARTER.start, LAST), 30))
    grow_old(office, SHOWN_FOR)
    found = table(office, world.network)
    assert found.ranks_pending
    assert {row.rank for row in found.rows} == {None}


def add(office: Office, world: World, given: Iterable[Given]) -> None:
    fresh = list(given)
    with office.owner.connection() as connection:
        write(connection, fresh)
    world.given.extend(fresh)
    fold(office.worker.database)


def test_a_request_for_old_data_is_answered_with_the_newest(office: Office, world: World) -> None:
    table(office, world.network)
    add(office, world, made_up(world, random.Random(14), days_of(QUARTER.start, LAST), 30))
    assert compute_requested(office.worker.database) == 1
    assert not table(office, world.network).ranks_pending


def test_the_same_table_comes_out_again(office: Office, world: World) -> None:
    first = ready_table(office, world.network)
    with office.worker.database.connection() as connection:
        seed = connection.execute(text("select seed from league_table")).scalar_one()
        assert seed == league_seed("nps", str(QUARTER.start), str(QUARTER.end), "network")
        connection.execute(text("delete from league_table"))
    assert ready_table(office, world.network).rows == first.rows


def span(office: Office, branch: int, start: date, end: date, hist: list[int]) -> None:
    with office.worker.database.transaction() as session:
        session.execute(
            text(
                "insert into cell (metric, period, period_from, period_to, branch_id, "
                "touchpoint_id, survey_version_id, scale, n, hist) values "
                "('nps', 'span', :start, :end, :b, 0, 0, 'nps3', :n, :hist)"
            ),
            {"start": start, "end": end, "b": branch, "n": sum(hist), "hist": hist},
        )
        spans_changed(session, {("nps", start)})


def test_imported_counts_are_in_when_the_period_holds_all_of_theirs(
    office: Office, world: World
) -> None:
    branch = world.branches[0]
    before = by_branch(table(office, world.network))[branch]
    span(office, branch, QUARTER.start, QUARTER.end, [10, 20, 70])
    span(office, branch, QUARTER.start, QUARTER.start + timedelta(7), [5, 5, 5])
    span(office, branch, QUARTER.start - timedelta(1), QUARTER.end, [100, 0, 0])
    row = by_branch(table(office, world.network))[branch]
    assert row.n == before.n + 100, "the longest span within; not one that reaches beyond"
    expected = (before.score * before.n + 60 * 100) / row.n
    assert row.score == pytest.approx(expected)


def test_a_closed_branch_shows_only_while_it_was_open_or_answered(
    office: Office, world: World
) -> None:
    with office.owner.connection() as connection:
        made = connection.execute(
            text(
                "insert into unit (code, kind, level, name_zh, name_en, sort_key, closed_on) "
                "values ('OLD', 'branch', 'branch', '旧', 'Old', 'old', '2026-08-10') returning id"
            )
        ).scalar_one()
        connection.execute(
            text(
                "insert into unit_parent (unit_id, parent_id, valid_from) values (:u, :p, "
                "'2020-01-01')"
            ),
            {"u": made, "p": world.regions[0]},
        )
        connection.execute(text("update network set structure_version = nextval('data_version')"))
    assert made not in by_branch(table(office, world.network))
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        early = league(session, viewer, "nps", Period(MONDAY, LAST), now=NOW)
    assert by_branch(early)[made].n == 0


def test_the_document_has_exactly_the_contract_s_columns(office: Office, world: World) -> None:
    document = ready_table(office, world.network).as_dict()
    assert list(document) == [
        *("metric", "from", "to", "unit", "as_of", "comparison_set", "ranks_pending", "rows")
    ]
    assert list(document["rows"][0]) == [
        *("unit_code", "unit_name", "n", "score", "low", "high", "adjusted", "shrunk", "rank"),
        *("rank_low", "rank_high", "band", "change", "change_is_noise", "ranked"),
        *("adjusted_low", "adjusted_high", "p_top", "badge", "tied_above", "simultaneous_low"),
        *("simultaneous_high", "marginal_low", "marginal_high", "peer_group", "excluded", "tier"),
    ]


def test_answers_that_were_taken_out_do_not_count_and_are_counted(
    office: Office, world: World
) -> None:
    before = by_branch(ready_table(office, world.network))
    branch = world.branches[1]
    out = [
        one for one in world.given
        if one.branch == branch and QUARTER.start <= one.day < QUARTER.end
    ][:7]  # fmt: skip
    with office.owner.connection() as connection:
        connection.execute(
            text("update response set excluded_at = now() where id = any(:ids)"),
            {"ids": [one.id for one in out]},
        )
        mark(connection, {one.key for one in out})
    fold(office.worker.database)
    grow_old(office, SHOWN_FOR)
    after = by_branch(ready_table(office, world.network))
    assert (before[branch].excluded, after[branch].excluded) == (0, 7)
    assert after[branch].n == before[branch].n - 7
    others = [one for one in world.branches if one != branch]
    assert {after[one].excluded for one in others} == {0}


def test_a_request_that_cannot_be_computed_does_not_stop_the_others(
    office: Office, world: World
) -> None:
    name = TableName("no such metric", QUARTER, "network")
    with office.web.database.transaction() as session:
        request_table(session, name, 1)
    table(office, world.network)
    assert compute_requested(office.worker.database) == 2
    assert not table(office, world.network).ranks_pending


def test_old_tables_are_forgotten_and_can_be_had_again(office: Office, world: World) -> None:
    ready_table(office, world.network)
    with office.worker.database.transaction() as session:
        assert forget_tables(session, datetime.now(UTC) - timedelta(minutes=5)) == 0
        assert forget_tables(session, datetime.now(UTC) + timedelta(minutes=5)) == 1
    assert table(office, world.network).ranks_pending
    assert not ready_table(office, world.network).ranks_pending


def test_a_table_of_nothing_is_ready_too(office: Office, world: World) -> None:
    with office.owner.connection() as connection:
        for gone in ("answer", "response"):
            connection.execute(text(f"delete from {gone}"))
        mark(connection, {one.key for one in world.given})
    fold(office.worker.database)
    found = ready_table(office, world.network)
    assert not found.ranks_pending
    assert {(row.n, row.score, row.rank) for row in found.rows} == {(0, None, None)}
