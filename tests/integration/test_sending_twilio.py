"""SMS through Twilio's client against a stand-in that keeps state, fails and calls back."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asking import Network, add_customer, add_event, change, make_network, one
from conftest import NOW, Office
from served import free_port, served
from twilio_stub import SID, TOKEN, TwilioStub

from api.core.installation import Installation
from api.invitations.sending import LEASE
from api.invitations.service import decide_due
from api.main import create_api
from scheduler.jobs.sending import send_due, settle_stale
from scheduler.senders import twilio_sms

US, CHINA = "+12025550101", "+8619900000001"


@pytest.fixture
def stub() -> TwilioStub:
    return TwilioStub()


@pytest.fixture
def address(stub: TwilioStub) -> Iterator[str]:
    with served(stub.app()) as base:
        yield base


@pytest.fixture
def live(office: Office, address: str) -> Installation:
    return installed(office, twilio_base_url=address)


def installed(office: Office, **changes: object) -> Installation:
    settings = office.settings.with_changes(
        live_sending=True,
        twilio_account_sid=SID,
        twilio_auth_token=TOKEN,
        twilio_from="+12025550100",
        **changes,
    )
    return Installation(settings, office.worker.database, office.worker.vault, office.clock)


def plan(office: Office, network: Network | None = None, phone: str = US) -> None:
    network = network or make_network(office.owner)
    someone = add_customer(office.owner, office.worker.vault, network.branches[0], phone=phone)
    add_event(office.owner, network, someone)
    assert decide_due(office.worker) == 1


def state(office: Office) -> tuple[str, str | None, str | None]:
    row = one(office.worker, "select status, failure, provider_id from invitation")
    return row.status, row.failure, row.provider_id


def after_the_lease(office: Office, live: Installation) -> None:
    office.clock.now += LEASE + timedelta(seconds=1)
    settle_stale(live)


def test_a_message_reaches_twilio_once_with_our_id_in_the_callback(
    office: Office, live: Installation, stub: TwilioStub
) -> None:
    plan(office)
    send_due(live)
    send_due(live)
    (message,) = stub.messages
    assert (message["to"], message["from"]) == (US, "+12025550100")
    assert "/s/" in message["body"]
    made = one(office.worker, "select id, sender, parts from invitation")
    assert stub.callbacks[message["sid"]].endswith(f"/webhooks/twilio/status?invitation={made.id}")
    assert state(office) == ("sent", None, message["sid"])
    assert (made.sender, made.parts) == ("twilio", 1)


def test_status_callbacks_come_home_over_http(real_office: Office, stub: TwilioStub) -> None:
    port = free_port()
    with served(stub.app()) as base:
        live = installed(real_office, twilio_base_url=base, public_url=f"http://127.0.0.1:{port}")
        web = Installation(live.settings, real_office.web.database, live.vault, real_office.clock)
        with served(create_api(web), port):
            plan(real_office)
            send_due(live)
            (sid,) = stub.callbacks
            assert stub.call_back(sid, "delivered", token="forged") == 403
            assert state(real_office)[0] == "sent"
            assert stub.call_back(sid, "delivered") == 204
            assert state(real_office)[0] == "delivered"
            assert stub.call_back(sid, "undelivered", ErrorCode="30003") == 204
            assert state(real_office)[0] == "delivered"


@pytest.mark.parametrize(("code", "expected"), [(21610, (1, 0)), (21614, (0, 1)), (21617, (0, 0))])
def test_a_definite_refusal_is_undelivered(
    office: Office, live: Installation, stub: TwilioStub, code: int, expected: tuple[int, int]
) -> None:
    stub.answers[US] = (400, code)
    plan(office)
    send_due(live)
    assert state(office) == ("undelivered", str(code), None)
    counted = one(
        office.worker,
        "select (select count(*) from suppression where reason = 'opt_out') as suppressed, "
        "(select count(undeliverable_at) from contact_point) as dead",
    )
    assert (counted.suppressed, counted.dead) == expected


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (401, 20003), (400, 21606)])
def test_what_is_our_own_fault_or_load_waits(
    office: Office, live: Installation, stub: TwilioStub, status: int, code: int
) -> None:
    stub.answers[US] = (status, code)
    plan(office)
    send_due(live)
    assert state(office) == ("planned", str(code), None)
    stub.answers.clear()
    office.clock.now += timedelta(minutes=10)
    send_due(live)
    assert len(stub.messages) == 1


def test_nobody_listening_means_that_nothing_was_sent(office: Office) -> None:
    plan(office)
    send_due(installed(office, twilio_base_url=f"http://127.0.0.1:{free_port()}"))
    assert state(office) == ("planned", "no_connection", None)


def test_an_error_after_acceptance_is_looked_up_and_not_sent_again(
    office: Office, live: Installation, stub: TwilioStub
) -> None:
    stub.answers[US], stub.keeps_then_fails = (500, 20500), True
    plan(office)
    send_due(live)
    assert state(office)[0] == "claimed"
    after_the_lease(office, live)
    assert state(office) == ("sent", None, stub.messages[0]["sid"])
    send_due(live)
    assert len(stub.messages) == 1


def test_an_error_before_acceptance_is_looked_up_and_sent(
    office: Office, live: Installation, stub: TwilioStub
) -> None:
    stub.answers[US] = (500, 20500)
    plan(office)
    send_due(live)
    after_the_lease(office, live)
    assert state(office) == ("planned", "never_sent", None)
    stub.answers.clear()
    send_due(live)
    assert len(stub.messages) == 1
    assert state(office)[0] == "sent"


def test_no_answer_in_time_is_looked_up(
    office: Office, address: str, stub: TwilioStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_sms, "TIMEOUT", 0.3)
    live = installed(office, twilio_base_url=f"{address}/")
    stub.delay = 1.0
    plan(office)
    send_due(live)
    assert state(office)[0] == "claimed"
    stub.delay = 0
    after_the_lease(office, live)
    assert state(office) == ("sent", None, stub.messages[0]["sid"])


def test_another_message_to_the_same_number_is_not_taken_for_ours(
    office: Office, live: Installation, stub: TwilioStub
) -> None:
    stub._keep({"To": US, "Body": f"hello http://x/s/{'A' * 22} bye"})
    stub.answers[US] = (500, 20500)
    plan(office)
    send_due(live)
    after_the_lease(office, live)
    assert state(office)[0] == "planned"


def test_a_look_up_that_fails_decides_nothing(
    office: Office, live: Installation, stub: TwilioStub
) -> None:
    stub.answers[US], stub.listing_fails = (500, 20500), True
    plan(office)
    send_due(live)
    after_the_lease(office, live)
    assert state(office)[0] == "claimed"


def test_chinese_numbers_are_not_handed_abroad(
    office: Office, live: Installation, stub: TwilioStub
) -> None:
    plan(office, phone=CHINA)
    send_due(live)
    assert state(office) == ("undelivered", "cross_border", None)
    assert not stub.messages


def test_chinese_numbers_are_handed_abroad_where_that_is_allowed(
    office: Office, address: str, stub: TwilioStub
) -> None:
    plan(office, phone=CHINA)
    send_due(installed(office, twilio_base_url=address, allow_cross_border_sms=True))
    assert stub.messages[0]["to"] == CHINA


def test_what_is_not_sms_stays_on_the_console(
    office: Office, live: Installation, stub: TwilioStub
) -> None:
    plan(office)
    change(office.worker, "update invitation set channel = 'wechat'")
    send_due(live)
    assert state(office)[0] == "sent"
    assert one(office.worker, "select sender from invitation").sender == "console"
    assert not stub.messages


def test_the_client_logs_nothing_personal(
    office: Office, live: Installation, stub: TwilioStub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.answers[US], stub.keeps_then_fails = (500, 20500), True
    plan(office)
    send_due(live)
    after_the_lease(office, live)
    ours = [line for line in caplog.records if line.name != "uvicorn.access"]  # that is the stub's
    logged = " ".join(line.getMessage() for line in ours)
    assert US[1:] not in logged
    assert stub.messages[0]["body"].partition("/s/")[2][:22] not in logged
    assert stub.now == NOW
