"""Who manages people sees and changes accounts of the own units only."""

from typing import Any

import pytest
from conftest import NOW, Office
from two_regions import World, log_in_as, make_two_regions
from web import TestClient, visitor

from api.access import service
from api.boundary.visits import SESSION_COOKIE

OURS = {"origin": "http://testserver"}


@pytest.fixture
def world(office: Office) -> World:
    return make_two_regions(office)


def browser_of(office: Office, role: str) -> TestClient:
    browser = visitor(office.web)
    browser.cookies.set(SESSION_COOKIE, log_in_as(office, role))
    browser.headers.update(OURS)
    return browser


def names(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["name"] for item in answer.json()["items"]}


def test_headquarters_manage_everybody(office: Office, world: World) -> None:
    found = names(browser_of(office, "hq_admin").get("/api/v1/accounts?limit=200"))
    assert found >= {*world.accounts, "dataqsouth2q manager"}


def test_a_regions_administrator_manages_the_region(office: Office, world: World) -> None:
    found = names(browser_of(office, "regional_admin").get("/api/v1/accounts"))
    assert found == {
        *("regional_manager", "branch_manager", "branch_staff", "interviewer", "regional_admin"),
        *("dataqnorth1q manager", "dataqnorth2q manager"),
    }, "nobody of the south, nobody of headquarters, no group that reaches into the south"


@pytest.mark.parametrize(
    "role", ["hq_analyst", "regional_manager", "branch_manager", "interviewer"]
)
def test_others_manage_nobody(office: Office, world: World, role: str) -> None:
    browser = browser_of(office, role)
    assert browser.get("/api/v1/accounts").status_code == 403
    body = {"name": "x", "staff_number": "1", "grant": {"role": "branch_staff", "unit": "x"}}
    assert browser.post("/api/v1/accounts", json=body).status_code == 403
    assert browser.get(f"/api/v1/accounts/{world.accounts[role]}").status_code == 403


def test_paging_shows_everybody_once(office: Office, world: World) -> None:
    browser = browser_of(office, "hq_admin")
    seen: list[str] = []
    address: str | None = "/api/v1/accounts?limit=3"
    while address is not None:
        page = browser.get(address).json()
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        address = f"/api/v1/accounts?limit=3&cursor={page['next']}" if page["next"] else None
    assert len(seen) == len(set(seen)) == 8 + 4
    assert browser.get("/api/v1/accounts?cursor=nonsense!").status_code == 422


def test_a_new_colleague_gets_a_letter_and_the_same_request_makes_nobody_twice(
    office: Office, world: World
) -> None:
    browser = browser_of(office, "regional_admin")
    body = {
        "name": "New",
        "email": "new@example.com",
        "grant": {"role": "branch_staff", "unit": world.branches["north2"].code},
    }
    key = {"Idempotency-Key": "once"}
    first = browser.post("/api/v1/accounts", json=body, headers=key)
    second = browser.post("/api/v1/accounts", json=body, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert browser.post("/api/v1/accounts", json=body).status_code == 409, "the address is taken"
    shown = browser.get(f"/api/v1/accounts/{first.json()['id']}").json()
    assert shown["status"] == "invited"
    assert shown["email"] == "new@example.com"
    assert [one["unit"] for one in shown["grants"]] == [world.branches["north2"].code]


def test_nobody_grants_beyond_the_own_units(office: Office, world: World) -> None:
    browser = browser_of(office, "regional_admin")
    south = {"role": "branch_staff", "unit": world.branches["south1"].code}
    group = {"role": "owner_group_manager", "owner_group": "group"}
    both = {"role": "branch_staff", "unit": world.branches["north1"].code, "owner_group": "group"}
    account = world.branches["north1"].account
    address = f"/api/v1/accounts/{account}/grants"
    assert browser.post(address, json=south).status_code == 404
    assert browser.post(address, json={"role": "hq_admin", "unit": "network"}).status_code == 404
    assert browser.post(address, json=group).status_code == 404
    assert browser.post(address, json=both).status_code == 422
    body = {"name": "x", "staff_number": "1", "grant": south}
    assert browser.post("/api/v1/accounts", json=body).status_code == 404
    hq = browser_of(office, "hq_admin")
    assert hq.post(address, json=group).status_code == 201
    assert browser.get(f"/api/v1/accounts/{account}").status_code == 404, "now beyond the region"


def test_a_grant_is_given_and_taken_and_ends_sessions(office: Office, world: World) -> None:
    hq, staff = browser_of(office, "hq_admin"), browser_of(office, "branch_staff")
    account = world.accounts["branch_staff"]
    wanted = {"role": "branch_manager", "unit": world.branches["north2"].code}
    made = hq.post(f"/api/v1/accounts/{account}/grants", json=wanted).json()["id"]
    assert staff.get("/api/v1/me").status_code == 401
    staff = browser_of(office, "branch_staff")
    assert staff.get("/api/v1/me").json()["branches"] == 2
    other = world.accounts["branch_manager"]
    assert hq.delete(f"/api/v1/accounts/{other}/grants/{made}").status_code == 404
    assert hq.delete(f"/api/v1/accounts/{account}/grants/{made}").status_code == 204
    assert staff.get("/api/v1/me").status_code == 401
    assert browser_of(office, "branch_staff").get("/api/v1/me").json()["branches"] == 1


def test_deactivation_over_http_ends_sessions(office: Office, world: World) -> None:
    hq, staff = browser_of(office, "hq_admin"), browser_of(office, "branch_staff")
    address = f"/api/v1/accounts/{world.accounts['branch_staff']}"
    assert hq.post(f"{address}/deactivate").status_code == 204
    assert staff.get("/api/v1/me").status_code == 401
    assert hq.get(address).json()["status"] == "deactivated"
    assert hq.post(f"{address}/link").status_code == 404


def test_nobody_deactivates_or_grants_themselves(office: Office, world: World) -> None:
    hq = browser_of(office, "hq_admin")
    own = f"/api/v1/accounts/{world.accounts['hq_admin']}"
    assert hq.post(f"{own}/deactivate").status_code == 409
    wish = {"role": "hq_admin", "unit": "network"}
    assert hq.post(f"{own}/grants", json=wish).status_code == 409
    assert hq.get("/api/v1/me").status_code == 200


def test_a_colleague_without_mail_gets_a_link_by_hand(office: Office, world: World) -> None:
    hq = browser_of(office, "hq_admin")
    link = hq.post(f"/api/v1/accounts/{world.accounts['branch_staff']}/link").json()["url"]
    assert visitor(office.web).get("/password/" + link.rsplit("/", 1)[1]).status_code == 200


def test_people_change_their_own_language_and_password(office: Office, world: World) -> None:
    staff, elsewhere = browser_of(office, "branch_staff"), browser_of(office, "branch_staff")
    assert staff.patch("/api/v1/me", json={"language": "en"}).status_code == 204
    assert staff.get("/api/v1/me").json()["language"] == "en"
    wrong = {"present": "not this", "new": "chosen by myself"}
    assert staff.post("/api/v1/me/password", json=wrong).status_code == 422
    right = {"present": "correct horse battery", "new": "chosen by myself"}
    assert staff.post("/api/v1/me/password", json=right).status_code == 204
    assert staff.get("/api/v1/me").status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401


def test_machines_manage_nobody_and_have_no_language(office: Office, world: World) -> None:
    with office.web.database.transaction() as session:
        secret = service.create_token(session, "all", ["read"], now=NOW)
    machine = visitor(office.web)
    machine.headers["authorization"] = f"Bearer {secret}"
    assert machine.get("/api/v1/me").json()["token_scopes"] == ["read"]
    assert machine.get("/api/v1/accounts").status_code == 401
    assert machine.patch("/api/v1/me", json={"language": "en"}).status_code == 401
    assert visitor(office.web).get("/api/v1/me").status_code == 401
