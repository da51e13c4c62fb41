"""Who manages people finds, invites and changes them, and walks the network's tree, for real."""

from datetime import UTC, datetime

from dashboard_site import Site, looking, settled, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from api.access import service
from api.access.service import LoginNames


def one(site: Site, query: str, **values: object) -> object:
    with site.office.owner.connection() as connection:
        return connection.execute(text(query), values).scalar_one()


def test_a_colleague_is_invited_given_a_role_and_loses_it_again(
    worked_site: Site, chromium: Browser
) -> None:
    branch = one(
        worked_site, "select code from unit where kind = 'branch' and closed_on is null limit 1"
    )
    with looking(chromium, worked_site, "hq_admin") as (page, seen):
        visit(page, worked_site, "/app/people?lang=en")
        everybody = one(worked_site, "select count(*) from account")
        expect(page.locator(".bp-choice a.active")).to_have_text(f"Everybody ({everybody})")
        page.locator("a.bp-primary").click()
        page.fill("#invite-name", "Ada Example")
        page.fill("#invite-email", "ada@demo.example")
        page.select_option("#person-role", "branch_manager")
        page.fill("#person-place", str(branch))
        page.click("#invite-weigh")
        expect(page.locator(".bp-person-question")).to_contain_text(
            "The invitation goes to ada@demo.example"
        )
        page.click("#invite-sure")
        page.get_by_role("link", name="Open the account").click()
        expect(page.locator(".bp-note").first).to_contain_text("Sees 1 of")
        page.get_by_role("link", name="Give a role").click()
        page.select_option("#person-role", "hq_analyst")
        page.fill(
            "#person-place", str(one(worked_site, "select code from unit where kind = 'network'"))
        )
        page.click("#person-weigh")
        page.click("#person-grant")
        expect(page.locator("tbody tr")).to_have_count(2)
        page.locator("tbody tr", has_text="analysis").get_by_role("link").click()
        expect(page.locator(".bp-person-question h2")).to_have_text("End this role?")
        page.click("#person-sure")
        expect(page.locator("tbody tr.bp-over")).to_have_count(1)
        expect(page.locator(".bp-person-question")).to_have_count(0)
        assert "do=" not in page.url
        assert not seen.complaints
    held = "select count(*) from access_grant g join account a on a.id = g.account_id " \
        "where a.name = 'Ada Example' and g.valid_to is null"  # fmt: skip
    assert one(worked_site, held) == 1


def test_the_search_and_the_tree_live_in_the_address(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, "/app/people?lang=en")
        page.fill("#people-sought", "manager@demo.example")
        page.press("#people-sought", "Enter")
        page.wait_for_url("**q=manager%40demo.example**")
        expect(page.locator("#people-grid .ag-row")).to_have_count(1)
        page.get_by_role("link", name="Units", exact=True).click()
        settled(page)
        listed = one(site, "select count(*) from unit u join unit_parent p on p.unit_id = u.id "
                     "and p.valid_to is null join unit r on r.id = p.parent_id "
                     "where r.kind = 'network'")  # fmt: skip
        expect(page.locator("#units-grid .ag-center-cols-container .ag-row")).to_have_count(
            int(str(listed))
        )
        page.locator("#units-grid a").first.click()
        settled(page)
        page.wait_for_url("**/app/network/**")
        page.fill("#units-on", "2001-01-01")
        page.click("#units-show")
        page.wait_for_url("**on=2001-01-01**")
        expect(page.get_by_text("0 open branches", exact=False)).to_be_visible()
        assert not seen.complaints


def test_another_name_and_log_in_are_asked_about_and_a_taken_one_is_told_at_its_field(
    worked_site: Site, chromium: Browser
) -> None:
    with worked_site.office.worker.database.transaction() as session:
        names = LoginNames(email="bo@demo.example")
        vault = worked_site.office.worker.vault
        bo = service.create_account(session, vault, names, name="Bo", now=datetime.now(UTC))
    with looking(chromium, worked_site, "hq_admin") as (page, seen):
        visit(page, worked_site, f"/app/people/{bo}?lang=en")
        page.get_by_role("link", name="Change name and log-in").click()
        page.fill("#account-name", "Bo Two")
        page.fill("#account-email", "manager@demo.example")
        page.click("#account-weigh")
        expect(page.locator(".bp-field-error")).to_contain_text("Another account logs in")
        expect(page.locator("#account-email.is-invalid")).to_have_count(1)
        page.fill("#account-email", "bo-two@demo.example")
        page.click("#account-weigh")
        question = page.locator(".bp-person-question")
        expect(question).to_contain_text("E-mail: bo@demo.example → bo-two@demo.example")
        page.click("#account-sure")
        expect(page.locator(".bp-person-facts")).to_contain_text("bo-two@demo.example")
        expect(page.get_by_role("heading", name="Bo Two")).to_be_visible()
        expect(page.locator(".bp-person-log")).to_contain_text("Name or log-in changed")
        assert "do=" not in page.url
        assert not seen.complaints
