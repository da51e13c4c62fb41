"""A provider account is never called more often than its bucket gives, whoever claims."""

from datetime import timedelta

import pytest
from asking import one, rows
from conftest import NOW, Office
from side_by_side import plan_texts, work_side_by_side

from api.invitations import sending
from api.invitations.repository.rates import Rate, take
from scheduler.jobs.sending import Desk, send_due
from scheduler.senders.port import NotNow, OutgoingMessage
from scheduler.senders.recorder import Only, Recorder

RATE = {"recorder": Rate(per_second=2, burst=10)}


def test_workers_side_by_side_send_no_more_than_the_bucket_gives(real_office: Office) -> None:
    plan_texts(real_office, 40)
    recorder = Recorder()
    desk = Desk(Only(recorder), RATE)
    work_side_by_side(real_office, lambda house: send_due(house, limit=7, desk=desk), 6)
    assert len(recorder.sent) == 10
    for seconds, expected in ((1, 12), (2.4, 16), (60, 26)):
        real_office.clock.now += timedelta(seconds=seconds)
        work_side_by_side(real_office, lambda house: send_due(house, limit=7, desk=desk), 6)
        assert len(recorder.sent) == expected
    left = rows(real_office.worker, "select planned_at from invitation where status = 'planned'")
    assert {row.planned_at for row in left} == {NOW}  # whoever waited keeps their place


def test_a_used_up_quota_holds_the_account_for_everybody(real_office: Office) -> None:
    plan_texts(real_office, 12)

    def used_up(message: OutgoingMessage) -> None:
        raise NotNow("quota", hold_for=timedelta(hours=1))

    send_due(real_office.worker, limit=1, desk=Desk(Only(Recorder(before=used_up)), RATE))
    recorder = Recorder()
    desk = Desk(Only(recorder), RATE)
    work_side_by_side(real_office, lambda house: send_due(house, limit=7, desk=desk), 4)
    assert not recorder.sent
    held = one(real_office.worker, "select held_until from provider_rate").held_until
    assert held == NOW + timedelta(hours=1)
    waiting = rows(
        real_office.worker, "select attempts, planned_at from invitation where status = 'planned'"
    )
    assert len(waiting) == 12
    assert {row.attempts for row in waiting} == {0}
    real_office.clock.now = held
    work_side_by_side(real_office, lambda house: send_due(house, limit=7, desk=desk), 4)
    assert len(recorder.sent) == 10


def test_a_changed_setting_changes_the_bucket(office: Office) -> None:
    with office.worker.database.transaction() as session:
        assert take(session, {"a": 5}, {"a": Rate(1, 3)}, NOW)["a"].count == 3
    with office.worker.database.transaction() as session:
        take(session, {"a": 1}, {"a": Rate(100, 100)}, NOW)
    later = NOW + timedelta(seconds=1)
    with office.worker.database.transaction() as session:
        assert take(session, {"a": 200}, {"a": Rate(100, 100)}, later)["a"].count == 100


def test_an_account_without_a_rate_is_not_limited(office: Office) -> None:
    with office.worker.database.transaction() as session:
        assert take(session, {"console": 1000}, {}, NOW) == {}


def test_a_clock_that_is_behind_gives_nothing_and_takes_nothing(office: Office) -> None:
    with office.worker.database.transaction() as session:
        take(session, {"a": 2}, RATE | {"a": Rate(1, 3)}, NOW)
        behind = take(session, {"a": 2}, {"a": Rate(1, 3)}, NOW - timedelta(hours=1))
    assert behind["a"].count == 1


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (1, 0)])
def test_a_rate_of_nothing_is_refused(per_second: float, burst: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(per_second, burst)


def test_the_claims_of_a_sender_that_cannot_be_asked_are_few(office: Office) -> None:
    plan_texts(office, 5)
    batch = sending.claim_due(
        office.worker, lambda channel, address: "recorder", 5, at_once=lambda name: 2
    )
    assert len(batch.claimed) == 2
