"""A branch contests an answer and headquarters decides, in a real browser."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dashboard_site import Site, looking, running_site, settled, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from api.cells.service import fold
from api.core.settings import Settings
from api.demo.people import Login


@pytest.fixture(scope="module")
def site(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """A copy whose answers this file takes out."""
    with running_site(demo_template, admin_url) as running:
        yield running


def excluded(site: Site) -> int:
    with site.office.owner.connection() as connection:
        found = connection.execute(
            text("select count(*) from response where excluded_at is not null")
        )
        return int(found.scalar_one())


def test_a_branch_contests_an_answer_and_headquarters_takes_it_out(
    site: Site, chromium: Browser, tmp_path: object
) -> None:
    with site.office.owner.connection() as connection:
        connection.execute(
            text(
                "update response set submitted_at = :at where occurred_on > "
                "(select max(occurred_on) - 20 from response)"
            ),
            {"at": datetime.now(UTC) - timedelta(days=1)},
        )
    with looking(chromium, site, "branch_manager") as (page, seen):
        visit(page, site, "/app/contests?lang=en")
        expect(page.locator("h1")).to_have_text("Contested answers")
        first = page.locator("a.bp-answer-row", has_text="Contest").first
        words = first.locator(".bp-said").inner_text()
        first.click()
        page.select_option("#contest-reason", "wrong_branch")
        page.click("#contest-send")
        expect(page.locator(".bp-notice")).to_contain_text("write a few words")
        page.fill("#contest-note", "The order shows another dealer")
        page.set_input_files(
            "#contest-file input[type=file]",
            {"name": "order.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 order"},
        )
        expect(page.locator("#contest-filed")).to_have_text("order.pdf added")
        page.click("#contest-send")
        waiting = page.locator("section", has=page.locator("h2", has_text="To be decided"))
        expect(waiting.locator(".bp-said").first).to_have_text(words)
        settled(page)
        assert not seen.complaints
    assert excluded(site) == 0
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, "/app/contests?lang=zh&from=2020-01-01&to=2027-12-31")
        page.locator("a.bp-answer-row", has_text="待裁定").first.click()
        expect(page.locator("h3").first).to_have_text("到访的是另一家网点")
        with page.expect_download() as saved:
            page.locator("a.bp-button", has_text="order.pdf").click()
        assert saved.value.suggested_filename == "order.pdf"
        page.fill("#contest-note", "工单属实")
        page.click("#contest-uphold")
        expect(page.locator(".bp-chip").first).to_have_text("不再计入得分")
        fold(site.office.worker.database)
        visit(page, site, "/app/contests?lang=zh&from=2020-01-01&to=2027-12-31")
        shares = page.locator("section", has=page.locator("h2", has_text="移出得分的答卷"))
        expect(shares.locator("tbody tr")).to_have_count(1)
        expect(shares.locator("tbody td").nth(2)).to_have_text("1")
        settled(page)
        assert not seen.complaints
    assert excluded(site) == 1
