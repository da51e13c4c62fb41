"""Overview, touchpoints, cuts, comments: every number against the answers, nothing of others."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from answered import (
    LAST,
    MONDAY,
    Given,
    World,
    counted,
    days_of,
    made_up,
    make_world,
    write,
)
from conftest import NOW, Office
from sqlalchemy import text
from sqlalchemy.engine import Connection
from viewers import looking

from api.cells.service import fold, spans_changed
from api.core.errors import Invalid, NotAllowed, NotFound
from api.core.ids import new_id
from api.insights.comments import Comment, Wanted, list_comments
from api.insights.cuts import cut_figures
from api.insights.figures import Figure
from api.insights.freshness import data_version
from api.insights.network_stats import network_histograms
from api.insights.overview import Overview, overview
from api.insights.periods import Period
from api.insights.queries import histograms, require_metric
from api.insights.unit import UnitPage, unit_page

ASKED_AT = datetime(2026, 10, 1, tzinfo=UTC)
PERIOD = Period(LAST - timedelta(weeks=7), LAST)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner, sizes=(5, 3))
    world.given = made_up(world, random.Random(21), days_of(MONDAY, LAST), 700)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def seen(office: Office, home: int, role: str = "hq_analyst", **more: Any) -> Overview:
    with looking(office, home, role) as (session, viewer):
        return overview(session, viewer, more.pop("metric", "nps"), PERIOD, now=NOW, **more)


def values(given: Iterable[Given], metric: str = "nps", period: Period = PERIOD) -> Counter[int]:
    pooled: Counter[int] = Counter()
    for counts in counted(given, metric, period.start, period.end).values():
        pooled.update(counts)
    return pooled


def nps(counts: Counter[int]) -> float:
    promoters = sum(count for value, count in counts.items() if value >= 9)
    detractors = sum(count for value, count in counts.items() if value <= 6)
    return 100 * (promoters - detractors) / counts.total()


def says(figure: Figure, counts: Counter[int]) -> bool:
    """Whether a figure is what the counted answers allow it to say."""
    n = counts.total()
    if n < 10:
        return figure.score is None and figure.n == (n if n == 0 or n >= 5 else None)
    return figure.n == n and figure.score == pytest.approx(nps(counts))


def of(world: World, *branches: int) -> list[Given]:
    return [one for one in world.given if one.branch in branches]


def test_a_parent_pools_the_answers_below_it(office: Office, world: World) -> None:
    found = seen(office, world.network, unit="HQ")
    assert found.pooling == "pooled_answers"
    assert says(found.figure, values(world.given))
    assert says(found.previous, values(world.given, period=PERIOD.before()))
    change = nps(values(world.given)) - nps(values(world.given, period=PERIOD.before()))
    assert found.difference.change == pytest.approx(change)
    assert [child.unit.code for child in found.children] == ["R1", "R2"]
    for child, branches in zip(
        found.children, (world.branches[:5], world.branches[5:]), strict=True
    ):
        assert says(child.figure, values(of(world, *branches)))


def test_the_trend_is_week_by_week(office: Office, world: World) -> None:
    found = seen(office, world.network)
    assert [point.week for point in found.trend] == [
        PERIOD.start + timedelta(weeks=number) for number in range(7)
    ]
    for point in found.trend:
        week = Period(point.week, point.week + timedelta(weeks=1))
        assert says(point.figure, values(world.given, period=week))


def test_a_touchpoint_narrows_everything(office: Office, world: World) -> None:
    found = seen(office, world.network, touchpoint="touch1")
    only = [one for one in world.given if one.touchpoint == world.touchpoints[0]]
    assert says(found.figure, values(only))
    assert sum(point.figure.n or 0 for point in found.trend) == pytest.approx(
        values(only).total(), abs=30
    )


def test_a_branch_is_compared_with_published_aggregates(office: Office, world: World) -> None:
    found = seen(office, world.branches[0], "branch_manager", unit="D101")
    assert says(found.figure, values(of(world, world.branches[0])))
    region, network = found.above
    assert (region.unit.code, network.unit.code) == ("R1", "HQ")
    assert says(network.figure, values(world.given))
    assert region.figure is None, "network less region would show three branches"
    assert found.children == []


def test_an_aggregate_of_fewer_than_five_branches_is_not_told(office: Office) -> None:
    world = make_world(office.owner, sizes=(4,))
    world.given = made_up(world, random.Random(22), days_of(PERIOD.start, LAST), 200)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    own = seen(office, world.branches[0], "branch_manager", unit="D101")
    assert [item.figure for item in own.above] == [None, None]
    whole = seen(office, world.network, unit="D101")
    assert all(says(item.figure, values(world.given)) for item in whole.above)


def test_regions_of_five_and_more_are_told_beside_the_network(office: Office) -> None:
    world = make_world(office.owner, sizes=(5, 5))
    world.given = made_up(world, random.Random(23), days_of(PERIOD.start, LAST), 900)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    found = seen(office, world.branches[0], "branch_manager", unit="D101")
    region, network = found.above
    assert says(region.figure, values(of(world, *world.branches[:5])))
    assert says(network.figure, values(world.given))
    manager = seen(office, world.regions[0], "regional_manager", unit="R1")
    assert says(manager.above[0].figure, values(world.given))


def test_nothing_outside_the_scope_is_found(office: Office, world: World) -> None:
    for unit in ("D102", "R1", "HQ", "nowhere"):
        with pytest.raises(NotFound):
            seen(office, world.branches[0], "branch_manager", unit=unit)
        with looking(office, world.branches[0], "branch_manager") as (session, viewer):
            with pytest.raises(NotFound):
                unit_page(session, viewer, unit, PERIOD)
            with pytest.raises(NotFound):
                list_comments(session, viewer, Wanted(PERIOD, unit=unit))
            with pytest.raises(NotFound):
                cut_figures(session, viewer, "nps", PERIOD, "channel", unit=unit)
    with pytest.raises(NotAllowed):
        seen(office, world.branches[0], "interviewer")


def test_the_web_role_comes_back_after_the_statistics(office: Office, world: World) -> None:
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        overview(session, viewer, "nps", PERIOD, now=NOW, unit="D101")
        assert session.execute(text("select current_user")).scalar_one() == "bp_web"
        visible = set(session.execute(text("select distinct branch_id from cell")).scalars())
    assert visible == {world.branches[0]}


def test_without_a_unit_everything_visible_is_pooled(office: Office, world: World) -> None:
    found = seen(office, world.regions[1], "owner_group_manager")
    assert says(found.figure, values(of(world, *world.branches[5:])))
    assert {child.unit.id for child in found.children} <= set(world.branches[5:])


def page(office: Office, home: int, code: str, role: str = "hq_analyst") -> UnitPage:
    with looking(office, home, role) as (session, viewer):
        return unit_page(session, viewer, code, PERIOD)


def test_touchpoints_hold_every_metric(office: Office, world: World) -> None:
    found = page(office, world.network, "R1")
    assert [unit.code for unit in found.breadcrumbs] == ["HQ", "R1"]
    assert [unit.code for unit in found.children] == [f"D10{n}" for n in range(1, 6)]
    told = {(item.touchpoint.code, item.metric.code): item.figure for item in found.touchpoints}
    assert len(told) == 6
    for place, number in (("touch1", 0), ("touch2", 1)):
        only = [
            one
            for one in of(world, *world.branches[:5])
            if one.touchpoint == world.touchpoints[number]
        ]
        assert says(told[place, "nps"], values(only))
        speed = values(only, "speed")
        mean = sum(value * count for value, count in speed.items()) / speed.total()
        assert told[place, "speed"].score == pytest.approx(mean)


def test_breadcrumbs_end_where_the_scope_does(office: Office, world: World) -> None:
    found = page(office, world.branches[0], "D101", "branch_manager")
    assert [unit.code for unit in found.breadcrumbs] == ["D101"]


@pytest.mark.parametrize("cut", ["channel", "segment", "advisor"])
def test_cuts_are_those_of_the_answers(office: Office, world: World, cut: str) -> None:
    unit, branches = ("D101", 1) if cut == "advisor" else ("R1", 5)
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        found = cut_figures(session, viewer, "nps", PERIOD, cut, unit=unit)
    given = of(world, *world.branches[:branches])
    known = {getattr(one, cut) for one in given} - {None}
    assert {item.value for item in found} == known
    for item in found:
        assert says(item.figure, values(one for one in given if getattr(one, cut) == item.value))


def happen(office: Office, world: World) -> dict[str, int]:
    """Twelve events at one branch that came differently far; what the funnel must say."""
    at = ASKED_AT
    steps = [
        ("pending", None, {}),
        ("decided", "drop", {}),
        ("decided", "drop", {}),
        ("held", "hold", {}),
        ("decided", "send", {"status": "planned"}),
        ("decided", "send", {"status": "unknown"}),
        ("decided", "send", {"status": "undelivered", "sent_at": at}),
        ("decided", "send", {"status": "sent", "sent_at": at}),
        ("decided", "send", {"status": "delivered", "sent_at": at, "delivered_at": at}),
        ("decided", "send", {"status": "sent", "sent_at": at, "first_seen_at": at}),
        ("decided", "send", {"status": "sent", "sent_at": at, "answer": "partial"}),
        ("decided", "send", {"status": "delivered", "sent_at": at, "answer": "complete"}),
    ]
    with office.owner.connection() as connection:
        for asking, action, invitation in steps:
            event = occur(connection, world, asking, action)
            if invitation:
                invite(connection, world, event, dict(invitation))
    return {
        "events": 12,
        "eligible": 9,
        "invited": 8,
        "sent": 6,
        "delivered": 4,
        "opened": 3,
        "answered": 2,
        "completed": 1,
        "undelivered": 1,
        "unknown": 1,
        "open_links": 5,
    }


def occur(connection: Connection, world: World, asking: str, action: str | None) -> UUID:
    """One event, and what was decided on it, if anything was."""
    event = new_id()
    given = {"id": event, "branch": world.branches[0], "at": ASKED_AT}
    connection.execute(
        text(
            "insert into event (id, source, external_id, revision, content_hash, "
            "touchpoint_id, branch_id, occurred_at, occurred_on, attributes, status, "
            "received_at, asking, due_at) values (:id, 'test', :id, 1, '', :place, "
            ":branch, :at, :day, '{}', 'active', :at, :asking, :at)"
        ),
        {**given, "place": world.touchpoints[0], "day": PERIOD.start, "asking": asking},
    )
    if action:
        reason = {"drop": "capped", "hold": "no_zone"}.get(action, "passed")
        connection.execute(
            text(
                "insert into decision (id, decided_at, event_id, branch_id, action, "
                "reason, checks) values (:decision, :at, :id, :branch, :action, :reason, '[]')"
            ),
            {**given, "decision": new_id(), "action": action, "reason": reason},
        )
    return event


def invite(connection: Connection, world: World, event: UUID, more: dict[str, Any]) -> None:
    branch, day, at = world.branches[0], PERIOD.start, ASKED_AT
    answer = more.pop("answer", None)
    row = {
        "id": new_id(),
        "event_id": event,
        "survey_code": "survey",
        "survey_version_id": world.version,
        "reminder_number": 0,
        "branch_id": branch,
        "touchpoint_id": world.touchpoints[0],
        "occurred_on": day,
        "channel": "sms",
        "language": "zh",
        "created_at": at,
        "planned_at": at,
        "expires_at": NOW + timedelta(days=1),
        **more,
    }
    connection.execute(
        text(
            f"insert into invitation ({', '.join(row)}, context) "
            f"values ({', '.join(':' + name for name in row)}, '{{}}')"
        ),
        row,
    )
    if answer:
        connection.execute(
            text(
                "insert into response (id, invitation_id, survey_version_id, branch_id, "
                "touchpoint_id, occurred_on, channel, language, named, pages_done, started_at, "
                "submitted_at, completed_at) values (:id, :invitation, :version, :branch, :place, "
                ":day, 'sms', 'zh', false, 1, :at, :at, :done)"
            ),
            {
                "id": new_id(),
                "invitation": row["id"],
                "version": world.version,
                "branch": branch,
                "place": world.touchpoints[0],
                "day": day,
                "at": at,
                "done": at if answer == "complete" else None,
            },
        )


def test_the_funnel_says_how_far_events_came(office: Office, world: World) -> None:
    expected = happen(office, world)
    for home, role, unit in (
        (world.network, "hq_analyst", None),
        (world.network, "hq_analyst", "R1"),
        (world.branches[0], "branch_manager", "D101"),
    ):
        found = seen(office, home, role, unit=unit)
        assert {name: getattr(found.funnel, name) for name in expected} == expected
        assert [(item.reason, item.held, item.events) for item in found.reasons] == [
            ("capped", False, 2),
            ("no_zone", True, 1),
        ]
        assert found.provisional
    other = seen(office, world.branches[1], "branch_manager", unit="D102")
    assert other.funnel.events == other.funnel.invited == 0
    assert other.reasons == []
    assert not other.provisional


def comment_on(office: Office, world: World, number: int) -> list[tuple[Given, str, bool]]:
    """Comments on some responses, every third by a customer who agreed to be named."""
    chosen = [one for one in world.given if PERIOD.start <= one.day < LAST][:number]
    written = []
    with office.owner.connection() as connection:
        for place, one in enumerate(chosen):
            words, named = f"comment {place}", place % 3 == 0
            person = new_id()
            connection.execute(
                text("insert into person (id, created_at) values (:id, now())"), {"id": person}
            )
            connection.execute(
                text(
                    "update response set submitted_at = :at, named = :named, person_id = :person, "
                    "advisor = 'Wang' where id = :id"
                ),
                {
                    "at": NOW - timedelta(minutes=place // 2),
                    "named": named,
                    "person": person,
                    "id": one.id,
                },
            )
            connection.execute(
                text(
                    "insert into answer (response_id, question, occurred_on, branch_id, text) "
                    "values (:id, 'why', :day, :branch, :words)"
                ),
                {"id": one.id, "day": one.day, "branch": one.branch, "words": words},
            )
            written.append((one, words, named))
    return written


def all_pages(office: Office, home: int, role: str, wanted: Wanted) -> list[Comment]:
    found, cursor = [], None
    while True:
        with looking(office, home, role) as (session, viewer):
            page = list_comments(session, viewer, wanted, cursor=cursor, limit=7)
        found.extend(page.items)
        assert len(page.items) <= 7
        cursor = page.next
        if cursor is None:
            return found


def test_comments_come_newest_first_and_once(office: Office, world: World) -> None:
    written = comment_on(office, world, 40)
    found = all_pages(office, world.network, "hq_analyst", Wanted(PERIOD))
    assert sorted(item.text for item in found) == sorted(words for _, words, _ in written)
    assert [item.submitted_at for item in found] == sorted(
        (item.submitted_at for item in found), reverse=True
    )
    by_words = {words: one for one, words, _ in written}
    for item in found:
        assert item.score == by_words[item.text].values["nps"]
        assert item.unit.id == by_words[item.text].branch


def test_who_did_not_agree_to_be_named_is_not(office: Office, world: World) -> None:
    named = {words: named for _, words, named in comment_on(office, world, 30)}
    for item in all_pages(office, world.network, "hq_analyst", Wanted(PERIOD)):
        assert item.named == named[item.text]
        assert (item.person_id is None) == (item.advisor is None) == (not item.named)


def test_comments_of_other_branches_are_not_there(office: Office, world: World) -> None:
    written = comment_on(office, world, 60)
    for branch in world.branches[:3]:
        found = all_pages(office, branch, "branch_manager", Wanted(PERIOD))
        own = {words for one, words, _ in written if one.branch == branch}
        assert {item.text for item in found} == own


def test_comments_can_be_narrowed(office: Office, world: World) -> None:
    written = comment_on(office, world, 60)
    low = all_pages(office, world.network, "hq_analyst", Wanted(PERIOD, highest=6))
    assert {item.text for item in low} == {w for one, w, _ in written if one.values["nps"] <= 6}
    place = replace(Wanted(PERIOD, unit="R1"), touchpoint="touch2")
    found = all_pages(office, world.network, "hq_analyst", place)
    assert {item.text for item in found} == {
        words
        for one, words, _ in written
        if one.touchpoint == world.touchpoints[1] and one.branch in world.branches[:5]
    }


def test_a_cursor_that_is_none_of_ours_is_refused(office: Office, world: World) -> None:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        for cursor in ("x", "YQBiAGM", "%%%"):
            with pytest.raises(Invalid):
                list_comments(session, viewer, Wanted(PERIOD), cursor=cursor)


def test_counts_of_the_network_that_are_kept_are_of_the_newest_answers(
    office: Office, world: World
) -> None:
    def counted(branch: int) -> tuple[int, int]:
        with looking(office, branch, "branch_manager") as (session, _):
            info = require_metric(session, "nps")
            kept = network_histograms(session, info, PERIOD)
            assert network_histograms(session, info, PERIOD) is kept
            own = histograms(session, info, PERIOD)
            return int(kept.total.sum()), int(own.total.sum())

    everybody, own = counted(world.branches[0])
    assert everybody > own
    given = made_up(world, random.Random(7), [LAST - timedelta(days=1)], 30)
    with office.owner.connection() as connection:
        write(connection, given)
    fold(office.worker.database)
    scores = sum("nps" in one.values for one in given)
    assert counted(world.branches[1])[0] == everybody + scores


def test_the_data_version_rises_for_those_who_see_a_branch_that_was_answered(
    office: Office, world: World
) -> None:
    def versions() -> list[int]:
        seen = []
        for unit in (given.branch, elsewhere, world.network):
            with looking(office, unit, "branch_manager") as (session, _):
                seen.append(data_version(session))
        return seen

    [given] = made_up(world, random.Random(24), [MONDAY], 1)
    elsewhere = next(one for one in world.branches if one != given.branch)
    before = versions()
    with office.owner.connection() as connection:
        write(connection, [given])
    fold(office.worker.database)
    after = versions()
    assert after[0] > before[0]
    assert after[1] == before[1]
    assert after[2] == after[0]
    with office.owner.connection() as connection:
        spans_changed(connection, {("nps", MONDAY)})
    assert all(new > old for new, old in zip(versions(), after, strict=True))
