"""Every page as each kind of reader: usable without sight or mouse, and asking nobody but us.

One walk holds each page to axe-core, in light and in dark, sees that nothing sticks out and takes
a picture. CI walks in one language, width and theme, which change with the day;
`make screenshots` (a part of `make soak`) walks in all. Chromium's own log of the network says
whom it asked.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dashboard_site import Seen, Site, another, looking, running_site, until, visit
from found_tickets import find_tickets
from npm_members import NotToBeHad
from playwright.sync_api import Browser, Page
from sqlalchemy import text
from tour import AXE, Stop, linked, shown_in, stops, take_picture, violations, walk_to

from api.core.settings import Settings
from api.demo.people import Login
from api.insights.league_store import compute_requested
from api.insights.warnings.keeping import keep_warnings

LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
WIDTHS, THEMES = (1440, 390), ("light", "dark")
PARTS = 3  # in which headquarters' long way is walked, so that processes can share it
READERS = [
    *(("hq_admin", part) for part in range(PARTS)),
    ("branch_manager", 0),
    ("interviewer", 0),
]
# Nothing moves, and no room is kept for a scroll bar that a picture does not show.
STILL = "* { transition: none !important } html { scrollbar-gutter: auto !important }"
_COLOURS = "theme => document.documentElement.setAttribute('data-bs-theme', theme)"
PICTURES = Path(os.environ.get("BRANCHPULSE_PICTURES", ".artifacts/screenshots"))


@dataclass(frozen=True)
class Variant:
    """How a walk looks at pages."""

    language: str
    width: int
    theme: str

    def __str__(self) -> str:
        return f"{self.language}-{self.width}-{self.theme}"


def of_today() -> Variant:
    """Each day another of eight."""
    day = datetime.now(UTC).date().toordinal()
    return ALL[day % len(ALL)]


ALL = [
    Variant(language, width, theme)
    for width in WIDTHS
    for theme in THEMES
    for language in LANGUAGES
]


@pytest.fixture(scope="module", autouse=True)
def _axe() -> None:
    try:
        AXE.read()
    except NotToBeHad as error:
        pytest.skip(f"axe-core is not to be had: {error}")


_CONTESTS = text(
    """
    insert into contest (id, response_id, branch_id, occurred_on, state, reason, note, raised_by,
        raised_at, decided_by, decided_at, decision_note)
    select gen_random_uuid(), r.id, r.branch_id, r.occurred_on, r.state, r.reason,
        '工单显示客户当天不在本店。', r.account_id, r.submitted_at + interval '1 hour',
        case r.state when 'rejected' then office.id end,
        case r.state when 'rejected' then r.submitted_at + interval '1 day' end,
        case r.state when 'rejected' then '工单与答卷一致。' end
    from (
        select response.*, account_id,
            case row_number() over newest when 2 then 'rejected' else 'open' end as state,
            case row_number() over newest when 2 then 'misread_scale' else 'wrong_branch' end
                as reason, row_number() over newest as place
        from response join access_grant on unit_id = branch_id and role = 'branch_manager'
        window newest as (order by submitted_at desc)
    ) r
    cross join (select id from account where name = 'Admin') office
    where r.place <= 2
    """
)

# A stopped pack of headquarters: one file is there, one failed.
_REPORTS = (
    text(
        """
        insert into report_order (id, account_id, unit_id, pack, period_from, period_to, language,
            formats, status, items, created_at, finished_at)
        select gen_random_uuid(), a.id, u.id, true, '2026-08-03', '2026-11-01', 'zh', '{pdf}',
            'cancelled', 3, now(), now()
        from account a join unit u on u.kind = 'network' where a.name = 'Admin'
        """
    ),
    text(
        """
        insert into report_item (id, order_id, unit_id, branches, format, status, attempts,
            done_at, file_name, content, failure)
        select gen_random_uuid(), o.id, u.id, array[u.id], 'pdf',
            (array['done', 'failed', 'cancelled'])[u.place], 1,
            case u.place when 1 then now() end, case u.place when 1 then 'report.pdf' end,
            case u.place when 1 then '%PDF'::bytea end, case u.place when 2 then 'broken' end
        from report_order o
        join (select id, row_number() over (order by code) as place from unit
            where kind = 'branch') u on u.place <= o.items
        """
    ),
)


@pytest.fixture(scope="module")
def site(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """A copy in which warnings are counted and answers contested, so that every page has a say."""
    with running_site(demo_template, admin_url) as running:
        keep_warnings(running.office.worker.database, running.last)
        with running.office.owner.connection() as connection:
            connection.execute(_CONTESTS)
            for made in _REPORTS:
                connection.execute(made)
        find_tickets(running.office)
        yield running


@contextmanager
def logged(chromium: Browser, log: Path, site: Site, told: list[str]) -> Iterator[Browser]:
    """A Chromium that writes down everything it asks the network; ``told`` gets the hosts."""
    with another(chromium, f"--log-net-log={log}", "--net-log-capture-mode=Everything") as browser:
        yield browser
    asked, ours = hosts_asked(log), urlsplit(site.address).netloc
    told += sorted(asked - {ours})


def hosts_asked(log: Path) -> set[str]:
    """Every host with its port that a page asked for anything, by a log of Chromium's network.

    What Chromium asks for itself (its updates, its account) has no page that began it.
    """
    written = json.loads(log.read_text(encoding="utf-8"))
    started = written["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked = [event.get("params", {}) for event in written["events"] if event["type"] == started]
    urls = [one["url"] for one in asked if one.get("initiator", "not an origin") != "not an origin"]
    return {urlsplit(url).netloc for url in urls if urlsplit(url).scheme not in ("data", "blob")}


def look_at(page: Page, stop: Stop, variant: Variant, folder: Path) -> list[str]:
    """What is wrong with a page: in its theme and width, and with the other theme's colours."""
    found = violations(page)
    if page.evaluate("document.documentElement.scrollWidth") > variant.width:
        found.append(f"sticks out at {variant.width}")
    take_picture(page, folder / str(variant) / f"{stop.name}.png")
    other = next(theme for theme in THEMES if theme != variant.theme)
    page.evaluate(_COLOURS, other)
    found += [f"{other}: {one}" for one in violations(page, "color-contrast")]
    page.evaluate(_COLOURS, variant.theme)
    return found


def walk(
    browser: Browser, site: Site, reader: tuple[str, int], variant: Variant
) -> dict[str, list[str]]:
    """Each page's faults, by its name."""
    role, part = reader
    faults: dict[str, list[str]] = {}
    query = f"lang={variant.language}&{site.days}"
    language = LANGUAGES[variant.language]
    (PICTURES / role).mkdir(parents=True, exist_ok=True)
    with looking(browser, site, role, width=variant.width, language=language) as (page, seen):
        visit(page, site, "/app/")
        shown_in(page, variant.theme)
        page.add_style_tag(content=STILL)
        way = stops(site)[part::PARTS] if role == "hq_admin" else linked(page, site, query)
        for stop in way:
            walk_to(page, f"{stop.path.partition('?')[0]}?{query}")
            compute_requested(site.office.worker.database)
            until(page, "!document.querySelector('#main .bp-pending')")
            found = look_at(page, stop, variant, PICTURES / role)
            faults[stop.name] = [*found, *complaints(seen)]
            (PICTURES / role / f"{variant}-{part}.txt").write_text(report(faults), encoding="utf-8")
    return faults


def complaints(seen: Seen) -> list[str]:
    """What the browser complained of since it was asked last."""
    said = [f"browser: {one}" for one in seen.complaints]
    seen.complaints.clear()
    return said


def report(faults: dict[str, list[str]]) -> str:
    """All faults, one a line."""
    return "\n".join(f"{name}: {one}" for name, found in faults.items() for one in found)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: "-".join(map(str, reader)))
def test_every_page_is_usable_by_everybody_and_asks_nobody_else(
    site: Site, chromium: Browser, tmp_path: Path, reader: tuple[str, int]
) -> None:
    foreign: list[str] = []
    with logged(chromium, tmp_path / "log.json", site, foreign) as browser:
        faults = walk(browser, site, reader, of_today())
    assert len(faults) >= (20 // PARTS if reader[0] == "hq_admin" else 1)
    assert not report(faults), "\n" + report(faults)
    assert not foreign


@pytest.mark.soak
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: "-".join(map(str, reader)))
@pytest.mark.parametrize("variant", ALL, ids=str)
def test_every_page_in_every_variant(
    site: Site, chromium: Browser, tmp_path: Path, reader: tuple[str, int], variant: Variant
) -> None:
    foreign: list[str] = []
    with logged(chromium, tmp_path / "log.json", site, foreign) as browser:
        faults = walk(browser, site, reader, variant)
    assert not report(faults), "\n" + report(faults)
    assert not foreign


def test_a_request_to_another_host_would_stand_in_the_log(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    """Without this, the log could be of nothing."""
    foreign: list[str] = []
    with logged(chromium, tmp_path / "log.json", site, foreign) as browser:
        page = browser.new_page()
        page.goto(f"{site.address}/healthz")
        page.evaluate("fetch('http://127.0.0.2:9/').catch(() => null)")
    assert foreign == ["127.0.0.2:9"]


def test_a_page_with_faults_would_be_told(site: Site, chromium: Browser) -> None:
    """Without this, axe-core could have looked at nothing."""
    with looking(chromium, site, "hq_admin") as (page, _):
        visit(page, site, "/app/enough?lang=en")
        page.evaluate(
            "document.querySelector('#main').insertAdjacentHTML('beforeend',"
            " '<button></button><p style=\"color: #eee; background: #fff\">words</p>')"
        )
        told = "\n".join(violations(page))
        assert "button-name" in told
        assert "color-contrast" in told


_STEP = """() => {
  const now = document.activeElement;
  if (!now || now === document.body) { return null; }
  const style = getComputedStyle(now), again = now.dataset.walked === '1';
  now.dataset.walked = '1';
  return {again, seen: style.outlineStyle !== 'none' || style.boxShadow !== 'none',
          html: now.outerHTML.slice(0, 120)};
}"""
_MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, summary')]
  .filter(one => one.offsetParent && one.tabIndex >= 0 && !one.disabled && !one.dataset.walked
      && !one.closest('details:not([open]) > :not(summary)'))
  .map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(("role", "path"), [("hq_admin", "overview"), ("branch_manager", "")])
def test_the_keyboard_reaches_everything_and_one_sees_where_one_is(
    site: Site, chromium: Browser, role: str, path: str
) -> None:
    with looking(chromium, site, role) as (page, _):
        visit(page, site, f"/app/{path}?lang=en&{site.days}")
        unseen: list[str] = []
        for _ in range(400):
            page.keyboard.press("Tab")
            step = page.evaluate(_STEP)
            if step is None or step["again"]:
                break
            unseen += [] if step["seen"] else [step["html"]]
        assert not unseen
        assert not page.evaluate(_MISSED)
        page.locator("summary[title=Language]").focus()
        page.keyboard.press("Enter")
        assert page.locator("details[open] > summary[title=Language]").count() == 1
        page.keyboard.press("Escape")
        assert page.locator("details[open]").count() == 0
