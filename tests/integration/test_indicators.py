"""The indicator tree over HTTP and at the command line: versions, checking, publishing, who may."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import Office
from sqlalchemy import text
from two_regions import log_in_as, make_two_regions
from web import TestClient, visitor

from api.boundary.visits import SESSION_COOKIE
from api.core.errors import BadInput
from api.indicators.files import publish_file, shown
from api.indicators.published import indicators_in_force

TREE = """
code = "experience"
version = 1
effective_from = 2026-01-01
name = { zh = "体验指数", en = "Experience index" }

[[dimension]]
code = "people"
weight = 3
name = { zh = "人员", en = "People" }

[[question]]
metric = "advisor"
of = "people"
weight = 1

[[question]]
metric = "nps"
weight = 1

[[target]]
of = "experience"
unit = "network"
year = 2026
value = 80

[[target]]
of = "nps"
unit = "codeqsouth1q"
year = 2026
value = 40
"""
SECOND = TREE.replace("version = 1", "version = 2").replace("weight = 3", "weight = 2")
SECOND = SECOND.replace("2026-01-01", "2027-01-01")


class Desk:
    """Somebody's browser at the address of the indicators."""

    def __init__(self, office: Office, role: str) -> None:
        self.http: TestClient = visitor(office.web)
        self.http.cookies.set(SESSION_COOKIE, log_in_as(office, role))

    def get(self, path: str = "") -> Any:
        return self.http.get(f"/api/v1/indicators{path}")

    def post(self, path: str, written: str, **headers: str) -> Any:
        return self.http.post(
            f"/api/v1/indicators{path}",
            json={"text": written},
            headers={"origin": "http://testserver", **headers},
        )


@pytest.fixture
def admin(office: Office) -> Desk:
    make_two_regions(office)
    return Desk(office, "hq_admin")


def test_an_administrator_checks_and_publishes_versions(admin: Desk, office: Office) -> None:
    wrong = TREE.replace('metric = "advisor"', 'metric = "adviser"')
    (found,) = admin.post("/check", wrong).json()["problems"]
    assert (found["field"], found["line"], found["column"]) == ("question[1].metric", 13, 1)
    assert "advisor" in found["message"]
    refused = admin.post("", wrong)
    assert (refused.status_code, refused.json()["problems"]) == (422, [found])
    assert admin.post("/check", TREE).json() == {
        "problems": [],
        "version": 1,
        "effective_from": "2026-01-01",
    }
    first = admin.post("", TREE, **{"idempotency-key": "once"})
    assert first.status_code == 201
    assert admin.post("", TREE, **{"idempotency-key": "once"}).json() == first.json()
    assert admin.post("", TREE).json()["new"] is False
    clash = admin.post("", TREE.replace("weight = 3", "weight = 4"))
    assert (clash.status_code, clash.json()["problems"][0]["code"]) == (422, "published_otherwise")
    assert admin.post("", SECOND).status_code == 201
    versions = [
        (one["version"], one["state"], one["published_by"]) for one in admin.get().json()["items"]
    ]
    assert versions == [(2, "coming", "hq_admin"), (1, "in_force", "hq_admin")]
    with office.owner.transaction() as session:
        actions = session.execute(
            text("select subject from audit_entry where action = 'indicators.publish' order by at")
        )
        assert actions.scalars().all() == ["version 1", "version 2"]


def test_a_later_version_never_reaches_back(admin: Desk) -> None:
    assert admin.post("", TREE).status_code == 201
    back = SECOND.replace("2027-01-01", "2026-06-01")
    (problem,) = admin.post("", back).json()["problems"]
    assert (problem["code"], problem["field"]) == ("not_publishable", "effective_from")
    assert admin.post("", SECOND.replace("version = 2", "version = 3")).status_code == 201
    lower = admin.post("", SECOND)
    assert lower.json()["problems"][0]["code"] == "not_publishable"


def test_the_tree_of_a_day_is_the_version_in_force_then(admin: Desk, office: Office) -> None:
    admin.post("", TREE)
    admin.post("", SECOND)
    with office.worker.database.transaction() as session:
        assert indicators_in_force(session, date(2025, 12, 31)) is None
        old = indicators_in_force(session, date(2026, 12, 31))
        new = indicators_in_force(session, date(2027, 1, 1))
    assert old is not None
    assert new is not None
    assert (old.version, new.version) == (1, 2)
    assert [part.weight for part in old.root.parts] == [3, 1]
    assert [part.weight for part in new.root.parts] == [2, 1]


def test_everybody_with_scores_reads_the_tree_but_no_foreign_target(
    admin: Desk, office: Office
) -> None:
    admin.post("", TREE)
    whole = admin.get("/1").json()
    assert whole["text"] == TREE
    assert {one["unit"] for one in whole["targets"]} == {"network", "codeqsouth1q"}
    dealer = Desk(office, "branch_manager").get("/1")
    assert dealer.json()["nodes"] == whole["nodes"]
    assert dealer.json()["targets"] == []
    assert dealer.json()["text"] is None
    assert "south1" not in dealer.text
    assert Desk(office, "branch_manager").get().json()["items"][0]["published_by"] is None
    assert Desk(office, "interviewer").get("/1").status_code == 403
    assert admin.get("/7").status_code == 404


@pytest.mark.parametrize("role", ["hq_analyst", "regional_admin", "branch_manager"])
def test_only_administrators_of_the_whole_network_check_and_publish(
    admin: Desk, office: Office, role: str
) -> None:
    desk = Desk(office, role)
    assert [desk.post(path, TREE).status_code for path in ("/check", "")] == [403, 403]


def test_the_command_publishes_what_fits_here_and_shows_it(office: Office, tmp_path: Path) -> None:
    make_two_regions(office)
    file = tmp_path / "tree.toml"
    with office.worker.database.transaction() as session:
        file.write_text(TREE.replace('"codeqsouth1q"', '"nowhere"'), "utf-8")
        with pytest.raises(BadInput, match=r"tree\.toml:29:1: target\[2\]\.unit: there is no unit"):
            publish_file(session, file, office.clock.now)
        with pytest.raises(BadInput, match="no indicators are in force"):
            shown(session, date(2026, 5, 5))
        file.write_text(TREE, "utf-8")
        (line,) = publish_file(session, file, office.clock.now)
        assert line == "experience: version 1 is published, in force from 2026-01-01"
        (again,) = publish_file(session, file, office.clock.now)
        assert "unchanged" in again
        assert shown(session, date(2026, 5, 5))[2] == "  people  75.0%  People"
