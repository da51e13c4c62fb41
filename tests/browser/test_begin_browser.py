"""A page is asked for before Dash's scripts have run: once, for its own address and reader."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from dashboard_site import Site, log_in, looking, settled, until, visit
from playwright.sync_api import Browser, Page, Request, Route, expect

# Journey: it waits for nothing, whereas a league table without ranks asks again by itself.
RENDERER = "**/dash_renderer*.js"  # the script that asks whatever was not asked before
BEGIN = "**/assets/first/begin.js*"


@contextmanager
def pages_asked(page: Page) -> Iterator[list[Request]]:
    """Every question for a whole page that goes to the server."""
    asked: list[Request] = []

    def note(request: Request) -> None:
        if "_dash-update-component" in request.url and "main.children" in (request.post_data or ""):
            asked.append(request)

    page.on("request", note)
    yield asked
    page.remove_listener("request", note)


def href(request: Request) -> Any:
    """The address that a page is asked for."""
    return json.loads(request.post_data or "")["inputs"][0]["value"]


@pytest.mark.parametrize(
    "path", ["/app/", "/app/journey?metric=nps&lang=en", "/app/unit/R1?lang=zh#top", "/app/people"]
)
def test_a_page_is_asked_for_once_and_before_dash_has_begun(
    site: Site, chromium: Browser, path: str
) -> None:
    with looking(chromium, site, "hq_admin") as (page, seen), pages_asked(page) as asked:
        visit(page, site, path)
        assert [href(one) for one in asked] == [f"{site.address}{path}"]
        assert "endId" not in asked[0].url  # which every question of Dash itself has
        urls = [url.partition("?")[0].rpartition("/")[2] for url in seen.requests]
        assert not {"_dash-layout", "_dash-dependencies"} & set(urls)
        assert not seen.complaints


def test_what_is_chosen_afterwards_is_asked_of_the_server(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _), pages_asked(page) as asked:
        visit(page, site, f"/app/journey?lang=en&{site.days}")
        here = f"document.querySelector('h1').innerText === {page.locator('h1').inner_text()!r}"
        page.locator("a.bp-brand").click()
        until(page, f"!({here})")
        page.go_back()
        until(page, here)
        settled(page)
        assert len(asked) == 3
        assert all("endId" in one.url for one in asked[1:])


def test_an_answer_to_another_address_is_not_shown(site: Site, chromium: Browser) -> None:
    def elsewhere(route: Route) -> None:
        script = route.fetch().text()
        away = f"history.replaceState(null, '', '/app/overview?lang=en&{site.days}');"
        route.fulfill(body=away + script, content_type="text/javascript")

    with looking(chromium, site, "hq_admin") as (page, _), pages_asked(page) as asked:
        page.route(RENDERER, elsewhere)
        visit(page, site, f"/app/journey?lang=en&{site.days}")
        assert page.locator("h1").inner_text() == "Overview"
        assert ["/journey" in href(one) for one in asked] == [True, False]


def test_a_question_that_was_lost_is_asked_again(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _), pages_asked(page) as asked:
        page.route(
            "**/_dash-update-component*", lambda route: route.abort("connectionreset"), times=1
        )
        visit(page, site, f"/app/journey?lang=en&{site.days}")
        assert [href(one) for one in asked] == [page.url, page.url]


def test_who_is_logged_out_meanwhile_comes_to_the_log_in(site: Site, chromium: Browser) -> None:
    with looking(chromium, site, "hq_admin") as (page, _):
        page.context.clear_cookies()
        log_in(page.context, site, "hq_admin")

        def log_out(route: Route) -> None:
            page.context.clear_cookies()
            route.continue_()

        page.route(BEGIN, log_out)
        page.goto(f"{site.address}/app/journey?lang=en")
        page.wait_for_url("**/login?next=%2Fapp%2Fjourney*")


def test_the_theme_is_there_before_the_page_is_asked_for(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(color_scheme="dark")
    log_in(context, site, "hq_admin")
    page = context.new_page()
    with pages_asked(page) as asked:
        visit(page, site, "/app/overview?lang=en")
        assert "bp_theme=dark" in (asked[0].all_headers().get("cookie") or "")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    context.close()
