"""Contactless: the bank's own gateway knows the number, and here it is stored nowhere."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asking import YESTERDAY, make_network, one, rows
from conftest import NOW, Office
from contactless_stub import SECRET, ContactlessStub
from fastapi.testclient import TestClient
from served import free_port, served
from sqlalchemy import text

from api.core.ids import new_id
from api.core.installation import Installation
from api.customers.errors import ItemsInvalid
from api.customers.schemas import EventIn
from api.customers.service import ingest_events
from api.invitations.service import decide_due
from api.main import create_api
from api.security.scope import Scope
from api.surveys.definitions import read_rules
from api.surveys.service import publish_rules
from scheduler.jobs.sending import send_due, settle_stale
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import NotNow, OutgoingMessage, Question, Receipt, Refused, Unresolved

REF, NUMBER = "CIF-7d1f0c55e2", "+8619900000017"
RULES = """
code = "contactless"
version = 1
effective_from = 2024-01-01T00:00:00+08:00
[cap]
days = 90
count = 1
[[segment]]
name = "everybody"
[[rule]]
touchpoint = "service"
survey = "car_service"
delay_hours = 24
max_age_days = 7
priority = 10
expiry_days = 14
quiet_hours = ["21:00", "09:00"]
[rule.channels]
everybody = ["contactless"]
[rule.templates]
contactless = "invite_contactless"
"""
EVERYWHERE = Scope.whole_network(reason="events of the test")


@pytest.fixture
def stub() -> ContactlessStub:
    return ContactlessStub(people={REF: NUMBER})


@pytest.fixture
def base(stub: ContactlessStub) -> Iterator[str]:
    with served(stub.app()) as address:
        yield f"{address}/bank"


def installed(office: Office, base: str, place: Installation) -> Installation:
    settings = office.settings.with_changes(
        live_sending=True, contactless_base_url=base, contactless_secret=SECRET
    )
    return Installation(settings, place.database, place.vault, office.clock)


@pytest.fixture
def live(office: Office, base: str) -> Installation:
    return installed(office, base, office.worker)


@pytest.fixture
def web(office: Office) -> Iterator[TestClient]:
    place = installed(office, "http://127.0.0.1:9", office.web)
    with TestClient(create_api(place)) as client:
        yield client


def plan(office: Office, ref: str = REF) -> None:
    """An event of a customer who is known by a reference only, decided."""
    make_network(office.owner, rules=None)
    customer = {
        "id": "C17",
        "contact_ref": ref,
        "consent": [{"wording_version": "1", "given_at": YESTERDAY.isoformat()}],
    }
    event = EventIn.model_validate(
        {
            "source": "core",
            "external_id": "E1",
            "touchpoint": "service",
            "unit": "D1",
            "occurred_at": YESTERDAY.isoformat(),
            "customer": customer,
        }
    )
    with office.owner.transaction() as session:
        publish_rules(session, read_rules(RULES, "rules"), NOW)
        ingest_events(
            session, [event], limits=EVERYWHERE, vault=office.worker.vault, now=office.clock.now
        )
    assert decide_due(office.worker) == 1


def state(office: Office) -> tuple[str, str | None]:
    row = one(office.worker, "select status, failure from invitation")
    return row.status, row.failure


def outgoing(to: str = REF) -> OutgoingMessage:
    return OutgoingMessage(
        new_id(), "contactless", to, "text", template="invite", parameters={"link": "https://x"}
    )


def test_a_message_by_reference_is_sent_told_of_and_holds_no_number(
    real_office: Office, stub: ContactlessStub, base: str
) -> None:
    live = installed(real_office, base, real_office.worker)
    with served(create_api(installed(real_office, base, real_office.web))) as ours:
        plan(real_office)
        send_due(live)
        (message,) = stub.messages.values()
        assert (message["contact_ref"], message["template"]) == (REF, "invite_contactless")
        assert "/s/" in message["parameters"]["link"]
        assert set(message) == {
            "id", "contact_ref", "template", "language", "parameters", "message_id"
        }  # fmt: skip
        receipt = {
            "id": message["id"], "message_id": message["message_id"], "status": "delivered"
        }  # fmt: skip
        assert stub.push(ours, {"receipts": [receipt]}, secret="guessed " * 4) == 403
        assert state(real_office)[0] == "sent"
        assert stub.push(ours, {"receipts": [{**receipt, "number": NUMBER}]}) == 400
        assert stub.push(ours, {"receipts": [receipt]}) == 204
        assert state(real_office)[0] == "delivered"
        assert stub.push(ours, {"wishes": [{"contact_ref": REF, "wish": "stop"}]}) == 204
    (point,) = rows(real_office.worker, "select kind, value_encrypted from contact_point")
    assert (point.kind, real_office.worker.vault.decrypt(bytes(point.value_encrypted))) == (
        "ref", REF
    )  # fmt: skip
    assert one(real_office.worker, "select kind, reason from suppression").kind == "ref"
    assert list(holding(real_office, NUMBER[3:])) == []
    assert "receipt.provider_id" in set(holding(real_office, message["message_id"]))


def holding(office: Office, wanted: str) -> Iterator[str]:
    """Every column of every table in which ``wanted`` can be read."""
    with office.owner.transaction() as session:
        columns = session.execute(
            text(
                "select table_name, column_name from information_schema.columns "
                "where table_schema = 'public'"
            )
        ).all()
        for table, column in columns:
            found = session.execute(
                text(f'select 1 from "{table}" where "{column}"::text like :wanted limit 1'),
                {"wanted": f"%{wanted}%"},
            ).first()
            if found is not None:
                yield f"{table}.{column}"


@pytest.mark.parametrize("number", [NUMBER, NUMBER[1:], NUMBER[3:], "a@example.com"])
def test_a_reference_that_is_an_address_is_refused(office: Office, number: str) -> None:
    with pytest.raises(ItemsInvalid):
        plan(office, ref=number)


def test_an_error_after_acceptance_is_looked_up_by_our_id(
    office: Office, live: Installation, stub: ContactlessStub
) -> None:
    stub.answer, stub.keeps_then_fails = (500, {}), True
    plan(office)
    send_due(live)
    assert state(office)[0] == "claimed"
    stub.answer = None
    office.clock.now += timedelta(minutes=11)
    stub.now = office.clock.now
    settle_stale(live)
    assert state(office)[0] == "sent"
    assert one(office.worker, "select provider_id from invitation").provider_id == "M0001"
    assert stub.taken == 1


def test_a_reference_that_nobody_knows_is_undelivered(
    office: Office, live: Installation, stub: ContactlessStub
) -> None:
    stub.people.clear()
    plan(office)
    send_due(live)
    assert state(office) == ("undelivered", "unknown_reference")
    assert one(office.worker, "select undeliverable_at from contact_point").undeliverable_at


@pytest.mark.parametrize(
    ("status", "said", "verdict", "code"),
    [
        (422, {"code": "opted_out", "opted_out": True}, Refused, "opted_out"),
        (429, {"code": "busy"}, NotNow, "busy"),
        (403, {}, NotNow, "http_403"),
        (302, {}, NotNow, "http_302"),
        (503, {}, Unresolved, "http_503"),
    ],
)
def test_answers_mean_one_of_three_things(
    live: Installation,
    stub: ContactlessStub,
    *,
    status: int,
    said: dict[str, Any],
    verdict: type[Exception],
    code: str,
) -> None:
    stub.answer = (status, said)
    with pytest.raises(verdict) as raised:
        ConfiguredSenders(live).route("contactless", REF).send(outgoing())
    assert getattr(raised.value, "code", None) == code
    assert getattr(raised.value, "opted_out", False) == (code == "opted_out")


def test_the_same_id_is_taken_once(live: Installation, stub: ContactlessStub) -> None:
    sender, message = ConfiguredSenders(live).route("contactless", REF), outgoing()
    assert sender.send(message) == sender.send(message) == Receipt("M0001")
    assert (stub.taken, len(stub.messages), stub.refused) == (2, 1, 0)
    question = Question(message.id, REF, NOW, ())
    assert sender.look_up(question) == Receipt("M0001")
    assert sender.look_up(Question(new_id(), REF, NOW, ())) is None


def test_a_gateway_that_is_not_there_sends_nothing_and_answers_nothing(office: Office) -> None:
    away = installed(office, f"http://127.0.0.1:{free_port()}", office.worker)
    sender = ConfiguredSenders(away).route("contactless", REF)
    with pytest.raises(NotNow):
        sender.send(outgoing())
    with pytest.raises(Unresolved):
        sender.look_up(Question(new_id(), REF, NOW, ()))


@pytest.mark.parametrize("forgery", ["secret", "body", "late", "unsigned", "moment"])
def test_a_forged_call_is_refused(
    office: Office, web: TestClient, stub: ContactlessStub, forgery: str
) -> None:
    body = json.dumps({"wishes": [{"contact_ref": REF, "wish": "stop"}]}).encode()
    headers = stub.headers(body, late=301 if forgery == "late" else 0)
    if forgery == "secret":
        headers = stub.headers(body, "guessed")
    if forgery == "moment":
        headers["X-Branchpulse-Timestamp"] = "²" * 3
    if forgery == "unsigned":
        headers = {}
    sent = body.replace(b"stop", b"start") if forgery == "body" else body
    headers = {name: value.encode("utf-8") for name, value in headers.items()}  # type: ignore[misc]
    refused = web.post("/webhooks/contactless", content=sent, headers=headers)
    assert refused.status_code == 403
    assert not rows(office.worker, "select 1 from suppression")


def test_what_was_not_agreed_is_not_readable(web: TestClient, stub: ContactlessStub) -> None:
    for said in (b"[]", b'{"receipts": [{"id": 1}]}', b"{", b'{"wishes": [{"contact_ref": ""}]}'):
        answer = web.post("/webhooks/contactless", content=said, headers=stub.headers(said))
        assert answer.status_code == 400
