"""Units side by side in a real browser: chosen by typing, kept in the address, equal to SQL."""

import re

from dashboard_site import PATIENCE_MS, Site, looking, settled, until, visit
from playwright.sync_api import Browser, Page, expect
from read_off import rounded
from sqlalchemy import text

DRAWN = "document.querySelectorAll('#main .js-plotly-plot .scatterlayer .lines path').length > 0"
PICKED = ".bp-pick > a:first-child"
ROWS = "#main .bp-card:not(.bp-12) .bp-rows a.bp-row"


def counted(site: Site) -> dict[str, tuple[int, int]]:
    """Every region's and branch's NPS (rounded) and answers, from the answers themselves."""
    with site.office.owner.connection() as connection:
        rows = connection.execute(
            text(
                "with recursive below as (select id as top, id from unit union all "
                "select b.top, p.unit_id from below b join unit_parent p on p.parent_id = b.id "
                "and p.valid_to is null) "
                "select u.name_en, count(*) filter (where a.value >= 9) "
                "- count(*) filter (where a.value <= 6) as net, count(*) as n "
                "from below b join answer a on a.branch_id = b.id "
                "join response r on r.id = a.response_id and r.excluded_at is null "
                "join unit u on u.id = b.top "
                "where a.metric = 'nps' and a.occurred_on between :first and :last "
                "group by u.name_en"
            ),
            {"first": site.first, "last": site.last},
        )
        return {row.name_en: (rounded(100 * row.net / row.n), row.n) for row in rows}


def shown(page: Page) -> dict[str, tuple[int, int]]:
    """Names, scores and answers of the first card."""
    found = {}
    for row in page.locator(ROWS).all():
        name, score, answers = (
            row.locator(css).inner_text() for css in (".bp-name", ".bp-value", ".bp-answers")
        )
        n = int(re.sub(r"\D", "", answers))
        found[name] = (int(score.replace("\u2212", "-")), n)
    return found


def test_units_are_chosen_by_typing_and_what_is_read_equals_the_answers(
    site: Site, chromium: Browser
) -> None:
    truth = counted(site)
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/overview?lang=en&{site.days}")
        page.get_by_role("link", name="Side by side").click()
        page.wait_for_url("**/app/compare?**")
        settled(page)
        until(page, DRAWN)
        usual = page.locator(PICKED).all_inner_texts()
        assert len(usual) >= 2
        assert shown(page) == {name: truth[name] for name in usual}
        page.locator(".bp-pick-out").last.click()
        expect(page.locator(PICKED)).to_have_count(len(usual) - 1, timeout=PATIENCE_MS)
        settled(page)
        branch = max((name for name in truth if name not in usual), key=lambda one: truth[one][1])
        page.fill("#compare-unit", "nobody is called so")
        page.keyboard.press("Enter")
        notices = page.locator("#notices")
        expect(notices).to_contain_text("nobody is called so", timeout=PATIENCE_MS)
        page.fill("#compare-unit", branch)
        page.keyboard.press("Enter")
        expect(page.locator(PICKED).last).to_have_text(branch, timeout=PATIENCE_MS)
        settled(page)
        assert shown(page) == {name: truth[name] for name in [*usual[:-1], branch]}
        page.reload()
        settled(page)
        assert page.locator(PICKED).all_inner_texts() == [*usual[:-1], branch]
        assert not seen.complaints
        assert all(url.startswith((site.address, "data:", "blob:")) for url in seen.requests)


def test_a_colleagues_link_is_cut_to_the_own_scope_and_fits_a_phone(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        visit(page, site, f"/app/compare?lang=en&{site.days}")
        page.locator(".bp-pick-out").last.click()
        page.wait_for_url("**units=**")
        query = page.url.partition("?")[2]
    with looking(chromium, site, "regional_manager", width=390) as (page, seen):
        visit(page, site, f"/app/compare?{query}")
        expect(page.locator("#main")).to_contain_text("of the units in this link are not shown")
        expect(page.locator("#main")).to_contain_text("Choose at least 2 units")
        visit(page, site, f"/app/compare?lang=zh&{site.days}")
        assert page.locator(PICKED).count() >= 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert not seen.complaints


def test_the_overview_says_what_changed_since_last_week(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        visit(page, site, f"/app/overview?lang=en&{site.days}")
        told = page.locator(".bp-changes li")
        assert 2 <= told.count() <= 4
        expect(told.first).to_contain_text(re.compile("than chance|only chance|be chance|too few"))
        page.locator(".bp-index").click()
        page.wait_for_url("**/app/indicators**")
