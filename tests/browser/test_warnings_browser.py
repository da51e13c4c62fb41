"""The page of warnings in a real browser: a branch that sank is on top, in both languages."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from dashboard_site import Site, looking, running_site, visit
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from api.core.settings import Settings
from api.demo.people import Login
from api.insights.periods import next_month
from api.insights.warnings.judging import months_before
from api.insights.warnings.keeping import keep_warnings


@pytest.fixture(scope="module")
def site(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """The made-up network, running; its months of a year are made quiet but for one branch."""
    with running_site(demo_template, admin_url) as running:
        yield running


def last_month(site: Site) -> date:
    return site.last.replace(day=1)


def sink(site: Site) -> str:
    """Ten months of 40 answers each in every branch; one falls deep in the last three. Its code."""
    last = last_month(site)
    with site.office.owner.connection() as connection:
        branches = connection.execute(
            text("select id, code from unit where kind = 'branch' order by id")
        ).all()
        sunk = branches[3]
        connection.execute(text("delete from cell where metric = 'nps' and period = 'month'"))
        for back in range(10):
            month = months_before(last, back)
            for branch, code in branches:
                low = 24 if code == sunk.code and back < 3 else 5 + (branch + back) % 3
                connection.execute(
                    text(
                        "insert into cell (metric, period, period_from, period_to, branch_id, "
                        "touchpoint_id, survey_version_id, scale, n, hist) values ('nps', 'month', "
                        ":first, :next, :branch, 1, 1, '0-10', 40, :hist)"
                    ),
                    {
                        "first": month,
                        "next": next_month(month),
                        "branch": branch,
                        "hist": [0, 0, 0, low, 0, 0, 0, 0, 0, 40 - low, 0],
                    },
                )
            connection.execute(
                text(
                    "insert into metric_day (metric, day, version) values ('nps', :day, "
                    "nextval('data_version')) on conflict (metric, day) do update "
                    "set version = excluded.version"
                ),
                {"day": month},
            )
    return str(sunk.code)


def test_a_branch_that_sank_is_on_top_of_the_list_in_both_languages(
    site: Site, chromium: Browser
) -> None:
    code = sink(site)
    last = last_month(site)
    days = f"from={last}&to={next_month(last) - timedelta(days=1)}"
    with looking(chromium, site, "hq_analyst") as (page, seen):
        visit(page, site, f"/app/warnings?{days}&lang=en")
        expect(page.locator("#main")).to_contain_text("Being worked out")
        assert keep_warnings(site.office.worker.database, site.last) > 0
        visit(page, site, f"/app/warnings?{days}&lang=en")
        expect(page.locator("h1")).to_have_text("Early warnings")
        row = page.locator(".bp-warn").first
        expect(row.locator(".bp-level")).to_contain_text("Alert")
        expect(row).to_contain_text("below its own normal")
        assert page.locator(".bp-warn .bp-history span").count() == 12
        assert f"/app/unit/{code}" in (row.locator("a").get_attribute("href") or "")
        page.wait_for_selector(".js-plotly-plot .scatterlayer")
        months = page.locator(".bp-menu", has=page.locator(".bp-icon-calendar3"))
        months.locator("summary").click()
        months.locator(".bp-sheet a").nth(8).click()
        page.wait_for_selector("#main :text('Too early to say what is normal')")
        visit(page, site, f"/app/warnings?{days}&lang=zh")
        expect(page.locator(".bp-warn").first).to_contain_text("警报")
        assert not seen.complaints
        assert all(site.address in url or url.startswith(("data:", "blob:"))
                   for url in seen.requests)  # fmt: skip
    with looking(chromium, site, "branch_manager", width=390) as (page, seen):
        visit(page, site, f"/app/warnings?{days}&lang=en")
        assert page.locator(".bp-warn").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not seen.complaints
