"""What is done every so often: partitions ahead, old answers forgotten, once per window."""

from datetime import UTC, datetime, timedelta

from asking import change, one, rows
from conftest import NOW, Office

from scheduler.jobs.housekeeping import (
    KEPT_ANSWERS,
    claim_window,
    expire_plans,
    forget_answers,
    make_partitions,
    settle_claims,
    window_end,
)


def partitions(office: Office, month: str) -> set[str]:
    found = rows(
        office.worker,
        "select relname from pg_class where relname like :like",
        like=f"%\\_{month}",
    )
    return {row.relname.removesuffix(f"_{month}") for row in found}


def test_partitions_are_kept_three_months_ahead(office: Office) -> None:
    office.clock.now = datetime(2029, 11, 18, tzinfo=UTC)
    assert partitions(office, "y2030m02") == set()
    make_partitions(office.worker)
    everything = {"answer", "decision", "receipt", "audit_entry"}
    for month in ("y2029m11", "y2029m12", "y2030m01", "y2030m02"):
        assert partitions(office, month) == everything
    assert partitions(office, "y2030m03") == set()


def test_a_window_is_claimed_once(office: Office) -> None:
    assert [claim_window(office.worker, "job", 60) for _ in range(3)] == [True, False, False]
    assert claim_window(office.worker, "job", 60, key="another")
    office.clock.now += timedelta(seconds=59)
    assert not claim_window(office.worker, "job", 60)
    office.clock.now += timedelta(seconds=1)
    assert claim_window(office.worker, "job", 60)


def test_a_window_does_not_come_back(office: Office) -> None:
    assert claim_window(office.worker, "job", 60)
    office.clock.now -= timedelta(minutes=5)  # a host whose clock is behind
    assert not claim_window(office.worker, "job", 60)


def test_windows_begin_on_whole_hours() -> None:
    assert window_end(NOW + timedelta(minutes=59), 3600) == NOW
    assert window_end(NOW, 3600) == NOW


def test_stored_answers_are_forgotten_after_a_day(office: Office) -> None:
    for key, age in (("old", KEPT_ANSWERS + timedelta(seconds=1)), ("new", KEPT_ANSWERS)):
        change(
            office.worker,
            "insert into idempotency_key (principal, key, body_hash, created_at) "
            "values ('token', :key, '', :at)",
            key=key,
            at=NOW - age,
        )
    forget_answers(office.worker)
    assert one(office.worker, "select key from idempotency_key").key == "new"


def test_with_nothing_to_do_nothing_happens(office: Office) -> None:
    settle_claims(office.worker)
    expire_plans(office.worker)
    assert not rows(office.worker, "select 1 from invitation")
