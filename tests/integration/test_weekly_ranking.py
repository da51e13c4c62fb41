"""Each regional manager gets the ranking once, with the figures of the network-wide table."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from conftest import Office
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.demo.people import Login
from api.insights.league import NETWORK, league
from api.insights.league_store import compute_table
from api.insights.queries import TableName
from api.main import create_api
from api.reports.service import send_due_rankings
from api.reports.weekly import METRIC, ranking_period, weekly_ranking
from api.reports.windows import last_due
from api.security.sessions import viewer_of_account
from api.security.viewer import Viewer

DemoOffice = tuple[Office, list[Login]]


def next_monday(office: Office) -> datetime:
    """The moment the next ranking is due in Shanghai."""
    return (last_due(office.clock.now, "Asia/Shanghai") + timedelta(weeks=1)).astimezone(UTC)


def letters(office: Office) -> list[str]:
    with office.owner.connection() as connection:
        query = text("select dedupe_key from outbox_message where kind = 'weekly_ranking'")
        return sorted(connection.execute(query).scalars())


def viewer(office: Office, role: str) -> Viewer:
    with office.worker.database.transaction() as session:
        account: UUID = session.execute(
            text("select account_id from access_grant where role = :role order by id limit 1"),
            {"role": role},
        ).scalar_one()
        return viewer_of_account(session, account, "x", "en", office.clock.now)


def test_nothing_is_sent_before_monday_eight(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    office.clock.now = next_monday(office) - timedelta(minutes=1)
    send_due_rankings(office.worker)
    before = letters(office)
    office.clock.now += timedelta(minutes=1)
    send_due_rankings(office.worker)
    assert len(letters(office)) == len(before) + 7
    send_due_rankings(office.worker)
    assert len(letters(office)) == len(before) + 7


def test_a_window_long_past_is_not_sent_by_a_new_installation(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    office.clock.now = next_monday(office) + timedelta(days=2)
    assert send_due_rankings(office.worker) == 0
    assert letters(office) == []


def test_a_worker_that_was_down_sends_the_missed_ranking(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    office.clock.now = next_monday(office)
    first = send_due_rankings(office.worker)
    office.clock.now += timedelta(weeks=1, days=3)
    assert send_due_rankings(office.worker) == first > 0


def test_two_workers_send_one(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    office.clock.now = next_monday(office)
    start = threading.Barrier(2)
    sent: list[int] = []

    def work() -> None:
        start.wait()
        sent.append(send_due_rankings(office.worker))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == len(letters(office)) == 7


def test_figures_are_those_of_the_network_wide_table(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    day = last_due(office.clock.now, "Asia/Shanghai").date()
    with office.worker.database.transaction() as session:
        period = ranking_period(session, day)
    compute_table(office.worker.database, TableName(METRIC, period, NETWORK))
    manager, boss = viewer(office, "regional_manager"), viewer(office, "hq_admin")
    with office.worker.database.transaction() as session:
        assert manager.home is not None
        ranking = weekly_ranking(session, manager, manager.home, before=day, now=office.clock.now)
        whole = league(session, boss, METRIC, period, now=office.clock.now)
    assert not ranking.ranks_pending
    lines = [line.row for line in (*ranking.ranked, *ranking.apart)]
    assert {line.unit_code for line in lines} <= {row.unit_code for row in whole.rows}
    table = {row.unit_code: row.as_dict() for row in whole.rows}
    for line in lines:
        assert line.as_dict() == table[line.unit_code]
    branches = {node.code for node in manager.hierarchy.branches_under(manager.home.id)}
    assert {line.unit_code for line in lines} <= branches


def test_the_week_is_told_as_counts(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    day = last_due(office.clock.now, "Asia/Shanghai").date()
    manager = viewer(office, "regional_manager")
    assert manager.home is not None
    with office.worker.database.transaction() as session:
        ranking = weekly_ranking(session, manager, manager.home, before=day, now=office.clock.now)
        counted = session.execute(
            text(
                "select count(*), count(*) filter (where value <= 6) from answer "
                "where metric = 'nps' and branch_id = any(:branches) "
                "and occurred_on >= :day - 7 and occurred_on < :day"
            ),
            {"branches": sorted(manager.scope.branches), "day": day},
        ).one()
    assert (ranking.week_total.answers, ranking.week_total.detractors) == tuple(counted)
    assert counted[0] > 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_preview_is_the_letter_and_only_for_the_own_region(
    demo_office: DemoOffice, language: str
) -> None:
    office, logins = demo_office
    manager = next(login for login in logins if login.role == "regional_manager")
    with TestClient(create_api(office.web), base_url="http://127.0.0.1:8050") as client:
        client.post(
            "/login",
            data={"identifier": manager.email, "password": manager.password},
            headers={"Origin": "http://127.0.0.1:8050"},
        )
        own = viewer(office, "regional_manager")
        assert own.home is not None
        mine = client.get(f"/api/v1/reports/weekly/{own.home.code}?lang={language}")
        assert mine.status_code == 200
        assert own.home.name(language) in mine.text
        for node in own.hierarchy.nodes.values():
            if not own.sees_unit(node.id):
                other = client.get(f"/api/v1/reports/weekly/{node.code}")
                assert other.status_code == 404
                assert node.name_zh not in other.text
