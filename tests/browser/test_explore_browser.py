"""The journey and own questions in a real browser: every number is the API's, every cell leads."""

from typing import Any

from dashboard_site import Site, looking, settled, visit
from playwright.sync_api import Browser, Page, expect
from read_off import rounded


def told_by_the_api(page: Page, query: str) -> Any:
    return page.evaluate(
        "async address => await (await fetch(address)).json()",
        f"/api/v1/explore?metric=nps&{query}",
    )


def read(page: Page) -> list[list[list[str]]]:
    """The drawn table: each row's cells as lines of words, without the row of all."""
    rows = page.locator(".bp-heat tbody tr:not(.bp-heat-whole)")
    return [
        [
            one.replace("\u25b2", "").replace("\u25bc", "").strip().split("\n")
            for one in rows.nth(place).locator("td").all_inner_texts()
        ]
        for place in range(rows.count())
    ]


def same_numbers(page: Page, told: Any) -> None:
    """What is drawn is what the API says, cell by cell; what it keeps back is a dash."""
    drawn = read(page)
    assert len(drawn) == len(told["rows"]) > 1
    for row, cells in zip(told["rows"], drawn, strict=True):
        for cell, words in zip([*row["cells"], row], cells, strict=True):
            if cell["score"] is None:
                assert words[0] == "\u2013" or cell["n"] == 0
            else:
                assert words[0].replace("\u2212", "-") == str(rounded(cell["score"]))
                assert words[-1].replace("\u202f", "") == f"n {cell['n']}"


def test_headquarters_follow_the_journey_down_to_a_unit_and_back(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/journey?lang=en&{site.days}")
        expect(page.locator("h1")).to_have_text("The customer's way")
        told = told_by_the_api(page, f"{site.days}&rows=unit&columns=touchpoint")
        same_numbers(page, told)
        expect(page.locator("#main .js-plotly-plot")).to_have_count(1)
        expect(page.locator("#main")).to_contain_text(f"of {told['compared']} cells clearly")
        region = told["rows"][0]
        page.locator(".bp-heat tbody th a").first.click()
        page.wait_for_url(f"**/app/journey/{region['key']}?**")
        expect(page.locator("#main h2").first).not_to_contain_text("All units")
        settled(page)
        below = f"{site.days}&unit={region['key']}"
        same_numbers(page, told_by_the_api(page, below))
        page.locator(".bp-heat tbody tr:not(.bp-heat-whole) td a").first.click()
        page.wait_for_url("**/app/unit/**touchpoint=**")
        settled(page)
        page.go_back()
        expect(page.locator(".bp-heat")).to_be_visible()
        settled(page)
        same_numbers(page, told_by_the_api(page, below))
        assert not seen.complaints


def test_any_two_dimensions_are_a_click_away_and_the_address_keeps_them(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, f"/app/explore?lang=en&{site.days}")
        expect(page.locator(".bp-heat-ready a.active")).to_have_text("Who is strong where?")
        page.get_by_role("link", name="What gets better or worse?").click()
        page.wait_for_url("**rows=touchpoint&columns=month**")
        expect(page.locator(".bp-heat-ready a.active")).to_have_text("What gets better or worse?")
        settled(page)
        page.locator(".bp-heat-choices summary").nth(1).click()
        page.get_by_role("link", name="Model or product", exact=True).click()
        page.wait_for_url("**columns=model**")
        settled(page)
        told = told_by_the_api(page, f"{site.days}&rows=branch&columns=model")
        assert len(told["columns"]) == 5
        same_numbers(page, told_by_the_api(page, page.url.partition("?")[2]))
        page.locator(".bp-heat-choices summary").nth(0).click()
        page.get_by_role("link", name="Channel", exact=True).click()
        page.wait_for_url("**rows=channel**")
        expect(page.locator(".bp-heat-choices summary").nth(0)).to_contain_text("Channel")
        settled(page)
        page.locator(".bp-heat-choices summary").nth(1).click()
        page.locator(".bp-heat-choices").get_by_role("link", name="Segment", exact=True).click()
        page.wait_for_url("**columns=segment**")
        expect(page.locator(".bp-heat-choices summary").nth(1)).to_contain_text("Segment")
        settled(page)
        told = told_by_the_api(page, f"{site.days}&rows=channel&columns=segment")
        drawn = read(page)
        assert len(drawn) == len(told["rows"])
        assert {len(one) for one in drawn} == {len(told["columns"]) + 1}
        page.locator(".bp-heat tbody th a").first.click()
        page.wait_for_url("**only=channel**")
        expect(page.locator(".bp-heat-choices")).to_contain_text("Only Channel:")
        settled(page)
        page.locator(".bp-heat-list summary").first.click()
        expect(page.locator(".bp-heat-list .ag-row").first).to_be_visible()
        assert not seen.complaints


def test_on_a_phone_a_branch_reads_its_own_cells_without_scrolling_the_page(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "branch_manager", width=390) as (page, _):
        for where in ("journey", "explore"):
            visit(page, site, f"/app/{where}?lang=zh&{site.days}")
            assert page.locator(".bp-heat tbody th").count() >= 1
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
