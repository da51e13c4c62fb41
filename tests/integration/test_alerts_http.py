"""Alerts and mutes over HTTP: what a regional manager sees and keeps quiet."""

import pytest
from conftest import Office
from sqlalchemy import text
from ticketed import LOOP
from two_regions import World, log_in_as, make_two_regions
from web import TestClient, visitor

from api.boundary.visits import SESSION_COOKIE
from api.tickets.definitions import read_loop
from api.tickets.loopbook import publish_loop

ORIGIN = {"origin": "http://testserver"}
ADDRESS = "/api/v1/alerts"


@pytest.fixture
def world(office: Office) -> World:
    made = make_two_regions(office)
    with office.owner.connection() as connection:
        connection.execute(text("delete from alert_mute"))
    written = LOOP.read_text("utf-8")
    with office.worker.database.transaction() as session:
        publish_loop(session, read_loop(written, "l.toml"), office.clock.now, written=written)
    return made


def as_(office: Office, role: str) -> TestClient:
    browser = visitor(office.web)
    browser.cookies.set(SESSION_COOKIE, log_in_as(office, role))
    return browser


def test_alerts_are_listed_counted_muted_and_heard_again(office: Office, world: World) -> None:
    browser = as_(office, "regional_manager")
    own = {world.branches[name].code for name in ("north1", "north2")}
    listed = browser.get(ADDRESS, params={"limit": 1}).json()
    rest = browser.get(ADDRESS, params={"limit": 1, "after": listed["next"]}).json()
    assert {one["unit_code"] for one in listed["items"] + rest["items"]} == own
    assert {one["words"] for one in listed["items"] + rest["items"]} == {
        f"dataqnorth{number}q comment" for number in (1, 2)
    }
    assert rest["next"] is None
    assert browser.get(ADDRESS, params={"muted": "true"}).json()["items"] == []
    (count,) = browser.get(f"{ADDRESS}/counts").json()["rows"]
    assert (count["rule"], count["found"], count["muted"]) == ("low", 2, 0)
    wish = {
        "unit": world.branches["north1"].code,
        "rule": "unhappy",
        "reason": "the road is closed",
        "until_at": "2026-11-30T00:00:00+08:00",
    }
    key = {**ORIGIN, "idempotency-key": "k1"}
    made = browser.post(f"{ADDRESS}/mutes", json=wish, headers=key)
    assert made.status_code == 201
    assert browser.post(f"{ADDRESS}/mutes", json=wish, headers=key).json() == made.json()
    (mute,) = browser.get(f"{ADDRESS}/mutes").json()
    assert (mute["rule"], mute["reason"], mute["found"]) == ("unhappy", "the road is closed", 0)
    end = f"{ADDRESS}/mutes/{mute['id']}/end"
    assert browser.post(end, headers=ORIGIN).status_code == 204
    refused = browser.post(end, headers=ORIGIN)
    assert (refused.status_code, "over already" in refused.text or "已经结束" in refused.text) == (
        409, True,
    )  # fmt: skip
    assert browser.get(f"{ADDRESS}/mutes").json() == []
    assert len(browser.get(f"{ADDRESS}/mutes", params={"over": "true"}).json()) == 1


def test_who_may_not_mute_is_told_so_and_a_bad_wish_is_named(office: Office, world: World) -> None:
    wish = {
        "unit": world.branches["north1"].code,
        "reason": "some words",
        "until_at": "2026-11-30T00:00:00+08:00",
    }
    manager = as_(office, "branch_manager")
    assert manager.post(f"{ADDRESS}/mutes", json=wish, headers=ORIGIN).status_code == 403
    browser = as_(office, "regional_manager")
    for change in ({"rule": "nothing"}, {"until_at": "2026-01-01T00:00:00Z"}, {"reason": " x "}):
        answer = browser.post(f"{ADDRESS}/mutes", json=wish | change, headers=ORIGIN)
        assert answer.status_code == 422, change
    elsewhere = wish | {"unit": world.branches["south1"].code}
    assert browser.post(f"{ADDRESS}/mutes", json=elsewhere, headers=ORIGIN).status_code == 404
