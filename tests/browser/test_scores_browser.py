"""Rows, reasons and published tables in a real browser: what is read is what the services say."""

import csv
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dashboard_site import Seen, Site, looking, settled, until, visit
from playwright.sync_api import Browser, Page, expect
from read_off import rounded
from sqlalchemy import text

from api.insights.league_store import compute_requested

MINUS = "\u2212"
WORDS = {"A": "clearly above", "B": "above", "C": "like most", "D": "below", "E": "clearly below"}
ROWS = "document.querySelectorAll('.ag-center-cols-container .ag-row')"


def days(site: Site) -> str:
    """All days with answers that are over, as a part of an address."""
    yesterday: date = datetime.now(UTC).date() - timedelta(days=1)
    return f"from={site.first}&to={min(site.last, yesterday)}"


def told(page: Page, site: Site, path: str) -> Any:
    """What the service says to the same person."""
    answer = page.request.get(f"{site.address}/api/v1/{path}")
    assert answer.ok, answer.text()
    return answer.json()


def ready(page: Page, site: Site, path: str) -> None:
    """Opens a page and waits until its ranks have come by themselves."""
    visit(page, site, path)
    compute_requested(site.office.worker.database)
    until(page, "!document.querySelector('.bp-pending')")
    settled(page)


def cells(page: Page, code: str) -> dict[str, str]:
    """The texts of one row, by column."""
    read = f"""Object.fromEntries([...[...{ROWS}]
        .find(row => row.getAttribute('row-id') === '{code}').querySelectorAll('.ag-cell')]
        .map(cell => [cell.getAttribute('col-id'), cell.innerText]))"""
    found: dict[str, str] = page.evaluate(read)
    return found


def whole(value: float) -> str:
    """A score as the page writes it."""
    number = rounded(value)
    return f"{MINUS}{-number}" if number < 0 else str(number)


def fine(value: float) -> str:
    """A score with a digit more."""
    return (MINUS if value < 0 else "") + f"{abs(value):.1f}"


def calm(seen: Seen, site: Site) -> None:
    """Nothing was asked of another host, and the browser had nothing to complain of."""
    foreign = [url for url in seen.requests if not url.startswith((site.address, "data:", "blob:"))]
    assert not foreign
    assert not seen.complaints


@pytest.mark.parametrize("compared", ["network", "peers"])
def test_a_row_shows_what_the_service_says(site: Site, chromium: Browser, compared: str) -> None:
    with looking(chromium, site, "hq_analyst") as (page, seen):
        ready(page, site, f"/app/league?lang=en&set={compared}&{days(site)}")
        rows = told(page, site, f"league?metric=nps&set={compared}&{days(site)}")["rows"]
        until(page, f"{ROWS}.length === {len(rows)}")
        ranked = [row for row in rows if row["ranked"]]
        if compared == "network":  # of a small network no peer group may be large enough
            assert ranked
            assert any(row["adjusted"] is not None for row in ranked)
        for row in rows:
            shown = cells(page, row["unit_code"])
            assert shown["unit_code"] == row["unit_code"]
            assert ("likely among the best tenth" in shown["unit_name"]) is bool(row["badge"])
            if not row["ranked"]:
                assert shown["rank"]
                assert not shown["band"]
                continue
            low, high = row["rank_low"], row["rank_high"]
            places = [str(row["rank"]), *([f"{low}–{high}"] if low != high else [])]
            assert shown["rank"].split() == places
            assert shown["band"].split(maxsplit=1) == [row["band"], WORDS[row["band"]]]
            assert shown["score"] == whole(row["score"])
            assert shown["shrunk"] == whole(row["shrunk"])
            if row["adjusted"] is not None:
                within = max(-100, min(100, row["adjusted"]))  # a sum of parts may leave the scale
                assert shown["adjusted"].split("\n")[0] == whole(within)
        calm(seen, site)


def test_brackets_join_neighbours_that_cannot_be_told_apart(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_analyst") as (page, _):
        ready(page, site, f"/app/league?lang=en&{days(site)}")
        rows = told(page, site, f"league?metric=nps&{days(site)}")["rows"]
        tied = {row["unit_code"] for row in rows if row["tied_above"]}
        assert tied
        up = f"""[...{ROWS}].filter(row => row.querySelector('.bp-tie-up'))
            .map(row => row.getAttribute('row-id'))"""
        until(page, f"({up}).length === {len(tied)}")
        assert set(page.evaluate(up)) == tied
        page.locator(".ag-header-cell[col-id=unit_code] .ag-header-cell-label").click()
        until(page, f"({up}).length < {len(tied)}")


def test_why_this_rank_says_the_services_steps_in_words(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        ready(page, site, f"/app/league?lang=en&{days(site)}")
        page.locator(".ag-center-cols-container .bp-why").first.click()
        page.wait_for_url("**/app/why/**")
        settled(page)
        code = re.search(r"/app/why/([^?]+)", page.url)
        assert code is not None
        why = told(page, site, f"league/why?metric=nps&unit={code.group(1)}&{days(site)}")
        place = why["place"]
        expect(page.locator("#why-rank")).to_have_text(f"{place['rank']} of {place['of']}")
        values = {
            name: page.locator(f"[data-step='{name}'] .bp-fall-value").inner_text()
            for name in ("raw", "adjusted", "shrunk")
        }
        assert values == {
            "raw": fine(why["raw"]["score"]),
            "adjusted": fine(why["adjusted"]["score"]),
            "shrunk": fine(why["shrunk"]["score"]),
        }
        part = why["adjusted"]["parts"][0]
        step = page.locator(f"[data-step='{part['adjuster']}:{part['level']}']")
        assert fine(abs(part["points"])) in step.locator(".bp-fall-value").inner_text()
        assert f"{part['share'] * 100:.0f}" in step.inner_text() or part["share"] < 0.1
        ranges = {"likely": (place["low"], place["high"])}
        ranges |= {
            name: (why["audited"][name]["low"], why["audited"][name]["high"])
            for name in ("marginal", "simultaneous")
        }
        for name, (low, high) in ranges.items():
            shown = page.locator(f"[data-places='{name}'] .bp-fall-value")
            assert shown.inner_text() == f"{low} – {high}"
        marginal = why["audited"]["marginal"]
        alike = marginal["high"] - marginal["low"]
        expect(page.locator("#why-others")).to_contain_text(f"{alike} cannot be told apart")
        calm(seen, site)


def test_a_branch_manager_reads_the_own_reasons_and_no_other_name(
    site: Site, chromium: Browser
) -> None:
    with site.office.owner.connection() as connection:
        names = connection.execute(
            text("select code, name_zh, name_en from unit where kind = 'branch'")
        ).all()
    with looking(chromium, site, "branch_manager") as (page, seen):
        visit(page, site, f"/app/?lang=en&{days(site)}")
        page.locator("a.bp-way", has_text="Why this rank").click()
        page.wait_for_url("**/app/why/**")
        settled(page)
        compute_requested(site.office.worker.database)
        until(page, "!document.querySelector('.bp-pending')")
        own = re.search(r"/app/why/([^?]+)", page.url)
        assert own is not None
        expect(page.locator(".bp-why-head")).to_contain_text("Net Promoter Score")
        body = page.locator("body").inner_text()
        others = [row for row in names if row.code != own.group(1)]
        assert not [row.code for row in others if row.name_en in body or row.code in body]
        calm(seen, site)


def test_a_table_is_published_proved_and_corrected(
    worked_site: Site, chromium: Browser, tmp_path: Path
) -> None:
    with looking(chromium, worked_site, "hq_admin") as (page, seen):
        ready(page, worked_site, f"/app/league?lang=en&{days(worked_site)}")
        page.click("#publish")
        expect(page.locator(".bp-dialog")).to_contain_text("can never be changed")
        page.click("#publish-not")
        expect(page.locator(".bp-dialog")).to_have_count(0)
        page.click("#publish")
        page.click("#publish-sure")
        expect(page.locator(".bp-dialog")).to_contain_text("Published as No. 1")
        page.get_by_role("link", name="Show it").click()
        page.wait_for_url("**/app/published/1*")
        settled(page)
        frozen = told(page, worked_site, "league/published/1")
        expect(page.locator("#fingerprint")).to_have_text(frozen["sha256"])
        until(page, f"{ROWS}.length === {len(frozen['rows'])}")
        for row in frozen["rows"]:
            if row["ranked"]:
                assert cells(page, row["unit_code"])["rank"].split()[0] == str(row["rank"])
        page.click("#verify")
        expect(page.locator("#verified")).to_contain_text("exactly this fingerprint")
        with page.expect_download() as started:
            page.click(".bp-takes summary")
            page.click("#published-grid-csv")
        path = tmp_path / "published.csv"
        started.value.save_as(path)
        written = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        assert {row["Code"] for row in written} == {r["unit_code"] for r in frozen["rows"]}
        page.click("#correct")
        page.fill("#correct-reason", "One branch had the wrong region")
        page.click("#correct-sure")
        expect(page.locator(".bp-dialog")).to_contain_text("Published as No. 2")
        visit(page, worked_site, "/app/published/1?lang=en")
        expect(page.locator(".bp-alarm")).to_contain_text("Corrected by No. 2")
        page.locator(".bp-alarm").click()
        page.wait_for_url("**/app/published/2*")
        expect(page.locator("#main")).to_contain_text("One branch had the wrong region")
        visit(page, worked_site, "/app/published?lang=zh")
        expect(page.locator(".bp-frozen-list a")).to_have_count(2)
        calm(seen, worked_site)
    with looking(chromium, worked_site, "hq_analyst") as (page, _):
        visit(page, worked_site, f"/app/league?lang=en&{days(worked_site)}")
        expect(page.locator("#publish")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_each_branch_is_a_card(site: Site, chromium: Browser, language: str) -> None:
    with looking(chromium, site, "hq_admin", width=390) as (page, seen):
        ready(page, site, f"/app/league?lang={language}&{days(site)}")
        until(page, "document.querySelectorAll('.bp-league-card .bp-rank b').length > 0")
        first = page.locator(".bp-league-card").first
        box = first.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
        first.locator(".bp-why").click()
        page.wait_for_url("**/app/why/**")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        visit(page, site, f"/app/published?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        calm(seen, site)
