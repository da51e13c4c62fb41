"""The dashboard over HTTP: who gets in, what each role sees, and nothing of anybody else.

Dash's own requests are made as a browser makes them: index, layout, dependencies, callbacks.
"""

import json
import re
import warnings
from collections.abc import Iterable, Iterator
from inspect import iscoroutinefunction
from typing import Any

import pytest
from conftest import Office
from fastapi import FastAPI
from sqlalchemy import text
from sqlmodel import Session
from two_regions import PLACES, Branch, World, log_in_as, make_two_regions

from api.boundary.visits import SESSION_COOKIE
from api.insights.freshness import branch_versions
from api.main import create_api
from dashboard.app import add_dashboard
from dashboard.ids import Id
from dashboard.wiring import _wired

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient
    from starlette.websockets import WebSocketDisconnect

ORIGIN = {"origin": "http://testserver"}
PAGES = ("/app/", "/app/overview", "/app/league", "/app/unit/codeqnorth1q", "/app/ranking")


@pytest.fixture
def world(office: Office) -> World:
    return make_two_regions(office)


@pytest.fixture
def app(office: Office) -> FastAPI:
    api = create_api(office.web)
    add_dashboard(api)
    return api


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


def enter(browser: TestClient, office: Office, role: str) -> None:
    """Logs in as a role."""
    browser.cookies.set(SESSION_COOKIE, log_in_as(office, role))


def ask(
    browser: TestClient, name: str, address: str, changed: str | None = None, **values: Any
) -> Any:
    """Calls the callback whose function is called ``name`` as a browser at ``address`` would.

    ``changed`` is the input that triggered it; the first one, if none is named.
    """
    wired = next(one for one in _wired if one.work.__name__ == name)
    path, _, query = address.partition("?")
    known = {
        (Id.ADDRESS, "href"): f"http://testserver{address}",
        (Id.ADDRESS, "pathname"): path,
        (Id.ADDRESS, "search"): f"?{query}" if query else "",
        **{tuple(key.rsplit(".", 1)): value for key, value in values.items()},
    }

    def filled(dependency: Any) -> dict[str, Any]:
        key = (dependency.component_id, dependency.component_property)
        return {"id": str(key[0]), "property": key[1], "value": known.get(key)}

    outputs = wired.output if isinstance(wired.output, list) else [wired.output]
    listed = [{"id": str(one.component_id), "property": one.component_property} for one in outputs]
    joined = "...".join(f"{one['id']}.{one['property']}" for one in listed)
    several = isinstance(wired.output, list)
    states = [filled(one) for one in wired.states]
    states += [
        {"id": "address", "property": "pathname", "value": path},
        {"id": "address", "property": "search", "value": known[Id.ADDRESS, "search"]},
    ]
    inputs = [filled(one) for one in wired.inputs]
    return browser.post(
        "/app/_dash-update-component",
        headers=ORIGIN,
        json={
            "output": f"..{joined}.." if several else joined,
            "outputs": listed if several else listed[0],
            "inputs": inputs,
            "changedPropIds": [changed or f"{inputs[0]['id']}.{inputs[0]['property']}"],
            "state": states,
        },
    )


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_logged_in_is_led_to_the_log_in_page_and_back(
    browser: TestClient, path: str
) -> None:
    answer = browser.get(f"{path}?lang=en")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2Fapp%2F")
    assert "lang%3Den" in answer.headers["location"]


@pytest.mark.parametrize("path", ["_dash-layout", "_dash-dependencies", "_reload-hash"])
def test_nothing_of_dash_answers_without_a_session(browser: TestClient, path: str) -> None:
    assert browser.get(f"/app/{path}").status_code == 401


def test_no_callback_answers_without_a_session(browser: TestClient) -> None:
    for one in _wired:
        assert ask(browser, one.work.__name__, "/app/").status_code == 401


def test_a_revoked_session_is_none(office: Office, world: World, browser: TestClient) -> None:
    enter(browser, office, "hq_admin")
    assert browser.get("/app/").status_code == 200
    assert ask(browser, "show_page", "/app/").status_code == 200
    with office.owner.connection() as connection:
        connection.execute(text("update login_session set revoked_at = now()"))
    assert browser.get("/app/").status_code == 303
    assert ask(browser, "show_page", "/app/").status_code == 401


def test_a_callback_from_another_site_is_refused(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    answer = browser.post(
        "/app/_dash-update-component", headers={"origin": "https://elsewhere.example"}, json={}
    )
    assert answer.status_code == 403


def test_the_websocket_of_dash_is_closed(office: Office, world: World, browser: TestClient) -> None:
    enter(browser, office, "hq_admin")
    with (
        pytest.raises(WebSocketDisconnect),
        browser.websocket_connect("/app/_dash-ws-callback", headers=ORIGIN),
    ):
        pass


@pytest.mark.parametrize("path", ["/nothing", "/apparently", "/sx", "/api/v1/nope", "/app2/"])
def test_unknown_addresses_are_not_found_and_not_a_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_page_is_a_page_with_status_404(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    answer = browser.get("/app/nothing")
    assert answer.status_code == 404
    assert "_dash-config" in answer.text
    said = ask(browser, "show_page", "/app/nothing?lang=en").text
    assert "There is nothing here" in said


def test_the_bare_address_leads_to_the_dashboard(browser: TestClient) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/app/")


def test_pages_load_from_our_host_only_and_are_not_kept(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    answer = browser.get("/app/overview")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "unsafe-eval" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "//" not in answer.text.replace("http://www.w3.org", "").split("_dash-config")[0]


def test_every_callback_of_the_application_runs_in_a_thread(app: FastAPI) -> None:
    dash = next(
        layer.kwargs["dash_app"] for layer in app.user_middleware if "dash_app" in layer.kwargs
    )
    dash._setup_server()
    server_side = {
        name: entry["callback"] for name, entry in dash.callback_map.items() if "callback" in entry
    }
    assert len(server_side) == len(_wired)
    assert all(iscoroutinefunction(function) for function in server_side.values())


def test_callbacks_are_named_functions_of_a_module() -> None:
    for one in _wired:
        assert one.work.__qualname__ == one.work.__name__
        assert not one.work.__closure__


LANDING = {
    "hq_admin": "Overview",
    "hq_analyst": "Overview",
    "regional_manager": "Overview",
    "owner_group_manager": "Overview",
    "branch_manager": "Today",
    "branch_staff": "Today",
}


@pytest.mark.parametrize("role", LANDING)
def test_each_role_lands_where_it_works(
    office: Office, world: World, browser: TestClient, role: str
) -> None:
    enter(browser, office, role)
    frame = ask(browser, "show_page", "/app/?lang=en")
    assert frame.json()["response"][Id.TITLE]["data"]["title"] == f"{LANDING[role]} · Branchpulse"
    assert ask(browser, "show_page", "/app/?lang=en").status_code == 200


def test_an_interviewer_begins_with_the_calls_and_has_no_other_pages(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "interviewer")
    assert '"Calls · Branchpulse"' in _said(ask(browser, "show_page", "/app/?lang=en"))
    assert "No pages for your role yet" in ask(browser, "show_page", "/app/overview?lang=en").text


def test_the_language_of_the_address_wins(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    assert "总览" in _said(ask(browser, "show_page", "/app/overview?lang=zh"))
    assert "Overview" in _said(ask(browser, "show_page", "/app/overview?lang=en"))


def _said(answer: Any) -> str:
    return json.dumps(answer.json(), ensure_ascii=False)


def taken(code: str) -> dict[str, Any]:
    """What a browser sends when somebody takes the row of a branch along."""
    columns = ["rank", "unit_name", "unit_code", "score", "interval", "n", "why"]
    wanted = {"grid": Id.LEAGUE_GRID, "format": "csv", "rows": [code], "columns": columns}
    return {f"{Id.TABLE_WANTED}.data": wanted}


def every_request(world: World) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Callbacks with every branch, former code, touchpoint and cursor that one could try."""
    for branch in world.branches.values():
        for code in (branch.code, branch.former_code, str(branch.unit_id)):
            for page in ("unit", "league", "ranking"):
                yield "show_page", f"/app/{page}/{code}", {}
            yield "show_page", f"/app/league?unit={code}", {}
            yield "show_page", f"/app/unit/{code}?touchpoint=service&metric=nps", {}
            yield "show_page", f"/app/unit/{code}?touchpoint={code}&metric={code}", {}
            yield "export_table", "/app/league", taken(code)
            yield "export_table", f"/app/league/{code}", taken(code)
            more = {f"{Id.MORE}.n_clicks": 1, f"{Id.MORE}.value": code}
            yield "show_more_voices", f"/app/unit/{code}", more
    for page in PAGES:
        yield "show_page", page, {}


@pytest.mark.parametrize("role", [role for role in PLACES if PLACES[role] != "network"])
def test_nothing_of_another_branch_is_in_any_byte_of_any_answer(
    office: Office, world: World, browser: TestClient, role: str
) -> None:
    enter(browser, office, role)
    hidden = world.hidden_from(role)
    assert hidden
    asked = 0
    for name, address, values in every_request(world):
        answer = ask(browser, name, address, **values)
        assert answer.status_code in (200, 204), (name, address, answer.status_code)
        found = [mark for branch in hidden for mark in branch.marks if mark in answer.text]
        assert not found, (name, address)
        asked += 1
    assert asked > 70


def test_a_unit_outside_is_not_found_rather_than_forbidden(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "branch_manager")
    outside = ask(browser, "show_page", "/app/unit/codeqsouth1q?lang=en").text
    never = ask(browser, "show_page", "/app/unit/never-was?lang=en").text
    assert "There is nothing here" in outside
    assert outside == never


def test_an_export_needs_the_permission_and_is_audited(
    office: Office, world: World, browser: TestClient
) -> None:
    values = taken("codeqnorth1q")
    enter(browser, office, "branch_staff")
    refused = ask(browser, "export_table", "/app/league?lang=en", **values).json()
    assert "You may not do this here" in json.dumps(refused)
    assert "content" not in json.dumps(refused)
    browser.cookies.clear()
    enter(browser, office, "branch_manager")
    given = ask(browser, "export_table", "/app/league?lang=en", **values).json()
    data = given["response"][Id.DOWNLOAD]["data"]
    header, line, *rest = data["content"].removeprefix("\ufeff").splitlines()
    assert header == "Place,Place from,Place to,Branch,Code,Score,Range from,Range to,Answers"
    assert "nameqnorth1q,codeqnorth1q," in line
    assert not rest
    with office.owner.connection() as connection:
        entries = connection.execute(
            text("select subject, detail from audit_entry where action = 'table.export'")
        ).all()
    assert [(one.subject, one.detail["rows"]) for one in entries] == [("league:league-grid", 1)]


def test_a_failure_is_told_in_words_and_leaves_nothing_half_done(
    office: Office, world: World, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("secret detail of the inside")

    enter(browser, office, "hq_admin")
    monkeypatch.setattr("dashboard.callbacks.version_now", broken)
    answer = ask(browser, "show_page", "/app/overview?lang=en")
    assert answer.status_code == 200
    assert "Something went wrong on our side" in answer.text
    assert "secret detail" not in answer.text


def pulse(browser: TestClient) -> int:
    answer = browser.get("/app/_pulse")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.text)


def count(office: Office, branches: Iterable[Branch], version: int) -> None:
    with office.owner.connection() as connection:
        connection.execute(
            text("update branch_version set version = :version where branch_id = any(:ids)"),
            {"version": version, "ids": [branch.unit_id for branch in branches]},
        )


def test_the_pulse_is_the_version_of_the_page(
    office: Office, world: World, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.data.freshness.FRESH_S", 0)
    enter(browser, office, "hq_admin")
    assert pulse(browser) == 1
    shown = ask(browser, "show_page", "/app/overview").json()["response"][Id.SHOWN]["data"]
    assert shown["version"] == 1
    count(office, world.branches.values(), 2)
    assert pulse(browser) == 2


def test_the_pulse_of_a_branch_tells_of_its_own_answers_alone(
    office: Office, world: World, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.data.freshness.FRESH_S", 0)
    others = world.hidden_from("branch_manager")
    own = [branch for branch in world.branches.values() if branch not in others]
    enter(browser, office, "branch_manager")
    assert pulse(browser) == 1
    count(office, others, 5)
    assert pulse(browser) == 1
    count(office, own, 6)
    assert pulse(browser) == 6


def test_many_pulses_within_a_moment_ask_the_database_once(
    office: Office, world: World, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noted(session: Session) -> dict[int, int]:
        asked.append(session)
        return branch_versions(session)

    asked: list[Session] = []
    monkeypatch.setattr("dashboard.data.freshness.FRESH_S", 60)
    monkeypatch.setattr("dashboard.data.freshness.branch_versions", noted)
    enter(browser, office, "hq_admin")
    assert [pulse(browser) for _ in range(5)] == [1] * 5
    assert len(asked) == 1


def test_there_is_no_pulse_without_a_session(
    office: Office, world: World, browser: TestClient
) -> None:
    assert browser.get("/app/_pulse").status_code == 401
    browser.cookies.set(SESSION_COOKIE, "x" * 43)
    assert browser.get("/app/_pulse").status_code == 401


def test_layouts_do_no_work_in_the_database(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    layout = browser.get("/app/_dash-layout")
    assert layout.status_code == 200
    assert "nameq" not in layout.text
    assert "nameq" not in browser.get("/app/_dash-dependencies").text


def test_what_cannot_change_is_kept_and_everything_private_is_not(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    document = browser.get("/app/league")
    assert document.headers["cache-control"] == "no-store"
    stamped = re.findall(r'(?:src|href)="(/app/assets/[^"]+)"', document.text)
    assert any("begin.js" in one for one in stamped)
    for one in stamped:
        assert "?m=" in one
        assert "immutable" in browser.get(one).headers["cache-control"]
    plain = browser.get(stamped[0].partition("?")[0])
    assert "cache-control" not in plain.headers
    assert "cache-control" not in browser.get("/app/assets/none.js?m=1").headers
    assert ask(browser, "show_page", "/app/league").headers["cache-control"] == "no-store"


def test_own_days_go_into_the_address(office: Office, world: World, browser: TestClient) -> None:
    enter(browser, office, "hq_admin")
    wanted = {"first": "2026-10-01", "last": "2026-10-31"}
    values = {f"{Id.PERIOD_WANTED}.data": wanted}
    answer = ask(browser, "choose_days", "/app/league?lang=en", **values)
    assert answer.json()["response"][Id.ADDRESS]["search"] == (
        "?from=2026-10-01&to=2026-10-31&lang=en"
    )
    wanted["last"] = "2026-09-01"
    assert ask(browser, "choose_days", "/app/league", **values).status_code == 204


def test_a_second_application_in_the_same_process_has_all_callbacks(office: Office) -> None:
    for _ in range(2):
        api = create_api(office.web)
        add_dashboard(api)
        dash = next(
            layer.kwargs["dash_app"] for layer in api.user_middleware if "dash_app" in layer.kwargs
        )
        dash._setup_server()
        assert len(dash.callback_map) >= len(_wired)
