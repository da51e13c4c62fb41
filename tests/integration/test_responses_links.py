"""What a link does once it was used, has run out, was guessed or reached the wrong person."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from conftest import NOW, Office
from sqlalchemy.engine import Connection
from surveyed import Dealer, answer_all, give_token, invite, make_dealer, one, rows, stored
from web import TestClient, visitor

from api.core.database import Database
from api.models import Invitation


@pytest.fixture
def dealer(office: Office) -> Dealer:
    return make_dealer(office.worker.database)


@pytest.fixture
def browser(office: Office) -> TestClient:
    return visitor(office.web)


@pytest.fixture
def link(office: Office, dealer: Dealer) -> str:
    return "/s/" + invite(office.worker.database, dealer)


def test_a_second_post_says_thank_you_and_changes_nothing(
    office: Office, browser: TestClient, link: str
) -> None:
    answer_all(browser, link)
    before = stored(office)
    marks = rows(office.worker.database, "select id from dirty_mark")
    for fields in ({"fixed": "no"}, {"nps": "0"}, {}):
        answer = browser.post(link + "?page=1", data=fields)
        assert answer.status_code == 200
        assert "回答已保存" in answer.text
    assert stored(office) == before
    assert rows(office.worker.database, "select id from dirty_mark") == marks


def test_all_links_of_an_invitation_end_with_its_first_complete_answer(
    office: Office, dealer: Dealer, browser: TestClient, link: str
) -> None:
    with office.worker.database.transaction() as session:
        invitation = session.get(Invitation, dealer.invitations[0])
        assert invitation is not None
        other = "/s/" + give_token(session, invitation)
    assert browser.get(other).status_code == 200
    answer_all(browser, link)
    assert one(office, "select count(*) from survey_token where dead_at is null") == (0,)
    assert browser.get(other).status_code == 410
    assert one(office, "select answered_at from invitation") == (NOW,)


def test_a_used_link_is_a_friendly_page(browser: TestClient, link: str) -> None:
    answer_all(browser, link)
    answer = browser.get(link)
    assert answer.status_code == 410
    assert "您的回答已收到" in answer.text
    assert "上海浦东店" not in answer.text


def test_an_expired_link_is_a_friendly_page_and_saves_nothing(
    office: Office, browser: TestClient, link: str
) -> None:
    office.clock.now = NOW + timedelta(days=14)
    answer = browser.get(link)
    assert answer.status_code == 410
    assert "已过期" in answer.text
    answer = browser.post(link + "?page=1", data={"nps": "9"})
    assert answer.status_code == 410
    assert rows(office.worker.database, "select 1 from response") == []


@pytest.mark.parametrize(
    "token",
    ["A" * 22, "x", "A" * 23, "A" * 3000, "..%2f..%2fetc", "%00" * 22, "'or'1'='1", "é" * 22],
)
def test_an_unknown_or_forged_link_is_a_friendly_page(browser: TestClient, token: str) -> None:
    for answer in (browser.get(f"/s/{token}"), browser.post(f"/s/{token}", data={"nps": "1"})):
        assert answer.status_code == 404
        assert "text/html" in answer.headers["content-type"]
        assert "没有找到此页面" in answer.text


def test_a_scanner_that_gets_or_heads_gives_no_answer(
    office: Office, browser: TestClient, link: str
) -> None:
    assert browser.head(link).status_code == 200
    assert one(office, "select first_seen_at from invitation") == (None,)
    for path in ("", "?page=3&nps=9&go=next", "/opt-out", "/not-me", "/privacy"):
        assert browser.get(link + path).status_code == 200
    assert one(office, "select first_seen_at, answered_at, status from invitation") == (
        *(NOW, None),
        "sent",
    )
    for table in ("response", "answer", "suppression", "dirty_mark"):
        assert rows(office.worker.database, f"select 1 from {table}") == []
    office.clock.now = NOW + timedelta(hours=1)
    browser.get(link)
    assert one(office, "select first_seen_at from invitation") == (NOW,)


def test_only_a_hash_of_the_token_is_stored(office: Office, link: str) -> None:
    dump = str(rows(office.worker.database, "select t.*, i.* from survey_token t, invitation i"))
    assert link.removeprefix("/s/") not in dump


def test_a_logged_in_colleague_can_answer_too(browser: TestClient, link: str) -> None:
    answer = browser.post(
        link + "?page=1",
        data={"nps": "9"},
        headers={"cookie": "bp_session=whatever", "origin": "null"},
    )
    assert answer.status_code == 303


def test_no_thank_you_without_a_commit(
    office: Office, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visitor(office.web)
    browser.post(link + "?page=1", data={"nps": "9"})
    browser.post(link + "?page=2", data={"overall": "5"})
    real = type(office.web.database).connection

    @contextmanager
    def uncommitted(database: Database) -> Iterator[Connection]:
        with real(database) as connection:
            yield connection
            raise OSError("the disk is full")

    monkeypatch.setattr(type(office.web.database), "connection", uncommitted)
    answer = browser.post(link + "?page=3", data={"fixed": "yes"})
    monkeypatch.undo()
    assert answer.status_code == 503
    assert "谢谢" not in answer.text
    assert "已保存" not in answer.text
    assert one(office, "select completed_at from response") == (None,)


def test_opting_out_holds_for_the_address_everywhere(
    office: Office, dealer: Dealer, browser: TestClient, link: str
) -> None:
    invite(office.worker.database, dealer, branch_id=dealer.other_branch_id, status="planned")
    assert "确认" in browser.get(link + "/opt-out").text
    assert rows(office.worker.database, "select 1 from suppression") == []
    answer = browser.post(link + "/opt-out")
    assert answer.status_code == 200
    assert "已退订" in answer.text
    assert one(office, "select kind, value_hash, reason, created_at from suppression") == (
        *("phone", b"hash of a phone"),
        *("opt_out", NOW),
    )
    statuses = rows(office.worker.database, "select status, failure from invitation order by id")
    assert statuses == [("sent", None), ("dropped", "opt_out")]
    assert browser.post(link + "/opt-out").status_code == 200
    assert len(rows(office.worker.database, "select 1 from suppression")) == 1


def test_one_can_still_opt_out_by_an_old_link(
    office: Office, browser: TestClient, link: str
) -> None:
    answer_all(browser, link)
    office.clock.now = NOW + timedelta(days=300)
    assert browser.post(link + "/opt-out").status_code == 200
    assert one(office, "select reason from suppression") == ("opt_out",)


def test_whoever_it_was_not_is_left_alone_and_the_link_ends(
    office: Office, browser: TestClient, link: str
) -> None:
    assert "这不是我" in browser.get(link + "/not-me").text
    assert browser.post(link + "/not-me").status_code == 200
    assert one(office, "select reason from suppression") == ("not_me",)
    assert browser.get(link).status_code == 410
    assert browser.post(link, data={"nps": "9"}).status_code == 410
    assert rows(office.worker.database, "select 1 from response") == []


def test_the_privacy_text_is_the_networks_own_or_the_standard_one(
    office: Office, browser: TestClient, link: str
) -> None:
    page = browser.get(link).text
    assert f'href="{link}/privacy?lang=zh"' in page
    assert "不使用 Cookie" in browser.get(link + "/privacy").text
    rows(
        office.worker.database,
        "update network set privacy_text_zh = :words returning id",
        words="本网络的说明\n第二段",
    )
    page = browser.get(link + "/privacy").text
    assert "<p>本网络的说明</p><p>第二段</p>" in page.replace("\n", "")
    assert "不使用 Cookie" not in page


def test_a_link_that_is_opened_very_often_has_to_wait(browser: TestClient, link: str) -> None:
    statuses = [browser.get(link).status_code for _ in range(60)]
    assert statuses[:30] == [200] * 30
    assert statuses[-1] == 429
    answer = browser.get(link)
    assert int(answer.headers["retry-after"]) >= 1
    assert "请稍等" in answer.text


def test_guessing_links_ends_soon(browser: TestClient) -> None:
    statuses = [browser.get(f"/s/{number:022d}").status_code for number in range(60)]
    assert statuses[0] == 404
    assert 429 in statuses
