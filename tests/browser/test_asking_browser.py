"""Rules written and published, and a lost message sent again, in a real browser."""

from dashboard_site import Site, looking, settled, until, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text


def test_rules_are_written_checked_and_published(worked_site: Site, chromium: Browser) -> None:
    with looking(chromium, worked_site, "hq_admin") as (page, seen):
        visit(page, worked_site, "/app/rules/edit?lang=en")
        area, gutter = page.locator("#rules-text"), page.locator("#rules-gutter b")
        written = area.input_value()
        expect(gutter).to_have_count(len(written.split("\n")))
        second = written.replace("version = 1", "version = 2", 1)
        area.fill(second.replace("count = 1", "count = 0", 1))
        line = next(
            number for number, words in enumerate(area.input_value().split("\n"), 1)
            if words == "count = 0"
        )  # fmt: skip
        page.click("#rules-check")
        trouble = page.locator(".bp-trouble")
        expect(trouble).to_contain_text(f"Line {line}")
        expect(page.locator("#rules-gutter b.bp-wrong")).to_have_text(str(line))
        trouble.click()
        until(page, "document.activeElement.id === 'rules-text'")
        area.fill(second)
        page.click("#rules-publish")
        sure = page.locator("#rules-sure")
        expect(sure).to_contain_text("Publish version 2")
        sure.click()
        expect(page.get_by_text("Version 2 is published")).to_be_visible()
        page.get_by_role("link", name="Show it").click()
        expect(page.locator("#main h2").first).to_contain_text("Version 2")
        settled(page)
        assert not seen.complaints
    with worked_site.office.owner.connection() as connection:
        by = connection.execute(
            text("select published_by from rule_set_version where version = 2")
        ).scalar_one()
    assert by is not None


def test_a_message_that_did_not_arrive_is_sent_again_once(
    worked_site: Site, chromium: Browser
) -> None:
    with looking(chromium, worked_site, "hq_admin") as (page, seen):
        visit(page, worked_site, f"/app/asking?lang=en&{worked_site.days}")
        button = page.locator("[data-letter]:not([disabled])").first
        letter = button.get_attribute("data-letter")
        button.click()
        expect(page.get_by_text("Send this again?")).to_be_visible()
        page.click("#resend-not")
        expect(page.locator(".bp-dialog")).to_have_count(0)
        button.click()
        page.click("#resend")
        expect(page.get_by_text("It goes out again")).to_be_visible()
        expect(page.locator(f"[data-letter='{letter}']")).to_be_disabled()
        assert not seen.complaints
    with worked_site.office.owner.connection() as connection:
        again = connection.execute(
            text("select kind, status from invitation where root_id = :root"), {"root": letter}
        ).all()
    assert [tuple(row) for row in again] == [("resend", "planned")]
    with looking(chromium, worked_site, "hq_analyst") as (page, _):
        visit(page, worked_site, f"/app/asking?lang=en&{worked_site.days}")
        assert page.locator("[data-letter]:not([disabled])").count() == 0
