"""The indicator tree in a real browser: read at every level, on a phone, written and published."""

from datetime import timedelta

import pytest
from dashboard_site import Site, looking, settled, until, visit
from playwright.sync_api import Browser, expect


def test_the_index_is_read_from_the_network_down_to_its_questions(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/indicators?{site.days}&lang=en")
        assert 0 < float(page.locator(".bp-hero").inner_text().split("\n")[0].split("of")[0]) < 100
        names = page.locator(".bp-tree").first.locator(".bp-tree-name strong")
        assert names.all_inner_texts()[:3] == ["Customer experience index", "People", "Advisor"]
        below = page.locator("a.bp-tree-row")
        region = below.first.locator("strong").inner_text()
        below.first.click()
        until(page, "location.pathname.startsWith('/app/indicators/')")
        expect(page.locator(".bp-hero-label")).to_contain_text(region)
        settled(page)
        page.get_by_role("link", name="Ranking by the index").click()
        until(page, "location.pathname.startsWith('/app/league')")
        assert "metric=experience" in page.url
        settled(page)
        assert not seen.complaints


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_dealer_reads_the_own_tree_on_a_phone(
    site: Site, chromium: Browser, language: str
) -> None:
    with looking(chromium, site, "branch_manager", width=390) as (page, seen):
        visit(page, site, f"/app/indicators?{site.days}&lang={language}")
        words = {"zh": "指数由什么构成", "en": "What the index is made of"}[language]
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.locator(".bp-tree-row .bp-range").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        visit(page, site, f"/app/indicators/version/1?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert not seen.complaints


def test_a_new_version_is_written_checked_and_published(
    worked_site: Site, chromium: Browser
) -> None:
    with looking(chromium, worked_site, "hq_admin") as (page, seen):
        visit(page, worked_site, "/app/indicators?lang=en")
        page.get_by_role("link", name="Write a new version").click()
        area = page.locator("#rules-text")
        expect(page.locator("#rules-gutter b").first).to_have_text("1")
        later = (worked_site.last + timedelta(days=400)).isoformat()
        second = area.input_value().replace("version = 1", "version = 2", 1)
        second = second.replace("2024-01-01", later, 1)
        area.fill(second.replace("weight = 40", "weight = 0", 1))
        line = second.split("\n").index("weight = 40") + 1
        page.click("#rules-check")
        expect(page.locator(".bp-trouble")).to_contain_text(f"Line {line}")
        expect(page.locator("#rules-gutter b.bp-wrong")).to_have_text(str(line))
        area.fill(second)
        page.click("#rules-publish")
        page.locator("#rules-sure").click()
        expect(page.get_by_text("Version 2 is published")).to_be_visible()
        page.get_by_role("link", name="Show it").click()
        expect(page.locator("#main h2").first).to_contain_text("Version 2")
        expect(page.locator("#main .bp-chip").first).to_have_text("coming")
        settled(page)
        assert not seen.complaints
