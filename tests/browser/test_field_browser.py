"""An interviewer at work, a branch with its codes, and a guest, in a real browser."""

from dashboard_site import Site, looking, settled, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text


def test_an_interviewer_takes_a_call_opens_its_form_and_says_what_came_of_it(
    worked_site: Site, chromium: Browser
) -> None:
    with worked_site.office.owner.connection() as connection:
        connection.execute(
            text("update call_task set appointment = true, call_after = now() - interval '1 hour'")
        )
    with looking(chromium, worked_site, "interviewer") as (page, seen):
        visit(page, worked_site, "/app/")
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
    with worked_site.office.owner.connection() as connection:
        tried = connection.execute(text("select outcome from call_try")).scalars().all()
        looked = connection.execute(
            text("select count(*) from audit_entry where action = 'reveal'")
        ).scalar_one()
    assert (list(tried), looked) == (["busy"], 1)


def test_a_branch_makes_a_code_and_a_guest_without_scripts_answers_there(
    worked_site: Site, chromium: Browser
) -> None:
    with looking(chromium, worked_site, "branch_manager") as (page, seen):
        visit(page, worked_site, "/app/points?lang=en")
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
    guest.goto(f"{worked_site.address}/q/{code}?lang=en")
    guest.locator("input[type=radio]").nth(9).check(force=True)
    guest.locator(".go button").first.click()
    guest.wait_for_url("**/s/**")
    assert guest.locator(f"meta[http-equiv=refresh][content$='url=/q/{code}']").count() == 1
    assert context.cookies() == []
    context.close()
