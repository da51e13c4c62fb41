"""The pages about asking over HTTP: numbers are the ledger's, rules are written, letters resent."""

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from asking import EXAMPLES, publish
from conftest import NOW, Office
from sqlalchemy import text
from test_dashboard import ask, enter
from two_regions import OCCURRED_ON, World, make_two_regions
from web import TestClient

from api.demo.people import Login
from api.insights.asking import Asking, asking
from api.insights.collection import CUTS, answer_times, collected
from api.insights.periods import Period
from api.insights.reach import branch_reach
from api.insights.sight import whole_network_viewer
from api.main import create_api
from api.surveys.definitions import read_rules
from api.surveys.service import publish_rules
from dashboard.app import add_dashboard
from dashboard.ids import Id

CARS = (EXAMPLES / "rules/cars.toml").read_text(encoding="utf-8")
SECOND = CARS.replace("version = 1", "version = 2", 1).replace("days = 90", "days = 60", 1)
FAULTY = SECOND.replace("count = 1", "count = 0", 1)
EDIT = "/app/rules/edit?lang=en"
DAYS = f"from={OCCURRED_ON}&to={OCCURRED_ON}&lang=en"


@pytest.fixture
def world(office: Office) -> World:
    made = make_two_regions(office)
    with office.worker.database.transaction() as session:
        publish(session, None)
        publish_rules(session, read_rules(CARS, "rules"), NOW, written=CARS)
    return made


@pytest.fixture
def browser(office: Office) -> Iterator[TestClient]:
    api = create_api(office.web)
    add_dashboard(api)
    with TestClient(api, follow_redirects=False) as client:
        yield client


def said(answer: Any) -> str:
    """Everything in an answer."""
    assert answer.status_code == 200, answer.text
    return json.dumps(answer.json(), ensure_ascii=False)


def press(browser: TestClient, button: Id, written: str) -> str:
    """What a button of the editor says of a text."""
    values = {f"{button}.n_clicks": 1, f"{Id.RULES_TEXT}.value": written}
    return said(ask(browser, "work_on_text", EDIT, changed=f"{button}.n_clicks", **values))


def test_an_administrator_reads_checks_compares_and_publishes(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    read = said(ask(browser, "show_page", "/app/rules?lang=en"))
    assert "At most 1 invitation in 90 days per person" in read
    assert "value tier: gold or premium" in read
    line = FAULTY.splitlines().index("count = 0") + 1
    assert f"Line {line}" in press(browser, Id.RULES_CHECK, FAULTY)
    assert "Nothing wrong" in press(browser, Id.RULES_CHECK, SECOND)
    compared = press(browser, Id.RULES_COMPARE, SECOND)
    assert "\u2212 days = 90" in compared
    assert "+ days = 60" in compared
    assert "Line" in press(browser, Id.RULES_PUBLISH, FAULTY)
    asked = press(browser, Id.RULES_PUBLISH, SECOND)
    assert "Publish version 2?" in asked
    assert "What holds for all touchpoints changes" in asked
    sure = {f"{Id.RULES_SURE}.n_clicks": 1, f"{Id.RULES_TEXT}.value": SECOND}
    moved = {**sure, f"{Id.RULES_SURE}.value": "of another text"}
    assert "has changed since you were asked" in said(ask(browser, "publish_text", EDIT, **moved))
    sure[f"{Id.RULES_SURE}.value"] = sha256(SECOND.encode()).hexdigest()
    assert "Version 2 is published" in said(ask(browser, "publish_text", EDIT, **sure))
    again = said(ask(browser, "show_page", "/app/rules?lang=en"))
    assert "At most 1 invitation in 60 days per person" in again
    assert "was in force from" in said(ask(browser, "show_page", "/app/rules/1?lang=en"))


def test_a_draft_is_kept_for_whoever_wrote_it(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    assert "Draft saved" in press(browser, Id.RULES_SAVE, FAULTY)
    assert "count = 0" in said(ask(browser, "show_page", EDIT))
    counted = said(ask(browser, "count_segments", "/app/rules",
                       **{f"{Id.SEGMENTS_OF}.data": {"version": 1}}))  # fmt: skip
    assert "everybody else" in counted or "其余所有人" in counted


@pytest.mark.parametrize(
    ("role", "reads"),
    [("hq_analyst", True), ("regional_manager", False), ("branch_manager", False)],
)
def test_who_may_not_write_rules_can_neither_edit_nor_publish_them(
    office: Office, world: World, browser: TestClient, role: str, reads: bool
) -> None:
    enter(browser, office, role)
    page = said(ask(browser, "show_page", "/app/rules?lang=en"))
    assert ("per person, across everything" in page) is reads
    assert "You may not do this here" in said(ask(browser, "show_page", EDIT))
    assert "You may not do this here" in press(browser, Id.RULES_CHECK, SECOND)
    sure = {
        f"{Id.RULES_SURE}.n_clicks": 1,
        f"{Id.RULES_SURE}.value": sha256(SECOND.encode()).hexdigest(),
        f"{Id.RULES_TEXT}.value": SECOND,
    }
    assert "You may not do this here" in said(ask(browser, "publish_text", EDIT, **sure))
    with office.owner.connection() as connection:
        versions = connection.execute(text("select count(*) from rule_set_version")).scalar_one()
    assert versions == 1


def test_an_event_is_explained_by_our_id_or_by_that_of_its_source(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "regional_manager")
    own, foreign = world.branches["north1"], world.branches["south1"]
    page = said(ask(browser, "show_page", f"/app/asking/event/{own.event}?lang=en"))
    assert "Every check, in order" in page
    assert own.unit_marks[1] in page
    asked = {f"{Id.SEEK}.n_submit": 1, f"{Id.SEEK}.value": str(own.event)}
    assert f"/app/asking/event/{own.event}" in said(ask(browser, "seek", "/app/asking/event",
                                                        **asked))  # fmt: skip
    asked[f"{Id.SEEK}.value"] = str(own.customer)
    assert f"/app/asking/customer/{own.customer}" in said(
        ask(browser, "seek", "/app/asking/event", **asked)
    )
    asked[f"{Id.SEEK}.value"] = str(foreign.event)
    assert "Nothing you may see has this id" in said(
        ask(browser, "seek", "/app/asking/event?lang=en", **asked)
    )
    customer = said(ask(browser, "show_page", f"/app/asking/customer/{own.customer}?lang=en"))
    assert "Events and decisions" in customer


def test_a_message_is_sent_again_by_an_administrator_alone(
    office: Office, world: World, browser: TestClient
) -> None:
    branch = world.branches["north1"]
    later = office.clock.now + timedelta(days=5)
    with office.owner.connection() as connection:
        connection.execute(
            text(
                "update invitation set status = 'unknown', answered_at = null, first_seen_at = "
                "null, expires_at = :later, touchpoint_id = (select id from touchpoint "
                "where code = 'service') where id = :id"
            ),
            {"id": branch.invitation, "later": later},
        )
    press_it = {f"{Id.RESEND}.n_clicks": 1, f"{Id.RESEND}.value": str(branch.invitation)}
    enter(browser, office, "regional_manager")
    page = said(ask(browser, "show_page", f"/app/asking?{DAYS}"))
    assert "Your role may not send again" in page
    assert "You may not do this here" in said(
        ask(browser, "resend_letter", "/app/asking?lang=en", **press_it)
    )
    browser.cookies.clear()
    enter(browser, office, "hq_admin")
    with office.owner.connection() as connection:
        before = connection.execute(text("select count(*) from invitation")).scalar_one()
    answer = said(ask(browser, "resend_letter", "/app/asking?lang=en", **press_it))
    with office.owner.connection() as connection:
        after = connection.execute(text("select count(*) from invitation")).scalar_one()
    assert after - before == 1, answer
    assert "It goes out again" in answer


def _read(office: Office) -> tuple[Asking, Period]:
    period = Period(office.clock.now.date() - timedelta(days=70), office.clock.now.date())
    with office.worker.database.transaction() as session:
        viewer = whole_network_viewer(session, office.clock.now.date(), "test")
        return asking(session, viewer, period, now=office.clock.now), period


def test_the_numbers_of_asking_are_those_of_the_ledger(
    demo_office: tuple[Office, list[Login]],
) -> None:
    office, _ = demo_office
    found, period = _read(office)
    counted = text("""
        select (select count(*) from event where occurred_on >= :start and occurred_on < :end),
            count(*), count(*) filter (where i.status in ('sent', 'delivered', 'undelivered')
                or i.sent_at is not null), count(i.first_seen_at), count(r.id)
        from invitation i left join response r on r.invitation_id = i.id
        where i.occurred_on >= :start and i.occurred_on < :end and i.kind <> 'recovery'
    """)
    values = {"start": period.start, "end": period.end}
    with office.owner.connection() as connection:
        events, planned, sent, opened, answered = connection.execute(counted, values).one()
    asked, decided = found.asked, found.decided
    assert decided.events == events > 500
    assert decided.send + decided.hold + decided.drop + decided.undecided == events
    assert (asked.planned, asked.sent) == (planned, sent)
    assert asked.opened >= opened > 0
    assert asked.answered == answered > 0
    assert sum(one.sent for one in found.channels.values()) == sum(day.sent for day in found.days)


def test_what_is_told_apart_adds_up_to_the_whole(
    demo_office: tuple[Office, list[Login]],
) -> None:
    office, _ = demo_office
    found, period = _read(office)
    with office.worker.database.transaction() as session:
        viewer = whole_network_viewer(session, office.clock.now.date(), "test")
        cuts = {cut: collected(session, viewer, period, cut) for cut in CUTS}
        times = answer_times(session, viewer, period)
        branches = branch_reach(session, viewer, now=office.clock.now)
    for cut, rows in cuts.items():
        assert sum(one.counts.completed for one in rows) == found.asked.completed > 0, cut
        assert sum(one.counts.planned for one in rows) == found.asked.planned, cut
        if cut != "channel":
            assert sum(one.counts.events or 0 for one in rows) == found.decided.events, cut
            assert sum(one.counts.eligible or 0 for one in rows) == (
                found.decided.send + found.decided.hold
            )
    by_channel = {one.value: one.counts for one in cuts["channel"]}
    assert {name: one.sent for name, one in found.channels.items()} == {
        name: one.messages for name, one in by_channel.items()
    }
    shares = [one for one in cuts["branch"] if one.share]
    assert all(one.share.low <= one.share.share <= one.share.high for one in shares if one.share)
    counted = text("""
        select r.branch_id, count(*) from response r join invitation i on i.id = r.invitation_id
        where i.occurred_on >= :start and i.occurred_on < :end and r.completed_at is not null
            and i.kind <> 'recovery'
        group by r.branch_id
    """)
    with office.owner.connection() as connection:
        answers = dict(
            connection.execute(counted, {"start": period.start, "end": period.end}).all()
        )
    told = {one.unit.id: one.counts.completed for one in cuts["branch"] if one.unit}
    assert {branch: n for branch, n in told.items() if n} == answers
    assert times[0].channel is None
    assert 0 < times[0].answers <= found.asked.completed
    assert list(times[0].within) == sorted(times[0].within)
    assert all(one.customers >= one.anyhow for one in branches)
    assert any(one.anyhow for one in branches)
    days = [one for one in found.reason_days if one.reason is None]
    assert sum(one.events for one in days) == found.decided.events


@pytest.mark.parametrize("by", ["segment", "touchpoint", "branch", "contacts"])
def test_a_region_tells_its_own_branches_apart(
    office: Office, world: World, browser: TestClient, by: str
) -> None:
    enter(browser, office, "regional_manager")
    page = said(ask(browser, "show_page", f"/app/asking?{DAYS}&by={by}"))
    own, foreign = world.branches["north1"], world.branches["south1"]
    assert "collection-grid" in page
    assert not [mark for mark in foreign.unit_marks if mark in page]
    if by in ("branch", "contacts"):
        assert own.unit_marks[1] in page
        assert f"/app/asking/{own.code}?" in page


def test_an_event_with_a_reminder_is_asked_once_by_two_messages(
    demo_office: tuple[Office, list[Login]],
) -> None:
    office, _ = demo_office
    before, period = _read(office)
    reminder = text("""
        insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number, kind,
            root_id, counts, branch_id, touchpoint_id, occurred_on, channel, language, created_at,
            planned_at, expires_at, status, sent_at)
        select gen_random_uuid(), event_id, survey_code, survey_version_id, 1, 'reminder', id,
            false, branch_id, touchpoint_id, occurred_on, 'email', language, created_at,
            first_seen_at, expires_at, 'sent', first_seen_at - interval '1 minute'
        from invitation where channel = 'sms' and answered_at is not null and occurred_on >= :start
            and occurred_on < :end limit 1
    """)
    with office.owner.transaction() as session:
        values = {"start": period.start, "end": period.end}
        assert session.execute(reminder, values).rowcount == 1
    after, _ = _read(office)
    assert after.asked == before.asked
    mail = after.channels["email"]
    assert (mail.messages, mail.further, mail.opened, mail.answered) == (1, 1, 1, 1)
    assert after.channels["sms"].answered == before.channels["sms"].answered - 1
    assert after.channels["sms"].sent == before.channels["sms"].sent
