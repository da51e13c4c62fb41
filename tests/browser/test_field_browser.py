"""An interviewer at work, a branch with its codes, and a guest, in a real browser."""

from collections.abc import Iterator

import pytest
from dashboard_site import Site, headless, looking, running_site, settled, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from api.core.settings import Settings
from api.demo.people import Login


@pytest.fixture(scope="module")
def site(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """The made-up network, running."""
    with running_site(demo_template, admin_url) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser."""
    with headless() as browser:
        yield browser


def test_an_interviewer_takes_a_call_opens_its_form_and_says_what_came_of_it(
    site: Site, chromium: Browser
) -> None:
    with site.office.owner.connection() as connection:
        connection.execute(
            text("update call_task set appointment = true, call_after = now() - interval '1 hour'")
        )
    with looking(chromium, site, "interviewer") as (page, seen):
        expect(page.locator("h1")).to_have_text("电话访问")
        page.click("#call-next")
        page.click("#call-reveal")
        expect(page.locator("a.bp-dial")).to_have_attribute("href", "tel:" + page.locator(
            "a.bp-dial span").inner_text())  # fmt: skip
        with page.context.expect_page() as opened:
            page.click("form[target=_blank] button")
        expect(opened.value.locator(".aloud")).to_be_visible()
        assert "/s/" in opened.value.url
        expect(page.locator("#call-time")).to_be_hidden()
        page.locator("#call-outcome input[type=radio]").nth(3).click()
        page.click("#call-save")
        expect(page.locator(".bp-fact b").first).to_have_text("1")
        assert not seen.complaints
    with site.office.owner.connection() as connection:
        tried = connection.execute(text("select outcome from call_try")).scalars().all()
        looked = connection.execute(
            text("select count(*) from audit_entry where action = 'reveal'")
        ).scalar_one()
    assert (list(tried), looked) == (["busy"], 1)


def test_a_branch_makes_a_code_and_a_guest_without_scripts_answers_there(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "branch_manager") as (page, seen):
        visit(page, site, "/app/points?lang=en")
        page.select_option("#point-kind", "kiosk")
        page.fill("#point-label", "Counter 7")
        page.click("#point-make")
        page.locator("a.bp-wait-row", has_text="Counter 7").click()
        expect(page.locator("img.bp-code")).to_be_visible()
        settled(page)
        code = page.locator(".bp-address").inner_text().rpartition("/")[2]
        assert not seen.complaints
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    guest = context.new_page()
    guest.goto(f"{site.address}/q/{code}?lang=en")
    guest.locator("input[type=radio]").nth(9).check(force=True)
    guest.locator(".go button").first.click()
    guest.wait_for_url("**/s/**")
    assert guest.locator(f"meta[http-equiv=refresh][content$='url=/q/{code}']").count() == 1
    assert context.cookies() == []
    context.close()
