"""Tickets over HTTP, as measures, and when a customer is merged or erased."""

from datetime import date, timedelta
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
from api.customers import privacy
from api.customers.repository import merges
from api.tickets import closing, service
from api.tickets.measures import measure_days
from api.tickets.opening import Opening

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
