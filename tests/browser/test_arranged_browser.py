"""How a table is arranged stands in the address; what is open stays open while answers come in."""

import csv
import re
from pathlib import Path

import pytest
from dashboard_site import Site, looking, settled, until, visit
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import text
from test_dashboard_browser import FACTS, calm, league_cells, own_unit, ready_league, root_of, shown
from test_tables_browser import taken

from api.cells.service import fold

ONE_MORE = text(
    """
    with one as (
        select r.* from response r join unit u on u.id = r.branch_id
        where u.code = :branch order by r.occurred_on desc limit 1
    ), made as (
        insert into response (id, survey_version_id, branch_id, touchpoint_id, occurred_on, channel,
            language, named, pages_done, started_at, submitted_at, completed_at, source,
            external_id)
        select gen_random_uuid(), survey_version_id, branch_id, touchpoint_id, occurred_on, channel,
            language, false, 1, submitted_at, submitted_at, submitted_at, 'kept',
            gen_random_uuid()
        from one returning *
    ), said as (
        insert into answer (response_id, question, occurred_on, branch_id, metric, value)
        select id, 'kept', occurred_on, branch_id, 'nps', 10 from made
    )
    insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id)
    select branch_id, occurred_on, touchpoint_id, survey_version_id from made
    """
)
BELOW = text(
    """
    with recursive below(id) as (
        select id from unit where code = :code
        union all
        select p.unit_id from unit_parent p join below b on p.parent_id = b.id
        where p.valid_to is null
    )
    select code from unit join below using (id)
    """
)


def one_more(site: Site, branch: str) -> None:
    """A customer of the branch answers, and it is counted."""
    with site.office.owner.connection() as connection:
        connection.execute(ONE_MORE, {"branch": branch})
    fold(site.office.worker.database)


def below(site: Site, code: str) -> set[str]:
    """The codes of a unit and of all below it."""
    with site.office.owner.connection() as connection:
        return {row.code for row in connection.execute(BELOW, {"code": code})}


def rows_of(page: Page) -> list[str]:
    """The codes of the league table's rows, once its search took effect."""
    page.wait_for_timeout(300)
    return league_cells(page, "unit_code")


def arranged_by_answers(page: Page) -> None:
    """The league table is as somebody left it: searched, sorted, a column less, one more."""
    expect(page.locator("#league-grid-search")).to_have_value("1")
    expect(page.locator(".ag-header-cell[col-id=n]")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".ag-header-cell[col-id=band]")).to_have_count(0)
    expect(page.locator(".ag-header-cell[col-id=region]")).to_have_count(1)
    expect(page.locator("#league-grid-plain")).to_be_visible()


def _makes(request: Request) -> bool:
    """Whether the browser asks for a page because its address changed."""
    return '"address.href"' in (request.post_data or "")


def test_a_link_and_a_saved_view_open_a_table_as_it_was_arranged(
    worked_site: Site, chromium: Browser, tmp_path: Path
) -> None:
    site = worked_site
    with looking(chromium, site, "hq_admin") as (page, seen):
        ready_league(page, site, f"/app/league?lang=en&{site.days}")
        plain = rows_of(page)
        made: list[str] = []
        page.on("request", lambda one: made.append(one.url) if _makes(one) else None)
        page.click(".bp-table-tools .bp-menu summary >> nth=0")
        page.get_by_label("Standing").uncheck()
        page.get_by_label("Region").check()
        page.keyboard.press("Escape")
        page.locator(".ag-header-cell[col-id=n] .ag-header-cell-label").click()
        page.fill("#league-grid-search", "1")
        word = "t=league-grid~q:1~s:n-asc~c:-band,region"
        page.wait_for_url(f"**&{word}")
        assert not made
        codes, address = rows_of(page), page.url
        arranged_by_answers(page)
        page.locator("summary[title='Saved views']").click()
        page.fill("#view-name", "By answers")
        page.click("#view-save")
        saved = page.locator(".bp-view a", has_text="By answers")
        expect(saved).to_have_attribute("href", re.compile(re.escape(word)))
        page.locator("summary[title='Saved views']").click()
        page.locator(".bp-nav a", has_text="League").click()  # the page itself: nothing of it
        expect(page.locator("#league-grid-search")).to_have_value("")
        assert "t=" not in page.url.partition("?")[2].replace("touchpoint=", "")
        assert sorted(rows_of(page)) == sorted(plain)
        visit(page, site, "/app/overview?lang=en")
        page.locator("summary[title='Saved views']").click()
        saved.click()
        page.wait_for_url(f"**&{word}")
        arranged_by_answers(page)
        assert rows_of(page) == codes
        page.locator(".bp-choice a:not(.active)").click()  # among its peers: the same arrangement
        page.wait_for_url(f"**set=peers&{word}")
        settled(page)
        arranged_by_answers(page)
        page.click("#league-grid-plain")
        until(page, "!location.search.includes('league-grid')")
        expect(page.locator(".ag-header-cell[col-id=band]")).to_have_count(1)
        page.go_back()
        until(page, "location.search.includes('league-grid')")
        arranged_by_answers(page)
        calm(seen, site)
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, address.removeprefix(site.address))
        arranged_by_answers(page)
        is_cut_to_the_region(page, site, codes, tmp_path)
        calm(seen, site)


def is_cut_to_the_region(page: Page, site: Site, codes: list[str], folder: Path) -> None:
    """A colleague of a region sees and takes the own rows of ``codes``, in their order."""
    region = own_unit(site, "regional_manager")
    assert region is not None
    own = below(site, region)
    assert rows_of(page) == [code for code in codes if code in own]
    assert 0 < len(rows_of(page)) < len(codes)
    path = taken(page, "csv", folder)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["Code"] for row in rows] == rows_of(page)
    assert "Region" in rows[0]
    assert "Standing" not in rows[0]


def test_nonsense_in_an_address_changes_nothing(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        words = "&t=league-grid~s:secret-asc,score-up~c:-nothing~f:n!n!!runs!x&t=<b>~q:x&t=x"
        ready_league(page, site, f"/app/league?lang=en&{site.days}{words}")
        assert len(rows_of(page)) >= 20
        assert page.locator("b:has-text('~')").count() == 0
        calm(seen, site)


@pytest.fixture
def branch(worked_site: Site) -> str:
    """The branch of the branch manager."""
    fold(worked_site.office.worker.database)  # what other tests left
    code = own_unit(worked_site, "branch_manager")
    assert code is not None
    return code


def test_what_is_open_stays_open_while_answers_come_in(
    worked_site: Site, chromium: Browser, branch: str
) -> None:
    site = worked_site
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/overview?lang=en&{site.days}")
        until(page, "document.querySelectorAll('.bp-figure .main-svg').length > 0")
        behind = page.locator(".bp-figure-numbers").first
        behind.locator("summary").click()
        behind.locator(".bp-behind").evaluate("place => { place.scrollTop = 40; }")
        behind.locator("summary").focus()
        page.evaluate("window.scrollTo(0, 300)")
        before, _ = shown(page)
        one_more(site, branch)
        until(page, FACTS + f".includes('{before + 1}answers')")
        expect(behind).to_have_attribute("open", "")
        assert behind.locator(".bp-behind").evaluate("place => place.scrollTop") == 40
        assert behind.locator("summary").evaluate("one => one === document.activeElement")
        page.wait_for_timeout(1800)  # until the page has its own length again
        assert page.evaluate("window.scrollY") == 300
        calm(seen, site)


def test_a_branchs_day_and_own_questions_follow_answers_in_place(
    worked_site: Site, chromium: Browser, branch: str
) -> None:
    site = worked_site
    with looking(chromium, site, "branch_manager") as (page, seen):
        visit(page, site, f"/app/today?lang=en&{site.days}")
        before, _ = shown(page)
        way = page.locator(".bp-way").first
        way.focus()
        one_more(site, branch)
        until(page, FACTS + f".includes('{before + 1}answers')")
        assert way.evaluate("one => one === document.activeElement")
        asked = f"{branch}?lang=en&rows=touchpoint&columns=month&{site.days}"
        visit(page, site, f"/app/explore/{asked}")
        page.locator(".bp-heat-list > summary").click()
        page.locator("#explore-grid .ag-header-cell[col-id=n] .ag-header-cell-label").click()
        page.wait_for_url("**t=explore-grid~s:n-asc*")
        page.locator(".bp-heat-choices summary").first.click()
        lead = page.locator(".bp-heat-choices ~ p").first
        n = re.search(r"(\d+) answers", lead.inner_text())
        assert n is not None
        one_more(site, branch)
        expect(lead).to_contain_text(f"{int(n[1]) + 1} answers")
        expect(page.locator(".bp-heat-list")).to_have_attribute("open", "")
        expect(page.locator(".bp-heat-choices details").first).to_have_attribute("open", "")
        head = page.locator("#explore-grid .ag-header-cell[col-id=n]")
        expect(head).to_have_attribute("aria-sort", "ascending")
        calm(seen, site)


def test_words_half_typed_stay_while_units_are_compared(
    worked_site: Site, chromium: Browser, branch: str
) -> None:
    site = worked_site
    with looking(chromium, site, "hq_admin") as (page, seen):
        units = "|".join(sorted(below(site, branch) | {root_of(site)}))
        visit(page, site, f"/app/compare?units={units}&lang=en&{site.days}")
        until(page, "document.querySelectorAll('#compare-grid .ag-row').length > 0")
        page.locator("#compare-unit").press_sequentially("half ty")
        read = """[...document.querySelectorAll('#compare-grid .ag-cell[col-id=n]')]
            .map(cell => cell.innerText).join()"""
        before = page.evaluate(read)
        assert before.count(",") == 1
        one_more(site, branch)
        until(page, f"{read} !== '{before}'")
        expect(page.locator("#compare-unit")).to_have_value("half ty")
        page.keyboard.type("ped")
        expect(page.locator("#compare-unit")).to_have_value("half typed")
        calm(seen, site)
