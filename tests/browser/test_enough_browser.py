"""Whether answers are enough, in a real browser: what is read there is what the service says."""

from dashboard_site import Site, looking, settled, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text


def test_facts_and_branches_read_as_they_are(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_analyst") as (page, seen):
        visit(page, site, "/app/enough?lang=en")
        expect(page.locator("h1")).to_have_text("Are the answers enough?")
        facts = page.locator(".bp-measure")
        expect(facts).to_have_count(4)
        first, last = page.locator("#period-from"), page.locator("#period-to")
        with site.office.owner.connection() as connection:
            answers = connection.execute(
                text(
                    "select count(*) from invitation i join response r on r.invitation_id = i.id "
                    "join answer a on a.response_id = r.id and a.metric = 'nps' "
                    "where i.occurred_on between :first and :last "
                    "and i.channel not in ('qr', 'kiosk') and i.reminder_number = 0"
                ),
                {"first": first.input_value(), "last": last.input_value()},
            ).scalar_one()
        grouped = f"{answers:,}".replace(",", "\u202f")
        expect(facts.first.locator("p")).to_contain_text(f"From {grouped} answers")
        rows = page.locator("#enough-grid .ag-center-cols-container .ag-row")
        expect(rows.nth(19)).to_be_visible()
        needed = [int(cell) for cell in rows.locator("[col-id=needed]").all_inner_texts()]
        customers = [
            int(cell.replace("\u202f", ""))
            for cell in rows.locator("[col-id=customers]").all_inner_texts()
        ]
        assert all(few <= many for few, many in zip(needed, customers, strict=True))
        settled(page)
        assert not seen.complaints


def test_a_region_reads_its_own_in_chinese_on_a_phone(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "regional_manager") as (page, seen):
        page.set_viewport_size({"width": 390, "height": 844})
        visit(page, site, "/app/enough?lang=zh")
        expect(page.locator("h1")).to_have_text("答卷够不够")
        expect(page.locator(".bp-measure")).to_have_count(4)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        settled(page)
        assert not seen.complaints
