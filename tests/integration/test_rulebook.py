"""Rules over HTTP: versions, checking, drafts, publishing; and segments counted as decided."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from asking import EXAMPLES, YESTERDAY, Network, add_customer, add_event, make_network, publish
from conftest import NOW, Office
from sqlalchemy import text
from two_regions import log_in_as, make_two_regions
from web import TestClient, visitor

from api.boundary.visits import SESSION_COOKIE
from api.invitations.counting import segment_counts
from api.invitations.service import decide_due
from api.security.scope import Scope
from api.surveys.definitions import read_messages, read_rules, rule_set
from api.surveys.published import newest_message_id
from api.surveys.service import publish_messages

BANK = (EXAMPLES / "rules/bank.toml").read_text("utf-8")
CARS = (EXAMPLES / "rules/cars.toml").read_text("utf-8")
SECOND = CARS.replace("version = 1", "version = 2", 1).replace("count = 1", "count = 2", 1)
ORIGIN = {"origin": "http://testserver"}


class Desk:
    """Somebody's browser at the address of the rules."""

    def __init__(self, office: Office, role: str) -> None:
        self.http: TestClient = visitor(office.web)
        self.http.cookies.set(SESSION_COOKIE, log_in_as(office, role))

    def get(self, path: str = "", **query: Any) -> Any:
        return self.http.get(f"/api/v1/rules{path}", params=query)

    def send(self, method: str, path: str, written: str | None = None) -> Any:
        body = None if written is None else {"text": written}
        return self.http.request(method, f"/api/v1/rules{path}", json=body, headers=ORIGIN)


@pytest.fixture
def admin(office: Office) -> Desk:
    make_two_regions(office)
    with office.worker.database.transaction() as session:
        publish(session, "cars")
    return Desk(office, "hq_admin")


def test_an_administrator_checks_publishes_and_compares(admin: Desk, office: Office) -> None:
    problems = admin.send("POST", "/check", SECOND.replace('"gold"]', '"gold"')).json()["problems"]
    assert [(one["line"], one["code"]) for one in problems] == [(35, "not_toml")]
    wrong = SECOND.replace('segment = "premium"', 'segment = "dear"')
    (found,) = admin.send("POST", "/check", wrong).json()["problems"]
    line = wrong.splitlines()[found["line"] - 1]
    assert (line, found["column"], found["field"]) == ('segment = "dear"', 1, "wave[1].segment")
    assert "没有分群 dear" in found["message"]
    refused = admin.send("POST", "", wrong)
    assert (refused.status_code, refused.json()["problems"]) == (422, [found])
    assert refused.headers["content-type"] == "application/problem+json"

    assert admin.send("POST", "/check", SECOND).json()["version"] == 2
    assert admin.send("POST", "", SECOND).status_code == 201
    assert admin.send("POST", "", SECOND).json() == {"code": "cars", "version": 2, "new": False}
    clash = admin.send("POST", "", SECOND.replace("count = 2", "count = 3", 1))
    assert (clash.status_code, clash.json()["problems"][0]["code"]) == (422, "published_otherwise")

    versions = admin.get().json()["items"]
    assert [(one["version"], one["state"], one["published_by"]) for one in versions] == [
        (2, "in_force", "hq_admin"),
        (1, "past", None),
    ]
    assert admin.get("/2").json()["text"] == SECOND
    assert admin.get("/9").status_code == 404
    lines = admin.get("/2/differences", against=1).json()["lines"]
    assert "+version = 2" in lines
    with office.owner.transaction() as session:
        actions = session.execute(text("select action, subject from audit_entry")).all()
    assert ("rules.publish", "version 2") in [tuple(row) for row in actions]


def test_rules_that_begin_later_are_coming(admin: Desk) -> None:
    later = SECOND.replace("2024-01-01", "2027-01-01", 1)
    assert admin.send("POST", "", later).status_code == 201
    assert [one["state"] for one in admin.get().json()["items"]] == ["coming", "in_force"]


def test_a_draft_is_kept_faults_and_all_until_it_is_published(admin: Desk) -> None:
    assert admin.get("/draft").json() == {"text": None, "saved_at": None}
    assert admin.send("PUT", "/draft", "half a").status_code == 200
    assert admin.send("PUT", "/draft", "half a rule = [").status_code == 200
    assert admin.get("/draft").json()["text"] == "half a rule = ["
    assert admin.send("DELETE", "/draft").status_code == 204
    assert admin.get("/draft").json()["text"] is None
    admin.send("PUT", "/draft", SECOND)
    admin.send("POST", "", SECOND)
    assert admin.get("/draft").json()["text"] is None


@pytest.mark.parametrize("role", ["hq_analyst", "regional_admin", "branch_manager"])
def test_only_administrators_of_the_whole_network_come_in(
    admin: Desk, office: Office, role: str
) -> None:
    desk = Desk(office, role)
    asked = [
        desk.get(),
        desk.get("/1"),
        desk.get("/draft"),
        desk.send("PUT", "/draft", "x"),
        desk.send("POST", "/check", "x"),
        desk.send("POST", "", SECOND),
    ]
    assert [answer.status_code for answer in asked] == [403] * 6


def test_rules_are_tried_on_past_events_and_segments_counted(admin: Desk, office: Office) -> None:
    days = {"from": "2026-11-01", "to": "2026-11-20"}
    asked = {"text": SECOND, **days}
    answer = admin.http.post("/api/v1/rules/simulate", json=asked, headers=ORIGIN)
    document = answer.json()
    assert (answer.status_code, document["events"]) == (200, 4)  # one in each branch
    assert (document["rules_now"], document["rules_then"]) == (1, 2)
    assert {one["unit_code"] for one in document["branches"]} == {
        "codeqnorth1q", "codeqnorth2q", "codeqsouth1q", "codeqsouth2q",
    }  # fmt: skip
    wrong = {"text": SECOND.replace("days = 90", "days = 0"), **days}
    refused = admin.http.post("/api/v1/rules/simulate", json=wrong, headers=ORIGIN)
    assert (refused.status_code, refused.json()["problems"][0]["field"]) == (422, "cap.days")
    backwards = {"text": SECOND, "from": "2026-11-20", "to": "2026-11-01"}
    answer = admin.http.post("/api/v1/rules/simulate", json=backwards, headers=ORIGIN)
    assert answer.status_code == 422
    counted = admin.get("/segments").json()
    assert counted["version"] == 1
    assert [one["name"] for one in counted["items"]][-1] == "others"
    analyst = Desk(office, "hq_analyst")
    assert (
        analyst.http.post("/api/v1/rules/simulate", json=asked, headers=ORIGIN).status_code == 403
    )
    assert analyst.get("/segments").status_code == 403


def test_a_template_that_waits_for_approval_does_not_take_the_place_of_the_last(
    office: Office,
) -> None:
    make_network(office.owner)
    written = (EXAMPLES / "messages/invitation.toml").read_text("utf-8")
    waiting = written.replace("version = 1", "version = 2").replace('"approved"', '"pending"')
    with office.worker.database.transaction() as session:
        before = newest_message_id(session, "invite_sms")
        publish_messages(session, read_messages(waiting, "waiting"), NOW)
        assert newest_message_id(session, "invite_sms") == before
        approved = waiting.replace("version = 2", "version = 3").replace('"pending"', '"approved"')
        made = publish_messages(session, read_messages(approved, "approved"), NOW)
        assert newest_message_id(session, "invite_sms") == made[0].id != before


def test_segments_are_counted_as_decisions_find_them(office: Office) -> None:
    network: Network = make_network(office.owner)
    people = [
        {"value_tier": "premium"},
        {"value_tier": "low", "birth_year": 1999},
        {"birth_year": 1995},
        {"birth_year": 1950},
        {"birth_year": 1991},  # 35 in the year of the event
        {},
    ]
    for number, values in enumerate(people):
        phone = f"+861990000{number:04d}"
        someone = add_customer(
            office.owner, office.worker.vault, network.branches[0], phone=phone, **values
        )
        add_event(office.owner, network, someone)
        if number == 0:
            add_event(office.owner, network, someone, occurred_at=NOW - timedelta(days=60))
    add_event(office.owner, network, None)
    add_event(office.owner, network, None, occurred_at=NOW - timedelta(days=91))
    add_event(office.owner, network, None, touchpoint="hotline")
    rules = rule_set(read_rules(CARS.replace("version = 1", "version = 7", 1), "cars"))
    with office.worker.database.transaction() as session:
        scope = Scope.whole_network(reason="test")
        counts = segment_counts(session, scope, rules, NOW)
        none = segment_counts(session, Scope.of([network.branches[1]]), rules, NOW)
    found = {one.name: (one.customers, one.events) for one in counts}
    assert found == {
        "premium": (1, 2),
        "low_value": (1, 1),
        "under_35": (1, 1),
        "from_60": (1, 1),
        "others": (2, 3),
    }
    assert sum(one.events for one in none) == 0
    decide_due(office.worker)
    with office.worker.database.transaction() as session:
        decided = session.execute(
            text(
                "select d.checks from decision d join event e on e.id = d.event_id "
                "where e.occurred_at = :at and e.person_id is not null"
            ),
            {"at": YESTERDAY},
        ).scalars()
        names = Counter(
            values[2]
            for checks in decided
            for values in (
                one if isinstance(one, list) else [one["rule"], None, one["limit"]]
                for one in checks
            )
            if values[0] == "segment"
        )
    expected = {name: events for name, (_, events) in found.items()}
    assert names == {
        **expected,
        "premium": 1,
        "others": 2,
    }  # the others: long ago, and of nobody known
