"""No page and no callback of the dashboard tells anything of another branch, in any byte.

Asks Dash itself which callbacks there are and calls each at every page's address of another
branch, as every role; later ones are covered by themselves. Then the same with the application's
own filter switched off: row-level security alone keeps foreign rows out.
"""

import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from alert_rows import mute_of
from anyio.from_thread import BlockingPortal, start_blocking_portal
from conftest import Office
from fastapi import FastAPI
from isolation import LIMITED, found_in, lasting_office, publish_tree, switch_the_filter_off
from plan_rows import plan_of, step_of
from report_rows import order_of
from sqlalchemy import text
from ticket_rows import number_of
from two_regions import Branch, World, log_in_as, make_two_regions

from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.settings import Settings
from api.main import create_api
from dashboard.address import ROOT, Address, Page, read_address
from dashboard.data.told import ROWS
from dashboard.text_callbacks import TEXTS

RULES = (Path(__file__).parents[2] / "examples/rules/cars.toml").read_text(encoding="utf-8")
Answer = tuple[str, int, str]  # what was asked, status, body
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


@dataclass(frozen=True)
class Served:
    """The application in this process, on one event loop for all tests of this file."""

    app: FastAPI
    loop: BlockingPortal


@pytest.fixture(scope="module")
def app(office: Office) -> Iterator[Served]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Dash, while it sets itself up
        from dashboard.app import add_dashboard

        built = create_api(office.web)
        add_dashboard(built)
    with start_blocking_portal() as loop:
        yield Served(built, loop)


class Browser:
    """Somebody who is logged in, at an address of the dashboard."""

    def __init__(self, app: Served, secret: str) -> None:
        self.loop = app.loop
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app.app),
            base_url="http://testserver",
            cookies={SESSION_COOKIE: secret},
            headers={"accept-encoding": "identity"},  # nobody has to pack it and unpack it
            trust_env=False,
        )

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """The answer to one request; redirects are not followed."""
        written = None if body is None else json.dumps(body)
        headers = {"origin": "http://testserver", "content-type": "application/json"}

        async def asked() -> httpx.Response:
            return await self.http.request(method, path, content=written, headers=headers)

        return self.loop.call(asked)

    def page(self, address: str) -> tuple[int, str]:
        """The page as the server sends it."""
        answer = self.ask("GET", address)
        headers = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        return answer.status_code, headers + answer.text

    def callbacks(self) -> list[dict[str, Any]]:
        """What Dash says of its callbacks; those of the browser itself are left out."""
        listed = self.ask("GET", f"{ROOT}_dash-dependencies").json()
        return [one for one in listed if one.get("clientside_function") is None]

    def call(
        self, one: dict[str, Any], address: str, branch: Branch, *, wanted: object = None
    ) -> tuple[int, str]:
        """The answer of one callback at ``address``; ``wanted`` is the file that is asked for."""
        given = [_filled(part, address, branch) for part in one["inputs"]]
        for part in given if wanted is not None else ():
            if part["id"] == "table-wanted":
                part["value"] = wanted
        outputs = [_place(part) for part in one["output"].strip(".").split("...")]
        body = {
            "output": one["output"],
            "outputs": outputs if one["output"].startswith("..") else outputs[0],
            "inputs": given,
            "state": [_filled(part, address, branch) for part in one["state"]],
            "changedPropIds": [f"{part['id']}.{part['property']}" for part in one["inputs"]],
        }
        answer = self.ask("POST", f"{ROOT}_dash-update-component", body)
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
        "shown.data": lambda *_: {"version": -1, "pending": False, "grid": ""},
        "period-wanted.data": lambda *_: {"first": "2026-08-01", "last": "2026-11-16"},
        "more-voices.value": lambda *_: None,
        "voices-search.value": lambda *_: "comment",
        "table-wanted.data": lambda _, branch: {
            "grid": "league-grid",
            "format": "csv",
            "rows": [branch.code],
            "columns": ["unit_code", "unit_name", "score", "n"],
        },
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
        "subscription-act.data": lambda *_: {"act": "send", "about": "usual-1"},
        "subscription-kind.value": lambda *_: "report",
        "subscription-unit.value": lambda _, branch: branch.code,
        "subscription-language.value": lambda *_: "en",
        "subscription-day.value": lambda *_: "0",
        "subscription-at.value": lambda *_: "08:00",
        "subscription-zone.value": lambda *_: "",
        "subscription-ways.value": lambda *_: ["email"],
        "subscription-formats.value": lambda *_: ["pdf"],
        "subscription-weeks.value": lambda *_: None,
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
        "rules-sure.value": lambda *_: sha256(RULES.encode()).hexdigest(),
        "try-rules.value": lambda *_: "draft",
        "try-from.value": lambda *_: "2026-11-01",
        "compare-unit.value": lambda _, branch: branch.code,
        "try-to.value": lambda *_: "2026-11-16",
        "people-sought.value": lambda *_: "x",
        "person-role.value": lambda *_: "branch_staff",
        "person-place.value": lambda _, branch: branch.code,
        "person-from.value": lambda *_: None,
        "person-until.value": lambda *_: None,
        "person-grant.value": lambda *_: "{}",
        "person-sure.value": lambda _, branch: f"end {branch.grant}",
        "invite-name.value": lambda *_: "somebody",
        "invite-language.value": lambda *_: "en",
        "invite-email.value": lambda *_: None,
        "invite-phone.value": lambda *_: None,
        "invite-staff.value": lambda *_: "77",
        "invite-sure.value": lambda *_: "{}",
        "account-name.value": lambda *_: "somebody",
        "account-language.value": lambda *_: "en",
        "account-email.value": lambda *_: None,
        "account-phone.value": lambda *_: None,
        "account-staff.value": lambda *_: "78",
        "account-sure.value": lambda *_: '{"name": "x", "language": "en", "staff_number": "79"}',
        "report-formats.value": lambda *_: ["pdf"],
        "report-language.value": lambda *_: "en",
        "report-pack.value": lambda *_: "one",
        "report-now.data": lambda *_: {"act": "order", "about": ""},
        "report-act.data": lambda _, branch: {
            "act": "cancel",
            "about": str(order_of(branch.unit_id)),
        },
        "units-on.value": lambda *_: "2026-10-01",
        "units-file.filename": lambda *_: "units.csv",
        "units-file.contents": lambda *_: "data:text/csv;base64,Y29kZSxraW5kCg==",
        "units-mapping.filename": lambda *_: None,
        "units-mapping.contents": lambda *_: None,
        "units-sure.value": lambda *_: "0",
        "plan-start.value": lambda *_: "nps",
        "plan-unit.value": lambda _, branch: branch.code,
        "plan-driver.value": lambda *_: "nps",
        "plan-place.value": lambda *_: None,
        "plan-title.value": lambda *_: "some words",
        "plan-from.value": lambda *_: "2026-11-02",
        "plan-key.data": lambda _, branch: f"{plan_of(branch.unit_id)} 1",
        "plan-act.data": lambda _, branch: {"act": "tick", "about": str(step_of(branch.unit_id))},
        "plan-what.value": lambda *_: "some words",
        "plan-due.value": lambda *_: "2026-12-01",
        "plan-owner.value": lambda *_: None,
        "plan-lesson.value": lambda *_: "some words",
        "ticket-do.value": lambda _, branch: f"acknowledge::{number_of(branch.unit_id)}:1",
        "ticket-note.value": lambda *_: "some words",
        "ticket-pick.value": lambda _, branch: branch.code,
        "ticket-file.contents": lambda *_: None,
        "ticket-file.filename": lambda *_: None,
        "opening-weigh.value": lambda *_: "",
        "opening-unit.value": lambda _, branch: branch.code,
        "opening-said.value": lambda *_: "some words",
        "opening-severity.value": lambda *_: "2",
        "opening-name.value": lambda *_: "Chen",
        "opening-reach.value": lambda *_: "199 0000 4321",
        "opening-sure.value": lambda _, branch: (
            f'{branch.response} - {{"response": "{branch.response}", "severity": 2}}'
        ),
        "row-act.data": lambda _, branch: {"act": f"unmute {mute_of(branch.unit_id)}"},
        "mute-unit.value": lambda _, branch: branch.code,
        "mute-rule.value": lambda *_: "*",
        "mute-days.value": lambda *_: "1",
        "mute-reason.value": lambda *_: "some words",
        **{f"{row}.value": lambda *_: ["email"] for row in ROWS.values()},
        "quiet.value": lambda *_: True,
        "quiet-from.value": lambda *_: "21:00",
        "quiet-until.value": lambda *_: "08:00",
        "wecom.value": lambda *_: None,
        "away-from.value": lambda *_: "2026-11-20",
        "away-until.value": lambda *_: "2026-11-21",
        "away-deputy.value": lambda _, branch: str(branch.account),
        "view-act.data": lambda _, branch: {"act": "delete", "view": str(branch.response)},
        "view-name.value": lambda *_: "a view",
        "view-rename.value": lambda *_: "another name",
        "view-renamed.value": lambda _, branch: str(branch.response),
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
    yield f"{ROOT}{Page.PEOPLE}/{branch.account}?{PERIOD}"
    yield f"{ROOT}{Page.RESPONSE}/{branch.response}?{PERIOD}"
    yield f"{ROOT}{Page.PLANS}/{plan_of(branch.unit_id)}?{PERIOD}"
    yield f"{ROOT}{Page.TICKET}/{number_of(branch.unit_id)}?{PERIOD}"
    yield f"{ROOT}{Page.TICKET}/new?answer={branch.response}&{PERIOD}"
    yield f"{ROOT}{Page.CONTESTS}/{branch.contest}?{PERIOD}"
    yield f"{ROOT}{Page.CONTESTS}/answer-{branch.response}?{PERIOD}"
    yield f"{ROOT}{Page.REPORT_ORDER}/{order_of(branch.unit_id)}?{PERIOD}"


def answers(browser: Browser, *branches: Branch, turn: int = 0) -> Iterator[Answer]:
    """Everything the dashboard sends to someone who asks for these branches.

    What makes pages is asked at every address, of one branch after the other, at two addresses that
    mean the same only once. What changes a part of a page is asked of one of the branches at one of
    three pages, by ``turn`` of another at another; the editor at each page that has it.
    """
    callbacks, said = browser.callbacks(), ""
    pages = [one for one in callbacks if _makes_pages(one)]
    yield from _whole_pages(browser, pages, branches, turn)
    for one in callbacks:
        turn += 1
        branch = branches[turn % len(branches)]
        at = [(Page.UNIT, Page.LEAGUE, Page.ASKING)[turn // len(branches) % 3]]
        for page in TEXTS if _reads(one, "rules-text") else at:
            address = f"{ROOT}{page}/{branch.code}?{PERIOD}"
            if one not in pages:
                yield f"{one['output']} at {address}{said}", *browser.call(one, address, branch)
        # Views that were saved are shown with their address.
        said = f", before that {' '.join(each.code for each in branches)}"


def _whole_pages(
    browser: Browser, pages: list[dict[str, Any]], branches: tuple[Branch, ...], turn: int
) -> Iterator[Answer]:
    meant = set[Address]()
    of_each = [addresses(branch) for branch in branches]
    for number, same in enumerate(zip(*of_each, strict=True), turn):
        branch, address = branches[number % len(branches)], same[number % len(branches)]
        path, _, query = address.partition("?")
        asked = read_address(path, f"?{query}")
        for one in pages if asked not in meant else ():
            yield f"{one['output']} at {address}", *browser.call(one, address, branch)
        meant.add(asked)


def _makes_pages(one: dict[str, Any]) -> bool:
    return any(part["id"] == "address" for part in one["inputs"])


def _reads(one: dict[str, Any], name: str) -> bool:
    return any(part["id"] == name for part in one["state"])


def test_every_component_that_a_callback_reads_is_known_to_these_tests(
    office: Office, world: World, app: Served
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
    office: Office, world: World, app: Served, role: str
) -> None:
    browser = Browser(app, log_in_as(office, role))
    branches, turn = world.hidden_from(role)[-2:], LIMITED.index(role)
    documents = ((address, *browser.page(address)) for address in addresses(branches[0]))
    for asked, status, answer in chain(documents, answers(browser, *branches, turn=turn)):
        assert status < 500, f"{asked} fails for {role}: {answer[:500]}"
        for hidden in world.hidden_from(role):
            assert not found_in(answer, hidden.marks, asked), f"{asked} tells {role}"


@pytest.mark.parametrize("role", LIMITED)
def test_row_level_security_alone_keeps_foreign_rows_off_every_page(
    office: Office, world: World, app: Served, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    secret = log_in_as(office, role)
    switch_the_filter_off(monkeypatch)
    browser = Browser(app, secret)
    branch = world.hidden_from(role)[-1]
    for asked, status, answer in answers(browser, branch, turn=LIMITED.index(role)):
        assert status < 500, f"{asked} fails for {role}: {answer[:500]}"
        if f"{ROOT}{Page.PEOPLE}" in asked:
            continue  # accounts are no branch's rows: they are read before anybody's scope is known
        for hidden in world.hidden_from(role):
            assert not found_in(answer, hidden.data_marks, asked), f"{asked} tells {role}"


def test_with_the_database_opened_too_foreign_rows_come_through(
    office: Office, world: World, app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the switch works and that the marks would be found."""
    secret = log_in_as(office, "branch_manager")
    switch_the_filter_off(monkeypatch, really=True)
    browser = Browser(app, secret)
    branch = world.hidden_from("branch_manager")[0]
    assert any(found_in(answer, branch.data_marks) for _, _, answer in answers(browser, branch))


LINK = re.compile(r'"href": ?"(/app/[^"]*)"')
ALIKE = 2  # of links that differ only in whom or which days they are about, so many are followed


def linked(browser: Browser, branch: Branch) -> Iterator[tuple[str, int, str]]:
    """Every page that one comes to by following links from where one begins."""
    (show,) = (one for one in browser.callbacks() if "frame.children" in one["output"])
    waiting, met = [f"{ROOT}?{PERIOD}"], Counter[tuple[object, ...]]()
    while waiting:
        address = waiting.pop(0)
        path, _, query = address.partition("?")
        at = read_address(path, f"?{query}")
        kind = (at.page, at.unit is None, at.subject is None, bool(at.compared), bool(at.own))
        met[kind] += 1
        if met[kind] <= ALIKE:
            status, answer = browser.call(show, address, branch)
            yield address, status, answer
            waiting += dict.fromkeys(LINK.findall(answer.replace(r"\u002f", "/")))  # Dash's way


def tables_in(part: Any) -> Iterator[dict[str, Any]]:
    """The tables of a page, as Dash sends them."""
    if isinstance(part, dict) and part.get("type") == "AgGrid":
        yield part["props"]
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for one in inside:
        yield from tables_in(one)


@pytest.mark.parametrize("role", LIMITED)
def test_no_link_and_no_file_of_any_table_leads_to_another_branch(
    office: Office, world: World, app: Served, role: str
) -> None:
    with office.owner.connection() as connection:  # they hold addresses that were typed before
        connection.execute(text("delete from saved_view"))
    browser = Browser(app, log_in_as(office, role))
    (take,) = (one for one in browser.callbacks() if "table-wanted" in str(one["inputs"]))
    foreign, seen, files = world.hidden_from(role)[-1], 0, 0
    marks = [mark for one in world.hidden_from(role) for mark in one.marks]
    named = [foreign.code, str(foreign.response), str(foreign.account), str(foreign.unit_id)]
    for address, status, answer in linked(browser, foreign):
        seen += 1
        assert status == 200, f"{address} fails for {role}: {answer[:500]}"
        assert not found_in(answer, tuple(marks)), f"{address} tells {role}"
        for table in tables_in(json.loads(answer)):
            columns = [one.get("colId") or one.get("field") for one in table["columnDefs"]]
            rows = [str(value) for row in table["rowData"] for value in row.values()]
            asked = {"grid": table["id"], "format": "csv", "rows": rows + named}
            wanted = {**asked, "columns": [*columns, "unit_code", "unit_name", "score", "text"]}
            taken, file = browser.call(take, address, foreign, wanted=wanted)
            assert taken == 200
            files += '"filename"' in file
            assert not found_in(file, tuple(marks)), f"{table['id']} at {address} tells {role}"
    assert seen >= (1 if role == "interviewer" else 12)
    assert files >= (4 if role in ("regional_manager", "owner_group_manager") else 0)


def test_headquarters_see_branches_and_their_comments(
    office: Office, world: World, app: Served
) -> None:
    """Without this, the tests above could pass because nothing is ever shown."""
    browser = Browser(app, log_in_as(office, "hq_admin"))
    for branch in world.shown_to("owner_group_manager"):
        wanted = {*branch.unit_marks[:2], branch.data_marks[0]}
        for _, _, answer in answers(browser, branch):
            wanted -= set(found_in(answer, tuple(wanted)))
            if not wanted:
                break
        assert not wanted


def test_nobody_comes_in_without_a_session(office: Office, world: World, app: Served) -> None:
    browser, known = Browser(app, "nobody"), Browser(app, log_in_as(office, "hq_admin"))
    branch = world.branches["north1"]
    for one in known.callbacks():
        assert browser.call(one, f"{ROOT}unit/{branch.code}", branch)[0] in (401, 303)
    for address in addresses(branch):
        status, answer = browser.page(address)
        assert status == 303
        assert re.search(r"location: /login\?next=", answer)
