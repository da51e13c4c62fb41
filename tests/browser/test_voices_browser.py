"""Comments in Chromium: a search shows what SQL says, one answer and back, live, on a phone."""

from dashboard_site import Site, looking, settled, until, visit
from plain_sql import Tables
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from api.cells.service import fold

WORD = "等"  # stands alone often enough in the made-up comments


def written(site: Site, condition: str) -> list[str]:
    """The texts of the newest comments that fit, from the answers."""
    query = text(
        "select a.text from answer a join response r on r.id = a.response_id left join answer s on "
        "s.response_id = r.id and s.metric = 'nps' where a.text is not null and r.occurred_on "
        f"between :first and :last and {condition} order by r.submitted_at desc, r.id desc"
    )
    with site.office.owner.connection() as connection:
        rows = connection.execute(query, {"first": site.first, "last": site.last})
        return [" ".join(row.text.split()) for row in rows]


def shown(page: Page) -> list[str]:
    texts = page.locator(".bp-comment p").all_inner_texts()
    return [" ".join(one.split()) for one in texts]


def test_a_search_shows_what_sql_finds_and_an_answer_leads_back_to_it(
    site: Site, chromium: Browser
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen):
        visit(page, site, f"/app/voices?lang=en&metric=nps&{site.days}")
        assert shown(page) == written(site, "true")[:25]
        page.fill("#voices-search", WORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**words=*")
        until(page, "document.querySelectorAll('mark').length > 0")
        page.get_by_title("Score", exact=True).click()
        page.get_by_role("link", name="Detractors (0–6)").click()
        page.wait_for_url("**score=low*")
        truth = written(site, f"s.value <= 6 and a.text like '%{WORD}%'")
        expect(page.get_by_text(f"{len(truth)} comment", exact=False).first).to_be_visible()
        settled(page)
        assert shown(page) == truth[:25]
        assert truth
        page.locator(".bp-comment-link").first.click()
        page.wait_for_url("**/app/response/*")
        settled(page)
        assert truth[0] in " ".join(page.locator(".bp-quote").first.inner_text().split())
        page.get_by_role("link", name="Back to the comments").click()
        page.wait_for_url("**/app/voices?*score=low*")
        settled(page)
        assert shown(page) == truth[:25]
        assert not seen.complaints


def test_an_owner_of_several_dealers_reads_at_which_it_was_and_chooses_among_them(
    site: Site, chromium: Browser
) -> None:
    tables = Tables(site)
    own = {tables.name(code) for code in tables.scope("owner_group_manager")}
    assert len(own) > 1
    with looking(chromium, site, "owner_group_manager") as (page, seen):
        visit(page, site, f"/app/voices?lang=en&{site.days}")
        facts = page.locator(".bp-comment-facts").all_inner_texts()
        assert facts
        assert all(any(name in fact for name in own) for fact in facts)
        units = page.locator(".bp-menu", has=page.locator(".bp-icon-diagram-3"))
        offered = units.locator(".bp-sheet a").all_text_contents()
        assert set(offered) == {"All units", *own}
        visit(page, site, f"/app/enough?lang=en&{site.days}")
        assert set(units.locator(".bp-sheet a").all_text_contents()) == own
        chosen = units.locator("a.active").text_content()
        expect(page.locator("#main h2").first).to_contain_text(chosen or "nothing")
        assert not seen.complaints


LIVE = text(
    "with one as (select * from response order by submitted_at desc limit 1), made as (insert into "
    "response (id, survey_version_id, branch_id, touchpoint_id, occurred_on, channel, language, "
    "named, pages_done, started_at, submitted_at, completed_at, source, external_id) "
    "select gen_random_uuid(), survey_version_id, branch_id, touchpoint_id, :day, channel, "
    "language, false, 1, now(), now() + interval '1 day', now(), 'live', 'voice' from one "
    "returning *), said as (insert into answer (response_id, question, occurred_on, branch_id, "
    "metric, value, text) select id, w.q, occurred_on, branch_id, w.m, w.v, w.t from made, "
    "(values ('nps', 'nps', 9, null), ('comment', null, null, 'A word just now')) w(q, m, v, t)) "
    "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id) "
    "select branch_id, occurred_on, touchpoint_id, survey_version_id from made"
)


def test_a_new_comment_appears_by_itself_and_half_typed_words_stay(
    worked_site: Site, chromium: Browser
) -> None:
    with looking(chromium, worked_site, "hq_admin") as (page, _):
        visit(page, worked_site, f"/app/voices?lang=en&{worked_site.days}")
        page.fill("#voices-search", "half ty")
        with worked_site.office.owner.connection() as connection:
            connection.execute(LIVE, {"day": worked_site.last})
        fold(worked_site.office.worker.database)
        until(page, "document.querySelector('.bp-comment p').innerText === 'A word just now'")
        assert page.input_value("#voices-search") == "half ty"


def test_a_branch_reads_its_comments_on_a_phone(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "branch_staff", width=390, language="zh-CN") as (page, _):
        visit(page, site, f"/app/voices?lang=zh&{site.days}")
        assert page.locator(".bp-comment").count() > 0
        page.locator(".bp-comment-link").first.click()
        page.wait_for_url("**/app/response/*")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.get_by_text("返回留言列表")).to_be_visible()
