"""No page and no callback of the dashboard tells anything of another branch, in any byte.

Asks Dash itself which callbacks there are and calls each at every page's address of another
branch, as every role; later ones are covered by themselves. Then the same with the application's
own filter switched off: row-level security alone keeps foreign rows out.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from conftest import Office
from fastapi import FastAPI
from isolation import LIMITED, found_in, lasting_office, publish_tree, switch_the_filter_off
from two_regions import Branch, World, log_in_as, make_two_regions
from web import TestClient

from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.settings import Settings
from api.main import create_api
from dashboard.address import ROOT, Page

ORIGIN = {"origin": "http://testserver"}
RULES = (Path(__file__).parents[2] / "examples/rules/cars.toml").read_text(encoding="utf-8")
PERIOD = "from=2026-08-01&to=2026-11-16&metric=nps&lang=en"


@pytest.fixture(scope="module")
def office(playground: Database, migrated: Settings) -> Iterator[Office]:
    """One office for all tests of this file, since they only look."""
    with lasting_office(playground, migrated) as built:
        yield built


@pytest.fixture(scope="module")
def world(office: Office) -> World:
    world = make_two_regions(office)
    publish_tree(office, world)
    return world


@pytest.fixture(scope="module")
def app(office: Office) -> FastAPI:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Dash, while it sets itself up
        from dashboard.app import add_dashboard

        built = create_api(office.web)
        add_dashboard(built)
    return built


class Browser:
    """Somebody who is logged in, at an address of the dashboard."""

    def __init__(self, app: FastAPI, secret: str) -> None:
        self.http = TestClient(app, follow_redirects=False)
        self.http.cookies.set(SESSION_COOKIE, secret)

    def page(self, address: str) -> tuple[int, str]:
        """The page as the server sends it."""
        answer = self.http.get(address)
        headers = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        return answer.status_code, headers + answer.text

    def callbacks(self) -> list[dict[str, Any]]:
        """What Dash says of its callbacks; those of the browser itself are left out."""
        listed = self.http.get(f"{ROOT}_dash-dependencies").json()
        return [one for one in listed if one.get("clientside_function") is None]

    def call(self, one: dict[str, Any], address: str, branch: Branch) -> tuple[int, str]:
        """The answer of one callback at ``address``."""
        given = [_filled(part, address, branch) for part in one["inputs"]]
        outputs = [_place(part) for part in one["output"].strip(".").split("...")]
        body = {
            "output": one["output"],
            "outputs": outputs if one["output"].startswith("..") else outputs[0],
            "inputs": given,
            "state": [_filled(part, address, branch) for part in one["state"]],
            "changedPropIds": [f"{part['id']}.{part['property']}" for part in one["inputs"]],
        }
        answer = self.http.post(f"{ROOT}_dash-update-component", json=body, headers=ORIGIN)
        return answer.status_code, answer.text


def _place(named: str) -> dict[str, str]:
    where, _, what = named.rpartition(".")
    return {"id": where, "property": what.partition("@")[0]}


# What a component holds, by id and property or by property alone. Add yours here.
HOLDS: Mapping[str, Callable[[str, Branch], object]] = MappingProxyType(
    {
        "href": lambda address, _: f"http://testserver{address}",
        "pathname": lambda address, _: address.partition("?")[0],
        "search": lambda address, _: "?" + address.partition("?")[2],
        "n_clicks": lambda *_: 1,
        "n_intervals": lambda *_: 1,
        "theme.data": lambda *_: None,
        "version.data": lambda *_: None,
        "shown.data": lambda *_: {"version": -1, "pending": False},
        "period-from.value": lambda *_: "2026-08-01",
        "period-to.value": lambda *_: "2026-11-16",
        "more-voices.value": lambda *_: None,
        "league-grid.virtualRowData": lambda _, branch: [{"unit_code": branch.code}],
        "published-grid.virtualRowData": lambda _, branch: [{"unit_code": branch.code}],
        "publish-sure.value": lambda *_: "nps|2026-08-01|2026-11-17|network",
        "publish-bonus.value": lambda *_: False,
        "correct-reason.value": lambda *_: "a reason",
        "contest-send.value": lambda _, branch: f"answer-{branch.response}",
        "contest-reason.value": lambda *_: "other",
        "contest-note.value": lambda *_: "some words",
        "contest-file.contents": lambda *_: None,
        "contest-file.filename": lambda *_: None,
        "contest-withdraw.value": lambda _, branch: str(branch.contest),
        "contest-uphold.value": lambda _, branch: str(branch.contest),
        "contest-reject.value": lambda _, branch: str(branch.contest),
        "call-reveal.value": lambda _, branch: str(branch.invitation),
        "call-outcome.value": lambda *_: "busy",
        "call-day.value": lambda *_: "2026-11-19",
        "call-time.value": lambda *_: "10:00",
        "call-save.value": lambda _, branch: str(branch.invitation),
        "call-release.value": lambda *_: "Asia/Shanghai",
        "point-unit.value": lambda _, branch: branch.code,
        "point-kind.value": lambda *_: "qr",
        "point-about.value": lambda *_: "service car_service",
        "point-label.value": lambda *_: "x",
        "point-close.value": lambda _, branch: str(branch.point),
        "league-grid.rowData": lambda _, branch: [{"unit_code": branch.code}],
        "n_submit": lambda *_: 1,
        "seek.value": lambda _, branch: str(branch.event),
        "letter.data": lambda _, branch: {"id": str(branch.invitation)},
        "resend.value": lambda _, branch: str(branch.invitation),
        "letters-more.value": lambda *_: None,
        "reach-of.data": lambda *_: True,
        "segments-of.data": lambda *_: {"text": RULES},
        "rules-text.value": lambda *_: RULES,
        "indicators-sure.value": lambda *_: sha256(RULES.encode()).hexdigest(),
        "rules-sure.value": lambda *_: sha256(RULES.encode()).hexdigest(),
        "try-rules.value": lambda *_: "draft",
        "try-from.value": lambda *_: "2026-11-01",
        "try-to.value": lambda *_: "2026-11-16",
        "try-grid.virtualRowData": lambda _, branch: [{"unit_code": branch.code}],
    }
)


def _filled(part: dict[str, str], address: str, branch: Branch) -> dict[str, object]:
    held = HOLDS.get(f"{part['id']}.{part['property']}") or HOLDS.get(part["property"])
    value = held(address, branch) if held else None
    return {"id": part["id"], "property": part["property"], "value": value}


def addresses(branch: Branch) -> Iterator[str]:
    """Every page at that branch, by path and by query."""
    for page in Page:
        yield f"{ROOT}{page}/{branch.code}?{PERIOD}"
        yield f"{ROOT}{page}?unit={branch.code}&{PERIOD}"
    yield f"{ROOT}{Page.UNIT}/{branch.former_code}?{PERIOD}"
    yield f"{ROOT}{Page.PUBLISHED}/1?{PERIOD}"
    yield f"{ROOT}{Page.ASKING_EVENT}/{branch.event}?{PERIOD}"
    yield f"{ROOT}{Page.ASKING_CUSTOMER}/{branch.customer}?{PERIOD}"
    yield f"{ROOT}{Page.CONTESTS}/{branch.contest}?{PERIOD}"
    yield f"{ROOT}{Page.CONTESTS}/answer-{branch.response}?{PERIOD}"


def answers(browser: Browser, branch: Branch) -> Iterator[tuple[str, int, str]]:
    """Everything the dashboard sends to someone who asks for that branch.

    What makes pages is asked at every address, what changes a part of a page at some of them.
    """
    callbacks = browser.callbacks()
    pages = [one for one in callbacks if _makes_pages(one)]
    for address in addresses(branch):
        yield address, *browser.page(address)
        for one in pages:
            yield f"{one['output']} at {address}", *browser.call(one, address, branch)
    for page in (Page.UNIT, Page.LEAGUE, Page.ASKING):
        address = f"{ROOT}{page}/{branch.code}?{PERIOD}"
        for one in callbacks:
            if one not in pages:
                yield f"{one['output']} at {address}", *browser.call(one, address, branch)


def _makes_pages(one: dict[str, Any]) -> bool:
    return any(part["id"] == "address" for part in one["inputs"])


def test_every_component_that_a_callback_reads_is_known_to_these_tests(
    office: Office, world: World, app: FastAPI
) -> None:
    browser = Browser(app, log_in_as(office, "hq_admin"))
    listed = browser.callbacks()
    assert len(listed) >= 3
    for one in listed:
        for part in [*one["inputs"], *one["state"]]:
            name = f"{part['id']}.{part['property']}"
            assert name in HOLDS or part["property"] in HOLDS, (
                f"{one['output']} reads {name}: say in HOLDS what it may hold"
            )


@pytest.mark.parametrize("role", LIMITED)
def test_no_page_and_no_callback_tells_of_another_branch(
    office: Office, world: World, app: FastAPI, role: str
) -> None:
    browser = Browser(app, log_in_as(office, role))
    for branch in world.hidden_from(role)[-2:]:
        for asked, status, answer in answers(browser, branch):
            assert status < 500, f"{asked} fails for {role}: {answer[:500]}"
            for hidden in world.hidden_from(role):
                assert not found_in(answer, hidden.marks, asked), f"{asked} tells {role}"


@pytest.mark.parametrize("role", LIMITED)
def test_row_level_security_alone_keeps_foreign_rows_off_every_page(
    office: Office, world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    secret = log_in_as(office, role)
    switch_the_filter_off(monkeypatch)
    browser = Browser(app, secret)
    branch = world.hidden_from(role)[-1]
    for asked, status, answer in answers(browser, branch):
        assert status < 500, f"{asked} fails for {role}: {answer[:500]}"
        for hidden in world.hidden_from(role):
            assert not found_in(answer, hidden.data_marks, asked), f"{asked} tells {role}"


def test_with_the_database_opened_too_foreign_rows_come_through(
    office: Office, world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the switch works and that the marks would be found."""
    secret = log_in_as(office, "branch_manager")
    switch_the_filter_off(monkeypatch, really=True)
    browser = Browser(app, secret)
    branch = world.hidden_from("branch_manager")[0]
    shown = " ".join(answer for _, _, answer in answers(browser, branch))
    assert found_in(shown, branch.data_marks)


def test_headquarters_see_branches_and_their_comments(
    office: Office, world: World, app: FastAPI
) -> None:
    """Without this, the tests above could pass because nothing is ever shown."""
    browser = Browser(app, log_in_as(office, "hq_admin"))
    for branch in world.shown_to("owner_group_manager"):
        shown = " ".join(answer for _, _, answer in answers(browser, branch))
        assert found_in(shown, branch.unit_marks)
        assert branch.data_marks[0] in shown


def test_nobody_comes_in_without_a_session(office: Office, world: World, app: FastAPI) -> None:
    browser, known = Browser(app, "nobody"), Browser(app, log_in_as(office, "hq_admin"))
    branch = world.branches["north1"]
    for one in known.callbacks():
        assert browser.call(one, f"{ROOT}unit/{branch.code}", branch)[0] in (401, 303)
    for address in addresses(branch):
        status, answer = browser.page(address)
        assert status == 303
        assert re.search(r"location: /login\?next=", answer)
