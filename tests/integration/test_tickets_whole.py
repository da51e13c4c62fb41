"""Tickets over HTTP, as measures, and when a customer is merged or erased."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from ticketed import Shop, make_shop
from web import TestClient, visitor

from api.access import logins
from api.access.logins import LoggedIn
from api.access.passwords import hash_password
from api.boundary.visits import SESSION_COOKIE
from api.core.errors import NotAllowed
from api.core.ids import new_id
from api.core.languages import say
from api.customers import privacy
from api.customers.repository import merges
from api.tickets import closing, service
from api.tickets.alerts.raising import Found, raise_alert
from api.tickets.byhand import Matter, foresee, open_by_hand
from api.tickets.loop import AlertRule
from api.tickets.measures import measure_days
from api.tickets.opening import Opening
from api.tickets.published import loop_in_force

ORIGIN = {"origin": "http://testserver"}
PASSWORD = "correct horse battery"


@pytest.fixture
def shop(office: Office) -> Shop:
    return make_shop(office)


def rows(shop: Shop, statement: str, **given: object) -> list[tuple[Any, ...]]:
    with shop.office.owner.connection() as connection:
        return [tuple(row) for row in connection.execute(text(statement), given)]


def opened(shop: Shop, branch: int | None = None) -> tuple[int, UUID]:
    """A ticket about an answer; its number and the customer."""
    person, response = shop.answered(branch)
    where = shop.branch if branch is None else branch
    made = shop.opened(
        Opening(where, "answer", 1, 3, response_id=response, metric="nps", first_score=2)
    )
    ((number,),) = rows(shop, "select number from ticket where id = :id", id=made)
    return number, person


@pytest.fixture
def manager(shop: Shop) -> TestClient:
    office = shop.office
    with office.owner.connection() as connection:
        connection.execute(
            text("update account set password_hash = :hash where id = :id"),
            {"hash": hash_password(PASSWORD), "id": shop.people["manager"]},
        )
    with office.web.database.transaction() as session:
        outcome = logins.log_in(session, office.web.vault, "no-manager", PASSWORD, now=NOW)
    assert isinstance(outcome, LoggedIn)
    client = visitor(office.web)
    client.cookies.set(SESSION_COOKIE, outcome.secret)
    client.headers.update(ORIGIN)
    return client


def test_a_ticket_is_worked_on_over_http(shop: Shop, manager: TestClient) -> None:
    number, _ = opened(shop)
    board = manager.get("/api/v1/tickets").json()
    (line,) = board["items"]
    assert (line["number"], line["unit_code"], line["state"], board["next"]) == (
        number, "D101", "new", None,
    )  # fmt: skip
    assert manager.get("/api/v1/tickets/counts").json()["new"] == 1
    address = f"/api/v1/tickets/{number}"
    detail = manager.get(address).json()
    assert (detail["name"], detail["contacts"][0]["masked"]) == ("Chen Wei", "+86…01")
    assert "19900000001" not in str(detail)
    key = {"Idempotency-Key": "one"}
    for _ in range(2):
        answer = manager.post(f"{address}/acknowledge", json={"version": 1}, headers=key)
        assert (answer.status_code, answer.json()) == (200, {"version": 2})
    stale = manager.post(f"{address}/notes", json={"version": 1, "note": "I am late"})
    assert stale.status_code == 409
    contact = {"version": 2, "contact_id": detail["contacts"][0]["id"]}
    told = manager.post(f"{address}/reveal", json=contact)
    assert told.json() == {"value": "+8619900000001"}
    assert told.headers["cache-control"] == "no-store"
    file = {"file_name": "../bill.exe", "content": "JVBERi0xLjc="}
    made = manager.post(f"{address}/files", json=file)
    read = manager.get(f"{address}/files/{made.json()['id']}")
    assert read.content == b"%PDF-1.7"
    assert "bill.pdf" in read.headers["content-disposition"]
    refused = manager.post(f"{address}/files", json={"file_name": "a.pdf", "content": "TVo="})
    assert refused.status_code == 422
    assert manager.get("/api/v1/tickets/999999").status_code == 404


def test_an_answer_that_no_rule_caught_gets_one_ticket_by_hand(
    shop: Shop, manager: TestClient
) -> None:
    _, response = shop.answered(score=7)
    wish = {"response": str(response), "severity": 3}
    key = {"Idempotency-Key": "one"}
    made = manager.post("/api/v1/tickets", json=wish, headers=key)
    assert made.status_code == 201
    number = made.json()["number"]
    again = manager.post("/api/v1/tickets", json=wish, headers=key)
    assert (again.status_code, again.json()["number"]) == (201, number)
    second = manager.post("/api/v1/tickets", json=wish)
    assert (second.status_code, second.json()["ticket"]) == (409, number)
    found = manager.get(f"/api/v1/tickets/{number}").json()
    assert (found["state"], found["owner"], found["first_score"]) == ("new", "manager", 7)
    assert (found["words"], found["steps"][0]["by"]) == ("Nobody called me back", "manager")
    assert {one["kind"] for one in found["clocks"]} == {"acknowledge", "contact", "resolve"}
    assert rows(shop, "select source, closed_at from person_hold") == [("ticket", None)]
    assert rows(shop, "select event from webhook_delivery") == [("ticket.opened",)]
    assert rows(shop, "select count(*) from notice") == [(0,)], "the own doing is no news"
    assert rows(shop, "select action from audit_entry where action like 'ticket%'") == [
        ("ticket.open",)
    ]
    with shop.office.worker.database.transaction() as session:
        rules = loop_in_force(session)
        assert rules is not None
        found_now = Found(
            shop.branch,
            AlertRule("found_later", severity=3),
            f"response:{response}",
            response_id=response,
            opening=Opening(shop.branch, "answer", 1, 3, response_id=response),
        )
        raise_alert(session, rules, found_now, NOW)
    assert rows(shop, "select t.number from alert a join ticket t on t.id = a.ticket_id") == [
        (number,)
    ]


def test_what_a_customer_said_becomes_a_ticket_of_the_own_branch_alone(
    shop: Shop, manager: TestClient
) -> None:
    said = "Waited two hours, call +86 199 0000 1234"
    wish = {"unit": "D101", "summary": said, "severity": 2}
    number = manager.post("/api/v1/tickets", json=wish).json()["number"]
    found = manager.get(f"/api/v1/tickets/{number}").json()
    assert (found["kind"], found["severity"], found["unit_code"]) == ("complaint", 2, "D101")
    assert found["words"].startswith("Waited two hours")
    assert "1234" not in found["words"]
    with shop.at_work("region") as (session, viewer):
        wanted = Matter(3, unit="D101", summary="Came to the desk", key=new_id())
        vault = shop.office.web.vault
        foreseen = foresee(session, viewer, wanted, NOW, vault=vault)
        first = open_by_hand(session, viewer, wanted, NOW, vault=vault)
        assert open_by_hand(session, viewer, wanted, NOW, vault=vault) == first, "pressed twice"
    due = [one["due_at"] for one in manager.get(f"/api/v1/tickets/{first}").json()["clocks"]]
    assert sorted(datetime.fromisoformat(one) for one in due) == sorted(
        at for _, at in foreseen.due
    )
    assert foreseen.owner.account_id == shop.people["manager"]
    assert rows(shop, "select account_id, kind from notice") == [(shop.people["manager"], "ticket")]
    _, foreign = shop.answered(shop.world.branches[1])
    for wrong, status in (
        ({"unit": "D102", "summary": said}, 404),
        ({"response": str(foreign)}, 404),
        ({"response": str(new_id())}, 404),
        ({"unit": "D101", "summary": "no"}, 422),
        ({"unit": "D101", "summary": "x" * 2001}, 422),
        ({"unit": "D101"}, 422),
        ({"summary": said}, 422),
        ({"unit": "D101", "summary": said, "response": str(foreign)}, 422),
        ({"unit": "D101", "summary": said, "severity": 4}, 422),
    ):
        answer = manager.post("/api/v1/tickets", json={"severity": 1, **wrong})
        assert answer.status_code == status, (wrong, answer.text)
    with shop.at_work("analyst") as (session, viewer), pytest.raises(NotAllowed):
        open_by_hand(session, viewer, wanted, NOW, vault=vault)
    assert rows(shop, "select count(*) from ticket") == [(2,)]


def test_who_said_it_can_be_called_back_and_their_number_is_not_repeated(
    shop: Shop, manager: TestClient
) -> None:
    wish = {"unit": "D101", "summary": "Waited two hours", "severity": 2}
    both = {"phone": "199 0000 1234", "email": "li@example.com"}
    for language, wrong, field, key in (
        ("en", {"name": "Li Lei"}, "customer", "tickets.errors.customer"),
        ("zh", both, "customer", "tickets.errors.customer"),
        ("zh", {"phone": "12 or so"}, "customer.phone", "customers.fields.phone"),
        ("en", {"email": "li(at)example.com"}, "customer.email", "customers.fields.email"),
    ):
        with shop.office.owner.connection() as connection:
            connection.execute(text("update account set language = :new"), {"new": language})
        refused = manager.post("/api/v1/tickets", json={**wish, "customer": wrong})
        words = {"field": field, "message": say(key, language)}
        assert (refused.status_code, refused.json().get("fields")) == (422, [words])
        assert not any(value in refused.text for value in wrong.values())
    li = {"name": "Li Lei", "phone": "199 0000 1234"}
    _, response = shop.answered()
    for elsewhere, status in (
        ({"unit": "D102", "summary": "Waited"}, 404),
        ({"response": str(response)}, 422),
    ):
        asked = {"severity": 1, **elsewhere, "customer": li}
        assert manager.post("/api/v1/tickets", json=asked).status_code == status
    assert rows(shop, "select count(*) from person") == [(1,)], "who answered"
    first, second = (
        manager.post("/api/v1/tickets", json={**wish, "customer": {**li, "name": name}}).json()
        for name in ("Li Lei", "Mr Li")
    )
    found = manager.get(f"/api/v1/tickets/{second['number']}")
    assert "0000" not in found.text
    seen = found.json()
    assert (seen["name"], seen["contacts"][0]["masked"]) == ("Li Lei", "+86…34")
    assert [one["ticket_number"] for one in seen["history"]] == [first["number"]]
    assert {one["kind"] for one in seen["clocks"]} == {"acknowledge", "contact", "resolve"}
    assert rows(shop, "select source, closed_at from person_hold") == [("ticket", None)] * 2
    noted = rows(shop, "select distinct detail::text from audit_entry where action = 'ticket.open'")
    assert noted == [('{"customer": true, "severity": 2}',)]
    contact = {"contact_id": seen["contacts"][0]["id"], "version": 1}
    revealed = manager.post(f"/api/v1/tickets/{second['number']}/reveal", json=contact)
    assert revealed.json() == {"value": "+8619900001234"}
    with shop.office.worker.database.transaction() as session:
        vault, person = shop.office.web.vault, UUID(seen["person_id"])
        privacy.erase_customer(session, person, vault=vault, actor="system:test", now=NOW)
    third = manager.post("/api/v1/tickets", json={**wish, "customer": li}).json()["number"]
    again = manager.get(f"/api/v1/tickets/{third}").json()
    assert (again["person_id"], again["contacts"]) == (None, []), "erased is erased"


def test_the_loop_is_measured_by_unit_and_for_all_of_them(shop: Shop) -> None:
    first, _ = opened(shop)
    opened(shop)
    opened(shop, shop.world.branches[1])
    later = NOW + timedelta(hours=3)
    with shop.at_work("manager") as (session, viewer):
        service.contacted(session, viewer, first, version=1, now=later)
    days = (date(2026, 11, 1), date(2026, 12, 1))
    end = NOW + timedelta(days=30)
    with shop.at_work("region") as (session, viewer):
        all_of_it, *below = measure_days(session, viewer, "R1", days, end)
        with pytest.raises(Exception, match="unit"):
            measure_days(session, viewer, "R2", days, end)
    assert (all_of_it.opened, [one.opened for one in below]) == (3, [2, 1, 0])
    contacted = {one.state: one for one in below[0].times}["contacted"]
    assert (contacted.n, contacted.reached, contacted.median_hours) == (2, 1, 3.0)
    kept = {(one.kind, one.calendar): one.in_time for one in all_of_it.kept}
    assert (kept["contact", "customer"].hits, kept["contact", "customer"].n) == (1, 3)
    assert kept["acknowledge", "business"].hits == 0, "due within two business hours"
    assert below[2].times == ()


def test_erasing_a_customer_leaves_the_ticket_without_a_trace_of_them(shop: Shop) -> None:
    number, person = opened(shop)
    with shop.at_work("manager") as (session, viewer):
        service.add_note(session, viewer, number, version=1, note="The tall one", now=NOW)
        service.add_file(
            session, viewer, number, file_name="id.pdf", content=b"%PDF-1.7 x", now=NOW
        )
    vault = shop.office.web.vault
    with shop.office.worker.database.transaction() as session:
        told = privacy.export_customer(session, person, vault=vault, actor="system:test", now=NOW)
        (ticket,) = told["tickets"]
        assert (ticket["number"], ticket["files"]) == (number, ["id.pdf"])
        assert "The tall one" in str(ticket["steps"])
        changed = privacy.erase_customer(session, person, vault=vault, actor="system:test", now=NOW)
    assert (changed["tickets"], changed["ticket_notes"], changed["ticket_files"]) == (1, 1, 1)
    assert rows(shop, "select person_id, named, summary from ticket") == [(None, False, None)]
    assert rows(shop, "select count(*) from ticket_step where note is not null") == [(0,)]
    assert rows(shop, "select count(*) from ticket_file") == [(0,)]
    with shop.at_work("manager") as (session, viewer):
        found = service.require_ticket(session, viewer, number, vault, now=NOW)
    assert (found.name, found.contacts, found.line.words) == (None, (), None)
    with shop.office.worker.database.transaction() as session:
        assert not closing.no_word(session, found.line.id, NOW), "it is still to be worked on"


def test_tickets_follow_a_person_who_was_two(shop: Shop) -> None:
    _, person = opened(shop)
    kept, _ = shop.answered()
    with shop.office.worker.database.transaction() as session:
        merges.merge_people(session, [(kept, person)], "same telephone", NOW)
    assert rows(shop, "select person_id from ticket") == [(kept,)]
