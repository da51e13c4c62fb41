"""What a reader sees of the league table in a real Chromium: first row, filter, bytes.

Cold is a browser that has nothing of ours, warm one that has seen the page once before; both have
a profile on disk as people's browsers do, since a private window compiles every script anew.
Playwright drives it: a tool of developers, which `make test` brings.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from api.boundary.visits import SESSION_COOKIE
from api.core.terminal import stop

try:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        Page,
        ViewportSize,
        sync_playwright,
    )
except ImportError:
    stop("bench pages drives Chromium by Playwright, which `make test` installs")

_FIRST_ROW = """
(() => {
  const look = () => {
    const cell = document.querySelector('.ag-center-cols-container .ag-row .ag-cell');
    if (cell && cell.innerText) { window.bpFirstRow = performance.now(); return; }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()
"""
# From the click on a touchpoint until other numbers stand in the rows.
_FILTERED = """
wanted => new Promise(done => {
  const rows = () => [...document.querySelectorAll('.ag-center-cols-container .ag-row')]
      .slice(0, 20).map(row => row.innerText).join('|');
  const links = [...document.querySelectorAll('a[href*="/league"]')];
  const link = links.find(one => wanted
      ? new URL(one.href).searchParams.get('touchpoint') === wanted
      : !new URL(one.href).searchParams.has('touchpoint') && one.closest('.bp-menu'));
  const before = rows(), from = performance.now();
  const look = () => {
    const now = rows();
    if (now && now !== before) { done(performance.now() - from); return; }
    if (performance.now() - from > 20000) { done(null); return; }
    requestAnimationFrame(look);
  };
  link.click();
  requestAnimationFrame(look);
})
"""
_WINDOW: ViewportSize = {"width": 1440, "height": 900}
_AFTERWARDS = 1_000
_PATIENCE = 30


def _options() -> dict[str, Any]:
    """``$CHROMIUM``, the one on the PATH, or Playwright's own."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium")
    return {"executable_path": named, "args": ["--no-sandbox"] if os.geteuid() == 0 else []}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for private windows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**_options())
        yield browser
        browser.close()


@contextmanager
def signed_in(browser: Browser, address: str, secret: str) -> Iterator[BrowserContext]:
    """A private window of a reader."""
    context = browser.new_context(viewport=_WINDOW)
    _enter(context, address, secret)
    yield context
    context.close()


@contextmanager
def at_home(browser: Browser, address: str, secret: str) -> Iterator[BrowserContext]:
    """A reader's own browser, with a profile on disk that is new."""
    with TemporaryDirectory() as profile:
        kind = browser.browser_type
        context = kind.launch_persistent_context(profile, viewport=_WINDOW, **_options())
        _enter(context, address, secret)
        yield context
        context.close()


def _enter(context: BrowserContext, address: str, secret: str) -> None:
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
    context.add_init_script(_FIRST_ROW)


def first_row_ms(context: BrowserContext, url: str) -> tuple[float, float]:
    """Milliseconds from the start of the navigation to the first row, and bytes on the wire."""
    page = context.new_page()
    received = _counting(page)
    page.goto(url)
    seen = _once(page, "window.bpFirstRow")
    page.wait_for_timeout(_AFTERWARDS)  # what is fetched late counts too
    page.close()
    return seen, float(received[0])


def _counting(page: Page) -> list[int]:
    """A place that holds how many bytes came over the wire for ``page``, headers included."""
    received = [0]
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def add(finished: Any) -> None:
        received[0] += int(finished["encodedDataLength"])

    session.on("Network.loadingFinished", add)
    return received


def filter_ms(page: Page, touchpoint: str | None) -> float:
    """Milliseconds from a click on a touchpoint to its rows."""
    taken = page.evaluate(_FILTERED, touchpoint)
    if taken is None:
        raise RuntimeError(f"touchpoint {touchpoint}: no other rows within 20 s")
    return float(taken)


def open_facts(context: BrowserContext, url: str) -> Page:
    """A page with the chips that tell how many answered."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".bp-facts")
    return page


def seconds_until_told(pages: Mapping[str, Page], happen: Callable[[], None]) -> dict[str, float]:
    """After how many seconds each open page tells other facts, once something has happened."""
    before = {name: page.inner_text(".bp-facts") for name, page in pages.items()}
    told: dict[str, float] = {}
    happen()
    began = time.monotonic()
    while len(told) < len(pages):
        for name, page in pages.items():
            if name not in told and page.inner_text(".bp-facts") != before[name]:
                told[name] = time.monotonic() - began
        if time.monotonic() - began > _PATIENCE:
            raise RuntimeError(f"no new answer within {_PATIENCE} s: {pages.keys() - told.keys()}")
    return told


def opened(context: BrowserContext, url: str) -> Page:
    """The page with its rows."""
    page = context.new_page()
    page.goto(url)
    _once(page, "window.bpFirstRow")
    return page


def _once(page: Page, expression: str) -> float:
    for _ in range(1_200):
        found = page.evaluate(expression)
        if found:
            return float(found)
        page.wait_for_timeout(25)
    raise RuntimeError("no row within 30 s")
