"""Silence, dead feeds and the warning list: found in the whole network, told once, over in time."""

import json
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from ticketed import Shop, make_shop

from api.core.ids import new_id
from api.tickets import alerts_queries
from api.tickets.alerts_queries import AlertFilter, AlertLine
from api.tickets.watching.watch import watch_network
from scheduler.jobs.alerting import watch

DAY = timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture
def shop(office: Office) -> Shop:
    return make_shop(office)


def rows(office: Office, statement: str, **given: object) -> Sequence[tuple[object, ...]]:
    with office.owner.connection() as connection:
        return [tuple(row) for row in connection.execute(text(statement), given)]


def add_events(shop: Shop, branch: int, days: range, each: int = 4, *, until: date = TODAY) -> None:
    """``each`` events on every day so many days before ``until``."""
    values = [
        {
            "id": new_id(),
            "key": f"{branch}-{until}-{back}-{number}",
            "touchpoint": shop.world.touchpoints[0],
            "branch": shop.world.branches[branch],
            "day": until - back * DAY,
            "at": NOW - back * DAY,
        }
        for back in days
        for number in range(each)
    ]
    with shop.office.owner.connection() as connection:
        connection.execute(
            text(
                "insert into event (id, source, external_id, content_hash, touchpoint_id, "
                "branch_id, occurred_at, occurred_on, received_at, due_at, asking, revision, "
                "attributes, status) values (:id, 'dms', :key, '', :touchpoint, :branch, :at, "
                ":day, :at, :at, 'decided', 1, '{}', 'active')"
            ),
            values,
        )


def found(shop: Shop, kind: str, name: str = "head") -> list[AlertLine]:
    with shop.at_work(name) as (session, viewer):
        return alerts_queries.list_alerts(session, viewer, AlertFilter(kinds=(kind,)))


def notices(shop: Shop) -> list[tuple[object, ...]]:
    return list(
        rows(
            shop.office,
            "select a.name, n.branch_id, n.detail from notice n "
            "join account a on a.id = n.account_id where n.kind = 'alert' order by n.created_at",
        )
    )


def test_a_feed_that_stops_is_told_once_and_ends_when_it_lives_again(shop: Shop) -> None:
    for branch in range(5):
        add_events(shop, branch, range(1, 60) if branch != 1 else range(4, 60))
        shop.answered(shop.world.branches[branch])
    assert watch_network(shop.office.worker) == 1
    assert watch_network(shop.office.worker) == 0
    (alert,) = found(shop, "feed")
    assert (alert.unit.code, alert.rule, alert.detail["observed"]) == ("D102", "dead_feed", 0)
    assert alert.detail["expected"] == 12.0
    assert alert.detail["from"] == (TODAY - 3 * DAY).isoformat()
    assert [(name, branch) for name, branch, _ in notices(shop)] == [
        ("region", shop.world.branches[1])
    ]
    shop.office.clock.now = NOW + 3 * DAY
    for branch in range(5):
        add_events(shop, branch, range(1, 4), until=TODAY + 3 * DAY)
    assert watch_network(shop.office.worker) == 0
    (alert,) = found(shop, "feed")
    assert alert.ended_at == NOW + 3 * DAY


def test_when_all_feeds_stop_everybody_is_told_in_one_notice(shop: Shop) -> None:
    for branch in range(5):
        add_events(shop, branch, range(4, 60))
        shop.answered(shop.world.branches[branch])
    assert watch_network(shop.office.worker) == 5
    told = {name: detail for name, _, detail in notices(shop)}
    assert told["region"]["alerts"] == 3
    assert told["region"]["units"] == ["D101", "D102", "D103"]
    assert told["head"]["alerts"] == 2, "the other region has no manager"
    assert len(notices(shop)) == 2


def test_a_branch_with_events_and_without_answers_is_silent_until_an_answer_comes(
    shop: Shop,
) -> None:
    for branch in (0, 1):
        add_events(shop, branch, range(1, 60), each=6)
    shop.answered(shop.world.branches[0])
    assert watch_network(shop.office.worker) == 1
    (alert,) = found(shop, "silence")
    assert (alert.unit.code, alert.detail["events"], alert.detail["since"]) == ("D102", 84, None)
    shop.answered(shop.world.branches[1])
    assert watch_network(shop.office.worker) == 0
    (alert,) = found(shop, "silence")
    assert alert.ended_at == NOW
    shop.office.clock.now = NOW + 20 * DAY
    for branch in (0, 1):
        add_events(shop, branch, range(1, 21), each=6, until=TODAY + 20 * DAY)
    assert watch_network(shop.office.worker) == 2, "the next silence is another one"


def test_a_new_branch_is_not_silent(shop: Shop) -> None:
    add_events(shop, 0, range(1, 12), each=9)
    assert watch_network(shop.office.worker) == 0


def test_who_comes_onto_the_warning_list_is_an_alert_until_off_it(shop: Shop) -> None:
    run, branch = new_id(), shop.world.branches[2]
    with shop.office.owner.connection() as connection:
        connection.execute(
            text(
                "insert into warning_run (id, metric, month, data_version, computed_at, "
                "parameters) values (:run, 'nps', '2026-10-01', 1, :now, '{\"tested\": 5}')"
            ),
            {"run": run, "now": NOW},
        )
        connection.execute(
            text(
                "insert into warning_row (run_id, branch_id, n, score, drop, level, since, figures)"
                " values (:run, :branch, 40, 12.5, 21.25, 'alert', '2026-09-01', '{}'), "
                "(:run, :other, 40, 30, 9, 'watch', '2026-10-01', '{}')"
            ),
            {"run": run, "branch": branch, "other": shop.world.branches[3]},
        )
    assert watch_network(shop.office.worker) == 1
    assert watch_network(shop.office.worker) == 0
    (alert,) = found(shop, "warning")
    assert (alert.unit.code, alert.severity, alert.ended_at) == ("D103", 1, None)
    assert alert.detail == {
        "metric": "nps", "level": "alert", "since": "2026-09-01", "drop": 21.25,
    }  # fmt: skip
    with shop.office.owner.connection() as connection:
        connection.execute(text("update warning_row set level = null"))
    assert watch_network(shop.office.worker) == 0
    assert [one.ended_at for one in found(shop, "warning")] == [NOW]


def test_the_network_is_looked_at_once_an_hour(shop: Shop) -> None:
    for branch in range(5):
        add_events(shop, branch, range(4, 60))
        shop.answered(shop.world.branches[branch])
    watch(shop.office.worker)
    assert len(found(shop, "feed")) == 5
    with shop.office.owner.connection() as connection:
        connection.execute(text("delete from alert"))
    watch(shop.office.worker)
    assert found(shop, "feed") == []


@pytest.mark.soak
def test_of_the_made_up_network_the_one_dead_feed_is_found(
    demo_office: tuple[Office, object],
) -> None:
    office, _ = demo_office
    truth = json.loads((office.settings.home / "demo_truth.json").read_text("utf-8"))
    watch_network(office.worker)
    found = rows(
        office,
        "select u.code from alert a join unit u on u.id = a.branch_id where a.kind = 'feed'",
    )
    assert found == [(truth["dead_feed"],)]
