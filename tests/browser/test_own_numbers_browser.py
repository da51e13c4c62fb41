"""A branch's own pages, its indicators and its codes: what is read there is what the tables say."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from dashboard_site import Site, looking, until, visit
from plain_sql import Tables
from playwright.sync_api import Browser, Page
from read_off import (
    address,
    answers,
    bands,
    beside,
    card,
    hero,
    number,
    precision,
    ranged,
    texts,
    true,
    whole,
)
from tour import walk_to

from api.insights.league_store import compute_requested

AT_A_BRANCH = ("branch_manager", "branch_staff")


@pytest.fixture(scope="module")
def tables(site: Site) -> Tables:
    """The tables behind the site."""
    return Tables(site)


@pytest.mark.parametrize("role", AT_A_BRANCH)
def test_todays_numbers_are_the_branchs_own(
    site: Site, chromium: Browser, tables: Tables, role: str
) -> None:
    (code,) = tables.granted(role)
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, ""))
        own = tables.whole(branches=[code])
        assert own is not None
        true({"": hero(page)}, {"": own})
        bands(page, tables, [code])
        rows = ranged(page.locator("#main .bp-card").first)
        above = {
            name: tables.whole(branches=tables.under(one)) for name, one in _path(tables, code)
        }
        assert {tables.name(code), "Network"} & rows.keys() or len(rows) > 1
        true(rows, {name: one for name, one in above.items() if name in rows and one is not None})
        assert [whole(one) for one in texts(page, ".bp-tile b")] == _week(tables, code)
        written = [" ".join(row.text.split()) for row in tables.written([code])]
        shown = [" ".join(one.split()) for one in texts(page, ".bp-comment p")]
        assert 0 < len(shown) <= 5
        assert shown == written[: len(shown)]
        assert not seen.complaints


def _path(tables: Tables, code: str) -> list[tuple[str, str]]:
    """A branch and the units above it: English name and code."""
    found = tables.rows(
        "with recursive up(id) as (select id from unit where code = :code union all "
        "select p.parent_id from up join unit_parent p on p.unit_id = up.id and p.valid_to is null)"
        " select u.name_en, u.code from up join unit u on u.id = up.id",
        code=code,
    )
    return [(row.name_en, row.code) for row in found]


def _week(tables: Tables, code: str) -> list[int]:
    """Answers and messages of this week, what goes out today, links that can be answered."""
    (row,) = tables.rows(
        """
        with at as (
            select date_trunc('week', now() at time zone 'Asia/Shanghai')
                    at time zone 'Asia/Shanghai' as monday,
                date_trunc('day', now() at time zone 'Asia/Shanghai' + interval '1 day')
                    at time zone 'Asia/Shanghai' as tomorrow
        ), sent as (
            select i.*, root.id as chain, r.completed_at from invitation i
            join unit u on u.id = i.branch_id and u.code = :code
            join invitation root on root.id = coalesce(i.root_id, i.id)
            left join response r on r.invitation_id = root.id
            where i.channel not in ('qr', 'kiosk')
        )
        select (select count(*) from response r join unit u on u.id = r.branch_id, at
                where u.code = :code and r.submitted_at between at.monday and now()),
            count(*) filter (where sent_at >= monday),
            count(*) filter (where status = 'planned' and planned_at < tomorrow),
            count(distinct chain) filter (where status in ('claimed', 'sent', 'delivered',
                'unknown') and expires_at > now() and completed_at is null)
        from sent, at
        """,
        code=code,
    )
    return list(row)


@pytest.mark.parametrize("role", ["branch_staff", "owner_group_manager"])
def test_how_we_compare_and_what_to_improve_hold_the_own_answers_against_aggregates(
    site: Site, chromium: Browser, tables: Tables, role: str
) -> None:
    code = tables.scope(role)[-1]
    kinds = tables.metrics
    places = tables.places
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, f"standing/{code}"))
        _compared(
            beside(card(page, "along the journey")),
            lambda name: {"where": f"touchpoint = '{places[name]}'"},
            lambda _: "nps",
            tables,
            code,
        )
        _compared(
            beside(card(page, "Every measure")),
            lambda name: {"metric": kinds[name][0]},
            lambda name: kinds[name][1],
            tables,
            code,
        )
        walk_to(page, address(site, f"improve/{code}"))
        _levers(page, tables, code, {name: one[0] for name, one in kinds.items()}, places)
        walk_to(page, address(site, f"why/{code}"))
        compute_requested(site.office.worker.database)
        until(page, "!document.querySelector('.bp-pending')")
        own = tables.whole(branches=[code])
        raw = page.locator("[data-step='raw'] .bp-fall-value")
        if own is not None and own.n >= 30:
            shown = number(raw.inner_text())
            assert shown == pytest.approx(own.score, abs=0.05 + 1e-6)
        assert not seen.complaints


def _compared(
    rows: dict[str, tuple[float | None, list[str]]],
    asked: Callable[[str], dict[str, Any]],
    kind: Callable[[str], str],
    tables: Tables,
    code: str,
) -> None:
    """The own score and answers of each row, and beside it those of the whole network."""
    assert rows
    for name, (score, facts) in rows.items():
        own = tables.whole(branches=[code], **asked(name))
        assert own is not None, name
        true({name: (score, answers(facts[0]))}, {name: own}, **precision(kind(name)))
        usual = re.search(r" ([^ ]+)$", facts[-1]) if len(facts) > 1 else None
        if usual is not None:
            every = tables.whole(**asked(name))
            assert every is not None
            true({name: (number(usual[1]), every.n)}, {name: every}, **precision(kind(name)))


def _levers(
    page: Page, tables: Tables, code: str, metrics: dict[str, str], places: dict[str, str]
) -> None:
    """Ratings on 0..100 of the branch, and of those it is compared with."""
    if page.locator("#main .bp-state strong").count():
        assert page.locator("#main .bp-state").inner_text().count(".") >= 1
        return
    chosen = texts(page, ".bp-places a.active")
    where = f"touchpoint = '{places[chosen[0]]}'" if chosen else "true"
    like = tables.rows(
        "select u.code from unit me join unit_profile mine on mine.unit_id = me.id "
        "and mine.valid_to is null join unit_profile p on p.valid_to is null and "
        "(p.city_tier, p.size, p.brand) is not distinct from (mine.city_tier, mine.size, "
        "mine.brand) join unit u on u.id = p.unit_id where me.code = :code",
        code=code,
    )
    among = {"like you": [row.code for row in like], "network": None}
    rows = beside(card(page, "What matters"))
    assert rows
    for name, (score, facts) in rows.items():
        own = tables.whole(metric=metrics[name], where=where, branches=[code])
        if score is not None:
            assert own is not None
            assert abs(score - own.rating) <= 0.5 + 1e-6
        usual = re.fullmatch(r"(like you|network) (\S+)", facts[-1])
        if usual is not None:
            every = tables.whole(metric=metrics[name], where=where, branches=among[usual[1]])
            shown = number(usual[2])
            assert every is not None
            assert shown is not None
            assert abs(shown - every.rating) <= 0.5 + 1e-6


@pytest.mark.parametrize("role", ["regional_manager", "branch_manager"])
def test_every_question_of_the_indicator_tree_is_read_as_it_was_answered(
    site: Site, chromium: Browser, tables: Tables, role: str
) -> None:
    mine = tables.scope(role)
    kinds = tables.metrics
    with looking(chromium, site, role) as (page, seen):
        visit(page, site, address(site, "indicators"))
        rows = page.locator(".bp-tree").first.locator(".bp-tree-row:has(.bp-tree-name)")
        read = rows.evaluate_all(
            "rows => rows.map(row => [row.querySelector('.bp-tree-name strong').innerText, "
            "row.querySelector('.bp-tree-number b').innerText, row.lastChild.innerText])"
        )
        leaves = {name: (number(score), answers(n)) for name, score, n in read if name in kinds}
        assert leaves
        for name, shown in leaves.items():
            metric, kind = kinds[name]
            real = tables.whole(metric=metric, branches=mine)
            if real is not None:
                true({name: shown}, {name: real}, **precision(kind))
        assert not seen.complaints


def test_an_interviewers_list_and_a_branchs_codes_are_as_long_as_the_tables(
    site: Site, chromium: Browser, tables: Tables
) -> None:
    waiting = tables.one(
        "select count(*) from call_task where status = 'waiting' and call_before > now()"
    )
    with looking(chromium, site, "interviewer") as (page, seen):
        visit(page, site, "/app/calls?lang=en")
        said = re.findall(r"(\d+) to call now, (\d+) later", page.locator("#main").inner_text())
        assert said
        assert sum(map(int, said[0])) == waiting
        assert not seen.complaints
    (code,) = tables.granted("branch_manager")
    points = tables.one(
        "select count(*) from qr_point p join unit u on u.id = p.branch_id where u.code = :code",
        code=code,
    )
    with looking(chromium, site, "branch_manager") as (page, seen):
        visit(page, site, "/app/points?lang=en")
        assert page.locator("a.bp-wait-row").count() == points
        assert not seen.complaints
