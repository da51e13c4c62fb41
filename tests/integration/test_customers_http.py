"""Events and customers over HTTP: who may send, what comes back, what a look leaves behind."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from conftest import Office
from integration.customers_office import AT, PHONE, build_network, people, query, said, send
from sqlmodel import Session
from starlette.testclient import TestClient
from web import visitor

from api.access import logins, service
from api.access.service import LoginNames
from api.boundary.visits import SESSION_COOKIE

PASSWORD = "correct horse battery"


@pytest.fixture
def network(office: Office) -> Office:
    with office.worker.database.transaction() as session:
        build_network(session)
    return office


@pytest.fixture
def machine(network: Office) -> Iterator[TestClient]:
    """A token that may write events and customers anywhere."""
    with visitor(network.web) as client:
        client.headers["authorization"] = f"Bearer {token(network)}"
        yield client


def token(
    office: Office,
    scopes: tuple[str, ...] = ("events:write", "customers:write"),
    unit: int | None = None,
) -> str:
    with office.worker.database.transaction() as session:
        name = f"machine {'+'.join(scopes)} {unit}"
        return service.create_token(session, name, list(scopes), unit, now=office.clock())


def person(office: Office, role: str, unit: int) -> dict[str, str]:
    """Headers of someone with ``role`` at ``unit`` who has logged in."""
    with office.worker.database.transaction() as session:
        account(session, office, role, unit)
    with office.web.database.transaction() as session:
        name = f"{role}{unit}"
        done = logins.log_in(session, office.web.vault, name, PASSWORD, now=office.clock())
    secret = done.secret  # type: ignore[union-attr]
    return {"cookie": f"{SESSION_COOKIE}={secret}", "origin": "http://testserver"}


def account(session: Session, office: Office, role: str, unit: int) -> None:
    made = service.create_account(
        session,
        office.worker.vault,
        LoginNames(staff_number=f"{role}{unit}"),
        name=role,
        password=PASSWORD,
        now=office.clock(),
    )
    service.grant(session, made, role, unit_id=unit, now=office.clock())


def post(client: TestClient, body: Any, address: str = "/api/v1/events", **headers: str) -> Any:
    return client.post(address, json=body, headers=headers)


def test_one_event_or_many_are_taken(machine: TestClient) -> None:
    one = post(machine, said(1))
    assert one.status_code == 200
    assert one.json()["created"] == 1
    many = post(machine, [said(n) for n in range(1, 4)]).json()
    assert (many["created"], many["unchanged"]) == (2, 1)
    assert [item["outcome"] for item in many["items"]] == ["unchanged", "created", "created"]
    UUID(many["items"][0]["id"])


def test_every_problem_is_named_by_item_and_field(machine: TestClient, network: Office) -> None:
    wrong = [
        said(1),
        {**said(2), "occurred_at": "2026-11-18T10:00:00", "colour": "red"},
        said(3, revision=0),
        said(4, customer={"birth_year": 12}),
        said(5, attributes={"text": "x\0y"}),
        said(6, vehicle="a", account="b"),
        said(7, amount="1.234"),
    ]
    answer = post(machine, wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    named = [(item["index"], item["field"]) for item in answer.json()["items"]]
    assert named == [
        (1, "occurred_at"),
        (1, "colour"),
        (2, "revision"),
        (3, "customer.birth_year"),
        (4, "attributes"),
        (5, "body"),
        (6, "amount"),
    ]
    assert query(network.worker, "select from event") == []


def test_problems_are_said_in_the_language_asked_for(machine: TestClient) -> None:
    body = [said(1, unit="nowhere"), said(2)]
    english = post(machine, body, **{"accept-language": "en"}).json()["items"][0]["message"]
    chinese = post(machine, body, **{"accept-language": "zh-CN"}).json()["items"][0]["message"]
    assert english.startswith("not found")
    assert chinese.startswith("未找到")


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2", b"null", b'"x"', b"[[]]", b"\xff\xfe"])
def test_what_is_not_an_event_is_a_problem(machine: TestClient, body: bytes) -> None:
    answer = machine.post("/api/v1/events", content=body)
    assert answer.status_code == 422
    assert answer.json()["items"][0]["field"]


def test_a_conflict_writes_nothing(machine: TestClient, network: Office) -> None:
    post(machine, said(1))
    answer = post(machine, [said(2), said(1, employee="other")])
    assert answer.status_code == 409
    [item] = answer.json()["items"]
    assert (item["index"], item["field"]) == (1, "revision")
    assert len(query(network.worker, "select from event")) == 1


def test_more_than_ten_thousand_are_refused(machine: TestClient) -> None:
    small = {k: v for k, v in said(1, customer=None).items() if v is not None}
    assert post(machine, [small] * 10_001).status_code == 413


def test_a_body_beyond_ten_megabytes_is_never_read_whole(network: Office) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(40):
            sent += 1_000_000
            yield b" " * 1_000_000

    with visitor(network.web) as client:
        client.headers["authorization"] = f"Bearer {token(network)}"
        stated = client.post("/api/v1/events", content=b" " * 10_000_001)
        assert (stated.status_code, stated.json()["limit"]) == (413, 10_000_000)
        unstated = client.post("/api/v1/events", content=endless())
        assert unstated.status_code == 413


def test_only_a_machine_with_the_scope_may_send(network: Office) -> None:
    boss = person(network, "hq_admin", 1)
    with visitor(network.web) as client:
        assert post(client, said(1)).status_code == 401
        assert post(client, said(1), **boss).status_code == 401  # people have no events to send
        reader = token(network, ("read",))
        assert post(client, said(1), authorization=f"Bearer {reader}").status_code == 403
        assert post(client, said(1), authorization="Bearer nonsense").status_code == 401


def test_a_machine_of_one_branch_finds_no_other(network: Office) -> None:
    mine = f"Bearer {token(network, unit=11)}"
    with visitor(network.web) as client:
        other = post(client, [said(1), said(2, unit="D2")], authorization=mine)
        unknown = post(client, [said(1), said(2, unit="nowhere")], authorization=mine)
        assert other.status_code == 422
        assert other.json() == unknown.json()
        assert post(client, said(1), authorization=mine).status_code == 200


def test_a_key_makes_a_request_happen_once(machine: TestClient, network: Office) -> None:
    key = {"idempotency-key": "k1"}
    first = post(machine, said(1), **key)
    again = post(machine, said(1), **key)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert post(machine, said(2), **key).status_code == 422
    refused = post(machine, said(3, unit="nowhere"), **{"idempotency-key": "k2"})
    assert refused.status_code == 422
    assert post(machine, said(3), **{"idempotency-key": "k2"}).status_code == 200
    assert len(query(network.worker, "select from event")) == 2


def test_customers_are_taken_without_an_event(machine: TestClient, network: Office) -> None:
    record = {"source": "crm", "unit": "D1", "id": "9", "phone": PHONE, "name": "Li"}
    answer = post(machine, [record, {**record, "source": "dms", "unit": "D2"}], "/api/v1/customers")
    first, second = (item["id"] for item in answer.json()["items"])
    assert first == second == str(people(network.worker)[0])
    nobody = post(machine, {"source": "crm", "unit": "D1", "name": "Li"}, "/api/v1/customers")
    assert nobody.status_code == 422


def test_a_customer_is_shown_masked_and_revealed_with_a_trace(network: Office) -> None:
    consent = [{"wording_version": "v1", "given_at": AT.isoformat()}]
    customer = {"phone": PHONE, "name": "王小明", "consent": consent}
    send(network.web, said(1, customer=customer), said(2, unit="D2", customer=customer))
    [known] = people(network.worker)
    manager = person(network, "branch_manager", 11)
    with visitor(network.web) as client:
        shown = client.get(f"/api/v1/customers/{known}", headers=manager).json()
        assert shown["name"] == "王小明"
        assert PHONE not in str(shown)
        assert [event["unit"] for event in shown["events"]] == ["D1"]  # the other is D2's
        [contact] = shown["contacts"]
        revealed = post(
            client,
            {"contact_id": contact["id"]},
            f"/api/v1/customers/{known}/reveal",
            **manager,
        ).json()
    assert revealed["value"] == PHONE
    [entry] = query(network.worker, "select * from audit_entry where action = 'reveal'")
    assert (entry.subject, entry.unit_id) == (f"person:{known}", 11)
    assert entry.detail["kind"] == "phone"
    assert PHONE[3:] not in str(entry)


def test_who_may_not_see_a_customer_does_not_learn_of_one(network: Office) -> None:
    send(network.web, said(1))
    [known] = people(network.worker)
    address = f"/api/v1/customers/{known}"
    [contact] = query(network.worker, "select id from contact_point")
    wanted = {"contact_id": str(contact.id)}
    other = person(network, "branch_manager", 12)
    staff, analyst = person(network, "branch_staff", 11), person(network, "hq_analyst", 1)
    with visitor(network.web) as client:
        assert client.get(address, headers=other).status_code == 404
        assert post(client, wanted, f"{address}/reveal", **other).status_code == 404
        for headers in (staff, analyst):
            assert client.get(address, headers=headers).status_code == 403
            assert post(client, wanted, f"{address}/reveal", **headers).status_code == 403
    assert query(network.worker, "select from audit_entry where action = 'reveal'") == []


def test_the_documentation_names_every_field_of_an_event(network: Office) -> None:
    with visitor(network.web) as client:
        document = client.get("/api/openapi.json").json()
    body = document["paths"]["/api/v1/events"]["post"]["requestBody"]
    one, many = body["content"]["application/json"]["schema"]["oneOf"]
    wanted = {"source", "external_id", "revision", "unit", "customer", "cancelled"}
    assert wanted <= set(one["properties"])
    assert many["maxItems"] == 10_000
    assert "$ref" not in str(one)
