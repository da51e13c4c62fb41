"""A walk over every page of the dashboard, and what is looked at there.

Pages come from `dashboard.address.Page`, so that new ones are walked by themselves; what a page is
about (a unit, an event, a version) is looked up in the database. Of other roles than headquarters
the navigation and its tabs are walked.
"""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dashboard_site import PATIENCE_MS, Site, settled, until
from npm_members import Member
from PIL import Image
from playwright.sync_api import Page as Window
from sqlalchemy import text

from dashboard.address import ROOT, Page, read_address

AXE = Member(
    package="axe-core",
    version="4.14.1",
    path="package/axe.min.js",
    sha256="29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
    kept_as="axe.min.js",
)
MAX_BYTES, MAX_HEIGHT = 150_000, 3_600
# What pages are about that is no unit; a page that is not named here is opened without.
SUBJECTS: Mapping[Page, str] = MappingProxyType(
    {
        Page.ASKING_EVENT: "select e.id from event e join invitation i on i.event_id = e.id "
        "order by i.planned_at desc limit 1",
        Page.ASKING_CUSTOMER: "select person_id from invitation order by planned_at desc limit 1",
        Page.RULES: "select max(version) from rule_set_version",
        Page.INDICATORS_VERSION: "select max(version) from indicator_version",
        Page.PUBLISHED: "select max(number) from published_table",
        Page.CONTESTS: "select id from contest where state = 'open' limit 1",
        Page.RESPONSE: "select response_id from answer where text is not null "
        "order by occurred_on desc limit 1",
        Page.REPORT_ORDER: "select id from report_order limit 1",
        Page.PEOPLE: "select id from account order by name limit 1",
        Page.TICKET: "select number from ticket where named order by due_at, number limit 1",
        Page.LOOP_RULES: "select max(version) from loop_version",
        Page.PLANS: "select id from action_plan order by created_at limit 1",
    }
)
WITH_A_FORM = (Page.TICKET, Page.PLANS)  # for a new one
AT_A_BRANCH = (
    *(Page.UNIT, Page.WHY, Page.NETWORK, Page.VOICES),
    *(Page.TODAY, Page.STANDING, Page.IMPROVE, Page.TEAM),
)


@dataclass(frozen=True)
class Stop:
    """A page on the way."""

    name: str
    path: str


def stops(site: Site) -> list[Stop]:
    """Every page there is, as headquarters open it, and one that is not there."""
    branch, found = _branch(site), []
    for page in Page:
        bare = f"{ROOT}{page}"
        name = page.replace("/", "-") or "home"
        probe = read_address(f"{bare}/x", "")
        if read_address(bare, "").page is not Page.MISSING or page is Page.MISSING:
            found.append(Stop(name, bare))
        if probe.unit is not None and page in AT_A_BRANCH:
            found.append(Stop(f"{name}-one", f"{bare}/{branch}"))
        about = _subject(site, page)
        if probe.subject is not None and about is not None:
            found.append(Stop(f"{name}-one", f"{bare}/{about}"))
        if page in WITH_A_FORM:
            found.append(Stop(f"{name}-new", f"{bare}/new"))
    return found


def _branch(site: Site) -> str:
    """The branch with the most comments: its pages have the most to show, and it does not cheat."""
    query = (
        "select code from unit where kind = 'branch' order by "
        "(select count(text) from answer where branch_id = unit.id) desc, code limit 1"
    )
    return str(_first(site, query))


def _subject(site: Site, page: Page) -> object | None:
    query = SUBJECTS.get(page)
    return None if query is None else _first(site, query)


def _first(site: Site, query: str) -> object | None:
    with site.office.owner.connection() as connection:
        return connection.execute(text(query)).scalar()


def linked(window: Window, site: Site, query: str) -> Iterator[Stop]:
    """What the navigation leads to, and the tabs of each page of it; where one is comes first."""
    seen: set[str] = set()
    waiting = [window.url.removeprefix(site.address).partition("?")[0]]
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        yield Stop(path.removeprefix(ROOT).partition("/")[0] or "home", f"{path}?{query}")
        links = window.locator(".bp-nav a, .bp-tabs a")
        hrefs = links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
        waiting += [href.partition("?")[0] for href in hrefs]


def walk_to(window: Window, path: str) -> None:
    """Opens another page within the application, as its links do, and waits until it is there."""
    with window.expect_response(_makes_the_page, timeout=PATIENCE_MS):
        window.evaluate(
            "path => { history.pushState({}, '', path);"
            " dispatchEvent(new PopStateEvent('popstate')); }",
            path,
        )
    settled(window)
    _drawn(window)


def _makes_the_page(response: Any) -> bool:
    return "frame.children" in (response.request.post_data or "")


def _drawn(window: Window) -> None:
    """Waits until figures and tables stand and nothing moves."""
    until(
        window,
        "[...document.querySelectorAll('#main .dash-graph')].every("
        "graph => graph.querySelector('.main-svg'))"
        " && [...document.querySelectorAll('#main .ag-root-wrapper')].every("
        "grid => grid.querySelector('.ag-row, .ag-overlay-no-rows-center'))",
    )


def shown_in(window: Window, theme: str) -> None:
    """Light or dark, as the button does it."""
    now = "document.documentElement.getAttribute('data-bs-theme')"
    if window.evaluate(now) != theme:
        with window.expect_response(_makes_the_page, timeout=PATIENCE_MS):
            window.click("#theme-button")
        settled(window)
        _drawn(window)


def violations(window: Window, *rules: str) -> list[str]:
    """What axe-core calls serious or critical on the page as it stands; all of its rules or some.

    The window must not be the log-in page, whose content policy is another matter.
    """
    if not window.evaluate("typeof window.axe === 'object'"):
        window.evaluate(AXE.read().decode() + ";0")
    options: dict[str, Any] = {"resultTypes": ["violations"], "elementRef": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = window.evaluate("options => axe.run(document, options)", options)
    return [
        f"{one['id']} ({one['impact']}): {_where(node)}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def _where(node: dict[str, Any]) -> str:
    said = [one["message"] for one in [*node["any"], *node["all"], *node["none"]]][:1]
    return json.dumps([node["target"], node["html"][:160], *said], ensure_ascii=False)


def take_picture(window: Window, path: Path) -> None:
    """The whole page as a PNG of at most 150 KB: fewer colours, then fewer pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(window.screenshot(full_page=True))).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, MAX_HEIGHT)))
    for colours in (128, 64, 32):
        written = _png(picture, colours)
        if len(written) <= MAX_BYTES:
            break
    while len(written) > MAX_BYTES:
        picture = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))
        written = _png(picture, 64)
    path.write_bytes(written)


def _png(picture: Image.Image, colours: int) -> bytes:
    held = io.BytesIO()
    small = picture.quantize(colours, dither=Image.Dither.NONE)
    small.save(held, "PNG", optimize=True)
    return held.getvalue()
