"""Alerts over answers: marked, found once, made tickets, muted, held for the digest, listed."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from conftest import NOW, Office
from sqlalchemy import event, text
from surveyed import invite, make_dealer
from ticketed import Shop, make_shop
from web import visitor

from api.core.errors import Invalid, NotAllowed, NotFound
from api.tickets import alerts_queries
from api.tickets.alerts.digests import tell_digests
from api.tickets.alerts.marks import find_alerts
from api.tickets.alerts.mutes import MuteOver, MuteWish, mute, unmute
from api.tickets.alerts_queries import AlertFilter, AlertLine

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop(office: Office) -> Shop:
    return make_shop(office)


def rows(office: Office, statement: str, **given: object) -> Sequence[tuple[object, ...]]:
    with office.owner.connection() as connection:
        return [tuple(row) for row in connection.execute(text(statement), given)]


def marked(shop: Shop, response: UUID) -> None:
    """The mark that the response's own transaction leaves."""
    with shop.office.owner.connection() as connection:
        connection.execute(
            text(
                "insert into alert_mark (response_id, branch_id, due_at) "
                "select id, branch_id, submitted_at from response where id = :id"
            ),
            {"id": response},
        )


def answered(shop: Shop, score: int = 1, words: str = "Nobody called", branch: int = 0) -> UUID:
    """A customer's answer with its mark."""
    where = shop.world.branches[branch]
    _, response = shop.answered(where, score=score, words=words)
    marked(shop, response)
    return response


def looked(shop: Shop) -> int:
    return find_alerts(shop.office.worker)


def listed(shop: Shop, name: str = "manager", **wanted: object) -> list[AlertLine]:
    with shop.at_work(name) as (session, viewer):
        return alerts_queries.list_alerts(session, viewer, AlertFilter(**wanted))  # type: ignore[arg-type]


def notices(shop: Shop, kind: str) -> list[tuple[object, ...]]:
    found = rows(
        shop.office,
        "select a.name, n.detail from notice n join account a on a.id = n.account_id "
        "where n.kind = :kind order by n.created_at, a.name",
        kind=kind,
    )
    return list(found)


def muted(shop: Shop, rule: str | None = None, unit: str = "R1") -> list[UUID]:
    with shop.at_work("region") as (session, viewer):
        wish = MuteWish(unit, "the workshop moves", NOW + 7 * DAY, rule)
        return mute(session, viewer, wish, NOW)


def test_every_saved_page_marks_the_response_and_only_a_finished_one_is_due_at_once(
    office: Office,
) -> None:
    dealer = make_dealer(office.worker.database)
    browser = visitor(office.web)
    link = "/s/" + invite(office.worker.database, dealer)
    browser.post(f"{link}?page=1", data={"nps": "1"})
    waits = rows(office, "select due_at, branch_id from alert_mark")
    assert waits == [(NOW + timedelta(minutes=30), dealer.branch_id)]
    browser.post(f"{link}?page=2", data={"overall": "1", "advisor": "1"})
    browser.post(f"{link}?page=3", data={"fixed": "no", "comment": "never again"})
    assert rows(office, "select count(*) from alert_mark where due_at = :now", now=NOW) == [(1,)]


def test_an_unhappy_answer_is_one_alert_and_one_ticket_however_often_it_is_looked_at(
    shop: Shop,
) -> None:
    response = answered(shop, 1, "I want my lawyer")
    marked(shop, response)
    assert looked(shop) == 1
    marked(shop, response)
    assert looked(shop) == 1
    assert looked(shop) == 0
    (alert,) = listed(shop)
    assert (alert.kind, alert.rule, alert.severity, alert.muted) == (
        "answer", "very_unhappy", 3, False,
    )  # fmt: skip
    assert alert.detail["rules"] == ["very_unhappy", "complains", "unhappy"]
    assert (alert.metric, alert.score, alert.detail["words"]) == ("nps", 1, ["lawyer"])
    assert alert.response_id == response
    assert alert.ticket_state == "new"
    assert rows(shop.office, "select kind, metric, first_score, severity from ticket") == [
        ("answer", "nps", 1, 3)
    ]
    assert [name for name, _ in notices(shop, "ticket")] == ["manager"]


def test_a_content_customer_is_no_alert(shop: Shop) -> None:
    answered(shop, 9, "thank you")
    assert looked(shop) == 1
    assert listed(shop) == []


def test_a_later_answer_never_replaces_the_first_score(shop: Shop) -> None:
    response = answered(shop, 1)
    looked(shop)
    with shop.office.owner.connection() as connection:
        connection.execute(text("update answer set value = 5 where metric = 'nps'"))
    marked(shop, response)
    looked(shop)
    assert rows(shop.office, "select first_score from ticket") == [(1,)]
    assert [one.score for one in listed(shop)] == [1]


def test_what_turns_out_graver_is_the_same_alert_and_the_same_ticket(shop: Shop) -> None:
    response = answered(shop, 5, "so so")
    looked(shop)
    assert [one.severity for one in listed(shop)] == [2]
    with shop.office.owner.connection() as connection:
        connection.execute(text("update answer set text = 'the fraud office' where text <> ''"))
    marked(shop, response)
    looked(shop)
    (alert,) = listed(shop)
    assert (alert.rule, alert.severity, alert.ticket_number is not None) == ("complains", 3, True)
    assert rows(shop.office, "select count(*), max(severity) from ticket") == [(1, 3)]
    due = "select target_seconds / 3600 from ticket_clock where kind = 'acknowledge'"
    assert rows(shop.office, due) == [(2,)], "the time of what is urgent"
    assert [name for name, _ in notices(shop, "ticket")] == ["manager", "manager"]


def test_an_answer_that_headquarters_took_out_is_not_looked_at(shop: Shop) -> None:
    answered(shop, 0)
    with shop.office.owner.connection() as connection:
        connection.execute(text("update response set excluded_at = now()"))
    assert looked(shop) == 1
    assert listed(shop) == []


def test_a_muted_alert_is_counted_and_told_to_nobody(shop: Shop) -> None:
    assert len(muted(shop, "unhappy")) == 3
    answered(shop, 5, "so so")
    answered(shop, 5, "so so", branch=-1)  # another region
    looked(shop)
    assert [(one.muted, one.ticket_number) for one in listed(shop)] == [(True, None)]
    assert rows(shop.office, "select count(*) from ticket") == [(1,)]
    assert [name for name, _ in notices(shop, "ticket")] == ["far"]
    with shop.at_work("manager") as (session, viewer):
        (count,) = alerts_queries.count_alerts(session, viewer, since=NOW - DAY)
        (line,) = alerts_queries.list_mutes(session, viewer, now=NOW)
    assert (count.rule, count.found, count.muted, count.tickets) == ("unhappy", 1, 1, 0)
    assert (line.rule, line.reason, line.by, line.found) == (
        "unhappy", "the workshop moves", "region", 1,
    )  # fmt: skip


def test_a_mute_of_everything_keeps_no_urgent_alert_quiet_but_one_of_its_rule_does(
    shop: Shop,
) -> None:
    muted(shop)
    answered(shop, 1)
    looked(shop)
    assert [one.muted for one in listed(shop)] == [False]
    muted(shop, "very_unhappy")
    answered(shop, 0)
    looked(shop)
    assert sorted(one.muted for one in listed(shop)) == [False, True]


def test_a_mute_that_was_ended_keeps_nothing_quiet(shop: Shop) -> None:
    for one in muted(shop):
        with shop.at_work("region") as (session, viewer):
            unmute(session, viewer, one, NOW)
        with shop.at_work("region") as (session, viewer), pytest.raises(MuteOver):
            unmute(session, viewer, one, NOW)
    answered(shop, 5, "so so")
    looked(shop)
    assert [one.muted for one in listed(shop)] == [False]


def test_only_who_may_mutes_and_only_within_reason(shop: Shop) -> None:
    with shop.at_work("manager") as (session, viewer), pytest.raises(NotAllowed):
        mute(session, viewer, MuteWish("D101", "some words", NOW + DAY), NOW)
    with shop.at_work("region") as (session, viewer), pytest.raises(NotFound):
        mute(session, viewer, MuteWish("D201", "some words", NOW + DAY), NOW)
    for wish in (
        MuteWish("R1", "some words", NOW),
        MuteWish("R1", "some words", NOW + 93 * DAY),
        MuteWish("R1", " ", NOW + DAY),
        MuteWish("R1", "some words", NOW + DAY, "no_such_rule"),
    ):
        with shop.at_work("region") as (session, viewer), pytest.raises(Invalid):
            mute(session, viewer, wish, NOW)


def test_past_five_a_day_the_rest_is_one_digest_at_the_branchs_hour_but_urgent_ones_are_not(
    shop: Shop,
) -> None:
    for _ in range(8):
        answered(shop, 5, "so so")
    answered(shop, 0)
    looked(shop)
    assert len(listed(shop)) == 9
    assert rows(shop.office, "select count(*) from ticket") == [(9,)]
    assert len(notices(shop, "ticket")) == 6, "five single ones and the urgent one"
    assert tell_digests(shop.office.worker) == 0, "not before the hour"
    shop.office.clock.now = NOW + DAY
    assert tell_digests(shop.office.worker) == 1
    assert tell_digests(shop.office.worker) == 0
    assert notices(shop, "digest") == [
        ("manager", {"alerts": 3, "rules": {"unhappy": 3}, "severity": 2})
    ]


def test_alerts_are_listed_to_those_who_may_read_the_branchs_comments(shop: Shop) -> None:
    for branch in range(5):
        answered(shop, 1, f"Nobody called {branch}", branch=branch)
    looked(shop)
    assert {(one.unit.code, one.words) for one in listed(shop)} == {("D101", "Nobody called 0")}
    assert {one.words for one in listed(shop, "head")} == {f"Nobody called {n}" for n in range(5)}
    assert {one.unit.code for one in listed(shop, "region")} == {"D101", "D102", "D103"}
    assert len(listed(shop, "head")) == 5
    assert [one.unit.code for one in listed(shop, "head", unit="D202")] == ["D202"]
    assert listed(shop, "head", kinds=("feed",)) == []
    with shop.at_work("head") as (session, viewer):
        seen: list[UUID] = []
        after = None
        while page := alerts_queries.list_alerts(
            session, viewer, AlertFilter(), after=after, limit=2
        ):
            seen += [one.id for one in page]
            after = page[-1].position
    assert len(set(seen)) == len(seen) == 5


def test_the_words_of_a_page_are_read_at_once_and_follow_no_ticket_elsewhere(shop: Shop) -> None:
    silent, written = answered(shop, 1, ""), answered(shop, 1, "Nobody called")
    with shop.office.owner.connection() as connection:
        connection.execute(text("delete from answer where text = ''"))
    looked(shop)
    assert {one.response_id: one.words for one in listed(shop)} == {
        silent: None, written: "Nobody called",
    }  # fmt: skip
    with shop.office.owner.connection() as connection:
        connection.execute(text("delete from answer where text is not null"))
        connection.execute(text("update ticket set summary = 'by telephone'"))
    assert {one.words for one in listed(shop)} == {"by telephone"}
    with shop.office.owner.connection() as connection:
        moved = text("update ticket set branch_id = :branch")
        connection.execute(moved, {"branch": shop.world.branches[-1]})
    with shop.at_work("head") as (session, viewer):
        asked: list[str] = []
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        found = alerts_queries.list_alerts(session, viewer, AlertFilter())
        statements = len(asked)
    assert ([one.words for one in found], statements) == ([None, None], 2)
