"""Saved views, a branch's own numbers, units side by side and last week, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from answered import LAST, MONDAY, World
from conftest import Office
from test_insights_http import logged_in
from test_own_branch import nps, own_answers, world  # noqa: F401  (a fixture)
from web import visitor

DAYS = f"from={MONDAY}&to={LAST - timedelta(days=1)}"
WEB = {"origin": "http://testserver"}
OWN = ("score?metric=nps&", "standing?metric=nps&", "improvement?outcome=nps&", "team?metric=nps&")


@pytest.fixture
def manager(office: Office, world: World) -> dict[str, str]:  # noqa: F811
    """The manager of the first branch."""
    return WEB | logged_in(office, "branch_manager", world.branches[0])


@pytest.fixture
def hq(office: Office, world: World) -> dict[str, str]:  # noqa: F811
    """Somebody of headquarters."""
    return WEB | logged_in(office, "hq_analyst", world.network)


def read(office: Office, path: str, who: dict[str, str]) -> Any:
    """The document at an address."""
    answer = visitor(office.web).get(f"/api/v1/{path}", headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_branch_reads_its_own_numbers_and_nothing_of_others(
    office: Office,
    world: World,  # noqa: F811
    manager: dict[str, str],
) -> None:
    score = read(office, f"branches/D101/score?metric=nps&{DAYS}", manager)
    assert score["score"] == pytest.approx(nps(own_answers(world)))
    assert (score["unit_code"], score["n"], score["to"]) == ("D101", 40, str(LAST - timedelta(1)))
    assert {one["unit_code"] for one in score["above"]} == {"R1", "HQ"}
    team = read(office, f"branches/D101/team?metric=nps&{DAYS}", manager)
    assert [(one["advisor"], one["n"]) for one in team["rows"][:2]] == [("Li", 14), ("Wang", 11)]
    assert team["untold"] == 2
    standing = read(office, f"branches/D101/standing?metric=nps&{DAYS}", manager)
    assert {one["metric"] for one in standing["metrics"]} >= {"nps", "service"}
    improve = read(office, f"branches/D101/improvement?outcome=nps&{DAYS}", manager)
    assert improve["first"] == "service"
    assert improve["rows"][0]["verdict"] == "below"
    day = read(office, "branches/D101/day", manager)
    assert set(day["answers"]) == {"today", "week", "week_before"}
    client = visitor(office.web)
    for path in ("day?", *OWN):
        for other in ("D102", "R1", "nowhere"):
            answer = client.get(f"/api/v1/branches/{other}/{path}{DAYS}", headers=manager)
            assert answer.status_code == 404, f"{other}/{path}"
    for document in (score, team, standing, improve, day):
        assert "D102" not in str(document)


def test_units_are_compared_side_by_side(
    office: Office, hq: dict[str, str], manager: dict[str, str]
) -> None:
    units = "unit=D101&unit=D102&unit=D101"
    found = read(office, f"side-by-side?metric=nps&{units}&{DAYS}", hq)
    assert [one["unit_code"] for one in found["rows"]] == ["D101", "D102"]
    assert found["best"] in ("D101", "D102")
    best = next(one for one in found["rows"] if one["unit_code"] == found["best"])
    assert best["score"] == max(one["score"] for one in found["rows"])
    assert best["below_best"] is None
    assert {"sent", "completed"} <= set(best["funnel"])
    client = visitor(office.web)
    asked = f"/api/v1/side-by-side?metric=nps&{DAYS}"
    assert client.get(f"{asked}&{units}", headers=manager).status_code == 404
    many = "&".join(f"unit=D1{number:02}" for number in range(1, 8))
    assert client.get(f"{asked}&{many}", headers=hq).status_code == 422


def test_a_week_is_told_beside_the_one_before(
    office: Office, hq: dict[str, str], manager: dict[str, str]
) -> None:
    week = LAST - timedelta(weeks=1)
    found = read(office, f"week-changes?metric=nps&week={week}", hq)
    assert (found["from"], found["to"]) == (str(week), str(LAST - timedelta(days=1)))
    assert found == read(office, "week-changes?metric=nps", hq)  # the last one that is over
    own = read(office, "week-changes?metric=nps", manager)
    assert (own["n"] or 0) < found["n"]
    client = visitor(office.web)
    late = client.get(f"/api/v1/week-changes?metric=nps&week={week + timedelta(1)}", headers=hq)
    assert late.status_code == 422
    other = client.get("/api/v1/week-changes?metric=nps&unit=D102", headers=manager)
    assert other.status_code == 404


def test_views_are_kept_renamed_and_forgotten_by_who_saved_them(
    office: Office, hq: dict[str, str], manager: dict[str, str]
) -> None:
    client = visitor(office.web)
    view = {"name": "By answers", "href": "/app/league?t=league-grid~s:n-asc"}
    once = {"idempotency-key": "one"}
    made = client.post("/api/v1/views", json=view, headers=hq | once)
    assert made.status_code == 201
    assert made.json() == {**view, "id": made.json()["id"]}
    again = client.post("/api/v1/views", json=view, headers=hq | once)
    assert again.json() == made.json()
    address = f"/api/v1/views/{made.json()['id']}"
    for who, status in ((manager, 404), ({}, 401)):
        assert client.delete(address, headers=WEB | who).status_code == status
    assert client.get("/api/v1/views", headers=manager).json() == []
    assert client.patch(address, json={"name": ""}, headers=hq).status_code == 422
    renamed = client.patch(address, json={"name": "Answers"}, headers=hq)
    assert client.get("/api/v1/views", headers=hq).json() == [renamed.json()]
    foreign = {"name": "x", "href": "https://example.com/app/"}
    assert client.post("/api/v1/views", json=foreign, headers=hq).status_code == 422
    assert client.delete(address, headers=hq).status_code == 204
    assert client.get("/api/v1/views", headers=hq).json() == []
