"""Tables as files, figures as images and tables, saved views: in a real browser."""

import csv
from pathlib import Path

import pytest
from dashboard_site import Site, looking, until, visit
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from test_dashboard_browser import calm, league_cells, ready_league, truth


def taken(page: Page, kind: str, folder: Path) -> Path:
    """The league table as a file, as a person takes it along."""
    page.click(".bp-takes summary")
    with page.expect_download() as started:
        page.click(f"#league-grid-{kind}")
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_files_hold_what_the_screen_shows(site: Site, chromium: Browser, tmp_path: Path) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        ready_league(page, site, f"/app/league?lang=en&{site.days}")
        page.click(".bp-table-tools summary >> nth=0")
        page.get_by_label("Standing").uncheck()
        page.get_by_label("Region").check()
        page.keyboard.press("Escape")
        expect(page.locator(".ag-header-cell[col-id=band]")).to_have_count(0)
        page.locator(".ag-header-cell[col-id=n] .ag-header-cell-label").click()
        page.wait_for_timeout(300)
        codes, regions = league_cells(page, "unit_code"), league_cells(page, "region")
        path = taken(page, "csv", tmp_path)
        assert path.name.startswith("league-")
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        assert "Standing" not in rows[0]
        assert [row["Code"] for row in rows] == codes
        assert [row["Region"] for row in rows] == regions
        for row in rows:
            n, nps = truth(site, row["Code"])
            assert row["Answers"] == ("<5" if 0 < n < 5 else str(n))
            if row["Score"]:
                assert float(row["Score"]) == pytest.approx(nps)
        book = load_workbook(taken(page, "xlsx", tmp_path))
        head, *lines = book.worksheets[0].iter_rows(values_only=True)
        assert list(head) == list(rows[0])
        for line, row in zip(lines, rows, strict=True):
            for cell, written in zip(line, row.values(), strict=True):
                same = str(cell or "") if isinstance(cell, str | None) else float(written)
                assert same == (written if isinstance(cell, str | None) else pytest.approx(cell))
        calm(seen, site)


def test_a_figure_is_taken_along_and_read_as_a_table(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/overview?lang=en&{site.days}")
        figure = page.locator(".bp-figure").first
        until(page, "document.querySelectorAll('.bp-figure .main-svg').length > 0")
        for kind, begins in (("png", b"\x89PNG"), ("svg", b"<svg")):
            with page.expect_download() as started:
                figure.locator(f".bp-save[data-format={kind}]").click()
            path = tmp_path / f"figure.{kind}"
            started.value.save_as(path)
            assert path.read_bytes().startswith(begins)
        figure.locator("summary").click()
        drawn = page.evaluate(
            "document.querySelector('.bp-figure .js-plotly-plot').data"
            ".find(one => one.mode === 'lines+markers').customdata.map(one => one.map(String))"
        )
        rows = figure.locator(".bp-behind tbody tr").all()
        assert [row.locator("td").all_inner_texts() for row in rows] == drawn
        assert len(rows) > 3
        calm(seen, site)


def test_a_view_is_saved_renamed_deleted_and_brought_back(
    worked_site: Site, chromium: Browser
) -> None:
    with looking(chromium, worked_site, "hq_admin") as (page, seen):
        visit(page, worked_site, f"/app/league?lang=en&{worked_site.days}")
        menu = page.locator("summary[title='Saved views']")
        menu.click()
        page.fill("#view-name", "Autumn")
        page.click("#view-save")
        row = page.locator(".bp-view a", has_text="Autumn")  # others save views too
        expect(row).to_have_text("Autumn")
        page.get_by_label("Rename Autumn").click()
        page.fill("#view-rename", "Autumn league")
        page.click("#view-renamed")
        expect(row).to_have_text("Autumn league")
        page.get_by_label("Delete Autumn league").click()
        expect(row).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(row).to_have_text("Autumn league")
        visit(page, worked_site, "/app/overview?lang=zh")
        page.locator("summary[title='已存视图']").click()
        row.click()
        page.wait_for_url("**/app/league?**")
        assert worked_site.days in page.url
        calm(seen, worked_site)
    with looking(chromium, worked_site, "hq_analyst") as (page, _):
        visit(page, worked_site, "/app/overview?lang=en")
        page.locator("summary[title='Saved views']").click()
        expect(page.locator(".bp-view a")).to_have_count(0)
