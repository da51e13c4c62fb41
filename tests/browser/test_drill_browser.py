"""From the network down to one answer and back; what changes by itself; a branch on its phone."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from dashboard_site import Site, looking, running_site, settled, until, visit
from plain_sql import Tables
from playwright.sync_api import Browser, Page, expect
from read_off import (
    address,
    card,
    few,
    grid,
    hero,
    number,
    ranged,
    rounded,
    same_as_file,
    texts,
    true,
    whole,
)
from sqlalchemy import text
from tour import walk_to

from api.cells.service import fold
from api.core.settings import Settings
from api.demo.people import Login
from api.insights.league_store import compute_requested
from api.insights.warnings.keeping import keep_warnings

DOWN = "a.bp-row[href*='/app/unit/']:not([href*='touchpoint='])"
PLACE = "a.bp-row[href*='touchpoint=']"


@pytest.fixture(scope="module")
def lively(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """A copy of the made-up network whose answers change."""
    with running_site(demo_template, admin_url) as running:
        yield running


SAYS = """
    select t.code, count(*) as n from answer a join response r on r.id = a.response_id
    join touchpoint t on t.id = r.touchpoint_id join unit u on u.id = r.branch_id
    where a.text is not null and u.code = :code and r.occurred_on between :first and :last
    group by 1
"""


def stands(page: Page, tables: Tables, code: str, where: str = "true") -> None:
    """The page shows the unit of this level, with the numbers of the tables."""
    real = tables.whole(branches=tables.under(code), where=where)
    assert real is not None
    grouped = f"{real.n:,}".replace(",", "\u202f")
    facts = page.locator(".bp-facts")
    expect(facts).to_contain_text(f"{grouped} answers")
    settled(page)
    true({code: hero(page)}, {code: real})


def most_written(tables: Tables, code: str) -> str:
    """The name of the unit below one whose customers wrote most comments."""
    below = tables.children(code)
    return max(below, key=lambda name: len(tables.written(tables.under(below[name]))))


def unit_in(page: Page) -> str:
    """The unit that the address names."""
    return page.url.partition("/app/unit/")[2].partition("?")[0]


@pytest.mark.parametrize("role", ["hq_analyst", "regional_manager"])
def test_one_goes_down_to_a_single_answer_and_back_by_the_browsers_own_button(
    site: Site, chromium: Browser, role: str
) -> None:
    tables = Tables(site)
    top = tables.granted(role)[0]
    levels: list[tuple[str, str]] = []
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, f"unit/{top}"))
        stands(page, tables, top)
        while page.locator(DOWN).count():
            levels.append((unit_in(page), "true"))
            name = most_written(tables, unit_in(page))
            page.locator(DOWN, has=page.get_by_text(name, exact=True)).click()
            expect(page.locator("h1")).to_have_text(name)
            true(ranged(card(page, "Along the journey")), _along(page, tables))
        branch = unit_in(page)
        levels.append((branch, "true"))
        places = {row.code: row.n for row in tables.rows(SAYS, code=branch, **tables.days)}
        page.locator(f"{PLACE}[href*='touchpoint={max(places, key=places.__getitem__)}']").click()
        page.wait_for_url("**touchpoint=*")
        place = page.url.partition("touchpoint=")[2].partition("&")[0]
        levels.append((branch, f"touchpoint = '{place}'"))
        stands(page, tables, *levels[-1])
        written = tables.written([branch], f"r.touchpoint_id = (select id from touchpoint "
                                 f"where code = '{place}')")  # fmt: skip
        page.locator(".bp-comment-link").first.click()
        page.wait_for_url(f"**/app/response/{written[0].response}*")
        expect(page.locator(".bp-quote").first).to_be_visible()
        shown = " ".join(page.locator(".bp-quote").first.inner_text().split())
        assert shown == " ".join(written[0].text.split())
        assert len(levels) >= 4
        for code, where in reversed(levels):
            page.go_back()
            page.wait_for_url(f"**/app/unit/{code}?**")
            stands(page, tables, code, where)
            assert site.days in page.url
        assert not seen.complaints


def _along(page: Page, tables: Tables) -> dict[str, Any]:
    """The touchpoints of the unit on the page, by name."""
    settled(page)
    real = tables.counted("touchpoint", branches=tables.under(unit_in(page)))
    return {name: real[code] for name, code in tables.places.items() if code in real}


ANSWERED = text("""
    with one as (
        select r.* from response r join unit u on u.id = r.branch_id and u.code = :code
        order by submitted_at desc limit 1
    ), made as (
        insert into response (id, survey_version_id, branch_id, touchpoint_id, occurred_on, channel,
            language, named, pages_done, started_at, submitted_at, completed_at, source,
            external_id)
        select gen_random_uuid(), survey_version_id, branch_id, touchpoint_id, :day, channel,
            language, false, 1, now(), now(), now(), 'live', 'live' from one returning *
    ), said as (
        insert into answer (response_id, question, occurred_on, branch_id, metric, value, text)
        select id, w.q, occurred_on, branch_id, w.m, w.v, w.t from made, (values
            ('nps', 'nps', 9, null), ('comment', null, null, 'A word just now')) w(q, m, v, t)
    )
    insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id)
    select branch_id, occurred_on, touchpoint_id, survey_version_id from made
""")
FACTS = "document.querySelector('.bp-facts').innerText.replace(/\\s/g, '')"


def grow_old(site: Site) -> None:
    """The stored league tables are a minute old: they are renewed when somebody looks."""
    with site.office.owner.connection() as connection:
        connection.execute(
            text("update league_table set computed_at = computed_at - interval '1m'")
        )


def arrivals(pages: dict[str, Page], waits: dict[str, str], site: Site) -> set[str]:
    """The pages that come to show what they have to show, none of them loaded again."""
    began, found = time.monotonic(), set[str]()
    while len(found) < len(waits) and time.monotonic() - began < 20:
        compute_requested(site.office.worker.database)  # as workers do all the time
        found |= {name for name, wait in waits.items() if pages[name].evaluate(wait)}
    return found


def test_a_new_answer_comes_to_every_open_page_by_itself(lively: Site, chromium: Browser) -> None:
    """The league table, whose statistics are of one moment, says so and follows in a minute.

    Within how many seconds is measured by ``branchpulse bench pages``.
    """
    tables = Tables(lively)
    (code,) = tables.granted("branch_manager")
    every, own = tables.whole(), tables.whole(branches=[code])
    assert every is not None
    assert own is not None
    said = "document.querySelector('.bp-comment p')?.innerText === 'A word just now'"
    waits = {
        "overview": f"{FACTS}.includes('{every.n + 1}answers')",
        f"unit/{code}": f"{FACTS}.includes('{own.n + 1}answers')",
        "voices": said,
        "today": f"{FACTS}.includes('{own.n + 1}answers') && {said}",
    }
    cell = f"#league-grid .ag-row[row-id='{code}'] [col-id=n]"
    behind = "document.querySelector('#league-head').innerText.includes('newer answers follow')"
    with ExitStack() as windows:
        office, branch = (
            windows.enter_context(looking(chromium, lively, role))[0].context
            for role in ("hq_admin", "branch_manager")
        )
        pages = {name: (branch if name == "today" else office).new_page()
                 for name in [*waits, "league"]}  # fmt: skip
        for name, page in pages.items():
            visit(page, lively, address(lively, name))
        compute_requested(lively.office.worker.database)
        until(pages["league"], f'document.querySelector("{cell}") !== null')
        until(pages["league"], "!document.querySelector('.bp-pending')")
        assert not any(pages[name].evaluate(condition) for name, condition in waits.items())
        with lively.office.owner.connection() as connection:
            connection.execute(ANSWERED, {"code": code, "day": lively.last})
        fold(lively.office.worker.database)
        arrived = arrivals(pages, {**waits, "league": behind}, lively)
        assert arrived == pages.keys()
        grow_old(lively)
        shown = f'document.querySelector("{cell}")?.innerText === "{own.n + 1}"'
        assert arrivals(pages, {"league": shown}, lively) == {"league"}


def test_what_was_taken_out_is_told_with_and_without_it(lively: Site, chromium: Browser) -> None:
    tables = Tables(lively)
    mine = tables.scope("regional_manager")
    with lively.office.owner.connection() as connection:
        connection.execute(
            text(
                "with gone as (update response set excluded_at = now() where id in (select r.id "
                "from response r join unit u on u.id = r.branch_id join answer a on "
                "a.response_id = r.id and a.metric = 'nps' and a.value <= 6 "
                "where u.code = any(:mine) limit 7) returning *) insert into dirty_mark "
                "(branch_id, occurred_on, touchpoint_id, survey_version_id) select distinct "
                "branch_id, occurred_on, touchpoint_id, survey_version_id from gone"
            ),
            {"mine": mine},
        )
    fold(lively.office.worker.database)
    out = {
        row.name: row
        for row in tables.rows(
            "select u.name_en as name, count(*) filter (where r.excluded_at is not null) as out, "
            "100.0 * (count(*) filter (where a.value >= 9) - count(*) filter (where a.value <= 6))"
            " / count(*) as everything from answer a join response r on r.id = a.response_id "
            "join unit u on u.id = a.branch_id where a.metric = 'nps' and u.code = any(:mine) "
            "and a.occurred_on between :first and :last group by 1 having "
            "count(*) filter (where r.excluded_at is not null) > 0",
            mine=mine,
            **tables.days,
        )
    }
    counted = {tables.name(code): one for code, one in
               tables.counted("branch_code", branches=mine).items()}  # fmt: skip
    with looking(chromium, lively, "regional_manager") as (page, seen):
        visit(page, lively, address(lively, "contests"))
        table = card(page, "Taken out of the score")
        rows = [row.split("\t") for row in texts(table, "tbody tr")]
        assert {row[0] for row in rows} == out.keys()
        for name, n, excluded, share, score, with_all in rows:
            real, gone = counted[name], out[name].out
            assert whole(excluded) == gone
            assert number(n) in (None, real.n)
            shown = number(share)
            assert shown == pytest.approx(100 * gone / (gone + real.n), abs=0.5 + 1e-6)
            true({name: (number(score), real.n)}, {name: real})
            everything = number(with_all)
            if everything is not None:
                assert abs(everything - float(out[name].everything)) <= 0.5 + 1e-6
        assert not seen.complaints


def test_a_months_warnings_say_what_was_answered_in_it(lively: Site, chromium: Browser) -> None:
    tables = Tables(lively)
    keep_warnings(lively.office.worker.database, lively.last)
    by_month = "branch_code || ' ' || to_char(occurred_on, 'YYYY-MM')"
    real = tables.counted(by_month)
    with looking(chromium, lively, "hq_analyst") as (page, seen):
        visit(page, lively, "/app/warnings?lang=en")
        told = page.request.get(f"{lively.address}/api/v1/warnings?metric=nps").json()
        rows = {row["unit_code"]: row for row in told["rows"]}
        shown = page.locator(".bp-warn")
        assert shown.count() == len(rows)
        lead = page.locator("#main").inner_text()
        for place in range(shown.count()):
            row = shown.nth(place)
            code = str(row.locator("a").first.get_attribute("href")).partition("/app/unit/")[2]
            one, month = rows[code.partition("?")[0]], told["month"]
            counted = real[f"{one['unit_code']} {month}"]
            assert f"{counted.n} answers" in row.inner_text()
            if one["score"] is not None:
                assert one["score"] == pytest.approx(counted.score)
            for bar in row.locator(".bp-history [title]").all():
                words, told_ones = (
                    str(bar.get_attribute("title")),
                    _months(tables, one["unit_code"]),
                )
                few_words = words.partition(":")[0] not in told_ones and "too few" in words
                assert few_words or told_ones[words.partition(":")[0]] in words
        assert str(told["judged"]) in lead or not rows
        assert not seen.complaints


def _months(tables: Tables, code: str) -> dict[str, str]:
    """What the small history of a branch says of each month with enough answers, in words."""
    real = tables.counted("to_char(occurred_on, 'FMMon YYYY')", branches=[code])
    return {
        month: f"{rounded(one.score)} from {one.n} answers".replace("-", "\u2212")
        for month, one in real.items()
        if one.n >= 10
    }


def test_a_frozen_table_holds_the_numbers_of_its_moment(
    lively: Site, chromium: Browser, tmp_path: Path
) -> None:
    tables = Tables(lively)
    last = tables.one("select least(:last, current_date - 1)", last=lively.last)
    real = tables.counted("branch_code", last=last)
    grow_old(lively)
    with looking(chromium, lively, "hq_admin") as (page, seen):
        visit(page, lively, f"/app/league?lang=en&from={lively.first}&to={last}")
        compute_requested(lively.office.worker.database)
        until(page, "!document.querySelector('.bp-pending')")
        page.click("#publish")
        page.click("#publish-sure")
        page.get_by_role("link", name="Show it").click()
        page.wait_for_url("**/app/published/1*")
        rows = grid(page, "published-grid")
        shown = {row["unit_code"]: (number(row["score"]), few(row["n"])) for row in rows}
        true({code: one for code, one in shown.items() if one[1] != 0}, real)
        assert same_as_file(page, "published-grid", tmp_path) >= 2 * 4 * len(rows)
        assert not seen.complaints


# Links within a sentence are as high as its lines, as everywhere.
SMALL = """() => [...document.querySelectorAll(['a', 'button', 'summary', 'input', 'select',
        'textarea'].flatMap(one => ['#frame ' + one, '#main ' + one]).join())]
    .filter(one => one.checkVisibility({visibilityProperty: true}))
    .filter(one => !one.closest('p, li, dd, .ag-root-wrapper, .modebar'))
    .filter(one => !one.closest('details:not([open]) > :not(summary)'))
    .map(one => ['checkbox', 'radio', 'file'].includes(one.type) && one.closest('label') || one)
    .filter(one => { const box = one.getBoundingClientRect();
        return box.height > 0 && (box.height < 39.5 || box.width < 24); })
    .map(one => one.outerHTML.slice(0, 140))"""
ON_A_PHONE = (
    *("today", "standing", "improve", "team", "unit", "why", "voices", "journey", "explore"),
    *("indicators", "warnings", "drivers"),
)


@pytest.mark.parametrize(("role", "language"), [("branch_manager", "en"), ("branch_staff", "zh")])
def test_a_branch_can_touch_everything_on_its_phone(
    site: Site, chromium: Browser, role: str, language: str
) -> None:
    tables = Tables(site)
    (code,) = tables.granted(role)
    found: dict[str, list[str]] = {}
    with looking(chromium, site, role, width=390) as (page, seen):
        query = f"lang={language}&{site.days}"
        visit(page, site, f"/app/?{query}")
        more = ("contests", "points", "tickets", "notices") if role == "branch_manager" else ()
        paths = [f"{name}/{code}" for name in ON_A_PHONE] + list(more)
        response = tables.written([code])[0].response
        for path in [*paths, f"response/{response}"]:
            walk_to(page, f"/app/{path}?{query}")
            compute_requested(site.office.worker.database)
            until(page, "!document.querySelector('#main .bp-pending')")
            found[path] = page.evaluate(SMALL)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert not {path: small for path, small in found.items() if small}
        assert not seen.complaints
