"""Why a customer is asked or not: the stored decision, or the one that would be taken."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
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
        "first_blocked", "checks", "further", "as_of"]  # fmt: skip


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
    known = len(document["checks"])
    assert len(lines) == known + len(document["further"]) + 2
    assert lines[0].startswith("Do not ask: The customer has not consented")
    assert lines[known] == "  - Usable channel: sms:no_consent / sms"
    assert as_lines(document, "zh").splitlines()[0] != lines[0]


def test_what_a_decision_did_not_reach_is_looked_at_as_of_its_moment(
    office: Office, network: Network, web: TestClient
) -> None:
    someone = customer(office, network)
    event = add_event(office.owner, network, someone)
    change(office.worker, "update event set status = 'cancelled'")
    decide_due(office.worker)
    office.clock.now = NOW + timedelta(days=30)
    document = asked(office, web, event).json()
    assert document["first_blocked"] == "cancelled"
    assert document["checks"][-1]["rule"] == "cancelled"
    assert datetime.fromisoformat(document["as_of"]) == NOW
    further = {check["rule"]: check for check in document["further"]}
    assert {"opted_out", "segment", "channel", "quiet_hours", "max_age", "cap"} <= set(further)
    assert not set(further) & {check["rule"] for check in document["checks"]}
    assert further["max_age"]["ok"], "as of the decision, not of today"
    lines = as_lines(explained(office, event)).splitlines()
    assert len(lines) == 2 + len(document["checks"]) + len(further)


def asking_of(office: Office, web: TestClient, person: object, unit: int | None = None) -> Any:
    with office.worker.database.transaction() as session:
        secret = create_token(session, f"{unit} {person}", ["read"], unit, now=NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    return web.get(f"/api/v1/customers/{person}/asking", headers=headers)


def test_all_that_concerns_one_customer_within_the_scope(
    office: Office, network: Network, web: TestClient
) -> None:
    someone = customer(office, network)
    elsewhere = add_event(office.owner, network, someone, branch=1)
    decide_due(office.worker)
    event = add_event(office.owner, network, someone)
    decide_due(office.worker)
    whole = asking_of(office, web, someone.id).json()
    assert {one["id"] for one in whole["events"]} == {str(event), str(elsewhere)}
    assert whole["elsewhere"] == {"count": 0, "moments": []}
    answer = asking_of(office, web, someone.id, network.branches[0])
    mine = answer.json()
    assert [(one["id"], one["action"]) for one in mine["events"]] == [(str(event), "drop")]
    assert mine["events"][0]["messages"] == []
    assert mine["elsewhere"]["count"] == 1
    for hidden in ("D2", str(elsewhere)):
        assert hidden not in answer.text
    floor = next(cap for cap in mine["caps"] if cap["name"] == "cap")
    assert (floor["used"], floor["limit"], floor["code"]) == (1, 1, None)
    assert datetime.fromisoformat(floor["free_at"]) == NOW + timedelta(days=90)
    assert asking_of(office, web, someone.id, network.branches[1]).status_code == 404
    assert asking_of(office, web, someone.id, network.branches[2]).status_code == 404
