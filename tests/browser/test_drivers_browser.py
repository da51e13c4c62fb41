"""The page of drivers in a real browser: what to do first, a readable matrix, numbers behind it."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from dashboard_site import Site, looking, running_site, settled, until, visit
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from api.cells.service import rebuild
from api.core.settings import Settings
from api.demo.people import Login

DRAWN = "document.querySelectorAll('#main .js-plotly-plot .scatterlayer .points path').length > 0"
NAMED = {"waiting": "Waiting time", "overall": "Overall satisfaction", "advisor": "Advisor"}
NAMES = ".js-plotly-plot .annotation-text"


@pytest.fixture(scope="module")
def site(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """The made-up network, running; whoever had to wait recommends it less, on whatever day."""
    with running_site(demo_template, admin_url) as running:
        with running.office.owner.connection() as connection:
            connection.execute(
                text(
                    "update answer w set value = greatest(1, floor(n.value / 2) - 1) from answer n "
                    "where n.response_id = w.response_id and w.metric = 'waiting' "
                    "and n.metric = 'nps'"
                )
            )
        rebuild(running.office.worker.database)
        yield running


def open_drivers(page: Page, site: Site, language: str = "en", more: str = "") -> None:
    visit(page, site, f"/app/drivers?lang={language}&touchpoint=service&{site.days}{more}")
    until(page, DRAWN)


def told_by_the_api(page: Page, site: Site) -> list[dict[str, str]]:
    asked = f"/api/v1/drivers?outcome=nps&touchpoint=service&{site.days}"
    rows: list[dict[str, str]] = page.evaluate(
        "async address => (await (await fetch(address)).json()).rows", asked
    )
    return rows


def cells(page: Page) -> list[list[str]]:
    rows = page.locator(".bp-driver-table tbody tr")
    return [rows.nth(place).locator("td").all_inner_texts() for place in range(rows.count())]


def test_headquarters_read_what_to_start_with_and_every_number_is_the_apis(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/indicators?lang=en&{site.days}")
        page.get_by_role("link", name="What matters").click()
        page.wait_for_url("**/app/drivers?**")
        open_drivers(page, site)
        expect(page.locator("h1")).to_have_text("What matters most")
        told = told_by_the_api(page, site)
        assert (told[0]["driver"], told[0]["quadrant"]) == ("waiting", "priority")
        expect(page.locator(".bp-priority strong")).to_have_text("Waiting time: start here")
        shown = cells(page)
        assert [row[0].splitlines()[0] for row in shown] == [NAMED[row["driver"]] for row in told]
        for row, truth in zip(shown, told, strict=True):
            assert row[1].startswith(f"{round(100 * float(truth['weight']))}\u202f%")
            assert row[2].startswith(f"{round(float(truth['performance']))}")
        assert "start here" in shown[0][-2]
        expect(page.locator("#main")).to_contain_text("bars clear both dashed lines")
        expect(page.locator("#main")).to_contain_text("not proof that improving")
        assert not seen.complaints
        assert all(url.startswith((site.address, "data:", "blob:")) for url in seen.requests)


@pytest.mark.parametrize(("width", "language"), [(1440, "zh"), (390, "en")])
def test_names_in_the_matrix_can_be_read_on_every_screen(
    site: Site, chromium: Browser, width: int, language: str
) -> None:
    with looking(chromium, site, "hq_admin", width=width) as (page, _):
        open_drivers(page, site, language)
        boxes = [name.bounding_box() for name in page.locator(NAMES).all()]
        known = [box for box in boxes if box is not None]
        assert len(known) >= 7  # four corners and the questions
        for a, b in combinations(known, 2):
            apart = (
                a["x"] + a["width"] <= b["x"] + 1
                or b["x"] + b["width"] <= a["x"] + 1
                or a["y"] + a["height"] <= b["y"] + 1
                or b["y"] + b["height"] <= a["y"] + 1
            )
            assert apart, (a, b)
        frame = page.locator(".js-plotly-plot").bounding_box()
        assert frame is not None
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in known)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_each_number_says_what_it_is(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin", width=390) as (page, _):
        open_drivers(page, site, "zh")
        label = "getComputedStyle(document.querySelectorAll('.bp-driver-table td')[1], '::before')"
        assert "重要程度" in page.evaluate(f"{label}.content")
        assert page.locator(".bp-choice a").count() == 2
        low = page.evaluate(
            "[...document.querySelectorAll('.bp-choice a')].filter("
            "e => e.getBoundingClientRect().height < 40).length"
        )
        assert low == 0


def test_dark_and_light_draw_the_same_points(site: Site, chromium: Browser) -> None:
    points = "document.querySelectorAll('.js-plotly-plot .scatterlayer .points path').length"
    with looking(chromium, site, "hq_admin") as (page, _):
        open_drivers(page, site)
        light = page.evaluate(points)
        paper = "getComputedStyle(document.querySelector('.bp-card')).backgroundColor"
        before = page.evaluate(paper)
        page.click("#theme-button")
        until(page, f"{paper} !== '{before}'")
        settled(page)
        until(page, DRAWN)
        assert page.evaluate(points) == light == 3


def test_branches_can_be_compared_instead_of_customers(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        open_drivers(page, site)
        page.get_by_role("link", name="Branches", exact=True).click()
        page.wait_for_url("**level=between**")
        settled(page)
        expect(page.locator("#main")).to_contain_text("Branches are compared with one another")
        assert page.locator(".bp-driver-table tbody tr").count() == 3


def test_questions_of_other_touchpoints_are_one_click_away(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        visit(page, site, f"/app/drivers?lang=en&{site.days}")
        expect(page.locator("#main")).to_contain_text("Asked at some touchpoints only")
        page.locator(".bp-driver-places").get_by_role("link", name="Service visit").click()
        page.wait_for_url("**touchpoint=service**")
        settled(page)
        expect(page.locator(".bp-driver-table")).to_contain_text("Waiting time")


def test_a_branch_with_few_answers_reads_one_plain_sentence(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "branch_manager") as (page, seen):
        visit(page, site, f"/app/drivers?lang=en&{site.days}")
        expect(page.locator("#main .bp-state")).to_contain_text("It takes at least 100 people")
        assert page.locator(".js-plotly-plot").count() == 0
        assert page.locator(".bp-choice").count() == 0
        assert not seen.complaints
