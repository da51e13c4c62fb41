"""A report is ordered by a click, watched while it is made, and taken along."""

from dashboard_site import Site, looking, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from scheduler.jobs.reports import make_reports


def pdf_orders(site: Site) -> int:
    with site.office.owner.connection() as connection:
        query = text("select count(*) from report_order where formats = '{pdf}'")
        return int(connection.execute(query).scalar_one())


def test_a_report_is_had_by_one_click_or_ordered_stopped_resumed_made_and_taken(
    worked_site: Site, chromium: Browser
) -> None:
    with looking(chromium, worked_site, "regional_manager") as (page, seen):
        visit(page, worked_site, f"/app/overview?lang=en&{worked_site.days}")
        before = pdf_orders(worked_site)
        page.get_by_role("button", name="PDF report").dblclick()
        expect(page.locator(".bp-notice")).to_contain_text("as soon as it is made")
        expect(page.locator(".bp-report-acts")).to_contain_text("Stop")
        while make_reports(worked_site.office.worker):
            pass
        with page.expect_download() as taken:  # offered without being asked again
            page.locator(".bp-report-acts").get_by_role("link", name="Download").click()
        assert taken.value.path().read_bytes().startswith(b"%PDF")
        shown = page.url
        page.go_back()
        page.get_by_role("button", name="PDF report").press("Enter")
        page.wait_for_url(shown)  # of the same numbers it is the same
        assert pdf_orders(worked_site) == before + 1
        page.get_by_role("link", name="Other files, all reports").click()
        expect(page.locator("#report-make")).to_be_visible()
        page.get_by_text("PDF, to read").click()
        page.get_by_text("Excel, all numbers").click()
        page.click("#report-make")
        row = page.locator(".bp-report-row").first
        expect(row).to_contain_text("Waiting")
        expect(row).to_contain_text("0 of 1 files made")
        row.get_by_role("button", name="Stop").click()
        expect(row).to_contain_text("Stopped")
        row.get_by_role("button", name="Go on").click()
        expect(row).to_contain_text("Waiting")
        while make_reports(worked_site.office.worker):
            pass
        expect(row).to_contain_text("Ready")  # without being asked again
        with page.expect_download() as taken:
            row.get_by_role("link", name="Download").click()
        assert taken.value.suggested_filename.endswith(".xlsx")
        assert taken.value.path().read_bytes().startswith(b"PK")
        row.get_by_role("link").first.click()
        expect(page.locator(".bp-report-row")).to_have_count(1)
        expect(page.locator(".bp-report-row")).to_contain_text("Excel")
        assert not seen.complaints
