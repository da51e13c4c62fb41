"""Published tables: frozen for good, provable, corrected by others only, for headquarters only."""

import hashlib
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from answered import LAST, MONDAY, World, days_of, made_up, make_world, mark, write
from conftest import NOW, Office
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from test_league import QUARTER, add, by_branch, ready_table, table
from viewers import looking

from api.cells.service import fold, rebuild
from api.core.errors import NotAllowed, NotFound
from api.insights.comparison import NETWORK
from api.insights.league import League
from api.insights.league_store import forget_tables
from api.insights.periods import Period
from api.insights.published.document import FIGURES, hash_of, settled
from api.insights.published.errors import (
    AlreadyPublished,
    NothingToPublish,
    NotOver,
    NotTheNewest,
    ReasonMissing,
    StillComputing,
)
from api.insights.published.service import (
    BONUS_FROM,
    Listed,
    Published,
    Publishing,
    list_published,
    publish_as,
    read_published,
)
from api.insights.queries import TableName

NAME = TableName("nps", QUARTER, NETWORK)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(4, 3))
    world.given = made_up(world, random.Random(11), days_of(MONDAY, LAST), 1500)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def publishing(
    office: Office, world: World, role: str = "hq_admin", home: int = 0, **more: Any
) -> Listed:
    wanted = Publishing(more.pop("name", NAME), **more)
    with looking(office, home or world.network, role) as (session, viewer):
        return publish_as(session, viewer, wanted, NOW)


def read(office: Office, home: int, number: int, role: str = "hq_admin") -> Published:
    with looking(office, home, role) as (session, viewer):
        return read_published(session, viewer, number)


def stored(office: Office) -> list[str]:
    """Every byte of what is published, as the database holds it."""
    with office.owner.connection() as connection:
        return [
            str(tuple(row))
            for name in ("published_table", "published_row")
            for row in connection.execute(text(f"select t::text from {name} t order by 1"))
        ]


def test_a_published_table_holds_the_rows_that_were_shown(office: Office, world: World) -> None:
    shown = by_branch(ready_table(office, world.network))
    done = publishing(office, world)
    found = read(office, world.network, done.head.number)
    assert found.intact
    assert {row.branch_id for row in found.rows} == {b for b, row in shown.items() if row.n != 0}
    for row in found.rows:
        before = shown[row.branch_id]
        assert (row.unit_code, row.name("en")) == (before.unit_code, before.unit_name)
        for name in FIGURES:
            if name not in ("mix", "own_weight"):
                assert row.figures[name] == getattr(before, name), name
    head = found.listed.head
    assert (head.number, head.metric, head.start, head.end) == (1, "nps", *_days(QUARTER))
    assert head.seed == head.parameters["seed"]
    assert head.parameters["rows"] == len(found.rows)
    assert head.published_by is not None
    assert head.published_by.startswith("account:")


def _days(period: Period) -> tuple[Any, Any]:
    return period.start, period.end


def test_whoever_has_the_document_can_take_the_hash_again(office: Office, world: World) -> None:
    ready_table(office, world.network)
    number = publishing(office, world).head.number
    document = json.loads(json.dumps(read(office, world.network, number).document()))
    said = document.pop("sha256")
    for extra in ("corrected_by", "intact"):
        del document[extra]
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(written.encode()).hexdigest() == said


def test_a_single_figure_that_differs_gives_another_hash(office: Office, world: World) -> None:
    ready_table(office, world.network)
    found = read(office, world.network, publishing(office, world).head.number)
    for column in ("score", "rank", "band"):
        with office.owner.connection() as connection, connection.begin_nested() as undone:
            connection.execute(
                text(
                    "update published_row set figures = jsonb_set(figures, array[:c], '7') "
                    "where unit_code = 'D101'"
                ),
                {"c": column},
            )
            assert read(office, world.network, found.listed.head.number).intact is False
            undone.rollback()
    assert read(office, world.network, found.listed.head.number).intact


def test_neither_web_nor_worker_can_change_or_delete_what_is_published(
    office: Office, world: World
) -> None:
    ready_table(office, world.network)
    publishing(office, world)
    before = stored(office)
    assert len(before) == 1 + 7
    for house in (office.web, office.worker):
        for statement in (
            "update published_table set reason = 'x'",
            "update published_row set figures = '{}'",
            "delete from published_row",
            "delete from published_table",
            "truncate published_row, published_table",
        ):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                house.database.transaction() as session,
            ):
                session.execute(text(statement))
    assert stored(office) == before


def test_erasure_retention_and_rebuild_leave_every_byte_alone(office: Office, world: World) -> None:
    ready_table(office, world.network)
    number = publishing(office, world).head.number
    before = stored(office)
    with office.owner.connection() as connection:
        for gone in ("answer", "response"):
            connection.execute(text(f"delete from {gone}"))
        mark(connection, {one.key for one in world.given})
        connection.execute(text("update unit set name_en = 'renamed', code = code || 'x'"))
        connection.execute(text("update metric set name_en = 'another'"))
        connection.execute(text("update network set structure_version = nextval('data_version')"))
    fold(office.worker.database)
    rebuild(office.worker.database)
    with office.worker.database.transaction() as session:
        forget_tables(session, NOW + timedelta(days=3_000))
    assert {row.n for row in ready_table(office, world.network).rows} == {0}
    assert stored(office) == before
    assert read(office, world.network, number).intact


def test_only_headquarters_publish(office: Office, world: World) -> None:
    ready_table(office, world.network)
    for role, home in (
        ("hq_analyst", world.network),
        ("hq_admin", world.regions[0]),
        ("regional_manager", world.regions[0]),
        ("branch_manager", world.branches[0]),
    ):
        with pytest.raises(NotAllowed):
            publishing(office, world, role, home)
    assert stored(office) == []


def test_publishing_stands_in_the_audit(office: Office, world: World) -> None:
    ready_table(office, world.network)
    done = publishing(office, world)
    with office.owner.connection() as connection:
        (entry,) = connection.execute(
            text("select * from audit_entry where action = 'league.publish'")
        ).all()
    assert entry.subject == f"published:{done.head.number}"
    assert entry.detail["sha256"] == done.rows_hash
    assert entry.actor == done.head.published_by


def test_what_is_wrong_is_corrected_by_another_table_with_a_reason(
    office: Office, world: World
) -> None:
    ready_table(office, world.network)
    first = publishing(office, world).head.number
    with pytest.raises(AlreadyPublished):
        publishing(office, world)
    for wrong in ({"corrects": first}, {"reason": "why"}, {"corrects": first, "reason": "  "}):
        with pytest.raises(ReasonMissing):
            publishing(office, world, **wrong)
    with pytest.raises(NotFound):
        publishing(office, world, corrects=99, reason="why")
    before = stored(office)
    second = publishing(office, world, corrects=first, reason="a contest was upheld").head.number
    assert [one for one in stored(office) if one in before] == before
    with pytest.raises(NotTheNewest):
        publishing(office, world, corrects=first, reason="again")
    third = publishing(office, world, corrects=second, reason="again").head.number
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        told = {
            one.head.number: (one.head.corrects, one.corrected_by, one.in_force)
            for one in list_published(session, viewer)
        }
    assert told == {1: (None, 2, False), 2: (1, 3, False), 3: (2, None, True)}
    assert third == 3


def test_for_a_bonus_only_branches_with_a_hundred_answers_stand_in_the_table(
    office: Office, world: World
) -> None:
    shown = by_branch(ready_table(office, world.network))
    done = publishing(office, world, for_bonus=True)
    enough = {branch for branch, row in shown.items() if (row.n or 0) >= BONUS_FROM}
    assert enough
    assert enough < {branch for branch, row in shown.items() if row.ranked}
    found = read(office, world.network, done.head.number)
    assert {row.branch_id for row in found.rows} == enough
    assert found.listed.head.for_bonus
    publishing(office, world)
    with pytest.raises(AlreadyPublished):
        publishing(office, world, for_bonus=True)


def test_nobody_with_enough_answers_is_nothing_to_publish(office: Office, world: World) -> None:
    week = TableName("nps", Period(LAST - timedelta(weeks=1), LAST), NETWORK)
    with looking(office, world.network, "hq_admin") as (session, viewer):
        league_of(session, viewer, week)
    compute(office)
    with pytest.raises(NothingToPublish):
        publishing(office, world, name=week, for_bonus=True)


def league_of(session: Any, viewer: Any, name: TableName) -> League:
    from api.insights.league import league

    return league(session, viewer, name.metric, name.period, now=NOW)


def compute(office: Office) -> None:
    from api.insights.league_store import compute_requested

    compute_requested(office.worker.database)


def test_a_table_is_published_only_when_it_is_computed_and_its_period_is_over(
    office: Office, world: World
) -> None:
    with pytest.raises(StillComputing):
        publishing(office, world)
    table(office, world.network)
    compute(office)
    assert publishing(office, world).head.number == 1
    month = TableName("nps", Period(MONDAY, LAST + timedelta(days=30)), NETWORK)
    with pytest.raises(NotOver):
        publishing(office, world, name=month)
    with pytest.raises(NotFound):
        publishing(office, world, name=TableName("none", QUARTER, NETWORK))
    with pytest.raises(NotFound):
        publishing(office, world, name=TableName("nps", QUARTER, "network/nowhere"))


def test_what_was_counted_since_keeps_a_young_table_from_being_published(
    office: Office, world: World
) -> None:
    ready_table(office, world.network)
    add(office, world, made_up(world, random.Random(5), days_of(QUARTER.start, LAST), 30))
    with pytest.raises(StillComputing):
        publishing(office, world)


def test_everyone_reads_the_own_rows_and_nobody_others(office: Office, world: World) -> None:
    shown = by_branch(ready_table(office, world.network))
    number = publishing(office, world).head.number
    own = read(office, world.branches[0], number, "branch_manager")
    assert [row.unit_code for row in own.rows] == ["D101"]
    assert own.intact is None, "a part proves nothing"
    assert own.rows[0].figures["rank"] == shown[world.branches[0]].rank
    region = read(office, world.regions[1], number, "regional_manager")
    assert {row.branch_id for row in region.rows} == set(world.branches[4:])
    with pytest.raises(NotAllowed):
        read(office, world.regions[0], number, "interviewer")
    with pytest.raises(NotFound):
        read(office, world.network, 99)
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        assert [one.head.number for one in list_published(session, viewer, "nps")] == [1]
        assert list_published(session, viewer, "service") == []


def test_a_hidden_count_is_not_published_either(office: Office) -> None:
    world = make_world(office.owner, sizes=(6,))
    given = made_up(world, random.Random(3), days_of(QUARTER.start, LAST), 160)
    last = [one for one in given if one.branch == world.branches[-1]]
    world.given = [one for one in given if one not in last] + last[:3]
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    shown = by_branch(ready_table(office, world.network))
    assert any(row.n is None for row in shown.values())
    found = read(office, world.network, publishing(office, world).head.number)
    for row in found.rows:
        assert row.figures["n"] == shown[row.branch_id].n
        if row.figures["tier"] == "hidden":
            told = {name for name, value in row.figures.items() if value is not None}
            assert told == {"tier", "ranked", "excluded"}


def test_new_answers_do_not_touch_what_is_published(office: Office, world: World) -> None:
    ready_table(office, world.network)
    number = publishing(office, world).head.number
    before = stored(office)
    add(office, world, made_up(world, random.Random(5), days_of(QUARTER.start, LAST), 200))
    assert table(office, world.network).behind
    assert stored(office) == before
    assert read(office, world.network, number).intact


def test_numbers_settle_before_they_are_hashed() -> None:
    assert json.dumps(settled({"a": -0.0, "b": (1, 2.5)})) == '{"a": 0.0, "b": [1, 2.5]}'


def test_the_hash_is_that_of_the_rows_in_whatever_order(office: Office, world: World) -> None:
    ready_table(office, world.network)
    found = read(office, world.network, publishing(office, world).head.number)
    head = found.listed.head
    assert hash_of(head, found.rows[::-1]) == hash_of(head, found.rows) == found.listed.rows_hash
