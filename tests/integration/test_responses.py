"""The survey page: what a customer sees, and what is saved."""

from html.parser import HTMLParser

import pytest
from conftest import Office
from sqlalchemy import text
from surveyed import (
    OCCURRED_ON,
    ONE_PAGE,
    Dealer,
    answer_all,
    invite,
    make_dealer,
    one,
    rows,
    stored,
)
from web import TestClient, visitor


@pytest.fixture
def dealer(office: Office) -> Dealer:
    return make_dealer(office.worker.database)


@pytest.fixture
def browser(office: Office) -> TestClient:
    return visitor(office.web)


@pytest.fixture
def link(office: Office, dealer: Dealer) -> str:
    return "/s/" + invite(office.worker.database, dealer)


def test_the_page_names_brand_branch_occasion_and_date(browser: TestClient, link: str) -> None:
    page = browser.get(link).text
    for words in ("远山", "上海浦东店", "保养维修", "2026年11月16日"):
        assert words in page
    page = browser.get(link + "?lang=en").text
    for words in ("Pudong", "Service visit", "16 November 2026"):
        assert words in page


def test_the_first_language_is_the_invitations_and_can_be_switched(
    office: Office, dealer: Dealer, browser: TestClient
) -> None:
    link = "/s/" + invite(office.worker.database, dealer, language="en")
    assert '<html lang="en">' in browser.get(link).text
    assert '<html lang="zh-CN">' in browser.get(link + "?lang=zh").text
    assert '<html lang="en">' in browser.get(link + "?lang=xx").text


def test_switching_the_language_keeps_what_was_chosen(browser: TestClient, link: str) -> None:
    answer = browser.post(link + "?page=1", data={"nps": "7", "go": "en"})
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert '<html lang="en">' in page
    assert 'value="7" checked' in page


def test_answers_are_stored_with_metric_value_options_and_redacted_text(
    office: Office, browser: TestClient, link: str
) -> None:
    browser.post(link + "?page=1", data={"nps": "3"})
    browser.post(link + "?page=2&lang=en", data={"problem": ["price", "booking"], "overall": "2"})
    done = browser.post(
        link + "?page=3", data={"fixed": "no", "comment": "Call me: +86 199 0000 1234"}
    )
    assert done.status_code == 200
    answers = stored(office)
    assert answers["nps"] == ("nps", 3, None, None, None)
    assert answers["overall"] == ("overall", 2, None, None, None)
    words = ["Booking or reception", "Cost higher than expected, or unclear"]
    assert answers["problem"] == (None, None, ["booking", "price"], words, None)
    assert answers["fixed"][2] == ["no"]
    assert "0000" not in str(answers["comment"][-1])
    assert str(answers["comment"][-1]).startswith("Call me: ")


def test_the_response_freezes_the_context_of_its_moment(
    office: Office, dealer: Dealer, browser: TestClient, link: str
) -> None:
    with office.owner.connection() as connection:
        connection.execute(text('update event set attributes = \'{"model": " L5"}\''))
    answer_all(browser, link)
    assert one(
        office,
        "select branch_id, touchpoint_id, survey_version_id, person_id, occurred_on, channel, "
        "segment, advisor, model, named, pages_done, completed_at is not null from response",
    ) == (
        *(dealer.branch_id, dealer.touchpoint_id, dealer.survey_version_id, dealer.person_id),
        *(OCCURRED_ON, "sms", "others", "E17", "L5", False, 3, True),
    )
    marks = rows(office.worker.database, "select distinct branch_id, occurred_on from dirty_mark")
    assert marks == [(dealer.branch_id, OCCURRED_ON)]


def test_a_page_is_saved_when_it_is_sent_and_counts_as_partial(
    office: Office, browser: TestClient, link: str
) -> None:
    answer = browser.post(link + "?page=1", data={"nps": "9"})
    assert answer.status_code == 303
    assert one(office, "select pages_done, completed_at from response") == (1, None)
    assert stored(office).keys() == {"nps"}
    assert rows(office.worker.database, "select 1 from dirty_mark") == [(1,)]
    assert one(office, "select answered_at from invitation") == (None,)


def test_going_back_loses_nothing(office: Office, browser: TestClient, link: str) -> None:
    browser.post(link + "?page=1", data={"nps": "9"})
    answer = browser.post(link + "?page=2", data={"overall": "4", "go": "back"})
    assert answer.headers["location"].endswith("page=1")
    assert 'value="9" checked' in browser.get(link).text
    assert 'value="4" checked' in browser.get(link + "?page=2").text
    assert stored(office)["overall"][1] == 4


def test_nobody_gets_past_a_page_that_is_not_saved(browser: TestClient, link: str) -> None:
    assert 'name="nps"' in browser.get(link + "?page=3").text
    answer = browser.post(link + "?page=3", data={"fixed": "yes"})
    assert answer.headers["location"].endswith("page=1")


def test_a_customer_who_returns_is_led_on(browser: TestClient, link: str) -> None:
    browser.post(link + "?page=1", data={"nps": "9"})
    page = browser.get(link).text
    assert "page=2" in page
    assert "继续" in page


def test_a_required_answer_that_lacks_is_asked_for_and_nothing_is_saved(
    office: Office, browser: TestClient, link: str
) -> None:
    answer = browser.post(link + "?page=1", data={"nps": ""})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'aria-describedby="e-nps"' in answer.text
    assert 'href="#q-nps"' in answer.text
    assert rows(office.worker.database, "select 1 from response") == []


@pytest.mark.parametrize("value", ["11", "-1", "3.5", "９", "true", "0x1", "9" * 400])
def test_a_forged_figure_is_refused(
    office: Office, browser: TestClient, link: str, value: str
) -> None:
    assert browser.post(link + "?page=1", data={"nps": value}).status_code == 422
    assert rows(office.worker.database, "select 1 from response") == []


def test_a_text_that_is_too_long_is_given_back_and_not_saved(
    office: Office, browser: TestClient, link: str
) -> None:
    browser.post(link + "?page=1", data={"nps": "9"})
    browser.post(link + "?page=2", data={"overall": "5"})
    answer = browser.post(link + "?page=3", data={"comment": "长" * 1001})
    assert answer.status_code == 422
    assert "长" * 1001 in answer.text
    assert "1000" in answer.text
    assert "comment" not in stored(office)


def test_a_question_that_depends_on_another_is_shown_only_then(
    browser: TestClient, link: str
) -> None:
    browser.post(link + "?page=1", data={"nps": "6"})
    assert 'name="problem"' in browser.get(link + "?page=2").text
    browser.post(link + "?page=1", data={"nps": "7"})
    assert 'name="problem"' not in browser.get(link + "?page=2").text


def test_the_server_drops_the_answer_of_a_hidden_question(
    office: Office, browser: TestClient, link: str
) -> None:
    browser.post(link + "?page=1", data={"nps": "9"})
    browser.post(link + "?page=2", data={"problem": "price", "overall": "5"})
    assert "problem" not in stored(office)


def test_an_answer_goes_when_its_question_is_hidden_afterwards(
    office: Office, browser: TestClient, link: str
) -> None:
    browser.post(link + "?page=1", data={"nps": "2"})
    browser.post(link + "?page=2", data={"problem": "price", "overall": "2"})
    assert "problem" in stored(office)
    browser.post(link + "?page=1", data={"nps": "10"})
    assert "problem" not in stored(office)
    assert stored(office)["overall"][1] == 2


def test_the_tick_decides_whether_the_answer_is_named(
    office: Office, dealer: Dealer, browser: TestClient
) -> None:
    for ticked in (False, True):
        link = "/s/" + invite(office.worker.database, dealer)
        answer_all(browser, link, **({"named": "yes"} if ticked else {}))
    found = rows(office.worker.database, "select named from response order by id")
    assert found == [(False,), (True,)]


def test_the_page_says_who_will_see_the_answer(browser: TestClient, link: str) -> None:
    first = browser.get(link).text
    assert "谁会看到您的回答" in first
    assert 'name="named"' not in first
    browser.post(link + "?page=1", data={"nps": "9"})
    browser.post(link + "?page=2", data={"overall": "5"})
    last = browser.get(link + "?page=3").text
    assert 'name="named" value="yes"><' in last


@pytest.mark.parametrize(
    ("identity", "words", "named"),
    [("named", "会看到您的姓名和回答", True), ("never", "不会看到您的姓名", False)],
)
def test_a_survey_that_is_always_or_never_named_has_no_tick(
    office: Office, identity: str, words: str, named: bool
) -> None:
    survey = ONE_PAGE.replace("if_ticked", identity)
    dealer = make_dealer(office.worker.database, survey)
    browser = visitor(office.web)
    link = "/s/" + invite(office.worker.database, dealer)
    page = browser.get(link).text
    assert words in page
    assert 'name="named"' not in page
    assert browser.post(link, data={"nps": "8", "named": "yes"}).status_code == 200
    assert one(office, "select named from response") == (named,)


def test_a_condition_on_the_same_page_holds_without_a_script(office: Office) -> None:
    dealer = make_dealer(office.worker.database, ONE_PAGE)
    browser = visitor(office.web)
    link = "/s/" + invite(office.worker.database, dealer)
    page = browser.get(link).text
    assert '@supports selector(:has(a)){#c-why{display:none}form:has([name="nps"]' in page
    assert browser.post(link, data={"nps": "6"}).status_code == 422
    assert browser.post(link, data={"nps": "9", "why": "hidden"}).status_code == 200
    assert stored(office).keys() == {"nps"}


XSS = "<script>alert(1)</script>\"'><img src=x>"


def test_names_and_answers_are_escaped(office: Office) -> None:
    dealer = make_dealer(office.worker.database, zh=XSS, en=XSS)
    browser = visitor(office.web)
    link = "/s/" + invite(office.worker.database, dealer)
    browser.post(link + "?page=1", data={"nps": "9"})
    browser.post(link + "?page=2", data={"overall": "5"})
    browser.post(link + "?page=3", data={"comment": XSS, "go": "back"})
    for place in ("", "?page=3", "/privacy", "/opt-out", "/not-me", "?lang=%22><script>"):
        page = browser.get(link + place).text
        assert "<script" not in page
        assert "<img" not in page
    assert "&lt;script&gt;" in browser.get(link + "?page=3").text


def test_every_page_forbids_what_it_does_not_need(browser: TestClient, link: str) -> None:
    for place in (link, link + "/privacy", link + "/opt-out", "/s/" + "A" * 22):
        answer = browser.get(place)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        nonce = policy.split("'nonce-")[1].split("'")[0]
        assert f'<style nonce="{nonce}">' in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers
        assert "http://" not in answer.text
        assert "https://" not in answer.text
    first, second = browser.get(link), browser.get(link)
    assert first.headers["content-security-policy"] != second.headers["content-security-policy"]


def test_a_whole_page_is_small(browser: TestClient, link: str) -> None:
    browser.post(link + "?page=1", data={"nps": "3"})
    for language in ("zh", "en"):
        for number in (1, 2, 3):
            answer = browser.get(
                f"{link}?page={number}&lang={language}", headers={"accept-encoding": "identity"}
            )
            head = sum(len(k) + len(v) + 4 for k, v in answer.headers.items())
            assert len(answer.content) + head < 30 * 1024


class Outline(HTMLParser):
    """Open elements, ids and labels of a page; void elements have no end."""

    VOID = frozenset({"meta", "link", "input", "br", "path", "circle", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.referred: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        assert len(names) == len(attrs)
        self.ids += [str(names["id"])] if "id" in names else []
        for key in ("for", "aria-describedby"):
            self.referred += (names.get(key) or "").split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_is_well_formed_and_its_references_lead_somewhere(
    browser: TestClient, link: str
) -> None:
    browser.post(link + "?page=1", data={"nps": "3"})
    pages = [browser.get(f"{link}?page={number}").text for number in (1, 2)]
    pages.append(browser.post(link + "?page=2", data={}).text)
    pages += [browser.get(link + place).text for place in ("/privacy", "/opt-out", "/not-me")]
    for page in pages:
        outline = Outline()
        outline.feed(page)
        assert outline.open == []
        assert len(set(outline.ids)) == len(outline.ids)
        assert set(outline.referred) <= set(outline.ids)
        assert page.startswith("<!doctype html>")


def test_every_question_has_a_legend_or_a_label(browser: TestClient, link: str) -> None:
    browser.post(link + "?page=1", data={"nps": "3"})
    page = browser.get(link + "?page=2").text
    assert page.count("<fieldset") == page.count("<legend>") == 4
    assert 'aria-label="1, 非常不满意"' in page


def test_a_body_that_is_too_large_is_refused(
    office: Office, browser: TestClient, link: str
) -> None:
    answer = browser.post(link + "?page=1", data={"nps": "9", "x": "a" * 65536})
    assert answer.status_code == 413
    assert rows(office.worker.database, "select 1 from response") == []


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"&" * 500, b"a=1&" * 500, b'{"nps": 9}', b"nps=%ff%fe"]
)
def test_a_body_that_is_no_form_is_an_unanswered_page(
    browser: TestClient, link: str, body: bytes
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post(link, content=body, headers=headers).status_code == 422
