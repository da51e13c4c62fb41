"""Counts kept week by week are what the cells say, for everybody, after any answer."""

import random
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from answered import LAST, MONDAY, World, days_of, made_up, make_world, write
from conftest import Office
from sqlalchemy import text
from viewers import looking

from api.cells.service import fold, spans_changed
from api.insights import kept_weeks, network_stats
from api.insights.kept_weeks import seen_histograms, seen_weeks
from api.insights.network_stats import network_histograms
from api.insights.periods import Period, weeks_of
from api.insights.queries import (
    Filters,
    Histograms,
    counted_histograms,
    histograms,
    list_metrics,
    require_metric,
    touchpoint_rows,
    weekly_histograms,
)

PERIODS = (
    Period(MONDAY, LAST + timedelta(days=1)),
    Period(MONDAY + timedelta(days=3), LAST - timedelta(days=9)),
    Period(MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)),
)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(4, 3))
    world.given = made_up(world, random.Random(3), days_of(MONDAY, LAST), 900)
    tell(office, world)
    return world


def tell(office: Office, world: World) -> None:
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)


def as_dict(found: Histograms) -> dict[Any, list[int]]:
    return {key: row.tolist() for key, row in zip(found.keys, found.counts, strict=True)}


def agree(office: Office, home: int, role: str) -> int:
    """Compares all there is with the cells; how many histograms were looked at."""
    looked = 0
    with looking(office, home, role) as (session, viewer):
        places = [None, *(row.id for row in touchpoint_rows(session))]
        for metric in list_metrics(session):
            for period in PERIODS:
                for place in places:
                    filters = Filters(touchpoint=place)
                    for by in (("branch_id",), ("touchpoint_id",), ("branch_id", "touchpoint_id")):
                        mine = seen_histograms(
                            session, viewer, metric, period, by=by, filters=filters
                        )
                        theirs = histograms(session, metric, period, by, filters)
                        assert as_dict(mine) == as_dict(theirs)
                        looked += len(theirs.keys)
                    weeks = [(week.start,) for week in weeks_of(period)]
                    if not weeks:
                        continue
                    full = Period(weeks[0][0], weeks[-1][0] + timedelta(weeks=1))
                    one = seen_weeks(session, viewer, metric, full, filters).at(weeks)
                    other = weekly_histograms(session, metric, full, filters).at(weeks)
                    assert np.array_equal(one, other)
    return looked


def test_kept_counts_are_those_of_the_cells_before_and_after_an_answer(
    office: Office, world: World
) -> None:
    for _ in range(2):
        assert agree(office, world.network, "hq_admin") > 50
        assert agree(office, world.branches[0], "branch_manager") > 5
        world.given = made_up(world, random.Random(4), days_of(MONDAY, LAST), 40)
        tell(office, world)


def test_counts_of_the_network_are_read_again_for_the_branches_with_news(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []

    def noted(session: Any, metric: Any, period: Period, *, filters: Filters) -> Histograms:
        read.append(filters.branches)
        return histograms(session, metric, period, filters=filters)

    def compare() -> None:
        with looking(office, world.branches[0], "branch_manager") as (session, _):
            metric = require_metric(session, "nps")
            mine = [network_histograms(session, metric, one) for one in PERIODS]
        with looking(office, world.network, "hq_admin") as (session, _):
            for period, one in zip(PERIODS, mine, strict=True):
                assert as_dict(one) == as_dict(histograms(session, metric, period))

    monkeypatch.setattr(network_stats, "histograms", noted)
    compare()
    assert read == [None] * len(PERIODS)
    for seed in range(3):
        day = MONDAY + timedelta(days=seed)
        news = made_up(world, random.Random(seed), [day], 2)
        world.given = [*world.given, *news]
        with office.owner.connection() as connection:
            write(connection, news)
        fold(office.worker.database)
        read.clear()
        compare()
        assert read[0] == {given.branch for given in news}
        assert None not in read


def test_imported_counts_are_added_to_what_is_kept(office: Office, world: World) -> None:
    whole = {"first": PERIODS[0].start, "last": PERIODS[0].end}
    with office.owner.connection() as connection:
        made = connection.execute(
            text(
                "insert into cell (metric, period, period_from, period_to, branch_id, "
                "touchpoint_id, survey_version_id, scale, n, hist) select metric, 'span', :first, "
                ":last, branch_id, touchpoint_id, survey_version_id, scale, n, hist from cell "
                "where period = 'week' and period_from = :first"
            ),
            whole,
        ).rowcount
        spans_changed(connection, {("nps", whole["first"])})
    assert made > 5
    with looking(office, world.network, "hq_admin") as (session, viewer):
        metric = require_metric(session, "nps")
        counted = counted_histograms(session, metric, PERIODS[0], ("branch_id",)).total.sum()
        assert seen_histograms(session, viewer, metric, PERIODS[0]).total.sum() > counted
    assert agree(office, world.network, "hq_admin") > 50


def test_only_the_week_of_a_new_answer_is_read_again(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Period] = []

    def noted(session: Any, metric: Any, period: Period, by: Any) -> Histograms:
        read.append(period)
        return real(session, metric, period, by)

    month = Period(MONDAY, MONDAY + timedelta(weeks=4))
    real = kept_weeks.network_cells
    monkeypatch.setattr(kept_weeks, "network_cells", noted)
    with looking(office, world.network, "hq_admin") as (session, viewer):
        metric = list_metrics(session)[0]
        seen_histograms(session, viewer, metric, month)
        assert len(read) == 4
        seen_histograms(session, viewer, metric, month)
    day = MONDAY + timedelta(days=8)
    world.given = made_up(world, random.Random(5), [day], 8)
    before = len(read)
    tell(office, world)
    with looking(office, world.network, "hq_admin") as (session, viewer):
        seen_histograms(session, viewer, metric, month)
    assert read[before:] == [Period(MONDAY + timedelta(days=7), MONDAY + timedelta(days=14))]


def test_a_database_that_opened_fewer_branches_has_the_last_word(
    office: Office, world: World
) -> None:
    """Were the application to take a branch manager for one who sees everything."""
    with looking(office, world.network, "hq_admin") as (session, viewer):
        metric = list_metrics(session)[0]
        whole = seen_histograms(session, viewer, metric, PERIODS[0])
    assert len(whole.keys) > 1
    with looking(office, world.branches[0], "branch_manager") as (session, _):
        found = seen_histograms(session, viewer, metric, PERIODS[0])
    assert found.keys == [(world.branches[0],)]
