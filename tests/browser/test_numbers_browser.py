"""Every page as the roles open it: the numbers read off the screen are those of the tables.

What is simple (answers, scores, shares, steps of the funnel, sums) is counted in plain SQL
(`plain_sql`) over the branches that the role's grants reach; of others only the aggregates that may
be told. Where a number is statistics (ranks), another role's page of the whole network is read.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from math import nan
from pathlib import Path

import pytest
from dashboard_site import Site, looking, until, visit
from plain_sql import Counted, Tables
from playwright.sync_api import Browser, Page, expect
from read_off import (
    address,
    bands,
    behind,
    card,
    few,
    grid,
    hero,
    number,
    precision,
    ranged,
    same_as_file,
    texts,
    true,
    whole,
)
from tour import walk_to

from api.insights.league_store import compute_requested

ABOVE = ("hq_analyst", "regional_manager", "owner_group_manager")
STEPS = ("sent", "delivered", "opened", "answered", "completed")


@pytest.fixture(scope="module")
def tables(site: Site) -> Tables:
    """The tables behind the site."""
    return Tables(site)


def funnel(page: Page, tables: Tables, branches: list[str]) -> None:
    """Seven steps from what happened to whole answers."""
    way = tables.way(branches)[""]
    wanted = [tables.events(branches)[""], way.planned, *(getattr(way, one) for one in STEPS)]
    assert [whole(words) for words in texts(page, ".bp-funnel .bp-step b")] == wanted


def trend(page: Page, tables: Tables, branches: list[str]) -> int:
    """Every point of the trend gathers the weeks that the sentence below it says."""
    figure = card(page, "Week by week")
    said = re.search(r"gathers the (\d+) weeks", figure.locator(".bp-note").inner_text())
    gathered, weeks = int(said[1]) if said else 1, tables.weekly(branches)
    points = list(behind(figure))
    for week, score, _, _, n in points:
        mondays = [date.fromisoformat(week) - timedelta(weeks=back) for back in range(gathered)]
        real = [weeks.get(monday, (0, 0)) for monday in mondays]
        every, net = sum(one[0] for one in real), sum(one[1] for one in real)
        if n != "\u2013":
            assert int(float(n)) == every
            counted = Counted(every, 100 * net / every if every else nan, 0.0)
            true({week: (number(score), every)}, {week: counted})
    return len(points)


@pytest.mark.parametrize("role", ABOVE)
def test_the_overview_is_that_of_the_roles_own_branches(
    site: Site, chromium: Browser, tables: Tables, role: str
) -> None:
    mine, granted = tables.scope(role), tables.granted(role)
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, "overview"))
        everything = tables.whole(branches=mine)
        assert everything is not None
        true({"": hero(page)}, {"": everything})
        bands(page, tables, mine)
        parts = tables.parts(granted[0]) if role != "owner_group_manager" else {
            tables.name(code): one for code in mine if (one := tables.whole(branches=[code]))
        }  # fmt: skip
        true(ranged(card(page, "compared")), parts)
        funnel(page, tables, mine)
        assert trend(page, tables, mine) > 3
        index = page.locator(".bp-index")
        told = index.locator("strong").inner_text()
        index.click()
        page.wait_for_url("**/app/indicators**")
        until(page, "document.querySelector('.bp-tree') !== null")
        assert page.locator(".bp-tree-root b").inner_text() == told
        for name, (code, kind) in list(tables.metrics.items())[1:3]:
            walk_to(page, address(site, "overview", f"&metric={code}&touchpoint=service"))
            real = tables.whole(metric=code, where="touchpoint = 'service'", branches=mine)
            if real is not None:
                true({name: hero(page)}, {name: real}, **precision(kind))
        assert not seen.complaints


@pytest.mark.parametrize("role", ABOVE[1:])
def test_the_league_has_the_own_rows_with_the_whole_networks_places(
    site: Site, chromium: Browser, tables: Tables, role: str
) -> None:
    with looking(chromium, site, "hq_analyst") as (page, _):
        page.goto(f"{site.address}/healthz")
        path = f"{site.address}/api/v1/league?metric=nps&{site.days}"
        page.request.get(path)
        compute_requested(site.office.worker.database)
        network = {row["unit_code"]: row for row in page.request.get(path).json()["rows"]}
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, "league"))
        until(page, "!document.querySelector('.bp-pending')")
        until(page, "document.querySelectorAll('#league-grid .bp-rank b').length > 0")
        rows = {row["unit_code"]: row for row in grid(page, "league-grid")}
        counted = tables.counted("branch_code", branches=tables.scope(role))
        shown = {code: (number(row["score"]), few(row["n"])) for code, row in rows.items()}
        true({code: one for code, one in shown.items() if one[1] != 0}, counted)
        ranked = {code: row for code, row in rows.items() if network[code]["ranked"]}
        assert ranked
        for code, row in ranked.items():
            theirs = network[code]
            low, high = theirs["rank_low"], theirs["rank_high"]
            places = [str(theirs["rank"]), *([f"{low}\u2013{high}"] if low != high else [])]
            assert row["rank"].split() == places
            assert number(row["shrunk"]) == pytest.approx(theirs["shrunk"], abs=0.5 + 1e-6)
        assert not seen.complaints


@pytest.mark.parametrize("role", ["regional_manager", "owner_group_manager", "branch_staff"])
def test_comments_are_those_of_the_own_branches_and_an_answer_is_whole(
    site: Site, chromium: Browser, tables: Tables, role: str
) -> None:
    mine = tables.written(tables.scope(role))
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, "voices"))
        if not mine:
            assert not texts(page, ".bp-comment p")
            expect(page.locator("#main .bp-state")).to_be_visible()
            return
        shown = [" ".join(one.split()) for one in texts(page, ".bp-comment p")]
        assert shown == [" ".join(row.text.split()) for row in mine[:25]]
        many = "comment," if len(mine) == 1 else "comments,"
        assert page.get_by_role("status").first.inner_text().startswith(f"{len(mine)} {many}")
        marks = [int(one) for one in texts(page, ".bp-mark-score") if one]
        assert marks == [row.score for row in mine[:25] if row.score is not None]
        page.locator(".bp-comment-link").first.click()
        page.wait_for_url(f"**/app/response/{mine[0].response}*")
        until(page, "document.querySelector('.bp-facts-list') !== null")
        given = tables.rows(
            "select value from answer where response_id = :id and value is not null",
            id=mine[0].response,
        )
        said = texts(page, ".bp-on-scale .bp-mark-score")
        assert sorted(map(int, said)) == sorted(row.value for row in given)
        assert tables.name(mine[0].branch) in page.locator(".bp-facts-list").inner_text()
        assert not seen.complaints


@pytest.mark.parametrize("role", ["regional_manager", "owner_group_manager"])
def test_collection_counts_the_own_events_and_messages(
    site: Site, chromium: Browser, tables: Tables, tmp_path: Path, role: str
) -> None:
    mine = tables.scope(role)
    way, decided = tables.way(mine)[""], tables.decided(mine)
    eligible = sum(n for (action, _), n in decided.items() if action in ("send", "hold"))
    sent = {
        row.channel: row.n
        for row in tables.rows(
            "select i.channel, count(*) as n from invitation i join unit u on u.id = i.branch_id "
            "where u.code = any(:mine) and i.occurred_on between :first and :last "
            "and i.channel not in ('qr', 'kiosk') and i.kind <> 'recovery' "
            "and (i.sent_at is not null or i.status in ('sent', 'delivered', 'undelivered')) "
            "group by 1",
            mine=mine,
            **tables.days,
        )
    }
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, "asking"))
        stages = texts(card(page, "From event to answer"), ".bp-bar-row b")
        wanted = [tables.events(mine)[""], eligible, way.planned]
        assert [whole(one) for one in stages] == [*wanted, *(getattr(way, s) for s in STEPS)]
        reasons = texts(card(page, "Why not asked"), ".bp-bar-row b")
        not_asked = sorted(
            (n for (action, _), n in decided.items() if action in ("hold", "drop")), reverse=True
        )
        assert [whole(one) for one in reasons] == not_asked[:8]
        rows = grid(page, "collection-grid")
        assert sorted(whole(row["sent"]) for row in rows) == sorted(sent.values())
        assert sum(whole(row["completed"]) for row in rows) == way.completed
        walk_to(page, address(site, "asking", "&by=touchpoint"))
        events, ways = tables.events(mine, "t.name_en"), tables.way(mine, "touchpoint")
        names = {code: name for name, code in tables.places.items()}
        of_place = {names[code]: row for code, row in ways.items()}
        table = grid(page, "collection-grid")
        assert {row["name"]: whole(row["events"]) for row in table} == events
        for row in table:
            real = of_place[row["name"]]
            for step in ("sent", "delivered", "opened", "completed"):
                assert whole(row[step]) == getattr(real, step)
            share = number(row["score"].replace("\u202f", ""))
            if share is not None:
                assert abs(share - 100 * real.completed / real.sent) <= 0.5 + 1e-6
        assert same_as_file(page, "collection-grid", tmp_path) > 2 * 6 * len(table)
        assert not seen.complaints


@dataclass(frozen=True)
class Question:
    """What somebody asks in Explore, and the same in SQL."""

    role: str
    asked: str
    row: str
    column: str


QUESTIONS = (
    Question("hq_analyst", "rows=channel&columns=segment", "channel", "coalesce(segment, '')"),
    Question("regional_manager", "rows=branch&columns=touchpoint", "branch_code", "touchpoint"),
    Question(
        "owner_group_manager",
        "rows=month&columns=channel",
        "to_char(greatest(date_trunc('month', occurred_on), cast(:first as date)), 'YYYY-MM-DD')",
        "channel",
    ),
    Question("branch_manager", "rows=touchpoint&columns=language", "touchpoint", "language"),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.role)
def test_own_questions_are_answered_as_sql_answers_them(
    site: Site, chromium: Browser, tables: Tables, tmp_path: Path, question: Question
) -> None:
    mine = tables.scope(question.role)
    pairs = tables.counted(f"({question.row}) || '|' || ({question.column})", branches=mine)
    totals = tables.counted(question.row, branches=mine)
    with looking(chromium, site, question.role) as (page, seen):
        visit(page, site, address(site, "explore", f"&{question.asked}"))
        query = f"/api/v1/explore?metric=nps&{question.asked}&{site.days}"
        told = page.evaluate("async address => await (await fetch(address)).json()", query)
        keys = [one["key"] for one in told["columns"]]
        heads = [*keys, None] if len(keys) > 1 else keys  # one column alone is its own total
        drawn = page.locator(".bp-heat tbody tr:not(.bp-heat-whole)")
        assert drawn.count() == len(told["rows"]) > 0
        told_cells, kept_back, few_ones = 0, 0, 0
        for place, line in enumerate(told["rows"]):
            cells = drawn.nth(place).locator("td").all_inner_texts()
            for key, words in zip(heads, cells, strict=True):
                real = totals.get(line["key"]) if key is None else pairs.get(f"{line['key']}|{key}")
                few_ones += real is not None and real.n < 10
                kept_back += real is not None and real.n >= 10 and "n " not in words
                told_cells += _square(words, real)
        assert kept_back <= 3 * few_ones  # beside each at most one in its row, column and total
        assert told_cells > 0
        page.locator(".bp-heat-list summary").first.click()
        until(page, "document.querySelectorAll('#explore-grid .ag-row').length > 0")
        assert same_as_file(page, "explore-grid", tmp_path) > 0
        assert not seen.complaints


def _square(words: str, real: Counted | None) -> int:
    """A cell of the heat map is what was counted, or too little to be told."""
    lines = words.replace("\u25b2", "").replace("\u25bc", "").strip().split("\n")
    if not lines[-1].startswith("n "):
        return 0
    assert real is not None, words
    assert whole(lines[-1].removeprefix("n ")) == real.n
    score = number(lines[0])
    assert score is None or abs(score - real.score) <= 0.5 + 1e-6
    return score is not None


def test_side_by_side_shows_every_units_own_numbers(
    site: Site, chromium: Browser, tables: Tables, tmp_path: Path
) -> None:
    (region,) = tables.granted("regional_manager")
    codes = [region, *tables.under(region)[:2]]
    under = {tables.name(code): tables.under(code) for code in codes}
    real = {name: tables.whole(branches=branches) for name, branches in under.items()}
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, address(site, "compare", f"&units={'|'.join(codes)}"))
        known = {name: one for name, one in real.items() if one is not None}
        true(ranged(page.locator("#main .bp-card:has(.bp-rows)").first), known)
        table = {row["unit_name"]: row for row in grid(page, "compare-grid")}
        for name, branches in under.items():
            way = tables.way(branches)[""]
            assert whole(table[name]["events"]) == tables.events(branches)[""]
            assert [whole(table[name][one]) for one in STEPS] == [getattr(way, s) for s in STEPS]
        for place in page.locator(".bp-compared-places > div").all():
            where = f"touchpoint = '{tables.places[place.locator('h3').inner_text()]}'"
            for name, (score, n) in ranged(place).items():
                one = tables.whole(branches=under[name], where=where)
                if n is not None and one is not None:
                    true({name: (score, n)}, {name: one})
        assert same_as_file(page, "compare-grid", tmp_path) >= 2 * 6 * len(codes)
        assert not seen.complaints


def test_enough_answers_counts_customers_messages_and_answers_of_every_branch(
    site: Site, chromium: Browser, tables: Tables, tmp_path: Path
) -> None:
    mine = tables.scope("regional_manager")
    real = {
        row.code: row
        for row in tables.rows(
            "select u.code, count(i.id) filter (where i.sent_at is not null) as invited, "
            "count(a.value) filter (where i.sent_at is not null) as answered from unit u "
            "left join invitation i on i.branch_id = u.id "
            "and i.occurred_on between :first and :last and i.reminder_number = 0 "
            "and i.channel not in ('qr', 'kiosk') left join response r on r.invitation_id = i.id "
            "and r.excluded_at is null left join answer a on a.response_id = r.id "
            "and a.metric = 'nps' where u.code = any(:mine) group by 1",
            mine=mine,
            **tables.days,
        )
    }
    events = tables.events(mine, "u.name_en")
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, address(site, "enough"))
        rows = {row["unit_name"]: row for row in grid(page, "enough-grid")}
        assert {name: whole(row["customers"]) for name, row in rows.items()} == events
        for code, counted in real.items():
            row = rows.get(tables.name(code))
            if row is not None:
                assert whole(row["invited"]) == counted.invited
                assert few(row["n"]) == (None if 0 < counted.answered < 5 else counted.answered)
        assert same_as_file(page, "enough-grid", tmp_path) >= 2 * 6 * len(rows)
        assert not seen.complaints


def test_what_drives_a_metric_is_rated_as_it_was_answered(
    site: Site, chromium: Browser, tables: Tables
) -> None:
    metrics = {name: code for name, (code, _) in tables.metrics.items()}
    with looking(chromium, site, "hq_analyst") as (page, seen):
        visit(page, site, address(site, "drivers", "&touchpoint=service"))
        rows = page.locator(".bp-driver-table tbody tr")
        read = rows.evaluate_all(
            "rows => rows.map(row => [row.cells[0].querySelector('strong').innerText, "
            "row.cells[2].querySelector('b').innerText])"
        )
        assert read
        for name, rating in read:
            real = tables.whole(metric=metrics[name], where="touchpoint = 'service'")
            shown = number(rating)
            assert real is not None
            assert shown is not None
            assert abs(shown - real.rating) <= 0.5 + 1e-6
        assert not seen.complaints


def test_people_and_units_are_listed_as_the_tables_have_them(
    site: Site, chromium: Browser, tables: Tables, tmp_path: Path
) -> None:
    everybody = [row.name for row in tables.rows("select name from account")]
    with looking(chromium, site, "hq_admin") as (page, _):
        visit(page, site, address(site, "people"))
        listed = grid(page, "people-grid")
        assert sorted(row["name"] for row in listed) == sorted(everybody)
        assert all(row["roles"] and row["places"] for row in listed)
        assert same_as_file(page, "people-grid", tmp_path) > 2 * 4 * len(listed)
    (region,) = tables.granted("regional_manager")
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, address(site, "network"))
        below = tables.children(region)
        open_ones = {
            row.code
            for row in tables.rows(
                "select code from unit where kind = 'branch' and (opened_on is null or "
                "opened_on <= current_date) and (closed_on is null or closed_on > current_date)"
            )
        }
        shown = {row["unit_name"]: row for row in grid(page, "units-grid")}
        assert shown.keys() == below.keys()
        for name, row in shown.items():
            assert row["unit_code"] == below[name]
            if row.get("branches"):
                assert int(row["branches"]) == len(open_ones & set(tables.under(below[name])))
        assert same_as_file(page, "units-grid", tmp_path) > 0
        assert not seen.complaints


def _by_name(tables: Tables, counted: dict[str, Counted]) -> dict[str, Counted]:
    return {tables.name(code): one for code, one in counted.items()}


def test_the_weekly_letter_says_what_was_answered(
    site: Site, chromium: Browser, tables: Tables
) -> None:
    mine = tables.scope("regional_manager")
    with looking(chromium, site, "regional_manager") as (page, seen):
        visit(page, site, "/app/ranking?lang=en")
        compute_requested(site.office.worker.database)
        visit(page, site, "/app/ranking?lang=en")
        letter = page.frame_locator("iframe.bp-letter")
        rows = letter.locator("tr:has(td):not(:has(table))").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        )
        ends = tables.one("select date_trunc('week', now() at time zone 'Asia/Shanghai')::date")
        weeks = tables.one("select ranking_weeks from network")
        days = {"first": ends - timedelta(weeks=weeks), "last": ends - timedelta(days=1)}
        week = {**days, "first": ends - timedelta(weeks=1)}
        real = _by_name(tables, tables.counted("branch_code", branches=mine, **days))
        lately = _by_name(tables, tables.counted("branch_code", branches=mine, **week))
        low = tables.counted("branch_code", branches=mine, where="value <= 6", **week)
        unhappy = _by_name(tables, low)
        told = 0
        for cells in rows:
            one = re.search(r"([^\n]+)\s+n = (\d+)", "\n".join(cells[:3]))
            if one is not None:
                told += 1
                assert int(one[2]) == real[one[1]].n
            if len(cells) == 5 and one is not None:
                true({one[1]: (number(cells[2]), int(one[2]))}, {one[1]: real[one[1]]})
            if len(cells) == 4 and cells[0] in lately:
                told += 1
                assert int(cells[1]) == lately[cells[0]].n
                assert int(cells[2]) == (unhappy[cells[0]].n if cells[0] in unhappy else 0)
        assert told >= 2
        assert not seen.complaints
