"""A dealer works on a ticket with a phone, headquarters verifies and mutes; for real."""

import re
from typing import Any

import pytest
from dashboard_site import Site, looking, own_code, settled, visit
from found_tickets import find_tickets
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from api.security.scope import sight_of_person
from api.security.sessions import viewer_of_account
from api.tickets.service import move

_NEW = """
select t.number, t.version, u.code from ticket t join unit u on u.id = t.branch_id
where t.named and t.state = 'new' and exists (select from contact_point c
    where c.person_id = t.person_id) order by u.code = :code desc, t.number limit 1
"""
_HEADQUARTERS = "select account_id from access_grant where role = 'hq_admin' order by id limit 1"

_UNNOTICED = """
select r.id from response r join unit u on u.id = r.branch_id and u.code = :code
where not exists (select from ticket t where t.response_id = r.id
        or t.recovery_invitation_id = r.invitation_id)
    and r.excluded_at is null order by r.submitted_at desc, r.id limit 1
"""


@pytest.fixture(scope="module")
def site(worked_site: Site) -> Site:
    """The network for those who write, in which unhappy customers have tickets."""
    assert find_tickets(worked_site.office) > 20
    return worked_site


def number(site: Site) -> int:
    """A new ticket of a customer with a number at the manager's branch; of elsewhere if need be."""
    code = own_code(site)
    with site.office.owner.connection() as connection:
        found, version, branch = connection.execute(text(_NEW), {"code": code}).one()
    if branch != code:
        now = site.office.clock()
        with site.office.worker.database.transaction() as session:
            viewer = viewer_of_account(session, one_of(site, _HEADQUARTERS), "x", "en", now)
            with sight_of_person(session, viewer.scope):
                move(session, viewer, found, version=version, to_unit=code, note="Theirs.", now=now)
    return int(found)


def one_of(site: Site, query: str, **given: str) -> Any:
    with site.office.owner.connection() as connection:
        return connection.execute(text(query), given).scalar_one()


def press(page: Page, then: str) -> None:
    """Presses the biggest button, and waits for the step that comes next."""
    page.click("#ticket-do")
    expect(page.locator(".bp-ticket-form h3")).to_have_text(then)
    settled(page)


def choose(page: Page, what: str) -> None:
    page.locator(".bp-ticket-more a", has_text=what).click()
    page.wait_for_url("**do=**")
    settled(page)


def test_a_ticket_goes_from_the_dealers_phone_to_a_content_customer(
    site: Site, chromium: Browser
) -> None:
    ticket = number(site)
    with looking(chromium, site, "branch_manager", width=390) as (page, seen):
        visit(page, site, "/app/tickets?lang=en")
        page.locator(f"a.bp-ticket-row[href*='/ticket/{ticket}?']").click()
        page.wait_for_url(f"**/app/ticket/{ticket}**")
        expect(page.locator(".bp-ticket-form h3")).to_have_text("Take this ticket")
        press(page, "Call the customer")
        page.locator(".bp-way-to a", has_text="Show").first.click()
        expect(page.locator(".bp-ticket-form h3")).to_have_text("Show the number?")
        page.click("#ticket-do")
        expect(page.locator(".bp-shown-number")).to_contain_text("+")
        page.reload()
        expect(page.locator(".bp-ticket-form h3")).to_have_text("Call the customer")
        expect(page.locator(".bp-shown-number, .bp-way-to a:has-text('Show')")).to_have_count(0)
        page.fill("#ticket-note", "A new appointment on Friday.")
        press(page, "Settle it")
        choose(page, "Add a file")
        expect(page.locator(".bp-ticket-form h3")).to_have_text("Add a file")
        field = "#ticket-file input[type=file]"
        page.set_input_files(
            field, {"name": "a.docx", "mimeType": "application/msword", "buffer": b"words"}
        )
        expect(page.locator(".bp-ticket-form [role=alert]")).to_contain_text("PDF, PNG or JPEG")
        page.set_input_files(
            field,
            {"name": "photo.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 photo"},
        )
        expect(page.locator("#ticket-filed")).to_have_text("photo.pdf added")
        press(page, "Settle it")
        with page.expect_download() as saved:
            page.locator(".bp-ticket-files a").click()
        assert saved.value.suggested_filename == "photo.pdf"
        page.click("#ticket-do")
        expect(page.locator(".bp-notice")).to_contain_text("root cause first")
        page.select_option("#ticket-pick", index=1)
        page.click("#ticket-do")
        expect(page.locator(".bp-ticket .bp-chip").first).to_contain_text("resolved")
        expect(page.locator("#ticket-do, .bp-ticket-more a:has-text('content')")).to_have_count(0)
        assert not seen.complaints
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/ticket/{ticket}?lang=en")
        expect(page.locator(".bp-ticket-form h3")).to_have_text("Say that the customer is content")
        page.click("#ticket-do")
        expect(page.locator(".bp-notice")).to_contain_text("a few words")
        page.fill("#ticket-note", "The customer said so on the telephone.")
        page.click("#ticket-do")
        expect(page.locator(".bp-ticket .bp-chip").first).to_have_text("customer content")
        visit(page, site, "/app/tickets?state=verified&lang=en")
        expect(page.locator(f"a.bp-ticket-row[href*='/ticket/{ticket}?']")).to_have_count(1)
        assert not seen.complaints


def test_who_was_slower_sees_what_the_quicker_one_did(site: Site, chromium: Browser) -> None:
    ticket = number(site)
    with looking(chromium, site, "branch_manager") as (page, _):
        visit(page, site, f"/app/ticket/{ticket}?lang=en")
        with looking(chromium, site, "hq_admin") as (other, _):
            visit(other, site, f"/app/ticket/{ticket}?do=note&lang=en")
            other.fill("#ticket-note", "Headquarters was first")
            other.click("#ticket-do")
            expect(other.locator(".bp-steps")).to_contain_text("Headquarters was first")
        page.click("#ticket-do")
        expect(page.locator(".bp-notice")).to_contain_text("Somebody else was quicker")
        expect(page.locator(".bp-steps")).to_contain_text("Headquarters was first")
        press(page, "Call the customer")


def test_a_dealer_opens_tickets_by_hand(site: Site, chromium: Browser) -> None:
    answer = one_of(site, _UNNOTICED, code=own_code(site))
    with looking(chromium, site, "branch_manager", width=390) as (page, seen):
        visit(page, site, f"/app/response/{answer}?lang=en")
        page.click("text=Open a ticket about this answer")
        page.select_option("#opening-severity", "3")
        page.click("#opening-weigh")
        expect(page.locator("#opening-weighed h2")).to_contain_text("Urgent ticket of")
        expect(page.locator("#opening-weighed dl")).to_contain_text("Take it, in working time")
        page.click("#opening-sure")
        page.wait_for_url(re.compile(r"/app/ticket/\d+"))
        expect(page.locator(".bp-steps")).to_contain_text("Ticket opened")
        visit(page, site, f"/app/response/{answer}?lang=en")
        expect(page.locator("a.bp-button", has_text=re.compile(r"^Ticket \d+$"))).to_have_count(1)
        visit(page, site, "/app/tickets?lang=en")
        page.click("text=New ticket")
        page.click("#opening-weigh")
        expect(page.locator(".bp-notice")).to_contain_text("write a few words")
        page.fill("#opening-said", "Came by: the car smells of oil again.")
        page.fill("#opening-name", "Li Lei")
        page.click("#opening-weigh")
        expect(page.locator(".bp-notice").last).to_contain_text("one telephone number")
        page.fill("#opening-reach", "199 0000 4321")
        page.click("#opening-weigh")
        expect(page.locator("#opening-weighed")).to_contain_text("Nobody asks this customer")
        assert "4321" not in page.locator("#opening-weighed").inner_html()
        page.click("#opening-sure")
        page.wait_for_url(re.compile(r"/app/ticket/\d+"))
        expect(page.locator(".bp-ticket-said")).to_contain_text("the car smells of oil again")
        expect(page.locator(".bp-ticket")).to_contain_text("+86…21")
        assert "4321" not in page.content()
        assert not seen.complaints


def test_an_alert_says_what_the_customer_wrote_and_leads_there(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin", width=390) as (page, seen):
        visit(page, site, "/app/alerts?lang=en&kind=answer")
        row = page.locator("a.bp-alert-row", has=page.locator(".bp-alert-said")).first
        expect(row.locator(".bp-mark-score")).to_have_text(re.compile(r"^\d+/(5|10)$"))
        words = row.locator(".bp-alert-said").inner_text()
        assert len(words) <= 121
        row.click()
        page.wait_for_url(re.compile(r"/app/ticket/\d+"))
        expect(page.locator(".bp-ticket-said .bp-quote")).to_contain_text(words[:8])
        assert not seen.complaints


def test_alerts_are_muted_and_told_again(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, "/app/alerts?lang=en")
        page.click("text=Mute a branch")
        page.click("#mute")
        expect(page.locator(".bp-notice")).to_contain_text("choose a branch")
        page.select_option("#mute-unit", index=1)
        page.click("#mute")
        expect(page.locator(".bp-notice")).to_contain_text("say why")
        page.fill("#mute-reason", "The branch moves house")
        page.click("#mute")
        expect(page.locator("#mutes .bp-letter-row")).to_contain_text("The branch moves house")
        page.locator("#mutes [data-row-act]").click()
        expect(page.locator("#mutes .bp-letter-row")).to_have_count(0)
        assert not seen.complaints


def test_notices_are_read_and_how_one_is_told_is_kept(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "branch_manager") as (page, seen):
        visit(page, site, "/app/notices?lang=en")
        told = int(page.locator(".bp-bell-number").inner_text().rstrip("+"))
        page.locator("[data-row-act] a").first.click()
        page.wait_for_url("**/app/ticket/**")
        expect(page.locator(".bp-bell-number")).to_have_text(str(told - 1))
        visit(page, site, "/app/notices?lang=en")
        page.click("#read-all")
        expect(page.locator(".bp-bell-number, .bp-new")).to_have_count(0)
        visit(page, site, "/app/notices/choices?lang=en")
        row = page.get_by_role("group", name="A customer is content again")
        assert {box.is_checked() for box in row.get_by_role("checkbox").all()} == {False}
        row.get_by_label("SMS").check()
        page.fill("#quiet-from", "22:30")
        page.click("#choices-save")
        expect(page.locator(".bp-notice")).to_contain_text("Kept")
        page.fill("#away-until", "2027-12-24")
        page.click("#away-go")
        expect(page.locator("#away .bp-letter-row")).to_have_count(1)
        page.locator("#away [data-row-act]").click()
        expect(page.locator("#away .bp-letter-row")).to_have_count(0)
        visit(page, site, "/app/notices/choices?lang=en")
        ticked = page.locator("#ways-verified input:checked")
        expect(ticked).to_have_count(1)
        expect(page.locator("#ways-verified").get_by_label("SMS")).to_be_checked()
        expect(page.locator("#quiet-from")).to_have_value("22:30")
        assert not seen.complaints


def test_rules_of_the_loop_are_checked_with_lines_and_published(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, "/app/loop/rules/edit?lang=en")
        written = page.locator("#rules-text").input_value()
        newer = written.replace("version = 1", "version = 2", 1)
        page.fill("#rules-text", newer.replace('severity = "low"', 'severity = "none"', 1))
        page.click("#rules-check")
        expect(page.locator("#rules-result")).to_contain_text("must be one of: low, high, urgent")
        page.fill("#rules-text", newer)
        page.click("#rules-publish")
        page.click("#rules-sure")
        expect(page.locator("#rules-result")).to_contain_text("Version 2 is published")
        visit(page, site, "/app/loop/rules?lang=en")
        expect(page.locator(".bp-lead h2")).to_contain_text("Version 2 holds")
        assert not seen.complaints
