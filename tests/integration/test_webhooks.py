"""Providers' callbacks: only signed ones are believed, and the ledger only moves forward."""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from asking import PHONE, Network, add_customer, add_event, change, make_network, one, rows
from conftest import NOW, Office
from fastapi.testclient import TestClient
from served import free_port, served
from twilio.request_validator import RequestValidator
from twilio_stub import SID, TwilioStub
from twilio_stub import TOKEN as STUB_TOKEN

from api.core.installation import Installation
from api.invitations import sending
from api.invitations.receipts import further
from api.invitations.service import decide_due
from api.main import create_api
from api.webhooks.twilio import wish_of
from scheduler.jobs.sending import Desk, deliver, send_due
from scheduler.senders.recorder import Only, Recorder

TOKEN = "auth token of the tests"
PUBLIC = "https://ask.example.com"


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


@pytest.fixture
def web(office: Office) -> Iterator[TestClient]:
    settings = office.settings.with_changes(
        public_url=PUBLIC,
        twilio_account_sid="AC1",
        twilio_auth_token=TOKEN,
        twilio_from="+12025550100",
        wechat_app_id="wx0000000000000001",
        wechat_secret="app secret",
        wechat_base_url="http://127.0.0.1:9",
        wechat_token="wechat secret",
    )
    installation = Installation(settings, office.web.database, office.web.vault, office.web.clock)
    with TestClient(create_api(installation), base_url="http://inside") as client:
        yield client


def signed(path: str, form: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    signature = RequestValidator(token).compute_signature(PUBLIC + path, form)
    return {"X-Twilio-Signature": signature}


def call(web: TestClient, path: str, form: dict[str, str], **headers: str) -> int:
    made = web.post(path, data=form, headers=headers or signed(path, form))
    return made.status_code


def status_call(web: TestClient, invitation: UUID | str, status: str, **more: str) -> int:
    path = f"/webhooks/twilio/status?invitation={invitation}"
    return call(web, path, {"MessageSid": "SM1", "MessageStatus": status, **more})


def plan(office: Office, network: Network) -> UUID:
    someone = add_customer(office.owner, office.worker.vault, network.branches[0], phone=PHONE)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    found: UUID = one(office.worker, "select id from invitation").id
    return found


def sent(office: Office, network: Network, provider_id: str = "SM1") -> UUID:
    invitation = plan(office, network)
    batch = sending.claim_due(office.worker, lambda channel, address: "twilio", 1)
    sending.record(office.worker, [sending.taken(batch.claimed[0].row, provider_id, 1)])
    return invitation


def state(office: Office) -> Any:
    return one(office.worker, "select status, failure, provider_id, delivered_at from invitation")


def test_a_delivery_is_believed_when_it_is_signed(
    office: Office, network: Network, web: TestClient
) -> None:
    invitation = sent(office, network)
    assert status_call(web, invitation, "delivered") == 204
    found = state(office)
    assert (found.status, found.delivered_at) == ("delivered", NOW)
    receipt = one(office.worker, "select * from receipt")
    assert (receipt.provider_id, receipt.status, receipt.applied) == ("SM1", "delivered", True)
    assert (receipt.invitation_id, receipt.branch_id) == (invitation, network.branches[0])


@pytest.mark.parametrize("forgery", ["", "abc", "another token", "another form", "another id"])
def test_a_forged_callback_is_refused_and_changes_nothing(
    office: Office, network: Network, web: TestClient, forgery: str
) -> None:
    invitation = sent(office, network)
    path = f"/webhooks/twilio/status?invitation={invitation}"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    headers = {
        "": {},
        "abc": {"X-Twilio-Signature": "abc"},
        "another token": signed(path, form, token="guessed"),
        "another form": signed(path, {**form, "MessageStatus": "sent"}),
        "another id": signed("/webhooks/twilio/status?invitation=1", form),
    }[forgery]
    refused = web.post(path, data=form, headers=headers)
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert state(office).status == "sent"
    assert not rows(office.worker, "select 1 from receipt")


def test_nothing_is_believed_where_twilio_is_not_set_up(office: Office) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    with TestClient(create_api(office.web)) as client:
        headers = signed("/webhooks/twilio/status", form, token="")
        assert client.post("/webhooks/twilio/status", data=form, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["sent", "delivered"], "delivered"),
        (["delivered", "sent"], "delivered"),
        (["undelivered", "delivered"], "delivered"),
        (["delivered", "undelivered"], "delivered"),
        (["failed", "sent"], "undelivered"),
        (["queued", "sending"], "sent"),
        (["read"], "delivered"),
        (["a word of tomorrow"], "sent"),
    ],
)
def test_receipts_only_move_forward(
    office: Office, network: Network, web: TestClient, statuses: list[str], expected: str
) -> None:
    invitation = sent(office, network)
    for word in statuses:
        assert status_call(web, invitation, word) == 204
    assert state(office).status == expected


def test_a_callback_settles_a_claim_whose_sender_died(
    office: Office, network: Network, web: TestClient
) -> None:
    invitation = plan(office, network)
    sending.claim_due(office.worker, lambda channel, address: "twilio", 1)
    status_call(web, invitation, "sent")
    found = state(office)
    assert (found.status, found.provider_id) == ("sent", "SM1")


def test_a_callback_before_the_receipt_is_not_undone_by_it(
    office: Office, network: Network, web: TestClient
) -> None:
    plan(office, network)
    (claimed,) = sending.claim_due(office.worker, lambda channel, address: "twilio", 1).claimed
    twilio = Recorder(name="SM")
    twilio.before = lambda message: _delivered(web, message.id)
    said = deliver(office.worker, Desk(Only(twilio), {}), claimed)
    assert said is not None
    sending.record(office.worker, [said])
    found = state(office)
    assert (found.status, found.delivered_at) == ("delivered", NOW)
    assert one(office.worker, "select sent_at, parts from invitation").parts == 1


def _delivered(web: TestClient, invitation: UUID) -> None:
    path = f"/webhooks/twilio/status?invitation={invitation}"
    assert call(web, path, {"MessageSid": "SM-1", "MessageStatus": "delivered"}) == 204


def test_a_receipt_for_an_unknown_message_is_kept_and_applied_later(
    office: Office, network: Network, web: TestClient
) -> None:
    path = "/webhooks/twilio/status"
    assert call(web, path, {"MessageSid": "SM9", "MessageStatus": "delivered"}) == 204
    assert one(office.worker, "select applied from receipt").applied is False
    sent(office, network, provider_id="SM9")
    assert state(office).status == "delivered"
    assert one(office.worker, "select applied from receipt").applied is True


def test_a_callback_does_not_touch_an_invitation_that_another_message_settled(
    office: Office, network: Network, web: TestClient
) -> None:
    invitation = sent(office, network, provider_id="SM5")
    status_call(web, invitation, "delivered")
    assert state(office).status == "sent"


def test_a_late_callback_stops_a_message_that_a_look_up_did_not_find(
    office: Office, network: Network, web: TestClient
) -> None:
    invitation = plan(office, network)
    (claimed,) = sending.claim_due(office.worker, lambda channel, address: "twilio", 1).claimed
    sending.record(office.worker, [sending.untouched(claimed.row, "never_sent")])
    assert status_call(web, invitation, "sent") == 204
    found = state(office)
    assert (found.status, found.provider_id) == ("sent", "SM1")
    recorder = Recorder()
    send_due(office.worker, senders=Only(recorder))
    assert not recorder.sent


def test_a_callback_does_not_send_what_is_only_planned(
    office: Office, network: Network, web: TestClient
) -> None:
    invitation = plan(office, network)
    assert status_call(web, invitation, "delivered") == 204
    assert state(office).status == "planned"


def test_a_withdrawn_invitation_stays_withdrawn(
    office: Office, network: Network, web: TestClient
) -> None:
    invitation = plan(office, network)
    change(office.worker, "update invitation set status='dropped', sender='twilio'")
    status_call(web, invitation, "delivered")
    assert state(office).status == "dropped"
    assert not further("dropped", "delivered")


@pytest.mark.parametrize(
    ("code", "suppressed", "dead"),
    [("21610", 1, False), ("30006", 0, True), ("30003", 0, False)],
)
def test_an_error_code_may_say_something_of_the_address(
    office: Office, network: Network, web: TestClient, code: str, suppressed: int, *, dead: bool
) -> None:
    invitation = sent(office, network)
    status_call(web, invitation, "undelivered", ErrorCode=code)
    assert tuple(state(office))[:2] == ("undelivered", code)
    assert len(rows(office.worker, "select 1 from suppression")) == suppressed
    point = one(office.worker, "select undeliverable_at from contact_point")
    assert (point.undeliverable_at is not None) == dead


def inbound(web: TestClient, body: str, sender: str = PHONE) -> int:
    return call(web, "/webhooks/twilio/inbound", {"From": sender, "Body": body})


@pytest.mark.parametrize("body", ["STOP", " stop.", "TD", "td", "退订", "T", "“退订”"])
def test_a_stop_suppresses_the_address_and_withdraws_what_is_planned(
    office: Office, network: Network, web: TestClient, body: str
) -> None:
    plan(office, network)
    assert inbound(web, body) == 200
    found = one(office.worker, "select kind, value_hash, reason from suppression")
    assert (found.kind, found.reason) == ("phone", "opt_out")
    assert bytes(found.value_hash) == office.worker.vault.lookup_hash("phone", PHONE)
    assert tuple(state(office))[:2] == ("dropped", "opted_out")
    recorder = Recorder()
    send_due(office.worker, senders=Only(recorder))
    assert not recorder.sent


def test_a_stop_holds_for_a_number_that_nobody_has_yet(
    office: Office, network: Network, web: TestClient
) -> None:
    inbound(web, "STOP", sender="+12025550123")
    someone = add_customer(
        office.owner, office.worker.vault, network.branches[0], phone="+12025550123"
    )
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert one(office.worker, "select reason from decision").reason == "opted_out"


def test_a_start_lifts_the_own_opt_out_only(
    office: Office, network: Network, web: TestClient
) -> None:
    inbound(web, "STOP")
    inbound(web, "START")
    assert not rows(office.worker, "select 1 from suppression")
    inbound(web, "STOP")
    change(office.worker, "update suppression set reason = 'staff'")
    inbound(web, "START")
    assert one(office.worker, "select reason from suppression").reason == "staff"


def test_other_answers_change_nothing(office: Office, network: Network, web: TestClient) -> None:
    for body in ("please stop by tomorrow", "我要退订吗", "", "谢谢"):
        assert inbound(web, body) == 200
    assert inbound(web, "STOP", sender="BANK") == 200
    assert not rows(office.worker, "select 1 from suppression")
    assert wish_of("stop it") is None


def test_a_forged_stop_is_refused(office: Office, web: TestClient) -> None:
    form = {"From": PHONE, "Body": "STOP"}
    refused = web.post("/webhooks/twilio/inbound", data=form, headers={"X-Twilio-Signature": "abc"})
    assert refused.status_code == 403
    assert not rows(office.worker, "select 1 from suppression")


@pytest.mark.parametrize("word", ["STOP", "TD", "退订"])
def test_a_customer_answers_over_http(real_office: Office, word: str) -> None:
    port, stub = free_port(), TwilioStub()
    settings = real_office.settings.with_changes(
        public_url=f"http://127.0.0.1:{port}",
        twilio_account_sid=SID,
        twilio_auth_token=STUB_TOKEN,
        twilio_from="+12025550100",
    )
    place = Installation(
        settings, real_office.web.database, real_office.web.vault, real_office.clock
    )
    with served(create_api(place), port) as base:
        assert stub.inbound(base, PHONE, word, token="guessed") == 403
        assert not rows(real_office.worker, "select 1 from suppression")
        assert stub.inbound(base, PHONE, word) == 200
        assert len(rows(real_office.worker, "select 1 from suppression")) == 1
        assert stub.inbound(base, PHONE, "START") == 200
        assert not rows(real_office.worker, "select 1 from suppression")


def wechat_query(when: int, secret: str = "wechat secret") -> dict[str, str]:
    parts = sorted([secret, str(when), "n1"])
    signature = hashlib.sha1("".join(parts).encode()).hexdigest()
    return {"timestamp": str(when), "nonce": "n1", "signature": signature, "echostr": "hello"}


def test_wechat_is_answered_when_it_signs(web: TestClient) -> None:
    now = int(NOW.timestamp())
    assert web.get("/webhooks/wechat", params=wechat_query(now)).text == "hello"
    assert web.post("/webhooks/wechat", params=wechat_query(now)).text == "success"
    for query in (
        wechat_query(now, secret="guessed"),
        wechat_query(now - 3600),
        {**wechat_query(now), "nonce": "n2"},
        {},
    ):
        assert web.get("/webhooks/wechat", params=query).status_code == 403
