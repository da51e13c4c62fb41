"""A real installation with a small made-up network, its real web process, and a real Chromium.

Its fixtures are for all tests (`tests/conftest.py` names it): one Chromium, and two running copies
of the network. `site` is only looked at. On `worked_site` tests write, each in a corner of its own,
and none relies on what others left. Who changes answers or counts runs an own copy.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from conftest import Office, new_database, open_office
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import text
from sqlalchemy.engine import make_url

from api.boundary.visits import SESSION_COOKIE
from api.core.bench import web_process
from api.core.settings import Settings
from api.demo.people import Login

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Seen:
    """What a page asked for and complained of, while it was looked at."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    bodies: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Site:
    """The running installation: its address, its tables, and who may log in."""

    address: str
    office: Office
    logins: dict[str, Login]
    first: date
    last: date
    sessions: dict[str, str] = field(default_factory=dict)  # by role, of who logged in already

    @property
    def days(self) -> str:
        """The whole time that there are answers of, as a part of an address."""
        return f"from={self.first}&to={self.last}"


def own_code(site: Site) -> str:
    """The branch of the branch manager."""
    query = text(
        "select u.code from access_grant g join unit u on u.id = g.unit_id "
        "where g.role = 'branch_manager' order by g.id limit 1"
    )
    with site.office.owner.connection() as connection:
        return str(connection.execute(query).scalar_one())


def _answered_days(office: Office) -> tuple[date, date]:
    with office.owner.connection() as connection:
        first, last = connection.execute(
            text("select min(occurred_on), max(occurred_on) from answer where metric = 'nps'")
        ).one()
    return first - timedelta(days=first.weekday()), last


@contextmanager
def running_site(demo: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """A copy of the made-up network, served by a process of its own."""
    made, logins = demo
    assert made.admin_database_url is not None
    template = make_url(made.admin_database_url.get_secret_value()).database
    assert template is not None
    with (
        new_database(admin_url, template) as url,
        open_office(url, made.home) as office,
        web_process(office.settings) as address,
    ):
        by_role = {login.role: login for login in reversed(logins)}
        yield Site(address, office, by_role, *_answered_days(office))


@contextmanager
def headless() -> Iterator[Browser]:
    """A Chromium: ``$CHROMIUM``, the one on the PATH, or Playwright's own; one in a process."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=named, args=_options())
        yield browser
        browser.close()


@contextmanager
def another(chromium: Browser, *further: str) -> Iterator[Browser]:
    """One more Chromium, with options of its own."""
    kind = chromium.browser_type
    named = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = kind.launch(executable_path=named, args=[*_options(), *further])
    yield browser
    browser.close()


def _options() -> list[str]:
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser; every test opens windows of its own."""
    with headless() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """The made-up network, running, for those who only look."""
    with running_site(demo_template, admin_url) as running:
        yield running


@pytest.fixture(scope="session")
def worked_site(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Site]:
    """The made-up network, running, for those who write."""
    with running_site(demo_template, admin_url) as running:
        yield running


@contextmanager
def looking(
    chromium: Browser, site: Site, role: str, *, width: int = 1440, language: str = "en-US"
) -> Iterator[tuple[Page, Seen]]:
    """A window of someone with ``role`` who is logged in; nothing is opened yet."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        locale=language,
        accept_downloads=True,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    if role in site.sessions:
        context.add_cookies(
            [{"name": SESSION_COOKIE, "value": site.sessions[role], "url": site.address}]
        )
    else:
        site.sessions[role] = log_in(context, site, role)
    page, seen = context.new_page(), Seen()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on(
        "console",
        lambda said: seen.complaints.append(said.text) if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    try:
        yield page, seen
    finally:
        context.close()


def log_in(context: BrowserContext, site: Site, role: str) -> str:
    """Sends the form of the log-in page; the secret of the new session."""
    sent = {"identifier": site.logins[role].email, "password": site.logins[role].password}
    answer = context.request.post(
        f"{site.address}/login", form=sent, headers={"origin": site.address}, max_redirects=0
    )
    assert answer.status == 303, answer.text()
    (secret,) = (one["value"] for one in context.cookies() if one["name"] == SESSION_COOKIE)
    return secret


def visit(page: Page, site: Site, path: str) -> None:
    """Opens an address of the dashboard and waits until its numbers are there."""
    page.goto(f"{site.address}{path}")
    settled(page)


def settled(page: Page) -> None:
    """Waits until the skeleton gave way to the page, and nothing is loading."""
    page.wait_for_selector("#main .bp-card:not(:has(.bp-skeleton))")
    page.wait_for_selector("#frame h1")
    until(page, "document.querySelectorAll('[data-dash-is-loading]').length === 0")


def until(page: Page, condition: str) -> None:
    """Waits until a JavaScript expression is true (Playwright's own way needs unsafe-eval)."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(50)
