"""Claim, act, record: what is sent, what is not, and what is said of it afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from asking import (
    PHONE,
    Network,
    add_customer,
    add_event,
    change,
    make_network,
    one,
    rows,
    shanghai,
)
from conftest import NOW, Office

from api.core.ids import token_hash
from api.invitations import sending
from api.invitations.sending import LEASE
from api.invitations.service import decide_due
from scheduler.jobs.housekeeping import expire_plans
from scheduler.jobs.sending import send_due, settle_stale
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    Receipt,
    Refused,
    Unresolved,
)
from scheduler.senders.recorder import Only, Recorder


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


def plan(office: Office, network: Network, phone: str = PHONE, **values: Any) -> Any:
    """A customer with a planned invitation that is due now."""
    someone = add_customer(
        office.owner, office.worker.vault, network.branches[0], phone=phone, **values
    )
    event = add_event(office.owner, network, someone)
    assert decide_due(office.worker) == 1
    return one(office.worker, "select * from invitation where event_id = :event", event=event)


def status(office: Office) -> tuple[str, str | None]:
    row = one(office.worker, "select status, failure from invitation")
    return row.status, row.failure


def send(office: Office, recorder: Recorder) -> int:
    return send_due(office.worker, senders=Only(recorder))


def settle(office: Office, recorder: Recorder) -> int:
    return settle_stale(office.worker, senders=Only(recorder))


def raising(error: Exception) -> Recorder:
    def fail(message: OutgoingMessage) -> None:
        raise error

    return Recorder(before=fail)


def test_a_due_invitation_is_sent_once_and_recorded(office: Office, network: Network) -> None:
    plan(office, network)
    recorder = Recorder()
    assert [send(office, recorder), send(office, recorder)] == [1, 0]
    (message,) = recorder.sent
    assert (message.to, message.channel) == (PHONE, "sms")
    row = one(office.worker, "select * from invitation")
    assert (row.status, row.sent_at, row.sender) == ("sent", NOW, "recorder")
    assert (row.provider_id, row.parts) == ("recorder-1", 1)


def test_the_message_holds_the_link_of_which_only_the_hash_is_kept(
    office: Office, network: Network
) -> None:
    plan(office, network)
    recorder = Recorder()
    send(office, recorder)
    text = recorder.sent[0].text
    base = f"{office.settings.public_url}/s/"
    token = text.partition(base)[2][:22]
    kept = one(office.worker, "select * from survey_token")
    assert bytes(kept.token_hash) == token_hash(token)
    assert kept.expires_at == NOW + timedelta(days=14)
    assert recorder.sent[0].opt_out_link == f"{base}{token}/opt-out"
    assert text.startswith("【远山】邀您1分钟评价")
    assert text.endswith("退订回T")


def test_the_claim_is_committed_before_the_sender_is_called(
    office: Office, network: Network
) -> None:
    plan(office, network)
    seen: list[str] = []
    recorder = Recorder(before=lambda _: seen.append(status(office)[0]))
    send(office, recorder)
    assert seen == ["claimed"]


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        ("update event set status = 'cancelled'", ("dropped", "cancelled")),
        ("update person set erased_at = now()", ("dropped", "erased")),
        ("update consent set withdrawn_at = :now", ("dropped", "no_consent")),
        ("update contact_point set undeliverable_at = :now", ("dropped", "no_address")),
        ("update invitation set expires_at = :now", ("expired", "expired")),
        (
            "insert into suppression select kind, value_hash, 'opt_out', :now from contact_point",
            ("dropped", "opted_out"),
        ),
        (
            "insert into suppression select kind, value_hash, 'not_me', :now from contact_point",
            ("dropped", "not_me"),
        ),
        (
            "insert into suppression select kind, value_hash, 'opt_out', :now from contact_point "
            "where kind = 'email'",
            ("dropped", "opted_out"),
        ),
    ],
)
def test_what_changed_between_plan_and_claim_is_seen(
    office: Office, network: Network, harm: str, expected: tuple[str, str]
) -> None:
    plan(office, network, email="a@example.com")
    change(office.worker, harm, **({"now": NOW} if ":now" in harm else {}))
    recorder = Recorder()
    assert send(office, recorder) == 1
    assert not recorder.sent
    assert status(office) == expected
    assert not rows(office.worker, "select 1 from survey_token")


def merge_all(office: Office) -> None:
    """All persons turn out to be one."""
    for table in ("contact_point", "invitation", "event"):
        change(
            office.worker,
            f"update {table} set person_id = (select id from person order by id limit 1)",
        )


def test_of_the_plans_of_persons_who_turn_out_to_be_one_the_first_is_sent(
    office: Office, network: Network
) -> None:
    for number in range(3):
        plan(office, network, phone=f"+861990000001{number}")
    merge_all(office)
    recorder = Recorder()
    while send(office, recorder):
        pass
    found = rows(office.worker, "select status, failure from invitation order by id")
    assert [tuple(row) for row in found] == [
        ("sent", None),
        ("dropped", "capped"),
        ("dropped", "capped"),
    ]
    assert len(recorder.sent) == 1


def test_a_plan_waits_when_the_cap_frees_in_time(office: Office, network: Network) -> None:
    for number in range(2):
        plan(office, network, phone=f"+861990000001{number}")
    merge_all(office)
    earlier = NOW - timedelta(days=90) + timedelta(hours=1)  # an hour later it no longer counts
    change(
        office.worker,
        "update invitation set status = 'delivered', sent_at = :at, planned_at = :at "
        "where id = (select id from invitation order by id limit 1)",
        at=earlier,
    )
    recorder = Recorder()
    while send(office, recorder):
        pass
    assert not recorder.sent
    office.clock.now = NOW + timedelta(hours=1)
    while send(office, recorder):
        pass
    assert len(recorder.sent) == 1


def test_a_plan_that_is_not_due_stays(office: Office, network: Network) -> None:
    plan(office, network)
    change(office.worker, "update invitation set planned_at = :at", at=NOW + timedelta(seconds=1))
    assert send(office, Recorder()) == 0


def test_a_refusal_is_undelivered_and_not_sent_again(office: Office, network: Network) -> None:
    plan(office, network)
    send(office, raising(Refused("30006")))
    assert status(office) == ("undelivered", "30006")
    office.clock.now += timedelta(hours=1)
    assert send(office, Recorder()) == 0


def test_a_refusal_for_an_opt_out_suppresses_the_address(office: Office, network: Network) -> None:
    plan(office, network)
    send(office, raising(Refused("21610", opted_out=True)))
    found = one(office.worker, "select kind, value_hash, reason from suppression")
    assert (found.kind, found.reason) == ("phone", "opt_out")
    assert bytes(found.value_hash) == office.worker.vault.lookup_hash("phone", PHONE)


def test_a_dead_address_is_remembered(office: Office, network: Network) -> None:
    plan(office, network)
    send(office, raising(Refused("21614", dead=True)))
    found = one(office.worker, "select undeliverable_at from contact_point")
    assert found.undeliverable_at == NOW


def test_what_certainly_was_not_sent_is_sent_later_with_a_new_link(
    office: Office, network: Network
) -> None:
    plan(office, network)
    send(office, raising(NotNow("429")))
    assert status(office) == ("planned", "429")
    assert not rows(office.worker, "select 1 from survey_token")
    recorder = Recorder()
    assert send(office, recorder) == 0
    office.clock.now += timedelta(minutes=10)
    send(office, recorder)
    assert len(recorder.sent) == 1
    assert status(office) == ("sent", None)


@pytest.mark.parametrize("error", [Unresolved("no_answer"), RuntimeError("a defect")])
def test_an_unresolved_message_is_unknown_and_never_sent_again(
    office: Office, network: Network, error: Exception
) -> None:
    plan(office, network)
    send(office, raising(error))
    assert status(office)[0] == "unknown"
    office.clock.now += timedelta(hours=3)
    recorder = Recorder()
    send(office, recorder)
    settle(office, recorder)
    assert not recorder.sent
    assert status(office)[0] == "unknown"


def test_an_unresolved_message_still_counts_against_the_cap(
    office: Office, network: Network
) -> None:
    planned = plan(office, network)
    send(office, raising(Unresolved("no_answer")))
    change(office.worker, "update event set asking = 'decided'")
    change(
        office.worker,
        "insert into event (id, source, external_id, revision, content_hash, touchpoint_id, "
        "branch_id, occurred_at, occurred_on, person_id, attributes, status, received_at, asking, "
        "due_at) select gen_random_uuid(), source, 'again', 1, content_hash, touchpoint_id, "
        "branch_id, occurred_at, occurred_on, person_id, '{}', 'active', received_at, 'pending', "
        "due_at from event where id = :id",
        id=planned.event_id,
    )
    decide_due(office.worker)
    latest = rows(office.worker, "select reason from decision order by id desc")[0]
    assert latest.reason == "capped"


def test_a_claim_without_a_receipt_is_unknown_when_its_lease_ends(
    office: Office, network: Network
) -> None:
    plan(office, network)
    sending.claim_due(office.worker, lambda channel, address: "recorder", 10)
    recorder = Recorder()
    office.clock.now += LEASE
    assert settle(office, recorder) == 0
    office.clock.now += timedelta(seconds=1)
    assert settle(office, recorder) == 1
    assert status(office) == ("unknown", "no_receipt")
    assert send(office, recorder) == 0
    assert not recorder.sent


def test_a_claim_that_can_be_looked_up_and_was_found_is_sent(
    office: Office, network: Network
) -> None:
    plan(office, network)
    sending.claim_due(office.worker, lambda channel, address: "recorder", 10)
    office.clock.now += LEASE + timedelta(seconds=1)
    recorder = Recorder(can_look_up=True, found=Receipt("SM1"))
    settle(office, recorder)
    assert status(office) == ("sent", None)
    assert one(office.worker, "select provider_id from invitation").provider_id == "SM1"
    assert not recorder.sent


def test_a_claim_that_can_be_looked_up_and_was_not_found_is_sent_after_all(
    office: Office, network: Network
) -> None:
    plan(office, network)
    sending.claim_due(office.worker, lambda channel, address: "recorder", 10)
    office.clock.now += LEASE + timedelta(seconds=1)
    recorder = Recorder(can_look_up=True)
    settle(office, recorder)
    assert status(office) == ("planned", "never_sent")
    send(office, recorder)
    assert len(recorder.sent) == 1


def test_a_look_up_that_fails_is_tried_again_and_then_given_up(
    office: Office, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(office, network)
    sending.claim_due(office.worker, lambda channel, address: "recorder", 10)
    asked = []

    def fail(self: Recorder, question: Any) -> None:
        asked.append(question.since)
        raise Unresolved("down")

    monkeypatch.setattr(Recorder, "look_up", fail)
    for _ in range(2):
        office.clock.now += LEASE + timedelta(seconds=1)
        settle(office, Recorder(can_look_up=True))
    assert status(office)[0] == "claimed"
    assert asked == [NOW, NOW]  # from the moment of the claim, however often it was taken over
    office.clock.now += timedelta(days=1)
    settle(office, Recorder(can_look_up=True))
    assert status(office) == ("unknown", "look_up_failed")


def test_a_receipt_that_comes_after_the_lease_does_not_touch_another_claim(
    office: Office, network: Network
) -> None:
    plan(office, network)
    batch = sending.claim_due(office.worker, lambda channel, address: "recorder", 10)
    office.clock.now += LEASE + timedelta(seconds=1)
    settle(office, Recorder(can_look_up=True))
    sending.record(office.worker, [sending.taken(batch.claimed[0].row, "late", 1)])
    assert status(office)[0] == "planned"


def test_a_worker_that_wakes_up_at_night_waits_until_the_morning(
    office: Office, network: Network
) -> None:
    plan(office, network)
    office.clock.now = shanghai(18, 23)
    recorder = Recorder()
    send(office, recorder)
    assert not recorder.sent
    moved = one(office.worker, "select status, planned_at, expires_at from invitation")
    assert (moved.status, moved.planned_at) == ("planned", shanghai(19, 9))
    assert moved.expires_at == shanghai(19, 9) + timedelta(days=14)
    office.clock.now = shanghai(19, 9)
    send(office, recorder)
    assert len(recorder.sent) == 1


def test_the_night_begins_between_plan_and_claim(office: Office, network: Network) -> None:
    office.clock.now = shanghai(18, 20, 59)
    plan(office, network)
    office.clock.now = shanghai(18, 21)
    recorder = Recorder()
    send(office, recorder)
    assert not recorder.sent
    assert one(office.worker, "select planned_at from invitation").planned_at == shanghai(19, 9)


def test_a_worker_that_was_away_by_day_sends_at_once(office: Office, network: Network) -> None:
    plan(office, network)
    office.clock.now = shanghai(18, 16)
    recorder = Recorder()
    send(office, recorder)
    send(office, recorder)
    assert len(recorder.sent) == 1


def test_a_worker_that_was_away_for_too_long_does_not_ask(office: Office, network: Network) -> None:
    plan(office, network)
    office.clock.now = shanghai(25, 12)
    recorder = Recorder()
    send(office, recorder)
    assert not recorder.sent
    assert status(office) == ("dropped", "too_old")


def test_plans_whose_link_would_be_dead_expire(office: Office, network: Network) -> None:
    plan(office, network)
    office.clock.now = NOW + timedelta(days=14)
    expire_plans(office.worker)
    assert status(office) == ("expired", "expired")


def test_an_invitation_that_cannot_be_written_is_shown_as_such(
    office: Office, network: Network
) -> None:
    plan(office, network)
    change(office.worker, "update invitation set context = '{}'")
    recorder = Recorder()
    send(office, recorder)
    assert not recorder.sent
    assert status(office) == ("undelivered", "not_writable")
    assert not rows(office.worker, "select 1 from survey_token")


def test_one_message_that_fails_does_not_stop_the_batch(office: Office, network: Network) -> None:
    for number in range(3):
        plan(office, network, phone=f"+861990000001{number}")

    def second_fails(message: OutgoingMessage) -> None:
        if message.to.endswith("11"):
            raise RuntimeError("a defect")

    recorder = Recorder(before=second_fails)
    assert send(office, recorder) == 3
    found = rows(office.worker, "select status from invitation order by created_at, id")
    assert sorted(row.status for row in found) == ["sent", "sent", "unknown"]


def test_a_longer_message_says_how_many_parts_it_has(office: Office, network: Network) -> None:
    plan(office, network)
    change(
        office.worker,
        "update invitation set context = jsonb_set(context, '{brand,zh}', :brand)",
        brand='"很长很长很长的品牌名称"',
    )
    recorder = Recorder()
    send(office, recorder)
    assert len(recorder.sent[0].text) > 70
    assert one(office.worker, "select parts from invitation").parts == 2


def test_nothing_personal_is_logged(
    office: Office, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    plan(office, network)
    send(office, raising(RuntimeError(PHONE)))
    assert caplog.text
    assert PHONE not in caplog.text
    assert "/s/" not in caplog.text
