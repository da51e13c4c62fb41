"""Units and touchpoints over HTTP, cut to what the viewer sees."""

from datetime import date

import pytest
from conftest import Office
from two_regions import World, log_in_as, make_two_regions
from web import TestClient, visitor

from api.boundary.visits import SESSION_COOKIE
from api.network import service


@pytest.fixture
def world(office: Office) -> World:
    return make_two_regions(office)


def browser_of(office: Office, role: str) -> TestClient:
    browser = visitor(office.web)
    browser.cookies.set(SESSION_COOKIE, log_in_as(office, role))
    return browser


def codes(browser: TestClient, query: str = "") -> list[str]:
    return [item["code"] for item in browser.get(f"/api/v1/units{query}").json()["items"]]


def test_everybody_sees_the_own_part_of_the_tree(office: Office, world: World) -> None:
    assert len(codes(browser_of(office, "hq_analyst"))) == 7
    assert codes(browser_of(office, "regional_manager")) == [
        *("codeqnorth1q", "codeqnorth2q", "codeqnorthq")
    ]
    assert codes(browser_of(office, "branch_manager")) == ["codeqnorth1q"]
    assert codes(browser_of(office, "owner_group_manager")) == ["codeqnorth1q", "codeqsouth1q"]


def test_units_come_by_kind_by_place_and_by_page(office: Office, world: World) -> None:
    browser = browser_of(office, "hq_analyst")
    assert codes(browser, "?kind=region") == ["codeqnorthq", "codeqsouthq"]
    assert codes(browser, "?under=codeqsouthq&kind=branch") == ["codeqsouth1q", "codeqsouth2q"]
    seen: list[str] = []
    address: str | None = "/api/v1/units?limit=3"
    while address is not None:
        page = browser.get(address).json()
        seen += [item["code"] for item in page["items"]]
        address = f"/api/v1/units?limit=3&cursor={page['next']}" if page["next"] else None
    assert seen == codes(browser)
    assert browser.get("/api/v1/units?cursor=nonsense").status_code == 422


def test_a_unit_shows_its_history_but_not_where_others_are(office: Office, world: World) -> None:
    own = world.branches["north1"]
    found = browser_of(office, "branch_manager").get(f"/api/v1/units/{own.code}").json()
    assert (found["parent"], found["path"]) == (None, [own.code])
    assert [one["parent"] for one in found["parents"]] == [None]
    found = browser_of(office, "regional_manager").get(f"/api/v1/units/{own.code}").json()
    assert found["parent"] == "codeqnorthq"
    assert found["former_codes"] == [own.former_code]
    assert found["timezone"] == "Asia/Shanghai"
    assert found["profiles"][0]["owner_group"] == "group"


def test_a_former_code_reaches_the_unit(office: Office, world: World) -> None:
    own, foreign = world.branches["north1"], world.branches["south2"]
    browser = browser_of(office, "branch_manager")
    assert browser.get(f"/api/v1/units/{own.former_code}").json()["code"] == own.code
    assert browser.get(f"/api/v1/units/{foreign.former_code}").status_code == 404


def test_what_is_seen_follows_a_move_at_once(office: Office, world: World) -> None:
    browser = browser_of(office, "regional_manager")
    assert len(codes(browser)) == 3
    with office.worker.database.transaction() as session:
        moved = world.branches["south1"].unit_id
        north = session.connection().exec_driver_sql(
            "select id from unit where code = 'codeqnorthq'"
        )
        service.move_unit(session, moved, north.scalar_one(), date(2026, 11, 1))
    assert "codeqsouth1q" in codes(browser)


def test_touchpoints_come_in_the_order_of_the_journey(office: Office, world: World) -> None:
    found = browser_of(office, "interviewer").get("/api/v1/touchpoints").json()["items"]
    assert [one["position"] for one in found] == sorted(one["position"] for one in found)
    assert "service" in {one["code"] for one in found}


def test_a_machine_needs_the_scope_to_read(office: Office, world: World) -> None:
    machine = visitor(office.web)
    machine.headers["authorization"] = f"Bearer {world.machine}"
    assert codes(machine) == ["codeqnorth1q"]
    with office.web.database.transaction() as session:
        session.connection().exec_driver_sql("update api_token set scopes = '{events:write}'")
    assert machine.get("/api/v1/units").status_code == 403
    assert machine.get("/api/v1/touchpoints").status_code == 403
