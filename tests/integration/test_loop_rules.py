"""Rules of the closed loop: published by command and over HTTP, read by whoever handles tickets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Office
from isolation import lasting_office
from sqlalchemy import text
from two_regions import log_in_as, make_two_regions
from web import TestClient, visitor

from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.settings import Settings
from api.surveys.definitions import load_text
from api.surveys.errors import NotPublishable
from api.tickets.loop_files import check_file, publish_file
from api.tickets.published import loop_in_force, loop_of_version

EXAMPLE = Path(__file__).parents[2] / "examples" / "loop.toml"
WRITTEN = load_text(EXAMPLE)
_VERIFY = WRITTEN.index("[verify]")
# Without the recovery question, whose survey the two regions do not have.
SILENT = WRITTEN[:_VERIFY] + "[verify]\nenabled = false\n"
ORIGIN = {"origin": "http://testserver"}


def version(number: int) -> str:
    """The example as a version of that number."""
    return SILENT.replace("version = 1", f"version = {number}", 1)


class Desk:
    """Somebody's browser at the address of the loop's rules."""

    def __init__(self, office: Office, role: str) -> None:
        self.http: TestClient = visitor(office.web)
        self.http.cookies.set(SESSION_COOKIE, log_in_as(office, role))

    def get(self, path: str = "") -> Any:
        return self.http.get(f"/api/v1/loop{path}")

    def post(self, path: str, written: str) -> Any:
        return self.http.post(f"/api/v1/loop{path}", json={"text": written}, headers=ORIGIN)


@pytest.fixture(scope="module")
def office(playground: Database, migrated: Settings) -> Iterator[Office]:
    """One office for all tests of this file, which publish version after version."""
    with lasting_office(playground, migrated) as built:
        make_two_regions(built)
        yield built


@pytest.fixture(scope="module")
def admin(office: Office) -> Desk:
    return Desk(office, "hq_admin")


def test_a_file_is_published_by_command_once_and_holds(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "loop.toml"
    file.write_text(version(11), encoding="utf-8")
    assert "8 alerts" in check_file(file)[0]
    with office.worker.database.transaction() as session:
        assert "published; it holds" in publish_file(session, file, office.clock())[0]
        assert "unchanged" in publish_file(session, file, office.clock())[0]
        found = loop_in_force(session)
        assert found is not None
        assert (found.version, found.loop.targets_of(3)[0].seconds) == (11, 7200)
        file.write_text(version(10), encoding="utf-8")
        with pytest.raises(NotPublishable):
            publish_file(session, file, office.clock())


def test_an_administrator_checks_and_publishes(admin: Desk, office: Office) -> None:
    wrong = version(12).replace('holidays = "CN"', 'holidays = "QQ"')
    (found,) = admin.post("/check", wrong).json()["problems"]
    assert wrong.splitlines()[found["line"] - 1] == 'holidays = "QQ"'
    assert found["field"] == "calendar[2].holidays"
    assert "QQ" in found["message"]
    refused = admin.post("", wrong)
    assert (refused.status_code, refused.json()["problems"]) == (422, [found])

    assert admin.post("/check", version(12)).json() == {"problems": [], "version": 12}
    assert admin.post("", version(12)).status_code == 201
    assert admin.post("", version(12)).json() == {"code": "loop", "version": 12, "new": False}
    clash = admin.post("", version(12).replace("events = 60", "events = 61"))
    assert clash.json()["problems"][0]["code"] == "published_otherwise"
    lower = admin.post("", version(3))
    assert lower.json()["problems"][0]["code"] == "not_publishable"

    first = admin.get("/versions").json()["items"][0]
    assert (first["version"], first["state"], first["published_by"]) == (12, "in_force", "hq_admin")
    assert admin.get("/versions/12").json()["text"] == version(12)
    assert admin.get("/versions/99").status_code == 404
    with office.owner.transaction() as session:
        actions = session.execute(text("select action, subject from audit_entry")).all()
        assert ("loop.publish", "version 12") in [tuple(row) for row in actions]


def test_what_holds_is_read_by_who_handles_tickets(office: Office, admin: Desk) -> None:
    admin.post("", version(13))
    for role in ("branch_staff", "branch_manager", "regional_manager", "hq_analyst"):
        current = Desk(office, role).get().json()["current"]
        assert current["version"] == 13
    assert {one["code"] for one in current["alerts"]} >= {"unhappy", "dead_feed"}
    assert current["causes"][0]["name"] == {"zh": "人员与沟通", "en": "People and communication"}
    targets = {(t["severity"], t["kind"], t["calendar"]): t["hours"] for t in current["targets"]}
    assert targets[3, "contact", "business"] == 4
    assert Desk(office, "interviewer").get().status_code == 403


@pytest.mark.parametrize("role", ["hq_analyst", "regional_admin", "branch_manager"])
def test_only_administrators_of_the_whole_network_write(office: Office, role: str) -> None:
    desk = Desk(office, role)
    asked = [
        desk.get("/versions"),
        desk.get("/versions/12"),
        desk.post("/check", "x"),
        desk.post("", version(90)),
    ]
    assert [one.status_code for one in asked] == [403] * 4


def test_a_version_is_what_it_was_whatever_holds_now(office: Office, admin: Desk) -> None:
    admin.post("", version(14).replace("contact_hours = 4", "contact_hours = 5"))
    with office.worker.database.transaction() as session:
        assert loop_of_version(session, 11).loop.targets_of(3)[1].seconds == 4 * 3600
        now = loop_in_force(session)
        assert now is not None
        assert now.loop.targets_of(3)[1].seconds == 5 * 3600
