"""People and the network on the dashboard: found, granted, ended, deactivated, and audited."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from test_dashboard import ORIGIN, ask, enter
from two_regions import World, make_two_regions
from web import TestClient

from api.access import service
from api.access.service import LoginNames
from api.main import create_api
from api.network import service as network
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


def said(answer: Any) -> str:
    """Everything in an answer."""
    assert answer.status_code == 200, answer.text
    return json.dumps(answer.json(), ensure_ascii=False)


def shown(browser: TestClient, address: str) -> str:
    return said(ask(browser, "show_page", address))


def sure(answer: str, button: Id) -> str:
    """What a button hands back when it is pressed."""
    found: list[str] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("id") == button:
                found.append(part["value"])
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(json.loads(answer))
    assert len(found) == 1, f"{button} stands there {len(found)} times"
    return found[0]


def audited(office: Office, account: object) -> list[str]:
    with office.worker.database.transaction() as session:
        query = text("select action from audit_entry where subject = :who order by at, id")
        return list(session.execute(query, {"who": f"account:{account}"}).scalars())


def press(
    browser: TestClient,
    address: str,
    button: Id,
    held: dict[str, Any] | None = None,
    **values: Any,
) -> Any:
    """Presses a button as a browser at ``address`` would; ``values`` are what fields hold."""
    path, _, query = address.partition("?")
    held = {**(held or {}), **{f"{name}.value": value for name, value in values.items()}}
    held |= {"address.pathname": path, "address.search": f"?{query}", f"{button}.n_clicks": 1}
    listed = browser.get("/app/_dash-dependencies").json()
    (one,) = [found for found in listed if any(part["id"] == button for part in found["inputs"])]

    def filled(parts: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [{**part, "value": held.get(f"{part['id']}.{part['property']}")} for part in parts]

    where, _, what = one["output"].rpartition(".")
    return browser.post(
        "/app/_dash-update-component",
        headers=ORIGIN,
        json={
            "output": one["output"],
            "outputs": {"id": where, "property": what.partition("@")[0]},
            "inputs": filled(one["inputs"]),
            "state": filled(one["state"]),
            "changedPropIds": [f"{button}.n_clicks"],
        },
    )


def test_people_are_found_by_name_sound_place_role_and_log_in(
    office: Office, world: World, browser: TestClient
) -> None:
    with office.worker.database.transaction() as session:
        made = service.create_account(
            session,
            office.worker.vault,
            LoginNames(email="ming@example.com"),
            name="王小明",
            now=NOW,
        )
        place = world.branches["north2"].unit_id
        service.grant(session, made, "branch_staff", unit_id=place, now=NOW)
    enter(browser, office, "hq_admin")
    for sought in ("wangxiao", "王", "ming@example.com", "nameqnorth2q 网点员工"):
        found = shown(browser, f"/app/people?lang=en&q={sought}")
        assert "王小明" in found, sought
        assert "dataqsouth1q manager" not in found, sought
    assert "王小明" not in shown(browser, "/app/people?lang=en&q=ming@example.co")
    assert "王小明" in shown(browser, "/app/people?lang=en&state=invited")
    assert "王小明" not in shown(browser, "/app/people?lang=en&state=deactivated")
    typed = {Id.PEOPLE_SOUGHT: " a  b "}
    moved = press(browser, "/app/people?lang=en", Id.PEOPLE_SEEK, **typed)
    assert "?q=a+b&lang=en" in said(moved)


def test_a_role_is_weighed_granted_ended_and_every_step_is_audited(
    office: Office, world: World, browser: TestClient
) -> None:
    account = world.branches["north1"].account
    page = f"/app/people/{account}?lang=en"
    enter(browser, office, "regional_admin")
    before = shown(browser, page)
    assert "Sees 1 of 2 open branches" not in before, "of all, not of the viewer's own"
    assert "Sees 1 of 4 open branches today" in before
    form = shown(browser, f"{page}&do=grant")
    assert "codeqnorth2q" in form
    assert "codeqsouth1q" not in form
    wish = {Id.PERSON_ROLE: "branch_manager", Id.PERSON_PLACE: "codeqnorth2q",
            Id.PERSON_UNTIL: "2027-01-31"}  # fmt: skip
    weighed = said(press(browser, page, Id.PERSON_WEIGH, **wish))
    assert "sees 1 of 4 open branches now, and 2 with this change" in weighed
    assert "to 31 Jan 2027, both included" in weighed
    assert audited(office, account) == ["account_created", "grant"], "nothing was granted yet"
    press(browser, f"{page}&do=grant", Id.PERSON_GRANT,
          **{Id.PERSON_GRANT: sure(weighed, Id.PERSON_GRANT)})  # fmt: skip
    assert "Sees 2 of 4 open branches today" in shown(browser, page)
    grants = grants_of(office, account)
    asked = shown(browser, f"{page}&do=end&grant={grants[-1]}")
    assert "sees 2 of 4 open branches now, and 1 with this change" in asked
    press(browser, page, Id.PERSON_SURE,
          **{Id.PERSON_SURE: sure(asked, Id.PERSON_SURE)})  # fmt: skip
    after = shown(browser, page)
    assert "Sees 1 of 4" in after
    assert "Role ended" in after
    assert "regional_admin" in after, "who did it"
    assert audited(office, account)[-2:] == ["grant", "revoke"]


def grants_of(office: Office, account: object) -> list[Any]:
    with office.worker.database.transaction() as session:
        query = text("select id from access_grant where account_id = :who order by id")
        return list(session.execute(query, {"who": account}).scalars())


def test_an_account_is_deactivated_and_comes_back_with_its_roles(
    office: Office, world: World, browser: TestClient
) -> None:
    account = world.accounts["branch_staff"]
    page = f"/app/people/{account}?lang=en"
    enter(browser, office, "hq_admin")
    for step, state in (("deactivate", "deactivated"), ("reactivate", "active")):
        asked = shown(browser, f"{page}&do={step}")
        press(browser, page, Id.PERSON_SURE,
              **{Id.PERSON_SURE: sure(asked, Id.PERSON_SURE)})  # fmt: skip
        with office.worker.database.transaction() as session:
            query = text("select status from account where id = :who")
            assert session.execute(query, {"who": account}).scalar_one() == state
    assert audited(office, account)[-2:] == ["deactivate", "reactivate"]
    enter(browser, office, "branch_staff")
    assert said(ask(browser, "show_page", "/app/?lang=en"))


def test_a_colleague_is_invited_once_it_was_said_what_they_will_see(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "regional_admin")
    page = "/app/people/new?lang=en"
    who = {Id.INVITE_NAME: "Li Na", Id.INVITE_LANGUAGE: "en", Id.INVITE_STAFF: "A77",
           Id.PERSON_ROLE: "regional_manager", Id.PERSON_PLACE: "nameqnorthq"}  # fmt: skip
    weighed = said(press(browser, page, Id.INVITE_WEIGH, **who))
    assert "Sees 2 of 4 open branches today" in weighed
    value = sure(weighed, Id.INVITE_SURE)
    made = said(press(browser, page, Id.INVITE_SURE, **{Id.INVITE_SURE: value}))
    assert "/password/" in made, "nothing can be mailed: the link is handed over"
    assert "Li Na" in shown(browser, "/app/people?lang=en&q=li+na")
    south = {**who, Id.PERSON_PLACE: world.branches["south1"].code}
    refused = said(press(browser, page, Id.INVITE_WEIGH, **south))
    assert sure_is_absent(refused)
    forged = value.replace("codeqnorthq", "network")
    press(browser, page, Id.INVITE_SURE, **{Id.INVITE_SURE: forged})
    with office.worker.database.transaction() as session:
        found = session.execute(text("select count(*) from account where name = 'Li Na'"))
        assert found.scalar_one() == 1


def sure_is_absent(answer: str, button: Id = Id.INVITE_SURE) -> bool:
    return f'"{button}"' not in answer


def test_nobody_reads_or_changes_a_stranger_by_the_address(
    office: Office, world: World, browser: TestClient
) -> None:
    stranger = world.branches["south1"]
    page = f"/app/people/{stranger.account}?lang=en"
    for role in ("regional_admin", "regional_manager", "branch_manager", "hq_analyst"):
        enter(browser, office, role)
        read = shown(browser, page)
        assert "dataqsouth1q" not in read, role
        for value in ("deactivate", f"end {stranger.grant}"):
            press(browser, page, Id.PERSON_SURE, **{Id.PERSON_SURE: value})
        press(browser, page, Id.PERSON_LINK)
        body = json.dumps({"role": "hq_admin", "unit": world.branches["north1"].code})
        press(browser, page, Id.PERSON_GRANT, **{Id.PERSON_GRANT: body})
    assert audited(office, stranger.account) == ["account_created", "grant"]
    enter(browser, office, "hq_admin")
    own = f"/app/people/{world.accounts['hq_admin']}?lang=en&do=deactivate"
    assert "This is your own account" in shown(browser, own)
    press(browser, own, Id.PERSON_SURE, **{Id.PERSON_SURE: "deactivate"})
    assert "deactivate" not in audited(office, world.accounts["hq_admin"])


def test_the_tree_is_shown_as_it_stood_and_only_the_viewers_part_of_it(
    office: Office, world: World, browser: TestClient
) -> None:
    north1, moved_on = world.branches["north1"], date(2026, 6, 1)
    with office.worker.database.transaction() as session:
        query = text("select id from unit where code = 'codeqsouthq'")
        south = session.execute(query).scalar_one()
        network.move_unit(session, north1.unit_id, south, moved_on)
        network.close_unit(session, world.branches["north2"].unit_id, date(2026, 10, 1))
    enter(browser, office, "hq_admin")
    now = shown(browser, "/app/network/codeqsouthq?lang=en")
    assert north1.code in now
    assert "nameqnorth1q moved under nameqsouthq." in now
    assert "nameqnorth2q closed." in shown(browser, "/app/network/codeqnorthq?lang=en")
    before = shown(browser, "/app/network/codeqnorthq?lang=en&on=2026-05-31")
    assert north1.code in before
    assert "2 open branches, as the tree stood on 31 May 2026" in before
    unit = shown(browser, f"/app/network/{north1.code}?lang=en")
    assert north1.former_code in unit
    assert "since 1 Jun 2026" in unit
    enter(browser, office, "regional_manager")
    seen = shown(browser, "/app/network?lang=en&below=all&on=2026-05-31")
    assert "nameqnorth2q" in seen
    assert north1.code not in seen, "what one may see is decided by today's tree"
    assert "nameqsouthq" not in seen


IMPORT = "/app/network/import?lang=en"
UNITS = """code,kind,name,parent,valid_from,size,former_codes
codeqnorth1q,branch,New name,codeqsouthq,2026-11-01,large,
fresh1,branch,Fresh,codeqnorthq,2026-01-01,small,old1
"""


def handed(text_: str) -> dict[str, str]:
    """A file as a browser hands it over."""
    return {
        f"{Id.UNITS_FILE}.filename": "units.csv",
        f"{Id.UNITS_FILE}.contents": f"data:text/csv;base64,{b64encode(text_.encode()).decode()}",
    }


def parents_of(office: Office, code: str) -> list[str]:
    with office.worker.database.transaction() as session:
        query = text(
            "select p.code from unit u join unit_parent h on h.unit_id = u.id "
            "join unit p on p.id = h.parent_id where u.code = :code order by h.valid_from"
        )
        return list(session.execute(query, {"code": code}).scalars())


def test_units_are_imported_after_a_trial_that_writes_nothing(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    assert Id.UNITS_TRY in shown(browser, IMPORT)
    tried = said(press(browser, IMPORT, Id.UNITS_TRY, held=handed(UNITS)))
    assert "2 rows read: 2 would be written" in tried
    assert parents_of(office, "fresh1") == []
    value = {Id.UNITS_SURE: sure(tried, Id.UNITS_SURE)}
    other = UNITS.replace("Fresh", "Other")
    moved = said(press(browser, IMPORT, Id.UNITS_SURE, held=handed(other), **value))
    assert "not the one that was tried" in moved
    done = said(press(browser, IMPORT, Id.UNITS_SURE, held=handed(UNITS), **value))
    assert "2 are written" in done
    assert parents_of(office, "fresh1") == ["codeqnorthq"]
    assert parents_of(office, "codeqnorth1q") == ["codeqnorthq", "codeqsouthq"]
    assert "New name moved under nameqsouthq." in shown(browser, "/app/network?lang=en")
    again = said(press(browser, IMPORT, Id.UNITS_TRY, held=handed(UNITS)))
    assert "0 would be written, 2 change nothing" in again
    assert sure_is_absent(again, Id.UNITS_SURE)


def test_a_file_with_errors_is_taken_by_nobody_and_says_where_they_are(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    wrong = UNITS.replace("codeqsouthq", "nowhere")
    tried = said(press(browser, IMPORT, Id.UNITS_TRY, held=handed(wrong)))
    assert "1 have errors" in tried
    assert '"2"' in tried, "the line"
    assert "nowhere" in tried
    assert sure_is_absent(tried, Id.UNITS_SURE)
    unread = said(press(browser, IMPORT, Id.UNITS_TRY, held=handed("a,b\n1,2\n")))
    assert "The file cannot be read" in unread
    enter(browser, office, "regional_admin")
    assert Id.UNITS_TRY not in shown(browser, IMPORT)
    said(press(browser, IMPORT, Id.UNITS_TRY, held=handed(UNITS)))
    assert parents_of(office, "fresh1") == []
