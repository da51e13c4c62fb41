"""Receipts shuffled, repeated and forged: the state is right, whatever order they come in.

A receipt may come before its message is recorded, twice, or from somebody who is not the provider;
the record of the message may come anywhere between them.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from asking import PHONE, Network, add_customer, add_event, change, make_network, one, rows
from conftest import NOW, Office
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from web import TestClient, visitor

from api.core.installation import Installation
from api.invitations import sending
from api.invitations.receipts import note_receipt
from api.invitations.repository.claiming import ClaimedRow
from api.invitations.service import decide_due
from scheduler.jobs.housekeeping import apply_early_receipts

SIGNING = "only for tests"
WORDS = ["queued", "sent", "delivered", "undelivered", "failed", "read", "a word of tomorrow"]
RANK = {"queued": 1, "sent": 1, "undelivered": 2, "failed": 2, "delivered": 3, "read": 3}
STATE = {0: "sent", 1: "sent", 2: "undelivered", 3: "delivered"}
RECORDED = "recorded"
quickly = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Sent:
    """A message that a sender has handed over but not yet recorded."""

    id: UUID
    row: ClaimedRow


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


@pytest.fixture
def web(office: Office) -> TestClient:
    live = office.settings.with_changes(
        twilio_account_sid="AC1", twilio_auth_token=SIGNING, twilio_from="+12025550100"
    )
    return visitor(Installation(live, office.web.database, office.web.vault, office.clock))


def claimed(office: Office, network: Network) -> Sent:
    someone = add_customer(office.owner, office.worker.vault, network.branches[0], phone=PHONE)
    add_event(office.owner, network, someone)
    assert decide_due(office.worker) == 1
    batch = sending.claim_due(office.worker, lambda channel, address: "twilio", 1)
    row = batch.claimed[0].row
    return Sent(row.id, row)


def say(
    office: Office, web: TestClient, word: str, *, named: bool, about: Sent, forged: bool
) -> int:
    path = f"/webhooks/twilio/status?invitation={about.id}" if named else "/webhooks/twilio/status"
    form = {"MessageSid": "SM1", "MessageStatus": word}
    address = office.settings.public_url.rstrip("/") + path
    key = "a guess" if forged else SIGNING
    signature = RequestValidator(key).compute_signature(address, form)
    return web.post(path, data=form, headers={"X-Twilio-Signature": signature}).status_code


def again(office: Office, sent: Sent) -> None:
    """The message as it was claimed, nothing said of it yet."""
    change(office.worker, "delete from receipt")
    change(
        office.worker,
        "update invitation set status = 'claimed', provider_id = null, failure = null, "
        "sent_at = null, delivered_at = null where id = :id",
        id=sent.id,
    )


def test_receipts_in_any_order_end_in_the_furthest_state(
    office: Office, network: Network, web: TestClient
) -> None:
    sent = claimed(office, network)

    @quickly
    @given(
        st.lists(
            st.tuples(st.sampled_from(WORDS), st.booleans(), st.booleans()), max_size=7
        ).flatmap(lambda told: st.permutations([*told, RECORDED]))
    )
    def any_order(story: list[Any]) -> None:
        again(office, sent)
        for step in story:
            if step == RECORDED:
                sending.record(office.worker, [sending.taken(sent.row, "SM1", 1)])
                continue
            word, named, forged = step
            answer = say(office, web, word, named=named, about=sent, forged=forged)
            assert answer == (403 if forged else 204)
        told = [step[0] for step in story if step != RECORDED and not step[2]]
        furthest = max((RANK.get(word, 0) for word in told), default=0)
        found = one(office.worker, "select * from invitation")
        assert (found.status, found.provider_id) == (STATE[furthest], "SM1")
        assert (found.delivered_at is not None) == (furthest == 3)
        assert (found.failure is not None) == (furthest == 2)
        kept = rows(office.worker, "select status, applied from receipt")
        assert len(kept) == sum(word in RANK for word in told)
        assert all(row.applied for row in kept)

    any_order()


def test_a_receipt_that_passed_the_record_of_its_message_is_applied_by_the_sweep(
    office: Office, network: Network
) -> None:
    sent = claimed(office, network)
    with office.worker.database.transaction() as session:
        note_receipt(session, provider="twilio", provider_id="SM1", status="delivered", now=NOW)
    # As if both had been written at the same moment: neither transaction saw the other.
    change(
        office.worker,
        "update invitation set status = 'sent', provider_id = 'SM1', sent_at = :now where id = :id",
        now=NOW,
        id=sent.id,
    )
    apply_early_receipts(office.worker)
    assert one(office.worker, "select status from invitation").status == "delivered"
    assert one(office.worker, "select applied from receipt").applied
