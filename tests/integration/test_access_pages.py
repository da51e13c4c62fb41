"""The pages on which people log in: without scripts, in two languages, not from elsewhere."""

import re
from datetime import timedelta

import pytest
from conftest import NOW, Office
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy import text
from two_regions import PASSWORD
from web import visitor

from api.access import service
from api.access.pages import local_address
from api.access.service import LoginNames
from api.boundary import visits
from api.boundary.visits import SESSION_COOKIE
from api.core.installation import Installation
from api.core.languages import catalogue
from api.main import create_api
from api.network import service as network

OURS = {"origin": "http://testserver"}
FOREIGN = {"origin": "https://elsewhere.example"}
FORM = {"identifier": "li@example.com", "password": PASSWORD}


@pytest.fixture
def li(office: Office) -> str:
    """Li may log in; the link is an invitation of somebody else."""
    with office.worker.database.transaction() as session:
        root = network.set_network(session, name_zh="网络", name_en="Network")
        vault = office.worker.vault
        made = service.create_account(
            session, vault, LoginNames("li@example.com"), name="李", password=PASSWORD, now=NOW
        )
        service.grant(session, made, "hq_admin", unit_id=root, now=NOW)
        new = LoginNames(email="new@example.com")
        invited = service.create_account(session, vault, new, name="<新人>", now=NOW)
        link = service.make_link(session, office.worker, invited, "invitation", now=NOW)
    return "/password/" + link.rsplit("/", 1)[1]


def test_one_logs_in_and_goes_on_to_where_one_wanted(office: Office, li: str) -> None:
    browser = visitor(office.web)
    page = browser.get("/login", params={"next": "/app/league?metric=nps"})
    assert 'value="/app/league?metric=nps"' in page.text
    answer = browser.post("/login", data={**FORM, "next": "/app/league?metric=nps"}, headers=OURS)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/app/league?metric=nps"
    assert browser.get("/api/v1/me").json()["name"] == "李"
    again = browser.get("/login")
    assert (again.status_code, again.headers["location"]) == (303, "/app/")


def test_the_cookie_is_for_our_server_only(office: Office, li: str) -> None:
    cookie = visitor(office.web).post("/login", data=FORM).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    secure = office.settings.with_changes(public_url="https://cx.example.com")
    web = Installation(secure, office.web.database, office.web.vault, office.clock)
    cookie = visitor(web).post("/login", data=FORM).headers["set-cookie"]
    assert cookie.count("Secure") == 2


@pytest.mark.parametrize(("form", "status"), [({"password": "wrong"}, 401), ({}, 401)])
def test_a_wrong_log_in_says_so_and_keeps_what_was_typed(
    office: Office, li: str, form: dict[str, str], status: int
) -> None:
    answer = visitor(office.web).post("/login", data={"identifier": '"><b>', **form})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "<b>" not in answer.text
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


def test_too_many_failures_say_when_to_try_again(office: Office, li: str) -> None:
    browser = visitor(office.web)
    for _ in range(5):
        browser.post("/login", data={**FORM, "password": "wrong"})
    answer = browser.post("/login", data=FORM)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == 1
    assert "1" in re.findall(r'role="alert">([^<]*)', answer.text)[0]
    office.clock.now += timedelta(seconds=1)
    assert browser.post("/login", data=FORM).status_code == 303


def test_logging_out_ends_the_session_in_the_database(office: Office, li: str) -> None:
    browser = visitor(office.web)
    browser.post("/login", data=FORM)
    secret = browser.cookies[SESSION_COOKIE]
    answer = browser.post("/logout", headers=OURS)
    assert answer.headers["location"] == "/login?bye=1"
    assert SESSION_COOKIE not in browser.cookies
    browser.cookies.set(SESSION_COOKIE, secret)
    assert browser.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "/app/\r\nset-cookie: x=1",
        "/\t/elsewhere.example",
        "http:elsewhere.example",
        "",
        "app",
    ],
)
def test_one_is_never_sent_to_another_site(office: Office, li: str, wanted: str) -> None:
    assert local_address(wanted) == "/app/"
    answer = visitor(office.web).post("/login", data={**FORM, "next": wanted})
    assert answer.headers["location"] == "/app/"


@pytest.mark.parametrize(
    "headers",
    [
        FOREIGN,
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout", "/password/forgot", "invitation"])
def test_a_form_from_elsewhere_is_refused_even_without_a_cookie(
    office: Office, li: str, path: str, headers: dict[str, str]
) -> None:
    form = {**FORM, "again": PASSWORD}
    path = li if path == "invitation" else path
    answer = visitor(office.web).post(path, data=form, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", [FOREIGN, {"origin": "null"}, {}])
def test_every_unsafe_address_refuses_our_cookie_from_elsewhere(
    office: Office, li: str, headers: dict[str, str]
) -> None:
    browser = visitor(office.web)
    browser.post("/login", data=FORM)
    refused = 0
    for route in iter_route_contexts(create_api(office.web).routes):
        if (route.path or "").startswith("/s/"):
            continue  # reads no cookie, as the next test makes certain
        for method in (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            address = re.sub(r"{[^}]*}", "x", route.path or "")
            answer = browser.request(method, address, headers=headers)
            assert answer.status_code == 403, f"{method} {route.path}"
            refused += 1
    assert refused > 10
    assert browser.get("/api/v1/me").status_code == 200, "nothing was done, reading still works"


def needed(dependant: Dependant) -> set[object]:
    """Everything an endpoint depends on, however deep."""
    below = [needed(one) for one in dependant.dependencies]
    return {dependant.call}.union(*below)


def test_survey_pages_do_not_know_who_is_logged_in(office: Office) -> None:
    routes = [
        route
        for route in iter_route_contexts(create_api(office.web).routes)
        if (route.path or "").startswith("/s/")
    ]
    assert routes
    for route in routes:
        assert visits._visit not in needed(route.dependant), route.path


def test_a_link_opens_a_page_and_works_once(office: Office, li: str) -> None:
    scanner, browser = visitor(office.web), visitor(office.web)
    assert scanner.get(li).status_code == scanner.get(li).status_code == 200
    assert "&lt;新人&gt;" in scanner.get(li).text
    differ = browser.post(li, data={"password": "chosen by myself", "again": "another"})
    assert differ.status_code == 422
    assert browser.post(li, data={"password": "short", "again": "short"}).status_code == 422
    form = {"password": "chosen by myself", "again": "chosen by myself"}
    assert browser.post(li, data=form, headers=OURS).headers["location"] == "/app/"
    assert browser.get("/api/v1/me").json()["name"] == "<新人>"
    assert scanner.get(li).status_code == 404
    assert scanner.post(li, data=form).status_code == 404


def test_forgetting_tells_nobody_who_exists(office: Office, li: str) -> None:
    browser = visitor(office.web)
    known = browser.post("/password/forgot", data={"identifier": "li@example.com"})
    unknown = browser.post("/password/forgot", data={"identifier": "who@example.com"})
    assert known.status_code == unknown.status_code == 200
    assert known.text == unknown.text
    with office.web.database.transaction() as session:
        sent = session.execute(text("select kind from outbox_message where kind = 'account_reset'"))
        assert len(sent.all()) == 1


PAGES = ["/login", "/login?bye=1", "/password/forgot", "/password/unknown", "/api/docs"]


@pytest.mark.parametrize("address", PAGES)
def test_pages_ask_no_other_host_and_need_no_script(office: Office, address: str) -> None:
    page = visitor(office.web).get(address)
    assert not re.findall(r"<script|javascript:|\son\w+=", page.text)
    assert not re.findall(r"(?:src|href|action)=\"(?!/|data:|#)[^\"]", page.text)
    assert not re.findall(r"https?://|@import|url\(", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("address", PAGES)
def test_pages_speak_both_languages(office: Office, address: str) -> None:
    join = "&" if "?" in address else "?"
    chinese = visitor(office.web).get(f"{address}{join}lang=zh")
    english = visitor(office.web).get(f"{address}{join}lang=en")
    assert 'lang="zh-CN"' in chinese.text
    assert 'lang="en"' in english.text
    words = re.sub(r"<style>.*?</style>|<[^>]*>|中文", " ", english.text, flags=re.S)
    assert not re.findall(r"[\u4e00-\u9fff]", words)
    for language, page in (("zh", chinese), ("en", english)):
        for key in re.findall(r"\b(?:access|boundary)\.[a-z_.]+", page.text):
            assert key not in catalogue(language), f"{key} is shown instead of its words"  # type: ignore[arg-type]


def test_a_chosen_language_is_kept(office: Office) -> None:
    browser = visitor(office.web)
    browser.get("/login?lang=en")
    assert 'lang="en"' in browser.get("/password/forgot").text


def test_the_documentation_lists_every_operation(office: Office) -> None:
    browser = visitor(office.web)
    page = browser.get("/api/docs?lang=en").text
    for path, methods in browser.get("/api/openapi.json").json()["paths"].items():
        assert f"<code>{path}</code>" in page
        assert {method.upper() for method in methods} <= set(re.findall(r"\b[A-Z]{3,6}\b", page))
