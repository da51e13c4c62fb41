"""What the domestic gateway says of messages, pushed and pulled: forward only, forged refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asking import add_customer, add_event, change, make_network, one, rows
from conftest import Office
from domestic_stub import CALLBACK_TOKEN, KEY, SECRET, DomesticStub
from fastapi.testclient import TestClient
from invited import planned
from served import served

from api.core.ids import new_id, token_hash
from api.core.installation import Installation
from api.core.logs import mask
from api.invitations.receipts import apply_kept
from api.invitations.service import decide_due
from api.main import create_api
from scheduler.jobs.receipts import pull_receipts
from scheduler.jobs.sending import send_due, settle_stale
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import OutgoingMessage, ProviderTemplate

PHONE, NUMBER = "+8619900000001", "19900000001"
TEMPLATE = ProviderTemplate("SMS_1", "远山汽车", ("code",), ("AbCdEfGhIjKlMnOpQrStUv",))


@pytest.fixture
def stub() -> DomesticStub:
    return DomesticStub(templates={"SMS_1": ("code",)})


@pytest.fixture
def live(office: Office, stub: DomesticStub) -> Iterator[Installation]:
    with served(stub.app()) as base:
        yield installed(office, base, office.worker)


def installed(office: Office, base: str, place: Installation) -> Installation:
    settings = office.settings.with_changes(
        live_sending=True,
        domestic_sms_base_url=base,
        domestic_sms_key_id=KEY,
        domestic_sms_key_secret=SECRET,
        domestic_sms_callback_token=CALLBACK_TOKEN,
    )
    return Installation(settings, place.database, place.vault, office.clock)


@pytest.fixture
def web(office: Office) -> Iterator[TestClient]:
    place = installed(office, "http://127.0.0.1:9", office.web)
    with TestClient(create_api(place)) as client:
        yield client


def sent(office: Office, live: Installation, *, noted: bool = True) -> dict[str, Any]:
    """A message that the gateway took, as the ledger knows it (unless not ``noted``)."""
    key = planned(office, phone=PHONE)
    message = OutgoingMessage(key, "sms", PHONE, "", providers={"domestic_sms": TEMPLATE})
    receipt = ConfiguredSenders(live).route("sms", PHONE).send(message)
    change(
        office.worker,
        "update invitation set status = 'sent', sender = 'domestic_sms', sent_at = :now, "
        "provider_id = :id",
        now=office.clock.now,
        id=receipt.provider_id if noted else None,
    )
    return {"id": key, "biz_id": receipt.provider_id}


def state(office: Office) -> tuple[str, str | None]:
    row = one(office.worker, "select status, failure from invitation")
    return row.status, row.failure


def push(web: TestClient, *items: Any, token: str = CALLBACK_TOKEN) -> int:
    return web.post(f"/webhooks/domestic-sms/{token}", json=list(items)).status_code


def receipt(about: dict[str, Any], code: str = "DELIVERED", **more: Any) -> dict[str, Any]:
    said = {"biz_id": about["biz_id"], "out_id": str(about["id"]), "err_code": code}
    return {**said, "success": code == "DELIVERED", "phone_number": NUMBER, **more}


def test_receipts_and_answers_are_pushed_over_http(real_office: Office, stub: DomesticStub) -> None:
    with served(stub.app()) as base:
        place = installed(real_office, base, real_office.web)
        with served(create_api(place)) as ours:
            sent(real_office, installed(real_office, base, real_office.worker))
            stub.settle(stub.messages[0])
            assert stub.push_receipts(ours, token="guessed-" * 5) == 403
            assert state(real_office)[0] == "sent"
            assert stub.push_receipts(ours) == 200
            assert state(real_office)[0] == "delivered"
            assert stub.push_reply(ours, NUMBER, "TD", token="guessed-" * 5) == 403
            assert not rows(real_office.worker, "select 1 from suppression")
            assert stub.push_reply(ours, NUMBER, "TD") == 200
            assert len(rows(real_office.worker, "select 1 from suppression")) == 1
            assert stub.push_reply(ours, NUMBER, "START") == 200
            assert not rows(real_office.worker, "select 1 from suppression")


def test_an_event_becomes_the_template_that_the_gateway_approved(
    office: Office, live: Installation, stub: DomesticStub
) -> None:
    stub.templates["SMS_000000001"] = ("occasion", "link_code")
    network = make_network(office.owner)
    someone = add_customer(office.owner, office.worker.vault, network.branches[0], phone=PHONE)
    add_event(office.owner, network, someone)
    assert decide_due(office.worker) == 1
    send_due(live)
    send_due(live)
    (message,) = stub.messages
    assert (message["to"], message["sign"]) == (NUMBER, "星澜汽车")
    hashed = token_hash(message["parameters"]["link_code"])
    assert bytes(one(office.worker, "select token_hash from survey_token").token_hash) == hashed
    row = one(office.worker, "select id, sender, provider_id, status from invitation")
    assert (row.sender, row.provider_id, row.status) == ("domestic_sms", message["biz_id"], "sent")
    assert message["out_id"] == str(row.id)


def test_a_call_that_timed_out_is_looked_up_and_not_sent_again(
    office: Office, live: Installation, stub: DomesticStub
) -> None:
    stub.templates["SMS_000000001"] = ("occasion", "link_code")
    stub.status, stub.keeps_then_fails = 500, True
    network = make_network(office.owner)
    someone = add_customer(office.owner, office.worker.vault, network.branches[0], phone=PHONE)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    send_due(live)
    assert state(office)[0] == "claimed"
    stub.status = 200
    office.clock.now += timedelta(minutes=11)
    stub.now = office.clock.now
    settle_stale(live)
    send_due(live)
    assert state(office)[0] == "sent"
    assert len(stub.messages) == 1
    stub.settle(stub.messages[0])
    office.clock.now += timedelta(minutes=16)  # what was looked up has no id of the gateway's
    stub.now = office.clock.now
    assert pull_receipts(live) == 1
    assert state(office)[0] == "delivered"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["DELIVERED", "MOBILE_NOT_ON_SERVICE"], ("delivered", None)),
        (["MOBILE_NOT_ON_SERVICE", "DELIVERED"], ("delivered", None)),
        (["MOBILE_NOT_ON_SERVICE"] * 2, ("undelivered", "MOBILE_NOT_ON_SERVICE")),
    ],
)
def test_a_batch_moves_the_ledger_forward_only(
    office: Office,
    live: Installation,
    web: TestClient,
    codes: list[str],
    expected: tuple[str, str | None],
) -> None:
    about = sent(office, live)
    noise = [{"biz_id": 7}, "no receipt", receipt({"id": new_id(), "biz_id": "another"})]
    assert push(web, *noise, *(receipt(about, code) for code in codes)) == 200
    assert state(office) == expected
    kept = rows(office.worker, "select applied from receipt")
    assert sorted(row.applied for row in kept) == [False, True, True]


def test_a_receipt_that_comes_before_its_message_waits(
    office: Office, live: Installation, web: TestClient
) -> None:
    about = sent(office, live, noted=False)
    change(office.worker, "update invitation set status = 'planned', sender = null")
    assert push(web, receipt(about, out_id="")) == 200
    assert state(office)[0] == "planned"
    change(
        office.worker,
        "update invitation set status = 'sent', sender = 'domestic_sms', provider_id = :id",
        id=about["biz_id"],
    )
    with office.worker.database.transaction() as session:
        assert apply_kept(session, "domestic_sms", about["biz_id"], about["id"]) == 1
    assert state(office)[0] == "delivered"


@pytest.mark.parametrize("token", ["guessed", CALLBACK_TOKEN[:-1], CALLBACK_TOKEN.upper(), "%20"])
def test_a_push_to_another_address_is_refused(
    office: Office, live: Installation, web: TestClient, token: str
) -> None:
    about = sent(office, live)
    assert push(web, receipt(about), token=token) == 403
    assert state(office)[0] == "sent"
    assert not rows(office.worker, "select 1 from receipt")


def test_nothing_is_believed_where_no_token_is_set(office: Office) -> None:
    with TestClient(create_api(office.web)) as client:
        for path in ("", "/replies"):
            assert client.post(f"/webhooks/domestic-sms/None{path}", json=[]).status_code == 403


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"\xff"])
def test_a_body_that_is_no_list_is_refused(web: TestClient, body: bytes) -> None:
    answer = web.post(f"/webhooks/domestic-sms/{CALLBACK_TOKEN}", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_receipt_may_say_something_of_the_address(
    office: Office, live: Installation, web: TestClient
) -> None:
    about = sent(office, live)
    assert push(web, receipt(about, "MOBILE_IN_BLACK")) == 200
    assert state(office) == ("undelivered", "MOBILE_IN_BLACK")
    assert one(office.worker, "select reason from suppression").reason == "opt_out"


@pytest.mark.parametrize("word", ["TD", "td ", "退订", "T", "R", "拒收"])
def test_an_answer_that_means_stop_suppresses_the_number(
    office: Office, web: TestClient, word: str
) -> None:
    path = f"/webhooks/domestic-sms/{CALLBACK_TOKEN}/replies"
    said = {"phone_number": NUMBER, "content": word, "sequence_id": 1}
    assert web.post(path, json=[{"content": "TD"}, said]).status_code == 200
    found = one(office.worker, "select kind, value_hash from suppression")
    assert bytes(found.value_hash) == office.worker.vault.lookup_hash("phone", PHONE)


def test_the_secret_of_the_address_is_not_logged(
    web: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert CALLBACK_TOKEN not in mask(f'"POST /webhooks/domestic-sms/{CALLBACK_TOKEN} HTTP/1.1"')
    push(web)
    assert CALLBACK_TOKEN not in mask(caplog.text)


def test_what_was_never_pushed_is_pulled(
    office: Office, live: Installation, stub: DomesticStub
) -> None:
    sent(office, live)
    assert pull_receipts(live) == 0
    assert stub.asked == 0
    office.clock.now += timedelta(minutes=16)
    stub.now = office.clock.now
    assert pull_receipts(live) == 1
    assert state(office)[0] == "sent"
    office.clock.now += timedelta(minutes=1)
    assert pull_receipts(live) == 0  # asked again only after twice the time
    stub.settle(stub.messages[0])
    office.clock.now += timedelta(minutes=20)
    stub.now = office.clock.now
    assert pull_receipts(live) == 1
    assert state(office)[0] == "delivered"
    office.clock.now += timedelta(hours=5)
    stub.now = office.clock.now
    assert pull_receipts(live) == 0
    assert stub.asked == 2


def test_two_leaders_pull_once_in_a_window(
    office: Office, live: Installation, stub: DomesticStub
) -> None:
    sent(office, live)
    office.clock.now += timedelta(minutes=16)
    stub.now = office.clock.now
    assert [pull_receipts(live), pull_receipts(live)] == [1, 0]


def test_a_gateway_that_does_not_answer_is_asked_later(
    office: Office, live: Installation, stub: DomesticStub
) -> None:
    sent(office, live)
    office.clock.now += timedelta(hours=1)  # our clock is wrong for the gateway
    assert pull_receipts(live) == 0
    assert stub.refused == ["InvalidTimeStamp.Expired"]
    assert state(office)[0] == "sent"
