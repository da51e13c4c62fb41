"""Two schedulers for an hour on a made-up clock, killed at random: each ranking once."""

import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from uuid import UUID

import pytest
from conftest import Office
from sqlalchemy import text
from two_regions import World, make_two_regions

from api.core.ids import new_id
from api.models import Subscription

BEGIN = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, eight o'clock in Shanghai
EARLIER = BEGIN - timedelta(days=3)
PROCESS = Path(__file__).parents[1] / "ranking_process.py"
_ACCOUNT = text(
    "insert into account (id, name, language, status, created_at) "
    "values (:id, 'somebody', 'zh', 'active', :at)"
)
_GRANT = text(
    "insert into access_grant (id, account_id, role, unit_id, excluded, valid_from) "
    "values (:id, :account, 'regional_manager', :unit, false, '2020-01-01')"
)
_ADDRESS = text(
    "insert into login_identifier (id, account_id, kind, value_hash, value_encrypted) "
    "values (:id, :account, 'email', :hash, :value)"
)


def hire(office: Office, world: World, people: int, lot: random.Random) -> int:
    """Managers with a ranking at a minute of the hour each, some in both languages; how many."""
    region, wanted = _region(office, world), 0
    address = office.worker.vault.encrypt("somebody@example.com")
    with office.owner.transaction() as session:
        for number in range(people):
            account = new_id()
            session.execute(_ACCOUNT, {"id": account, "at": EARLIER})
            session.execute(_GRANT, {"id": new_id(), "account": account, "unit": region})
            values = {"id": new_id(), "account": account, "hash": account.bytes}
            session.execute(_ADDRESS, values | {"value": address})
            if number % 3 == 0:  # gets the usual one
                wanted += 1
                continue
            for language in ("zh", "en")[: 1 + number % 2]:
                session.add(_row(account, region, language, lot.randrange(60)))
                wanted += 1
        session.commit()
    return wanted


def _region(office: Office, world: World) -> int:
    with office.owner.connection() as connection:
        query = text("select parent_id from unit_parent where unit_id = :unit")
        return int(
            connection.execute(query, {"unit": world.branches["north1"].unit_id}).scalar_one()
        )


def _row(account: UUID, region: int, language: str, minute: int) -> Subscription:
    return Subscription(
        account_id=account,
        unit_id=region,
        kind="ranking",
        language=language,
        weekday=0,
        at=wall(8, minute),
        ways=["email"],
        formats=["pdf"],
        created_at=EARLIER,
        updated_at=EARLIER,
    )


class Schedulers:
    """Two processes that do the same work, one of which is killed now and then."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.clock, self.done = folder / "clock", folder / "done"
        path = os.pathsep.join([str(PROCESS.parent), str(PROCESS.parents[1])])
        self.environment = {**os.environ, **office.settings.environment(), "PYTHONPATH": path}
        self.set(BEGIN - timedelta(minutes=1))
        self.running = [self._start(), self._start()]

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(PROCESS), str(self.clock), str(self.done)]
        return subprocess.Popen(command, env=self.environment)

    def set(self, now: datetime) -> None:
        """Sets the clock, in one step for who reads it."""
        new = self.clock.with_suffix(".new")
        new.write_text(now.isoformat(), encoding="ascii")
        new.replace(self.clock)

    def kill(self, which: int) -> None:
        """Kills one in the middle of whatever it does, and starts another."""
        self.running[which].kill()
        self.running[which].wait()
        self.running[which] = self._start()

    def written(self) -> list[int]:
        """What each finished round wrote; a killed one says nothing of its last."""
        with suppress(FileNotFoundError):
            return [int(line) for line in self.done.read_text(encoding="ascii").splitlines()]
        return []

    def wait(self, rounds: int) -> None:
        """Until so many more rounds are done."""
        wanted, end = len(self.written()) + rounds, time.monotonic() + 240
        while len(self.written()) < wanted:
            assert time.monotonic() < end, "the schedulers do nothing"
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends both."""
        for process in self.running:
            process.kill()
            process.wait()


def an_hour(office: Office, folder: Path, *, people: int, kills: int) -> None:
    """Lets two schedulers work for an hour; every ranking is there once and none too early."""
    lot = random.Random(300)
    wanted = hire(office, make_two_regions(office), people, lot)
    schedulers = Schedulers(office, folder)
    dying = set(lot.sample(range(2, 58), kills))
    try:
        schedulers.wait(4)
        assert sum(schedulers.written()) == 0
        for minute in range(60):
            schedulers.set(BEGIN + timedelta(minutes=minute))
            time.sleep(0.15 * lot.random())
            if minute in dying:
                schedulers.kill(lot.randrange(2))
        schedulers.wait(6)
        assert sum(schedulers.written()) <= wanted
    finally:
        schedulers.stop()
    with office.owner.connection() as connection:
        counted = connection.execute(
            text(
                "select count(*), count(distinct dedupe_key), min(created_at), max(created_at) "
                "from outbox_message where kind = 'weekly_ranking'"
            )
        ).one()
        windows = connection.execute(
            text("select count(*), count(distinct done_until) from job_window where job = :job"),
            {"job": "weekly_ranking"},
        ).one()
    assert tuple(counted)[:2] == (wanted, wanted)
    assert counted[2] >= BEGIN
    assert counted[3] < BEGIN + timedelta(hours=1)
    assert windows[1] == 1
    assert windows[0] >= wanted


def test_two_schedulers_killed_at_random_send_each_ranking_once(
    real_office: Office, tmp_path: Path
) -> None:
    an_hour(real_office, tmp_path, people=30, kills=2)


@pytest.mark.soak
def test_two_schedulers_killed_two_dozen_times_send_each_ranking_once(
    real_office: Office, tmp_path: Path
) -> None:
    an_hour(real_office, tmp_path, people=300, kills=24)
