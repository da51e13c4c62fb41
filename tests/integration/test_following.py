"""What follows a first message in the ledger: fall-backs, reminders, and what ends a chain."""

from collections.abc import Iterator
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
)
from conftest import NOW, Office
from fastapi.testclient import TestClient
from surveyed import answer_all

from api.invitations.following import follow_up_due
from api.invitations.receipts import note_receipt
from api.invitations.service import decide_due
from api.main import create_api
from api.surveys.definitions import read_rules
from api.surveys.service import publish_rules
from scheduler.jobs.sending import send_due
from scheduler.senders.port import OutgoingMessage, Refused
from scheduler.senders.recorder import Only, Recorder

RULES = """
code = "chains"
version = 9
effective_from = 2026-01-01T00:00:00+08:00

[cap]
days = 90
count = 1

[[segment]]
name = "everyone"

[[rule]]
touchpoint = "service"
survey = "car_service"
delay_hours = 24
max_age_days = 7
expiry_days = 14
quiet_hours = ["21:00", "09:00"]
fallback = { undeliverable = true, unopened_after_hours = 48, counts = false }
reminder = [{ after_days = 5 }]

[rule.channels]
everyone = ["sms", "email"]

[rule.templates]
sms = "invite_sms"
email = "invite_email"
"""
MESSAGES = """
select id, root_id, reminder_number, kind, channel, status, counts, failure, follow_up_at
from invitation order by reminder_number
"""


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner, rules=None)


@pytest.fixture
def page(office: Office) -> Iterator[TestClient]:
    with TestClient(create_api(office.web), base_url=office.settings.public_url) as client:
        yield client


def start(office: Office, network: Network, recorder: Recorder | None = None) -> Recorder:
    """One customer who can be reached by SMS and e-mail, and whose first message has left."""
    recorder = recorder or Recorder()
    with office.owner.transaction() as session:
        publish_rules(session, read_rules(RULES, "rules"), NOW)
    someone = add_customer(
        office.owner, office.worker.vault, network.branches[0], phone=PHONE,
        email="someone@example.org",
    )  # fmt: skip
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    work(office, recorder)
    return recorder


def work(office: Office, recorder: Recorder) -> None:
    while follow_up_due(office.worker) + send_due(office.worker, senders=Only(recorder)):
        pass


def chain(office: Office) -> list[Any]:
    return rows(office.worker, MESSAGES)


def receipt(office: Office, row: Any, status: Any) -> None:
    with office.worker.database.transaction() as session:
        note_receipt(
            session, provider="console", provider_id="p", status=status, now=office.clock(),
            invitation_id=row.id,
        )  # fmt: skip


def follow(office: Office, recorder: Recorder, after: timedelta) -> list[str]:
    """What is sent ``after`` the first message."""
    before = len(recorder.sent)
    office.clock.now = NOW + after
    work(office, recorder)
    return [message.channel for message in recorder.sent[before:]]


def link_in(office: Office, text: str) -> str:
    begin = text.index(f"{office.settings.public_url}/s/")
    return text[begin:].split(maxsplit=1)[0]


def test_what_did_not_arrive_goes_at_once_by_the_next_channel_and_does_not_count(
    office: Office, network: Network
) -> None:
    recorder = start(office, network)
    change(office.worker, "update invitation set sender = 'console', provider_id = 'p'")
    receipt(office, chain(office)[0], "undelivered")
    assert follow(office, recorder, timedelta(minutes=1)) == ["email"]
    root, second = chain(office)
    assert (second.root_id, second.kind, second.counts) == (root.id, "fallback", False)
    assert follow(office, recorder, timedelta(minutes=30)) == []


def test_what_a_provider_refuses_goes_by_the_next_channel_within_the_same_minute(
    office: Office, network: Network
) -> None:
    def refuse(message: OutgoingMessage) -> None:
        if message.channel == "sms":
            raise Refused("30005", dead=True)

    recorder = start(office, network, Recorder(before=refuse))
    assert [message.channel for message in recorder.sent] == ["email"]
    root, second = chain(office)
    assert (root.status, root.failure) == ("undelivered", "30005")
    assert second.kind == "fallback"


def test_what_nobody_opened_falls_back_and_the_answer_there_ends_every_link(
    office: Office, network: Network, page: TestClient
) -> None:
    recorder = start(office, network)
    assert follow(office, recorder, timedelta(days=1)) == []
    assert follow(office, recorder, timedelta(days=2)) == ["email"]
    answer_all(page, link_in(office, recorder.sent[-1].text))
    root = chain(office)[0]
    response = one(office.worker, "select invitation_id, channel from response")
    assert (response.invitation_id, response.channel) == (root.id, "email")
    tokens = rows(office.worker, "select invitation_id, dead_at from survey_token")
    assert len(tokens) == 2
    assert {row.invitation_id for row in tokens} == {root.id}
    assert all(row.dead_at is not None for row in tokens)
    assert follow(office, recorder, timedelta(days=8)) == []
    assert chain(office)[0].follow_up_at is None


def test_a_reminder_is_cancelled_by_an_answer_also_when_it_is_planned_already(
    office: Office, network: Network
) -> None:
    recorder = start(office, network)
    change(office.worker, "update invitation set first_seen_at = :now", now=NOW)
    office.clock.now = NOW + timedelta(days=5)
    assert follow_up_due(office.worker) == 1
    assert [row.kind for row in chain(office)] == ["first", "reminder"]
    change(office.worker, "update invitation set answered_at = :now where root_id is null", now=NOW)
    assert follow(office, recorder, timedelta(days=5, minutes=10)) == []
    root, reminder = chain(office)
    assert (reminder.status, reminder.failure) == ("dropped", "answered")
    assert root.follow_up_at is None


@pytest.mark.parametrize("wish", ["opted_out", "complaint", "cancelled"])
def test_who_opted_out_complained_or_whose_visit_was_withdrawn_is_not_reminded(
    office: Office, network: Network, wish: str
) -> None:
    recorder = start(office, network)
    statement = {
        "opted_out": "insert into suppression select kind, value_hash, 'opt_out', :now "
        "from contact_point where kind = 'phone'",
        "complaint": "insert into person_hold (id, person_id, reason, source, external_id, "
        "opened_at) select id, id, 'complaint', 'crm', '1', :now from person",
        "cancelled": "update event set status = 'cancelled', due_at = :now",
    }[wish]
    change(office.worker, statement, now=NOW)
    assert follow(office, recorder, timedelta(days=6)) == []
    assert chain(office)[0].follow_up_at is None


def test_a_worker_that_was_away_sends_a_reminder_once_and_by_day(
    office: Office, network: Network
) -> None:
    recorder = start(office, network)
    change(office.worker, "update invitation set first_seen_at = :now", now=NOW)
    office.clock.now = NOW + timedelta(days=5)
    follow_up_due(office.worker)
    night = timedelta(days=5, hours=11)
    assert follow(office, recorder, night) == []
    morning = timedelta(days=6)
    assert follow(office, recorder, morning) == ["sms"]
    assert follow(office, recorder, morning + timedelta(days=6)) == []
    assert [row.kind for row in chain(office)] == ["first", "reminder"]
