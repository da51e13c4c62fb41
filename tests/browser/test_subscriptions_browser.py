"""A regional manager changes when the ranking comes and has it sent, in a real browser."""

from dashboard_site import Site, looking, settled, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text


def wanted(site: Site, email: str) -> list[tuple[object, ...]]:
    """The rows of the account with this log-in."""
    query = text(
        "select s.language, s.weekday, to_char(s.at, 'HH24:MI'), s.active from subscription s "
        "join login_identifier i on i.account_id = s.account_id where i.value_hash = :hash"
    )
    hashed = site.office.worker.vault.lookup_hash("email", email)
    with site.office.owner.connection() as connection:
        return [tuple(row) for row in connection.execute(query, {"hash": hashed})]


def sent(site: Site) -> int:
    with site.office.owner.connection() as connection:
        query = text("select count(*) from outbox_message where dedupe_key like '%:now:%'")
        return int(connection.execute(query).scalar_one())


def test_the_manager_of_a_region_changes_holds_back_and_sends_the_ranking(
    worked_site: Site, chromium: Browser
) -> None:
    site = worked_site
    email = site.logins["regional_manager"].email
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, "/app/subscriptions?lang=en")
        row = page.locator(".bp-report-row")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("Mondays 08:00 (Asia/Shanghai) · E-mail · PDF")
        page.get_by_role("link", name="Change").click()
        settled(page)
        page.select_option("#subscription-day", "4")
        page.fill("#subscription-at", "07:30")
        page.click("#subscription-save")
        expect(page.locator(".bp-notice")).to_contain_text("Saved.")
        expect(row).to_contain_text("Fridays 07:30")
        ((language, *rest),) = wanted(site, email)
        assert rest == [4, "07:30", True]
        before = sent(site)
        row.get_by_role("button", name="Send to me now").click()
        expect(page.locator(".bp-notice")).to_contain_text("On its way to you.")
        assert sent(site) == before + 1
        row.get_by_role("button", name="Switch off").click()
        expect(row).to_contain_text("switched off")
        assert wanted(site, email) == [(language, 4, "07:30", False)]
        row.get_by_role("button", name="Remove").click()
        expect(row).to_contain_text("Mondays 08:00")
        assert wanted(site, email) == []
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".bp-notice")).to_contain_text("It is there again.")
        expect(row).to_contain_text("switched off")
        assert wanted(site, email) == [(language, 4, "07:30", False)]
        row.get_by_role("button", name="Remove").click()
        expect(row).to_contain_text("Mondays 08:00")
        with page.expect_popup() as opened:
            row.get_by_role("link", name="Preview").click()
        expect(opened.value.get_by_text("本周要做的事")).to_be_visible()
        opened.value.close()
        assert not seen.complaints
