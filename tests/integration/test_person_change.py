"""Another name or log-in for an account: over HTTP and on the page, weighed, told at its field."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from test_access_people import browser_of
from test_dashboard import enter
from test_dashboard_people import audited, press, said, shown, sure, sure_is_absent
from two_regions import World, make_two_regions
from web import TestClient

from api.access import service
from api.access.service import LoginNames
from api.core.languages import LANGUAGES, say
from api.main import create_api
from dashboard.app import add_dashboard
from dashboard.ids import Id


@pytest.fixture
def world(office: Office) -> World:
    return make_two_regions(office)


@pytest.fixture
def browser(office: Office) -> Iterator[TestClient]:
    api = create_api(office.web)
    add_dashboard(api)
    with TestClient(api, follow_redirects=False) as client:
        yield client


def someone(office: Office, world: World, **names: str) -> str:
    """A person of the north with a session and an open link."""
    with office.worker.database.transaction() as session:
        made = service.create_account(
            session, office.worker.vault, LoginNames(**names), name="Wang", language="en", now=NOW
        )
        place = world.branches["north1"].unit_id
        service.grant(session, made, "branch_staff", unit_id=place, now=NOW)
        service.make_link(session, office.worker, made, "invitation", now=NOW)
        query = text(
            "insert into login_session (id_hash, account_id, created_at, last_seen_at, expires_at) "
            "values (:hash, :who, :now, :now, cast(:now as timestamptz) + interval '1 day')"
        )
        session.execute(query, {"hash": made.bytes, "who": made, "now": NOW})
    return str(made)


def open_ways(office: Office, account: str) -> tuple[int, int]:
    """How many sessions and links of the account work."""
    with office.worker.database.transaction() as session:
        sessions = "select count(*) from login_session where account_id = :who and " \
            "revoked_at is null"  # fmt: skip
        links = "select count(*) from account_link where account_id = :who and used_at is null"
        return (
            session.execute(text(sessions), {"who": account}).scalar_one(),
            session.execute(text(links), {"who": account}).scalar_one(),
        )


def log_ins(office: Office, account: str) -> dict[str, str]:
    with office.worker.database.transaction() as session:
        found = service.identifiers_of(session, office.worker.vault, [UUID(account)])
        return {str(one.kind): one.value for one in next(iter(found.values()))}


def name_of(office: Office, account: str) -> str:
    with office.worker.database.transaction() as session:
        query = text("select name from account where id = :who")
        return str(session.execute(query, {"who": account}).scalar_one())


def detail_of(office: Office, account: str) -> Any:
    with office.worker.database.transaction() as session:
        query = text(
            "select detail from audit_entry where subject = :who and action = 'account_changed'"
        )
        return session.execute(query, {"who": f"account:{account}"}).scalars().all()


def test_another_log_in_ends_sessions_and_links_and_the_audit_tells_no_address(
    office: Office, world: World
) -> None:
    account = someone(office, world, email="wang@example.com", staff_number="A1")
    assert open_ways(office, account) == (1, 1)
    body = {
        "name": " Wang  Li ",
        "language": "zh",
        "email": "Li@Example.com",
        "phone": "19900001234",
    }
    answer = browser_of(office, "regional_admin").put(f"/api/v1/accounts/{account}", json=body)
    assert answer.status_code == 204, answer.text
    assert name_of(office, account) == "Wang Li"
    assert log_ins(office, account) == {"email": "li@example.com", "phone": "+8619900001234"}
    assert open_ways(office, account) == (0, 0)
    (detail,) = detail_of(office, account)
    assert detail == {"changed": ["name", "language", "email", "phone", "staff_number"]}


def test_another_name_alone_leaves_sessions_and_nothing_at_all_leaves_no_entry(
    office: Office, world: World
) -> None:
    account = someone(office, world, staff_number="A1")
    head = browser_of(office, "hq_admin")
    body = {"name": "Li", "language": "en", "staff_number": "a1"}
    for _ in range(2):
        assert head.put(f"/api/v1/accounts/{account}", json=body).status_code == 204
    assert name_of(office, account) == "Li"
    assert open_ways(office, account) == (1, 1)
    assert detail_of(office, account) == [{"changed": ["name"]}]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "x"}, 422, "email"),
        ({"name": "   ", "staff_number": "A1"}, 422, "name"),
        ({"name": "x", "email": "nobody"}, 422, "email"),
        ({"name": "x", "phone": "12"}, 422, "phone"),
        ({"name": "x", "staff_number": "a@b"}, 422, "staff_number"),
        ({"name": "x", "staff_number": "taken"}, 409, "staff_number"),
    ],
)
def test_what_is_wrong_changes_nothing(
    office: Office, world: World, body: dict[str, str], status: int, field: str
) -> None:
    account = someone(office, world, staff_number="A1")
    someone(office, world, staff_number="taken")
    head = browser_of(office, "hq_admin")
    answer = head.put(f"/api/v1/accounts/{account}", json={"language": "en", **body})
    assert answer.status_code == status, answer.text
    assert field in answer.text
    assert (name_of(office, account), log_ins(office, account)) == ("Wang", {"staff_number": "a1"})
    assert open_ways(office, account) == (1, 1)
    assert detail_of(office, account) == []


@pytest.mark.parametrize("role", ["regional_admin", "regional_manager", "branch_manager"])
def test_nobody_changes_a_stranger_or_the_own_account(
    office: Office, world: World, role: str
) -> None:
    visitor = browser_of(office, role)
    body = {"name": "x", "language": "en", "staff_number": "zz"}
    stranger = world.branches["south1"].account
    assert visitor.put(f"/api/v1/accounts/{stranger}", json=body).status_code in (403, 404)
    own = visitor.put(f"/api/v1/accounts/{world.accounts[role]}", json=body)
    assert own.status_code in (403, 409)
    assert detail_of(office, str(stranger)) == detail_of(office, str(world.accounts[role])) == []


def fields(**given: str) -> dict[str, Any]:
    """What the form's fields hold."""
    values = {"name": "Wang", "language": "en", "email": "", "phone": "", "staff": "", **given}
    return {f"account-{name}": value for name, value in values.items()}


def test_the_page_says_what_becomes_what_and_then_does_it(
    office: Office, world: World, browser: TestClient
) -> None:
    account = someone(office, world, email="wang@example.com")
    page = f"/app/people/{account}?lang=en&do=change"
    enter(browser, office, "regional_admin")
    opened = shown(browser, page)
    assert Id.ACCOUNT_FORM in opened
    assert "wang@example.com" in opened
    same = said(press(browser, page, Id.ACCOUNT_WEIGH, **fields(email="WANG@example.com")))
    assert "Nothing differs" in same
    assert sure_is_absent(same, Id.ACCOUNT_SURE)
    weighed = said(press(browser, page, Id.ACCOUNT_WEIGH, **fields(phone="19900001234")))
    assert "E-mail: wang@example.com → nothing" in weighed
    assert "Phone: nothing → +8619900001234" in weighed
    assert "All sessions of Wang end now" in weighed
    assert "has no password yet" in weighed
    assert log_ins(office, account) == {"email": "wang@example.com"}, "nothing is done yet"
    value = {Id.ACCOUNT_SURE: sure(weighed, Id.ACCOUNT_SURE)}
    assert "The account is changed." in said(press(browser, page, Id.ACCOUNT_SURE, **value))
    assert log_ins(office, account) == {"phone": "+8619900001234"}
    assert audited(office, account)[-1] == "account_changed"
    assert "Name or log-in changed" in shown(browser, f"/app/people/{account}?lang=en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_told_at_its_field_in_the_readers_language(
    office: Office, world: World, browser: TestClient, language: Any
) -> None:
    account = someone(office, world, staff_number="A1")
    someone(office, world, staff_number="taken")
    page = f"/app/people/{account}?lang={language}&do=change"
    enter(browser, office, "regional_admin")
    for given, key in (
        (fields(), "no_identifier"),
        (fields(name=" ", staff="A1"), "bad_name"),
        (fields(email="nobody"), "bad_email"),
        (fields(phone="12"), "bad_phone"),
        (fields(staff="taken"), "identifier_taken"),
    ):
        told = said(press(browser, page, Id.ACCOUNT_WEIGH, **given))
        assert say(f"access.{key}", language) in told, key
        assert '"invalid":true' in told.replace(" ", ""), key
        assert sure_is_absent(told, Id.ACCOUNT_SURE), key


def test_who_is_quicker_with_the_same_log_in_is_told_at_the_field_and_nothing_is_kept(
    office: Office, world: World, browser: TestClient
) -> None:
    account = someone(office, world, staff_number="A1")
    page = f"/app/people/{account}?lang=en&do=change"
    enter(browser, office, "regional_admin")
    weighed = said(press(browser, page, Id.ACCOUNT_WEIGH, **fields(name="Li", staff="B2")))
    someone(office, world, staff_number="B2")
    value = {Id.ACCOUNT_SURE: sure(weighed, Id.ACCOUNT_SURE)}
    told = said(press(browser, page, Id.ACCOUNT_SURE, **value))
    assert say("access.identifier_taken", "en") in told
    assert (name_of(office, account), log_ins(office, account)) == ("Wang", {"staff_number": "a1"})
    assert open_ways(office, account) == (1, 1)


def test_the_own_account_and_a_stranger_have_no_form(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "regional_admin")
    own = f"/app/people/{world.accounts['regional_admin']}?lang=en&do=change"
    assert Id.ACCOUNT_FORM not in shown(browser, own)
    stranger = world.branches["south1"].account
    page = f"/app/people/{stranger}?lang=en&do=change"
    assert Id.ACCOUNT_FORM not in shown(browser, page)
    weighed = press(browser, page, Id.ACCOUNT_WEIGH, **fields(staff="Z9"))
    assert sure_is_absent(weighed.text, Id.ACCOUNT_SURE)
    body = '{"name": "x", "language": "en", "staff_number": "Z9"}'
    press(browser, page, Id.ACCOUNT_SURE, **{Id.ACCOUNT_SURE: body})
    assert detail_of(office, str(stranger)) == []
