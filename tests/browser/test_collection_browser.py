"""Collection in a real browser: told apart by address, what is read equals SQL, taken as a file."""

import csv
from pathlib import Path

from dashboard_site import Site, looking, settled, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text

GRID = "#collection-grid .ag-center-cols-container .ag-row"
BRANCHES = text("""
    select u.name_en, count(distinct i.id) filter (where i.root_id is null) as planned,
        count(distinct r.id) filter (where r.completed_at is not null) as completed
    from unit u
    left join invitation i on i.branch_id = u.id and i.occurred_on between :first and :last
        and i.status <> 'dropped' and i.channel not in ('qr', 'kiosk') and i.kind <> 'recovery'
    left join response r on r.invitation_id = i.id
    where u.kind = 'branch' group by u.name_en
""")


def test_branches_are_told_apart_by_the_address_and_read_as_they_are(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    with site.office.owner.connection() as connection:
        given = {"first": site.first, "last": site.last}
        rows = {row.name_en: row.completed for row in connection.execute(BRANCHES, given)}
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/asking?lang=en&{site.days}")
        expect(page.locator(GRID).first).to_be_visible()
        page.locator(".bp-switch a", has_text="Branch").click()
        page.wait_for_url("**by=branch**")
        settled(page)
        shown = page.locator(GRID)
        expect(shown).to_have_count(len(rows))
        names = shown.locator("[col-id=name]").all_inner_texts()
        answers = shown.locator("[col-id=completed]").all_inner_texts()
        read = {name: int(n.replace("\u202f", "")) for name, n in zip(names, answers, strict=True)}
        assert read == rows
        page.locator("[data-grid=collection-grid] .bp-takes summary").click()
        with page.expect_download() as taken:
            page.locator("#collection-grid-csv").click()
        taken.value.save_as(tmp_path / "branches.csv")
        with (tmp_path / "branches.csv").open(encoding="utf-8-sig", newline="") as file:
            written = list(csv.DictReader(file))
        assert {row["Branch"]: int(row["Completely"]) for row in written} == rows
        shown.locator("[col-id=name] a").first.click()
        page.wait_for_url(lambda url: "/app/asking/" in url and "by=" not in url)
        settled(page)
        page.go_back()
        expect(page.locator(".bp-switch a.active")).to_have_text("Branch")
        assert not seen.complaints


def test_on_a_phone_every_row_is_a_card_and_nothing_is_cut_off(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "regional_manager", width=390) as (page, seen):
        visit(page, site, f"/app/asking?lang=zh&by=contacts&{site.days}")
        expect(page.locator(".bp-collected").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert not seen.complaints
