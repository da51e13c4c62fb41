"""Why a customer is asked or not: the stored decision, or the one that would be taken."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asking import PHONE, Network, add_customer, add_event, change, make_network, rows
from conftest import NOW, Office
from fastapi.testclient import TestClient

from api.access.service import create_token
from api.invitations.commands import as_lines, explain_event
from api.invitations.service import decide_due
from api.main import create_api

KEYS = ["event", "decision", "reason", "earliest_at", "rule_set_version",
        "first_blocked", "checks"]  # fmt: skip


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


@pytest.fixture
def web(office: Office) -> Iterator[TestClient]:
    with TestClient(create_api(office.web)) as client:
        yield client


def asked(
    office: Office, web: TestClient, event: object, unit: int | None = None, scope: str = "read"
) -> Any:
    """The answer to a machine that sees ``unit`` (None: everything)."""
    with office.worker.database.transaction() as session:
        secret = create_token(session, f"{scope} {unit} {event}", [scope], unit, now=NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    return web.get(f"/api/v1/events/{event}/decision", headers=headers)


def explained(office: Office, event: object) -> dict[str, Any]:
    with office.worker.database.transaction() as session:
        return explain_event(session, str(event), NOW)


def customer(office: Office, network: Network, **values: Any) -> Any:
    return add_customer(
        office.owner, office.worker.vault, network.branches[0], phone=PHONE, **values
    )


def test_a_decision_is_explained_as_the_contract_says(
    office: Office, network: Network, web: TestClient
) -> None:
    event = add_event(office.owner, network, customer(office, network))
    decide_due(office.worker)
    document = explained(office, event)
    assert list(document) == KEYS
    assert (document["event"], document["decision"], document["reason"]) == (
        str(event),
        "send",
        "passed",
    )
    assert document["rule_set_version"] == 1
    assert document["earliest_at"] == "2026-11-18T04:00:00+00:00"
    assert {frozenset(check) for check in document["checks"]} == {
        frozenset({"rule", "value", "limit", "ok"})
    }
    assert json.loads(json.dumps(document)) == document
    answer = asked(office, web, event)
    assert answer.status_code == 200
    assert list(answer.json()) == KEYS
    assert answer.json()["checks"] == document["checks"]


def test_an_event_is_found_by_the_name_its_source_has_for_it(
    office: Office, network: Network, web: TestClient
) -> None:
    event = add_event(office.owner, network, customer(office, network), external_id="A:7")
    assert explained(office, "dms:A:7")["event"] == str(event)
    assert asked(office, web, "dms:A:7").json()["event"] == str(event)


def test_what_is_not_decided_yet_is_decided_without_leaving_a_trace(
    office: Office, network: Network, web: TestClient
) -> None:
    event = add_event(office.owner, network, customer(office, network))
    before = explained(office, event)
    assert asked(office, web, event, network.branches[0]).json()["decision"] == "send"
    for table in ("decision", "invitation"):
        assert not rows(office.worker, f"select 1 from {table}")
    decide_due(office.worker)
    assert explained(office, event) == before


def test_a_dry_decision_of_a_branch_knows_what_others_sent(
    office: Office, network: Network, web: TestClient
) -> None:
    someone = customer(office, network)
    add_event(office.owner, network, someone, branch=1)
    decide_due(office.worker)
    event = add_event(office.owner, network, someone)
    answer = asked(office, web, event, network.branches[0])
    assert answer.json()["reason"] == "capped"
    assert "D2" not in answer.text


@pytest.mark.parametrize("decided", [True, False])
def test_another_branchs_event_is_not_found(
    office: Office, network: Network, web: TestClient, *, decided: bool
) -> None:
    event = add_event(office.owner, network, customer(office, network))
    if decided:
        decide_due(office.worker)
    refused = asked(office, web, event, network.branches[1])
    unknown = asked(office, web, "01a204f4-6f61-778d-8e2f-2eedc87455e9", network.branches[1])
    nonsense = asked(office, web, "nonsense", network.branches[1])
    assert [refused.status_code, unknown.status_code, nonsense.status_code] == [404, 404, 404]
    assert refused.json()["type"] == unknown.json()["type"]


def test_who_may_only_write_events_reads_no_decision(
    office: Office, network: Network, web: TestClient
) -> None:
    event = add_event(office.owner, network, customer(office, network))
    assert asked(office, web, event, scope="events:write").status_code == 403
    assert web.get(f"/api/v1/events/{event}/decision").status_code == 401


def test_no_explanation_holds_anything_personal(
    office: Office, network: Network, web: TestClient
) -> None:
    someone = customer(office, network, birth_year=1950, email="a@example.com")
    event = add_event(office.owner, network, someone)
    text = json.dumps(explained(office, event)) + asked(office, web, event).text
    for value in (PHONE, PHONE[3:], "a@example.com", str(someone.id)):
        assert value not in text


def test_people_read_a_line_for_each_check(office: Office, network: Network) -> None:
    event = add_event(office.owner, network, customer(office, network))
    change(office.worker, "update consent set granted = false")
    document = explained(office, event)
    lines = as_lines(document).splitlines()
    assert len(lines) == len(document["checks"]) + 1
    assert lines[0].startswith("Do not ask: The customer has not consented")
    assert lines[-1] == "  - Usable channel: sms:no_consent / sms"
    assert as_lines(document, "zh").splitlines()[0] != lines[0]
