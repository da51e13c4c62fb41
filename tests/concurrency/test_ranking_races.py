"""Two schedulers for an hour on a made-up clock, killed at random: each ranking once."""

import random
import time
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from uuid import UUID

import pytest
from conftest import Office
from sqlalchemy import text
from two_regions import World, make_two_regions
from two_schedulers import Schedulers

from api.core.ids import new_id
from api.models import Subscription

BEGIN = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, eight o'clock in Shanghai
EARLIER = BEGIN - timedelta(days=3)
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


def hire(
    office: Office, people: int, minutes: list[int], lot: random.Random
) -> dict[str, datetime]:
    """Managers with a ranking at one of the minutes each, some in both languages: what, when."""
    region, wanted = _region(office, make_two_regions(office)), dict[str, datetime]()
    address = office.worker.vault.encrypt("somebody@example.com")
    with office.owner.transaction() as session:
        for number in range(people):
            account = new_id()
            session.execute(_ACCOUNT, {"id": account, "at": EARLIER})
            session.execute(_GRANT, {"id": new_id(), "account": account, "unit": region})
            values = {"id": new_id(), "account": account, "hash": account.bytes}
            session.execute(_ADDRESS, values | {"value": address})
            if number % 3 == 0:  # gets the usual one
                wanted[f"{account}:{region}:usual"] = BEGIN
                continue
            for language in ("zh", "en")[: 1 + number % 2]:
                minute = lot.choice(minutes)
                session.add(_row(account, region, language, minute))
                wanted[f"{account}:{region}:{language}"] = BEGIN + timedelta(minutes=minute)
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


def an_hour(office: Office, folder: Path, *, people: int, kills: int) -> int:
    """Lets two schedulers work for an hour; every ranking is there once and none too early.

    How many letters were written in rounds that a kill cut short.
    """
    lot = random.Random(300)
    minutes = sorted(lot.sample(range(2, 58), kills))
    wanted = hire(office, people, minutes, lot)
    usual = list(wanted.values()).count(BEGIN)
    before = BEGIN - timedelta(minutes=1)
    with Schedulers(office, folder, before, "api.reports.service:send_due_rankings") as two:
        two.ready(0, 1)
        assert two.did() == 0
        two.set(BEGIN)
        two.wait(4, did=usual)
        assert two.did() == usual, "two did the same"
        for minute in range(1, 60):
            now = BEGIN + timedelta(minutes=minute)
            if minute in minutes:
                two.strike(now, minute % 2, lambda: len(letters(office)))
            two.set(now)
            time.sleep(0.15 * lot.random())
        two.wait(4)
        cut = len(wanted) - two.did()
    assert cut >= 0, "two did the same"
    check_letters(office, wanted)
    return cut


def letters(office: Office) -> dict[str, datetime]:
    """When each letter was written, by its key."""
    with office.owner.connection() as connection:
        query = text("select dedupe_key, created_at from outbox_message")
        return dict(tuple(row) for row in connection.execute(query))


def check_letters(office: Office, wanted: dict[str, datetime]) -> None:
    """Those that were wanted and no others, each for its week and not before its minute."""
    with office.owner.connection() as connection:
        windows = connection.execute(
            text("select key, done_until from job_window where job = 'weekly_ranking'")
        ).all()
    came = letters(office)
    due = {f"weekly_ranking:{BEGIN:%Y-%m-%d}:{key}:email": at for key, at in wanted.items()}
    assert came.keys() == due.keys()
    assert [key for key, at in due.items() if came[key] < at] == []
    assert wanted.keys() <= {row.key for row in windows}
    assert {row.done_until for row in windows} == {BEGIN}


def test_two_schedulers_killed_at_random_send_each_ranking_once(
    real_office: Office, tmp_path: Path
) -> None:
    an_hour(real_office, tmp_path, people=30, kills=2)


@pytest.mark.soak
def test_two_schedulers_killed_two_dozen_times_send_each_ranking_once(
    real_office: Office, tmp_path: Path
) -> None:
    assert an_hour(real_office, tmp_path, people=300, kills=24) > 0, "nobody died at work"
