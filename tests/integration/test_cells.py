"""Cells hold what the answers say, whichever way they came to be counted."""

import random
from datetime import date, timedelta

import pytest
from answered import (
    LAST,
    MONDAY,
    World,
    days_of,
    expected_cells,
    expected_moments,
    made_up,
    make_world,
    mark,
    stored_cells,
    stored_moments,
    write,
)
from conftest import Office
from sqlalchemy import text

from api.cells.service import fold, mark_dirty, rebuild, spans_changed

DAYS = days_of(MONDAY, MONDAY + timedelta(days=45))


@pytest.fixture
def world(office: Office) -> World:
    return make_world(office.owner)


def cells(office: Office) -> dict[tuple[object, ...], tuple[int, list[int]]]:
    with office.worker.database.connection() as connection:
        return stored_cells(connection)


def moments(office: Office) -> dict[tuple[object, ...], tuple[int, ...]]:
    with office.worker.database.connection() as connection:
        return stored_moments(connection)


def versions(office: Office) -> dict[tuple[str, date], int]:
    with office.worker.database.connection() as connection:
        rows = connection.execute(text("select metric, day, version from metric_day"))
        return {(row.metric, row.day): row.version for row in rows}


def test_a_fold_counts_what_was_answered(office: Office, world: World) -> None:
    given = made_up(world, random.Random(1), DAYS, 300)
    with office.owner.connection() as connection:
        write(connection, given)
    assert fold(office.worker.database) == len({one.key for one in given})
    assert cells(office) == expected_cells(given)
    assert moments(office) == expected_moments(given)
    assert fold(office.worker.database) == 0


def test_the_web_may_leave_a_mark_but_not_fold(office: Office, world: World) -> None:
    with office.web.database.transaction() as session:
        mark_dirty(session, world.branches[0], MONDAY, world.touchpoints[0], world.version)
    assert fold(office.worker.database) == 1
    with pytest.raises(Exception, match="permission denied"):
        fold(office.web.database)


@pytest.mark.parametrize("seed", range(12))
def test_folds_between_random_changes_equal_a_rebuild(
    office: Office, world: World, seed: int
) -> None:
    luck = random.Random(seed)
    for _ in range(6):
        change_at_random(office, world, luck)
        if luck.random() < 0.7:
            fold(office.worker.database)
    fold(office.worker.database)
    folded, summed = cells(office), moments(office)
    assert folded == expected_cells(world.given)
    assert summed == expected_moments(world.given)
    ledger = days_of_moments(office)
    assert rebuild(office.worker.database) == 0, "a rebuild found nothing to change"
    assert (cells(office), moments(office)) == (folded, summed)
    assert days_of_moments(office) == ledger
    empty_counts(office)
    rebuild(office.worker.database)
    assert (cells(office), moments(office)) == (folded, summed)
    assert days_of_moments(office) == ledger


def days_of_moments(office: Office) -> list[tuple[object, ...]]:
    with office.worker.database.connection() as connection:
        rows = connection.execute(text("select * from moment_day order by 1, 2, 3, 4"))
        return [tuple(row) for row in rows]


def empty_counts(office: Office) -> None:
    with office.owner.connection() as connection:
        for table in ("cell", "cut_day", "cut_month", "moment_cell", "moment_day"):
            connection.execute(text(f"delete from {table}"))


def change_at_random(office: Office, world: World, luck: random.Random) -> None:
    """New responses, changed values, responses that move, go or are excluded; each marked."""
    with office.owner.connection() as connection:
        fresh = made_up(world, luck, DAYS, luck.randint(5, 40))
        write(connection, fresh)
        world.given.extend(fresh)
        for one in luck.sample(world.given, len(world.given) // 6):
            marks = {one.key}
            if luck.random() < 0.3:
                connection.execute(text("delete from answer where response_id = :i"), {"i": one.id})
                connection.execute(text("delete from response where id = :i"), {"i": one.id})
                world.given.remove(one)
            elif luck.random() < 0.4:
                one.branch = luck.choice(world.branches)
                for table, key in (("answer", "response_id"), ("response", "id")):
                    connection.execute(
                        text(f"update {table} set branch_id = :b where {key} = :i"),
                        {"b": one.branch, "i": one.id},
                    )
                marks.add(one.key)
            elif luck.random() < 0.3:
                one.excluded = not one.excluded
                at = "now()" if one.excluded else "null"
                connection.execute(
                    text(f"update response set excluded_at = {at} where id = :i"), {"i": one.id}
                )
            else:
                one.values["nps"] = luck.randint(0, 10)
                connection.execute(
                    text("update answer set value = :v where response_id = :i and metric = 'nps'"),
                    {"v": one.values["nps"], "i": one.id},
                )
            mark(connection, marks)


def test_a_rebuild_mends_whatever_is_wrong(office: Office, world: World) -> None:
    given = made_up(world, random.Random(2), DAYS, 200)
    with office.owner.connection() as connection:
        write(connection, given, marked=False)
        connection.execute(
            text(
                "insert into cell (metric, period, period_from, period_to, branch_id, "
                "touchpoint_id, survey_version_id, scale, n, hist) values "
                "('nps', 'week', '2024-01-01', '2024-01-08', :b, :t, :v, '0-10', 1, "
                "'{1,0,0,0,0,0,0,0,0,0,0}')"
            ),
            {"b": world.branches[0], "t": world.touchpoints[0], "v": world.version},
        )
    assert rebuild(office.worker.database) > 0
    assert cells(office) == expected_cells(given)
    with office.owner.connection() as connection:
        connection.execute(text("update cell set n = n + 1, hist[1] = hist[1] + 1"))
        connection.execute(text("update cut_month set cut_values[1] = 'Nobody'"))
    rebuild(office.worker.database)
    assert cells(office) == expected_cells(given)


def test_sealed_and_imported_cells_outlive_their_answers(office: Office, world: World) -> None:
    given = made_up(world, random.Random(3), DAYS[:3], 60)
    with office.owner.connection() as connection:
        write(connection, given)
    fold(office.worker.database)
    before = cells(office)
    with office.owner.connection() as connection:
        connection.execute(text("update cell set sealed = true where period = 'day'"))
        connection.execute(text("delete from answer"))
        connection.execute(
            text(
                "insert into cell (metric, period, period_from, period_to, branch_id, "
                "touchpoint_id, survey_version_id, scale, n, hist) values "
                "('nps', 'span', '2025-01-01', '2026-01-01', :b, 0, 0, 'nps3', 6, '{1,2,3}')"
            ),
            {"b": world.branches[0]},
        )
        mark(connection, {one.key for one in given})
    fold(office.worker.database)
    rebuild(office.worker.database)
    after = cells(office)
    assert {key: cell for key, cell in after.items() if key[1] != "span"} == before
    assert len(after) == len(before) + 1


def test_what_is_left_of_sealed_days_stays_in_their_weeks_and_months(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    luck = random.Random(6)
    given = made_up(world, luck, DAYS[2:9], 120)
    with office.owner.connection() as connection:
        write(connection, given)
    fold(office.worker.database)
    border = DAYS[5]
    with office.owner.connection() as connection:
        connection.execute(
            text("update cell set sealed = true where period = 'day' and period_from < :border"),
            {"border": border},
        )
        connection.execute(
            text("delete from answer where occurred_on < :border"), {"border": border}
        )
        fresh = made_up(world, luck, DAYS[5:40], 60)
        write(connection, fresh)
        mark(connection, {one.key for one in given})
    fold(office.worker.database)
    assert cells(office) == expected_cells(given + fresh)
    assert moments(office) == expected_moments(given + fresh)
    monkeypatch.setattr("api.cells.rebuilding.RESPONSES_AT_ONCE", 10)
    assert rebuild(office.worker.database) == 0
    assert cells(office) == expected_cells(given + fresh)
    assert moments(office) == expected_moments(given + fresh)


@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_a_rebuild_in_portions_of_days_counts_weeks_and_months_once(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    given = made_up(world, random.Random(7), DAYS, 200)
    with office.owner.connection() as connection:
        write(connection, given, marked=False)
    monkeypatch.setattr("api.cells.rebuilding.RESPONSES_AT_ONCE", at_once)
    assert rebuild(office.worker.database) > 0
    assert cells(office) == expected_cells(given)
    assert moments(office) == expected_moments(given)
    assert rebuild(office.worker.database) == 0


def test_values_off_the_scale_and_answers_without_a_metric_do_not_count(
    office: Office, world: World
) -> None:
    given = made_up(world, random.Random(4), DAYS[:1], 5)
    with office.owner.connection() as connection:
        write(connection, given)
        for question, metric, value in (("q1", None, 3), ("q2", "nps", 11), ("q3", "speed", None)):
            connection.execute(
                text(
                    "insert into answer (response_id, question, occurred_on, branch_id, metric, "
                    "value) values (:id, :question, :day, :branch, :metric, :value)"
                ),
                {
                    "id": given[0].id,
                    "question": question,
                    "day": given[0].day,
                    "branch": given[0].branch,
                    "metric": metric,
                    "value": value,
                },
            )
    fold(office.worker.database)
    assert cells(office) == expected_cells(given)


def test_only_days_that_changed_get_a_new_data_version(office: Office, world: World) -> None:
    luck = random.Random(5)
    with office.owner.connection() as connection:
        write(connection, made_up(world, luck, [MONDAY], 20))
    fold(office.worker.database)
    first = versions(office)
    assert {day for _, day in first} == {MONDAY}
    later = MONDAY + timedelta(days=1)
    with office.owner.connection() as connection:
        write(connection, made_up(world, luck, [later], 20))
    fold(office.worker.database)
    second = versions(office)
    assert {key: second[key] for key in first} == first
    assert min(second[key] for key in second if key[1] == later) > max(first.values())


def test_an_import_of_spans_gives_their_first_day_a_version(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        version = spans_changed(session, {("nps", LAST)})
    assert versions(office) == {("nps", LAST): version, ("*", LAST): version}
