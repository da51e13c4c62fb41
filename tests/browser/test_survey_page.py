"""The survey page in a real Chromium: on a phone, two languages, no script, by keyboard only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Office
from playwright.sync_api import Browser, Page, Request
from served import served
from surveyed import ONE_PAGE, Dealer, invite, make_dealer, rows

from api.main import create_api

PHONE = {"width": 390, "height": 844}
PICTURES = Path(".artifacts/survey")
THUMB = 44  # pixels that a finger needs


@pytest.fixture
def dealer(real_office: Office) -> Dealer:
    return make_dealer(real_office.worker.database)


@pytest.fixture
def address(real_office: Office) -> Iterator[str]:
    """The survey pages of an installation on a real socket."""
    with served(create_api(real_office.web)) as origin:
        yield origin + "/s/"


@contextmanager
def phone(chromium: Browser, **options: object) -> Iterator[Page]:
    """A page on a phone without JavaScript, which asks no other host for anything."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False, **options)  # type: ignore[arg-type]
    page = context.new_page()
    foreign: list[str] = []

    def noted(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            foreign.append(request.url)

    page.on("request", noted)
    yield page
    context.close()
    assert not foreign


def picture(page: Page, name: str) -> None:
    """Keeps a screenshot for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


WORDS = {
    "zh": ("下一步", "提交", "回答已保存", "请回答此题"),
    "en": ("Next", "Send", "answers are saved", "Please answer"),
}


@pytest.mark.parametrize("look", ["zh-light", "en-light", "zh-dark", "en-dark"])
def test_a_customer_answers_on_a_phone_without_a_script(
    real_office: Office, dealer: Dealer, address: str, chromium: Browser, look: str
) -> None:
    language, scheme = look.split("-")
    onward, send, thanks, lacking = WORDS[language]
    link = address + invite(real_office.worker.database, dealer, language=language)
    with phone(chromium, color_scheme=scheme) as page:
        page.goto(link)
        picture(page, f"{look}-1")
        page.locator("label:has(input[name=nps][value='4'])").click()
        page.get_by_role("button", name=onward, exact=True).last.click()
        picture(page, f"{look}-2")
        page.get_by_role("button", name=onward, exact=True).last.click()
        assert lacking[:3] in page.locator(".err").inner_text()
        picture(page, f"{look}-2-lacking")
        page.locator("label:has(input[name=problem])").first.click()
        page.locator("label:has(input[name=overall][value='2'])").click()
        page.get_by_role("button", name=onward, exact=True).last.click()
        page.locator("textarea").fill("Waited for an hour")
        page.locator(".tick").click()
        picture(page, f"{look}-3")
        page.get_by_role("button", name=send, exact=True).click()
        assert thanks in page.locator("main").inner_text()
        picture(page, f"{look}-thanks")
        page.goto(link)
        picture(page, f"{look}-used")
    stored = rows(
        real_office.worker.database, "select question, value from answer where value is not null"
    )
    assert sorted(stored) == [("nps", 4), ("overall", 2)]
    assert rows(real_office.worker.database, "select named from response") == [(True,)]


def test_everything_to_touch_is_large_enough_and_nothing_is_cut_off(
    real_office: Office, dealer: Dealer, address: str, chromium: Browser
) -> None:
    link = address + invite(real_office.worker.database, dealer)
    with phone(chromium) as page:
        for place in ("", "?page=2"):
            page.goto(link + place)
            for one in page.locator(".scale label, .list label, .btn, .lang, footer a").all():
                box = one.bounding_box()
                assert box is not None
                assert box["height"] >= THUMB
                assert box["width"] >= THUMB
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= PHONE["width"]
            if not place:
                page.locator("label:has(input[name=nps][value='3'])").click()
                page.locator(".btn").last.click()


def test_the_figures_stand_in_two_rows_on_a_phone(
    real_office: Office, dealer: Dealer, address: str, chromium: Browser
) -> None:
    link = address + invite(real_office.worker.database, dealer)
    with phone(chromium) as page:
        page.goto(link)
        boxes = [one.bounding_box() for one in page.locator(".s11 label").all()]
        tops = [round(box["y"]) for box in boxes if box is not None]
        assert len(tops) == 11
        assert tops[:6] == [tops[0]] * 6
        assert tops[6:] == [tops[6]] * 5
        assert tops[6] > tops[0]


def test_a_customer_answers_by_keyboard_only(
    real_office: Office, dealer: Dealer, address: str, chromium: Browser
) -> None:
    link = address + invite(real_office.worker.database, dealer)
    with phone(chromium) as page:
        page.goto(link)
        page.keyboard.press("Tab")  # the language
        page.keyboard.press("Tab")  # the figures: arrows choose among them
        for _ in range(9):
            page.keyboard.press("ArrowRight")
        assert page.locator("input[name=nps]:checked").get_attribute("value") == "9"
        picture(page, "keyboard-focus")
        page.keyboard.press("Enter")
        page.wait_for_selector("input[name=overall]")
        for _ in range(2):
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert page.locator("input[name=overall]:checked").count() == 1
        page.keyboard.press("Enter")
        page.wait_for_selector("textarea")
        page.locator("textarea").focus()
        page.keyboard.type("Typed")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".note")
    stored = rows(real_office.worker.database, "select question, value, text from answer")
    assert ("nps", 9, None) in [tuple(row) for row in stored]
    assert ("comment", None, "Typed") in [tuple(row) for row in stored]


def test_the_back_button_and_the_switch_lose_nothing(
    real_office: Office, dealer: Dealer, address: str, chromium: Browser
) -> None:
    link = address + invite(real_office.worker.database, dealer)
    with phone(chromium) as page:
        page.goto(link)
        page.locator("label:has(input[name=nps][value='8'])").click()
        page.locator(".lang").click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("input[name=nps]:checked").get_attribute("value") == "8"
        page.locator(".btn").last.click()
        page.wait_for_selector("input[name=overall]")
        page.go_back()
        assert page.locator("input[name=nps]:checked").get_attribute("value") == "8"


def test_a_condition_on_the_same_page_shows_its_question_without_a_script(
    real_office: Office, address: str, chromium: Browser
) -> None:
    dealer = make_dealer(real_office.worker.database, ONE_PAGE)
    link = address + invite(real_office.worker.database, dealer)
    with phone(chromium) as page:
        page.goto(link)
        assert not page.locator("#c-why").is_visible()
        page.locator("label:has(input[name=nps][value='3'])").click()
        assert page.locator("#c-why").is_visible()
        page.locator("label:has(input[name=nps][value='10'])").click()
        assert not page.locator("#c-why").is_visible()
        page.locator(".btn").last.click()
        page.wait_for_selector(".note")


@pytest.mark.parametrize("place", ["privacy", "opt-out", "not-me"])
def test_the_pages_around_it_are_shown(
    real_office: Office, dealer: Dealer, address: str, chromium: Browser, place: str
) -> None:
    link = address + invite(real_office.worker.database, dealer)
    with phone(chromium) as page:
        page.goto(link)
        page.locator(f"footer a[href*='{place}']").click()
        assert page.locator("h1").is_visible()
        picture(page, place)
        if place != "privacy":
            page.locator("main button").click()
            picture(page, f"{place}-done")
            assert len(rows(real_office.worker.database, "select 1 from suppression")) == 1
