"""A pack outlives its workers: what a killed one had begun is made by the next, once."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from answered import days_of, made_up, make_world, write
from conftest import Office
from report_process import built, prepared
from sqlalchemy import text

from api.cells.service import fold
from api.core.ids import new_id
from api.reports.orders import making, service
from api.reports.orders.scheduled import order_due_reports
from api.reports.orders.service import Wish
from api.security.scope import open_scope
from api.security.sessions import viewer_of_account
from scheduler.jobs.reports import make_reports

PROJECT = Path(__file__).parents[2]
FIRST, LAST = date(2026, 8, 3), date(2026, 11, 15)


@pytest.fixture
def order(real_office: Office) -> UUID:
    """A pack of all five branches, ordered by headquarters, with 400 answers to tell of."""
    world = make_world(real_office.owner)
    given = made_up(world, random.Random(5), days_of(FIRST, LAST), 400)
    account, now = new_id(), real_office.clock()
    with real_office.owner.connection() as connection:
        write(connection, given)
        connection.execute(
            text(
                "insert into account (id, name, language, status, created_at) "
                "values (:id, 'Someone', 'en', 'active', :now)"
            ),
            {"id": account, "now": now},
        )
        connection.execute(
            text(
                "insert into access_grant (id, account_id, role, unit_id, excluded, valid_from) "
                "values (:id, :account, 'hq_admin', :unit, false, '2020-01-01')"
            ),
            {"id": new_id(), "account": account, "unit": world.network},
        )
    fold(real_office.worker.database)
    wish = Wish("HQ", FIRST, LAST, "en", ("pdf",), pack=True)
    with real_office.web.database.transaction() as session:
        viewer = viewer_of_account(session, account, "Someone", "en", now)
        open_scope(session, viewer.scope)
        return service.place_order(session, viewer, wish, now)


def states(office: Office, order: UUID) -> dict[str, int]:
    with office.owner.connection() as connection:
        rows = connection.execute(
            text("select status, count(*) from report_item where order_id = :id group by 1"),
            {"id": order},
        )
        return {row.status: row.count for row in rows}


def until(holds: Callable[[], Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(holds())


@contextmanager
def process(office: Office, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    path = os.pathsep.join((str(PROJECT), str(PROJECT / "tests")))
    started = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **office.settings.environment(), "PYTHONPATH": path},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def test_the_claim_of_a_living_worker_is_left_alone_and_that_of_a_killed_one_is_not(
    real_office: Office, order: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw(content: Any, *_: Any) -> bytes:
        drawn.append(content.unit.code)
        return b"a report"

    monkeypatch.setattr(making, "prepare_report", prepared)
    monkeypatch.setattr(making, "build_report", built)
    monkeypatch.setattr(making, "render_report", draw)
    noted, clock = tmp_path / "noted", real_office.clock
    with process(real_office, "tests/report_process.py", str(noted)) as worker:
        assert until(noted.exists, 30)
        clock.now = datetime.now(UTC) + 2 * making.GRACE
        while make_reports(real_office.worker):
            pass
        assert states(real_office, order) == {"claimed": 1, "done": 4}
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        (code, _) = noted.read_text("utf-8").split()
        assert code not in drawn

        def finished() -> bool:
            make_reports(real_office.worker)
            return states(real_office, order) == {"done": 5}

        assert until(finished, 20)  # PostgreSQL hears of the death in a moment
    assert sorted(drawn) == ["D101", "D102", "D103", "D201", "D202"]
    with real_office.owner.connection() as connection:
        assert connection.execute(text("select count(*) from notice")).scalar() == 1


def test_of_many_schedulers_at_once_one_orders_what_is_due(
    real_office: Office, order: UUID
) -> None:
    now = real_office.clock()
    with real_office.owner.connection() as connection:
        connection.execute(
            text(
                "insert into subscription (id, account_id, unit_id, kind, language, weekday, at, "
                "ways, formats, active, created_at, updated_at) select o.id, o.account_id, "
                "o.unit_id, 'report', 'en', 2, '09:00', '{email}', '{pdf}', true, :ago, :ago "
                "from report_order o"
            ),
            {"ago": now - timedelta(days=8)},
        )
    start, placed = threading.Barrier(6), []

    def schedule() -> None:
        start.wait()
        placed.append(order_due_reports(real_office.worker))

    threads = [threading.Thread(target=schedule) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(placed) == [0, 0, 0, 0, 0, 1]
    with real_office.owner.connection() as connection:
        ordered = "select count(*) from report_order where subscription_id is not null"
        assert connection.execute(text(ordered)).scalar() == 1


@pytest.mark.soak
def test_branchpulse_work_makes_a_pack_of_real_reports_though_it_is_killed_again_and_again(
    real_office: Office, order: UUID
) -> None:
    command = ("-m", "branchpulse", "work", "--only", "reports")
    killed = 0
    while states(real_office, order) != {"done": 5} and killed < 30:
        with process(real_office, *command) as worker:
            before = states(real_office, order).get("done", 0)
            moved = until(
                lambda before=before: states(real_office, order).get("done", 0) > before, 90
            )
            assert moved, states(real_office, order)
            time.sleep(random.Random(killed).uniform(0, 1.5))
            worker.send_signal(signal.SIGKILL)
        killed += 1
        time.sleep(making.GRACE / timedelta(seconds=1))
    assert killed >= 2
    with real_office.owner.connection() as connection:
        good = "select count(*) from report_item where content like '%PDF%'::bytea"
        assert connection.execute(text(good)).scalar() == 5
        assert connection.execute(text("select count(*) from notice")).scalar() == 1
