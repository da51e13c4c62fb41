"""Logging in with a real Chromium: under the policy that forbids scripts, here and elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import NOW, Office
from playwright.sync_api import Browser, Page
from served import served

from api.access import service
from api.access.service import LoginNames
from api.main import create_api
from api.network import service as network

PICTURES = Path(".artifacts/access")
PASSWORD = "correct horse battery"


@pytest.fixture
def link(real_office: Office) -> str:
    """Li may log in; the link invites Wang."""
    vault = real_office.worker.vault
    with real_office.worker.database.transaction() as session:
        root = network.set_network(session, name_zh="网络", name_en="Network")
        made = service.create_account(
            session, vault, LoginNames("li@example.com"), name="李", password=PASSWORD, now=NOW
        )
        service.grant(session, made, "hq_admin", unit_id=root, now=NOW)
        names = LoginNames(email="wang@example.com")
        invited = service.create_account(session, vault, names, name="王小明", now=NOW)
        whole = service.make_link(session, real_office.worker, invited, "invitation", now=NOW)
    return "/password/" + whole.rsplit("/", 1)[1]


@pytest.fixture
def site(real_office: Office, link: str) -> Iterator[str]:
    with served(create_api(real_office.web)) as origin:
        yield origin


def opened(chromium: Browser, said: list[str], **options: object) -> Page:
    """A page that notes whatever the browser complains of, and requests to other hosts."""
    page = chromium.new_context(**options).new_page()  # type: ignore[arg-type]
    page.on("console", lambda message: said.append(message.text))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("http://127.0.0.1:", "data:")) else said.append("host")
        ),
    )
    return page


def picture(page: Page, name: str) -> None:
    """Keeps a screenshot for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("look", "width"), [("zh-light", 390), ("en-dark", 390), ("zh-dark", 1280), ("en-light", 1280)]
)
def test_one_logs_in_by_keyboard_without_a_script(
    site: str, chromium: Browser, look: str, width: int
) -> None:
    language, scheme = look.split("-")
    said: list[str] = []
    page = opened(
        chromium,
        said,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        java_script_enabled=False,
        locale="zh-CN" if language == "zh" else "en-GB",
    )
    page.goto(f"{site}/login?next=/api/v1/me")
    assert page.locator("html").get_attribute("lang") == ("zh-CN" if language == "zh" else "en")
    picture(page, f"log-in-{look}-{width}")
    page.keyboard.type("li@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    page.locator("[role=alert]").wait_for()
    picture(page, f"refused-{look}-{width}")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/api/v1/me")
    assert "hq_admin" in page.content()
    # The browser also says 401 of the wrong password and 404 of an icon that JSON has none of.
    refused = [text for text in said if text == "host" or "Content Security Policy" in text]
    assert not refused, "the policy lets our own style through and nothing else is asked for"


def test_our_style_is_applied_under_the_policy(site: str, chromium: Browser) -> None:
    page = opened(chromium, [], color_scheme="light")
    page.goto(f"{site}/login")
    colour = "getComputedStyle(document.querySelector('button')).backgroundColor"
    assert page.evaluate(colour) == "rgb(13, 101, 112)"
    for part in page.locator("input:not([type=hidden]), button").all():
        box = part.bounding_box()
        assert box is not None
        assert box["height"] >= 44, "large enough for a finger"


def test_a_link_opens_the_page_and_logs_in(site: str, link: str, chromium: Browser) -> None:
    said: list[str] = []
    page = opened(chromium, said, viewport={"width": 390, "height": 800}, locale="zh-CN")
    page.goto(site + link)
    assert "王小明" in page.locator("main").inner_text()
    picture(page, "choose-password-zh")
    page.locator("[name=password]").fill("chosen by myself")
    page.locator("[name=again]").fill("chosen by myself")
    page.locator("button").click()
    page.wait_for_url("**/app/")
    page.goto(f"{site}/api/v1/me")
    assert "王小明" in page.content()
    page.goto(site + link)
    picture(page, "link-used-zh")
    assert page.locator("form").count() == 0


def test_a_form_on_another_site_logs_nobody_in(site: str, chromium: Browser) -> None:
    page = opened(chromium, [])
    page.goto("data:text/html,<h1>elsewhere</h1>")
    page.set_content(
        f'<form method="post" action="{site}/login">'
        '<input name="identifier" value="li@example.com">'
        f'<input name="password" value="{PASSWORD}"><button>win</button></form>'
    )
    page.locator("button").click()
    page.locator("[role=alert]").wait_for()
    assert page.context.cookies() == []
    page.goto(f"{site}/api/v1/me")
    assert "401" in page.content()
