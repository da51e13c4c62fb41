"""What follows in a chain, what is tried again, and who is named as the sender."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asking import PHONE, Network, add_customer, add_event, change, make_network, one, rows
from conftest import NOW, Office

from api.core.ids import new_id
from api.invitations import sending
from api.invitations.retrying import ATTEMPTS
from api.invitations.service import decide_due
from scheduler.jobs.sending import Desk, deliver, send_due
from scheduler.senders.port import NotNow, OutgoingMessage, Sender
from scheduler.senders.recorder import Only, Recorder

FOLLOW = """
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number, kind,
    root_id, counts, message_version_id, person_id, contact_point_id, branch_id, touchpoint_id,
    occurred_on, channel, segment, language, context, created_at, planned_at, expires_at, status)
select :id, event_id, survey_code, survey_version_id, 1, 'reminder', id, :counts,
    message_version_id, person_id, contact_point_id, branch_id, touchpoint_id, occurred_on,
    channel, segment, language, context, created_at, :at, expires_at, 'planned'
from invitation where id = :root
"""


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


def plan(office: Office, network: Network, phone: str = PHONE, **values: Any) -> UUID:
    someone = add_customer(
        office.owner, office.worker.vault, network.branches[0], phone=phone, **values
    )
    event = add_event(office.owner, network, someone)
    assert decide_due(office.worker) == 1
    found: UUID = one(
        office.worker, "select id from invitation where event_id = :event", event=event
    ).id
    return found


def remind(office: Office, root: UUID, *, counts: bool = False) -> UUID:
    reminder = new_id()
    change(office.worker, FOLLOW, id=reminder, root=root, counts=counts, at=office.clock.now)
    return reminder


def state(office: Office, invitation: UUID) -> tuple[str, str | None]:
    found = one(
        office.worker, "select status, failure from invitation where id = :id", id=invitation
    )
    return found.status, found.failure


def sent(office: Office, network: Network) -> UUID:
    root = plan(office, network)
    send_due(office.worker, senders=Only(Recorder()))
    assert state(office, root) == ("sent", None)
    return root


def test_the_link_of_a_reminder_belongs_to_the_chain(office: Office, network: Network) -> None:
    root = sent(office, network)
    reminder = remind(office, root)
    recorder = Recorder()
    send_due(office.worker, senders=Only(recorder))
    assert [message.id for message in recorder.sent] == [reminder]
    links = rows(office.worker, "select invitation_id, message_id from survey_token")
    assert {tuple(link) for link in links} == {(root, root), (root, reminder)}


def test_an_answer_ends_the_reminder(office: Office, network: Network) -> None:
    root = sent(office, network)
    reminder = remind(office, root)
    change(
        office.worker, "update invitation set answered_at = :now where id = :id", now=NOW, id=root
    )
    send_due(office.worker, senders=Only(Recorder()))
    assert state(office, reminder) == ("dropped", "answered")


@pytest.mark.parametrize(("counts", "status"), [(False, "sent"), (True, "dropped")])
def test_only_a_reminder_that_counts_is_held_against_the_cap(
    office: Office, network: Network, counts: bool, status: str
) -> None:
    reminder = remind(office, sent(office, network), counts=counts)
    send_due(office.worker, senders=Only(Recorder()))
    assert state(office, reminder)[0] == status


def test_a_reminder_that_does_not_count_leaves_room_for_others(
    office: Office, network: Network
) -> None:
    root = plan(office, network)
    remind(office, root)
    send_due(office.worker, senders=Only(Recorder()))
    assert state(office, root) == ("sent", None)


@pytest.mark.parametrize(
    ("reason", "failure"), [("deceased", "deceased"), ("blocklist", "blocked")]
)
def test_who_must_not_be_asked_any_more_is_not(
    office: Office, network: Network, reason: str, failure: str
) -> None:
    root = plan(office, network)
    change(
        office.worker,
        "insert into person_hold (id, person_id, reason, source, external_id, opened_at) "
        "select gen_random_uuid(), id, :reason, 'crm', '1', :now from person",
        reason=reason,
        now=NOW,
    )
    recorder = Recorder()
    send_due(office.worker, senders=Only(recorder))
    assert not recorder.sent
    assert state(office, root) == ("dropped", failure)


def test_an_open_complaint_has_the_event_decided_again(office: Office, network: Network) -> None:
    root = plan(office, network)
    change(
        office.worker,
        "insert into person_hold (id, person_id, reason, source, external_id, opened_at) "
        "select gen_random_uuid(), id, 'complaint', 'crm', '1', :now from person",
        now=NOW,
    )
    recorder = Recorder()
    for _ in range(3):
        send_due(office.worker, senders=Only(recorder))
    assert not recorder.sent
    reasons = rows(office.worker, "select reason from decision order by decided_at, id")
    assert reasons[-1].reason == "open_complaint"
    assert state(office, root)[0] in ("planned", "dropped")


@dataclass(frozen=True)
class ByNumber:
    """Mainland numbers go one way, all others another."""

    home: Recorder = field(default_factory=lambda: Recorder(name="home", can_look_up=True))
    abroad: Recorder = field(default_factory=lambda: Recorder(name="abroad"))

    def route(self, channel: str, address: str) -> Sender:
        return self.home if address.startswith("+86") else self.abroad

    def named(self, name: str) -> Sender | None:
        return {"home": self.home, "abroad": self.abroad}.get(name)


def test_the_ledger_names_who_really_sends(office: Office, network: Network) -> None:
    home = plan(office, network)
    abroad = plan(office, network, phone="+12025550123")
    senders = ByNumber()
    seen: list[str] = []
    senders.abroad.before = lambda message: seen.append(
        one(office.worker, "select sender from invitation where id = :id", id=message.id).sender
    )
    send_due(office.worker, senders=senders)
    assert seen == ["abroad"]
    named = rows(office.worker, "select id, sender from invitation")
    assert {row.id: row.sender for row in named} == {home: "home", abroad: "abroad"}


def busy(message: OutgoingMessage) -> None:
    raise NotNow("429")


def test_what_is_refused_again_and_again_is_given_up(office: Office, network: Network) -> None:
    root = plan(office, network)
    tries = 0
    while state(office, root)[0] == "planned":
        change(
            office.worker, "update invitation set send_before = null, planned_at = :now", now=NOW
        )
        tries += send_due(office.worker, senders=Only(Recorder(before=busy)))
    assert tries == ATTEMPTS
    assert state(office, root) == ("undelivered", "given_up:429")
    assert one(office.worker, "select attempts from invitation").attempts == ATTEMPTS


def test_a_used_up_quota_is_no_failed_try(office: Office, network: Network) -> None:
    plan(office, network)

    def used_up(message: OutgoingMessage) -> None:
        raise NotNow("quota", hold_for=timedelta(hours=1))

    send_due(office.worker, senders=Only(Recorder(before=used_up)))
    found = one(office.worker, "select attempts, planned_at from invitation")
    assert (found.attempts, found.planned_at) == (0, NOW + timedelta(hours=1))


def test_a_claim_that_grew_old_in_our_hands_is_not_sent(office: Office, network: Network) -> None:
    root = plan(office, network)
    (claimed,) = sending.claim_due(office.worker, lambda channel, address: "recorder", 1).claimed
    office.clock.now += sending.LEASE / 2 + timedelta(seconds=1)
    recorder = Recorder()
    said = deliver(office.worker, Desk(Only(recorder), {}), claimed)
    assert said is not None
    sending.record(office.worker, [said])
    assert not recorder.sent
    assert state(office, root) == ("planned", "claim_too_old")


def test_a_call_is_put_on_the_list_and_needs_no_provider(office: Office, network: Network) -> None:
    root = plan(office, network)
    change(office.worker, "update invitation set channel = 'call'")
    recorder = Recorder()
    send_due(office.worker, senders=Only(recorder))
    assert not recorder.sent
    found = one(office.worker, "select status, sender, sent_at from invitation")
    assert tuple(found) == ("sent", "call_list", NOW)
    task = one(office.worker, "select invitation_id, status, call_after from call_task")
    assert tuple(task) == (root, "waiting", NOW)
