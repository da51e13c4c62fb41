"""The dashboard as people see it: each role looks at it in Chromium, and SQL says what is true."""

import re

import pytest
from dashboard_site import Seen, Site, log_in, looking, settled, until, visit
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from api.cells.service import fold
from api.insights.league_store import compute_requested

MINUS = "\u2212"
FACTS = "document.querySelector('.bp-facts').innerText.replace(/\\s/g, '')"
ROLES = (
    "hq_admin",
    "hq_analyst",
    "regional_manager",
    "owner_group_manager",
    "branch_manager",
    "branch_staff",
)
TRUTH = text(
    """
    with recursive below(id) as (
        select id from unit where code = :code
        union all
        select p.unit_id from unit_parent p join below b on p.parent_id = b.id
        where p.valid_to is null
    )
    select count(*) as n,
        100.0 * (count(*) filter (where a.value >= 9) - count(*) filter (where a.value <= 6))
            / nullif(count(*), 0) as nps
    from answer a join response r on r.id = a.response_id
    left join touchpoint t on t.id = r.touchpoint_id
    where a.metric = 'nps' and a.branch_id in (select id from below)
        and a.occurred_on between :first and :last
        and (cast(:touchpoint as text) is null or t.code = :touchpoint)
    """
)


def truth(site: Site, code: str, touchpoint: str | None = None) -> tuple[int, float | None]:
    """Answers and NPS of a unit, counted from the answers themselves."""
    values = {"code": code, "first": site.first, "last": site.last, "touchpoint": touchpoint}
    with site.office.owner.connection() as connection:
        row = connection.execute(TRUTH, values).one()
    return int(row.n), None if row.nps is None else float(row.nps)


def number(words: str) -> int:
    """A number as the page writes it."""
    return int(words.replace("\u202f", "").replace(MINUS, "-").replace("\u00b1", ""))


def shown(page: Page) -> tuple[int, int | None]:
    """Answers and score as they stand on the page."""
    chips = page.locator(".bp-facts .bp-chip").all_inner_texts()
    answers = next(chip for chip in chips if "answers" in chip)
    n = number(answers.split(" answers", maxsplit=1)[0]) if answers[0].isdigit() else 0
    score = page.locator("#hero-score")
    return n, number(score.inner_text()) if score.count() else None


def agrees(page: Page, site: Site, code: str, touchpoint: str | None = None) -> None:
    """The page's big number is what the answers in the database say."""
    n, nps = truth(site, code, touchpoint)
    if n >= 5:  # the page before stands until this one's numbers have come
        until(page, FACTS + f".includes('{n}answers')")
    seen_n, seen_nps = shown(page)
    if n >= 5:
        assert seen_n == n
    if n >= 10:
        assert nps is not None
        assert seen_nps is not None
        assert abs(seen_nps - nps) <= 0.5 + 1e-9
    else:
        assert seen_nps is None


def calm(seen: Seen, site: Site) -> None:
    """Nothing was asked of another host, and the browser had nothing to complain of."""
    foreign = [url for url in seen.requests if not url.startswith((site.address, "data:", "blob:"))]
    assert not foreign
    assert not seen.complaints


def root_of(site: Site) -> str:
    """The code of the network."""
    with site.office.owner.connection() as connection:
        return str(
            connection.execute(text("select code from unit where kind = 'network'")).scalar_one()
        )


def code_in(page: Page) -> str:
    """The unit that the address names."""
    found = re.search(r"/app/unit/([^?]+)", page.url)
    assert found is not None
    return found.group(1)


def test_headquarters_drill_down_from_the_network_to_comments(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/overview?lang=en&{site.days}")
        agrees(page, site, root_of(site))
        levels = 0
        while page.locator("a.bp-row[href*='/app/unit/']:not([href*='touchpoint='])").count():
            row = page.locator("a.bp-row[href*='/app/unit/']:not([href*='touchpoint='])").first
            name = row.locator(".bp-name").inner_text()
            row.click()
            expect(page.locator("h1")).to_have_text(name)
            settled(page)
            agrees(page, site, code_in(page))
            assert site.days in page.url
            levels += 1
        assert levels == 3  # region, area, branch
        crumbs = page.locator(".bp-crumbs a")
        assert crumbs.count() == 3
        branch = code_in(page)
        place = page.locator("a.bp-row[href*='touchpoint=']").first
        place.click()
        page.wait_for_url("**touchpoint=*")
        expect(page.locator(".bp-crumbs a")).to_have_count(4)
        settled(page)
        touchpoint = page.url.split("touchpoint=")[1].split("&")[0]
        agrees(page, site, branch, touchpoint)
        written = {line.strip() for line in page.locator(".bp-comment p").all_inner_texts()}
        assert written == comments_of(site, branch, touchpoint)
        page.locator(".bp-crumbs a").first.click()
        expect(page.locator(".bp-crumbs a")).to_have_count(0)
        settled(page)
        agrees(page, site, root_of(site))
        calm(seen, site)


def comments_of(site: Site, code: str, touchpoint: str) -> set[str]:
    """The ten newest texts of a branch at a touchpoint, from the answers."""
    query = text(
        "select a.text from answer a join response r on r.id = a.response_id "
        "join unit u on u.id = a.branch_id join touchpoint t on t.id = r.touchpoint_id "
        "where a.text is not null and u.code = :code and t.code = :touchpoint "
        "and r.occurred_on between :first and :last "
        "order by r.submitted_at desc, r.id desc limit 10"
    )
    values = {"code": code, "touchpoint": touchpoint, "first": site.first, "last": site.last}
    with site.office.owner.connection() as connection:
        return {row.text.strip() for row in connection.execute(query, values)}


def test_older_comments_follow_below_and_stay(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/unit/{root_of(site)}?lang=en&{site.days}")
        rows = page.locator(".bp-comment")
        expect(rows).to_have_count(10)
        page.click("#more-voices")
        expect(rows).to_have_count(20)
        page.wait_for_timeout(2500)  # longer than a pulse
        expect(rows).to_have_count(20)
        page.click("#more-voices")
        expect(rows).to_have_count(30)
        calm(seen, site)


def ready_league(page: Page, site: Site, path: str) -> None:
    """Opens a league table and waits, as people would, until its ranks appear by themselves."""
    visit(page, site, path)
    compute_requested(site.office.worker.database)
    until(page, "!document.querySelector('.bp-pending')")
    until(page, "document.querySelectorAll('.ag-center-cols-container .ag-row').length >= 20")
    until(page, "document.querySelectorAll('.ag-center-cols-container .bp-rank b').length > 0")


def league_cells(page: Page, column: str) -> list[str]:
    """The shown texts of a column, in the order of the rows, all read at one moment."""
    read = f"""[...document.querySelectorAll('.ag-center-cols-container .ag-row')]
        .sort((one, other) => one.getAttribute('row-index') - other.getAttribute('row-index'))
        .map(row => row.querySelector('.ag-cell[col-id={column}]')?.innerText)"""
    until(page, f"(cells => cells.length > 0 && cells.every(cell => cell != null))({read})")
    texts: list[str] = page.evaluate(read)
    return texts


def test_the_league_table_shows_what_the_answers_say_in_order_of_rank(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_analyst") as (page, seen):
        ready_league(page, site, f"/app/league?lang=en&{site.days}")
        codes, scores = league_cells(page, "unit_code"), league_cells(page, "score")
        answers = league_cells(page, "n")
        assert len(codes) >= 20
        for code, score, n in zip(codes, scores, answers, strict=True):
            counted, nps = truth(site, code)
            assert n == ("<\u202f5" if 0 < counted < 5 else str(counted))
            if counted >= 10:
                assert nps is not None
                assert abs(number(score) - nps) <= 0.5 + 1e-9
            else:
                assert score == "\u2013"
        ranks = page.locator(".ag-center-cols-container .bp-rank b").all_inner_texts()
        ranked = [int(rank) for rank in ranks]
        assert ranked == sorted(ranked)
        assert len(ranked) == sum(truth(site, code)[0] >= 30 for code in codes) > 0
        calm(seen, site)


def test_the_league_table_sorts_searches_and_keeps_the_unranked_apart(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        ready_league(page, site, f"/app/league?lang=en&{site.days}")
        everything = league_cells(page, "unit_code")
        page.locator(".ag-header-cell[col-id=score] .ag-header-cell-label").click()
        until(
            page, "document.querySelector('.ag-header-cell[col-id=score]').ariaSort === 'ascending'"
        )
        page.wait_for_timeout(300)
        codes = league_cells(page, "unit_code")
        tiers = [truth(site, code)[0] >= 30 for code in codes]
        assert tiers == sorted(tiers, reverse=True)
        ranked = [number(score) for score, top in zip(league_cells(page, "score"), tiers,
                                                      strict=True) if top]  # fmt: skip
        assert ranked == sorted(ranked)
        page.fill("#league-grid-search", everything[3])
        expect(page.locator(".ag-center-cols-container .ag-row")).to_have_count(1)
        assert league_cells(page, "unit_code") == [everything[3]]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_lands_on_its_own_numbers(site: Site, chromium: Browser, role: str) -> None:
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, f"/app/?lang=en&{site.days}")
        code = own_unit(site, role)
        if code is not None:
            agrees(page, site, code)
        links = page.locator(".bp-nav a").all_inner_texts()
        if role in ("branch_manager", "branch_staff"):
            own = ["Today", "Tickets", "How we compare", "What to improve", "My team"]
            assert links[:5] == own
            assert not {"Overview", "League table"} & set(links)
            assert ("Codes" in links) is (role == "branch_manager")
            expect(page.get_by_text("Beside region and network")).to_be_visible()
            expect(page.get_by_text("New comments")).to_be_visible()
        else:
            assert links[:2] == ["Overview", "League table"]
        calm(seen, site)


def own_unit(site: Site, role: str) -> str | None:
    """The unit that the role was granted, if it was one."""
    query = text(
        "select u.code from access_grant g join unit u on u.id = g.unit_id "
        "join login_identifier i on i.account_id = g.account_id "
        "where i.value_hash = :hash and i.kind = 'email'"
    )
    found = site.office.web.vault.lookup_hash("email", site.logins[role].email)
    with site.office.owner.connection() as connection:
        return connection.execute(query, {"hash": found}).scalar()


def test_an_interviewer_is_told_kindly_that_scores_are_for_others(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "interviewer") as (page, _):
        visit(page, site, "/app/overview?lang=en")
        expect(page.get_by_text("No pages for your role yet")).to_be_visible()


def test_a_regional_manager_previews_the_weekly_letter(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, "/app/?lang=en")
        page.get_by_role("link", name="Reports").click()
        page.get_by_role("link", name="Weekly ranking").click()
        letter = page.frame_locator("iframe.bp-letter")
        region = own_unit(site, "regional_manager")
        with site.office.owner.connection() as connection:
            name = connection.execute(
                text("select name_en from unit where code = :code"), {"code": region}
            ).scalar_one()
        expect(letter.locator("h1")).to_contain_text(name)
        calm(seen, site)


def test_the_language_switch_changes_every_word_and_no_number(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/overview?lang=en&{site.days}")
        score = page.locator("#hero-score").inner_text()
        page.locator("summary[title=Language]").click()
        page.get_by_role("link", name="中文").click()
        expect(page.locator("h1")).to_have_text("总览")
        settled(page)
        assert "lang=zh" in page.url
        assert site.days in page.url
        assert page.locator("#hero-score").inner_text() == score
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        page.get_by_role("link", name="排行榜").click()
        expect(page.locator("h1")).to_have_text("排行榜")
        settled(page)
        header = page.locator(".ag-header-cell[col-id=score]")
        expect(header).to_contain_text("得分")
        calm(seen, site)


def test_a_link_opens_the_same_view_in_another_window(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        visit(page, site, f"/app/overview?lang=en&{site.days}")
        page.locator("a.bp-row").first.click()
        settled(page)
        page.wait_for_url("**/app/unit/**")
        expect(page.locator(".bp-crumbs a")).to_have_count(1)
        address, heading = page.url, page.locator("h1").inner_text()
        before = shown(page)
        other = page.context.new_page()
        other.goto(address)
        settled(other)
        assert other.locator("h1").inner_text() == heading
        assert shown(other) == before


def test_own_days_are_chosen_in_the_period_picker(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        visit(page, site, "/app/overview?lang=en")
        page.locator("summary[title=Period]").click()
        page.fill("#period-from", str(site.first))
        page.fill("#period-to", str(site.last))
        page.click("#period-apply")
        page.wait_for_url(f"**{site.days}*")
        settled(page)
        until(page, FACTS + f".includes('{truth(site, root_of(site))[0]}answers')")
        agrees(page, site, root_of(site))


def test_light_and_dark_are_kept(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, "/app/overview?lang=en")
        theme = "document.documentElement.getAttribute('data-bs-theme')"
        before = page.evaluate(theme)
        page.click("#theme-button")
        until(page, f"{theme} !== '{before}'")
        page.reload()
        settled(page)
        assert page.evaluate(theme) != before
        assert {cookie["name"] for cookie in page.context.cookies()} >= {"bp_theme", "bp_session"}
        calm(seen, site)


@pytest.mark.parametrize("role", ["hq_admin", "branch_manager"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_nothing_sticks_out(
    site: Site, chromium: Browser, role: str, language: str
) -> None:
    with looking(chromium, site, role, width=390) as (page, _):
        paths = ["/app/"]
        if role == "hq_admin":
            paths += ["/app/league", f"/app/unit/{root_of(site)}", "/app/nothing"]
            paths += ["/app/asking", "/app/rules", "/app/rules/edit", "/app/rules/simulate"]
        for path in paths:
            visit(page, site, f"{path}?lang={language}&{site.days}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, path
            small = page.evaluate(
                "[...document.querySelectorAll('summary, button, .bp-nav a')].filter(e => "
                "0 < e.getBoundingClientRect().height && e.getBoundingClientRect().height < 40 && "
                "!e.closest('.ag-root-wrapper')).length"
            )
            assert small == 0, path


def test_numbers_come_by_themselves_when_a_customer_answers(
    worked_site: Site, chromium: Browser
) -> None:
    fold(worked_site.office.worker.database)  # what other tests left
    with looking(chromium, worked_site, "hq_admin") as (page, _):
        visit(page, worked_site, f"/app/overview?lang=en&{worked_site.days}")
        before, _ = shown(page)
        with worked_site.office.owner.connection() as connection:
            connection.execute(
                text(
                    "with one as (select * from response order by occurred_on desc limit 1), "
                    "made as (insert into response (id, survey_version_id, branch_id, "
                    "touchpoint_id, occurred_on, channel, language, named, pages_done, started_at, "
                    "submitted_at, completed_at, source, external_id) "
                    "select gen_random_uuid(), survey_version_id, branch_id, touchpoint_id, "
                    "occurred_on, channel, language, false, 1, submitted_at, submitted_at, "
                    "submitted_at, 'live', 'live' from one returning *), "
                    "said as (insert into answer (response_id, question, occurred_on, "
                    "branch_id, metric, value) select id, 'live', occurred_on, branch_id, "
                    "'nps', 10 from made) "
                    "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, "
                    "survey_version_id) select branch_id, occurred_on, touchpoint_id, "
                    "survey_version_id from made"
                )
            )
        fold(worked_site.office.worker.database)
        until(page, FACTS + f".includes('{before + 1}answers')")


def test_a_branch_manager_finds_nothing_of_another_branch_in_any_answer(
    site: Site, chromium: Browser
) -> None:
    own = own_unit(site, "branch_manager")
    with site.office.owner.connection() as connection:
        others = connection.execute(
            text(
                "select code, name_zh, name_en from unit where kind = 'branch' and code <> :own "
                "order by code"
            ),
            {"own": own},
        ).all()
    marks = {mark for row in others for mark in (row.code, row.name_zh, row.name_en)}
    with looking(chromium, site, "branch_manager") as (page, _):
        bodies: list[tuple[str, str]] = []

        def keep(response: object) -> None:
            url = response.url  # type: ignore[attr-defined]
            if "/assets/" not in url and "_dash-component-suites" not in url:
                bodies.append((url, response.text()))  # type: ignore[attr-defined]

        page.on("response", keep)
        visit(page, site, f"/app/?lang=en&{site.days}")
        page.goto(f"{site.address}/app/league?lang=en&{site.days}")
        settled(page)
        for row in others[:3]:
            for path in (f"/app/unit/{row.code}", f"/app/league/{row.code}"):
                visit(page, site, f"{path}?lang=en")
                expect(page.get_by_text("There is nothing here")).to_be_visible()
        assert len(bodies) >= 2 * 8  # of each address the document and the page
        found = {(url, mark) for url, body in bodies for mark in marks if mark in body}
        assert not found


def test_who_logs_out_is_out_and_every_open_window_goes_to_the_log_in_page(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        page.context.clear_cookies()
        log_in(page.context, site, "hq_admin")  # a session of its own, since it ends here
        visit(page, site, "/app/league?lang=en")
        other = page.context.new_page()
        other.goto(f"{site.address}/app/overview?lang=en")
        settled(other)
        page.locator("summary[title='Your account']").click()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login*")
        other.wait_for_url("**/login?next=*")
        assert "next=%2Fapp%2Foverview" in other.url
