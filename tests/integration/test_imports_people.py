"""Accounts, customers and events from files: by the services of their rooms, nothing twice."""

import json
from pathlib import Path

import pytest
from imports_support import EXAMPLES, holdings, import_file, query
from sqlalchemy import text

from api.customers.privacy import erase_customer
from api.imports.values import ImportSummary
from api.network.service import ensure_touchpoints
from tests.conftest import Office

KINDS = ("people", "customers", "events")


@pytest.fixture
def network(office: Office) -> Office:
    """An office with the example's units and touchpoints."""
    import_file(office.worker, "units", EXAMPLES / "units.csv", EXAMPLES / "units.toml")
    with office.worker.database.transaction() as session:
        ensure_touchpoints(session, "cars")
    return office


def example(office: Office, kind: str, **options: object) -> ImportSummary:
    return import_file(
        office.worker, kind, EXAMPLES / f"{kind}.csv", EXAMPLES / f"{kind}.toml", **options
    )


def edited(office: Office, tmp_path: Path, kind: str, old: str, new: str) -> ImportSummary:
    text = (EXAMPLES / f"{kind}.csv").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / f"{kind}.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return import_file(office.worker, kind, path, EXAMPLES / f"{kind}.toml")


WRITTEN = {"people": 6, "customers": 4, "events": 5}


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_imports_once(network: Office, kind: str) -> None:
    before = holdings(network.worker)
    dry = example(network, kind, dry_run=True)
    assert dry.written == WRITTEN[kind]
    assert holdings(network.worker) == before
    done = example(network, kind)
    assert (done.written, done.errors) == (WRITTEN[kind], 0), done.first_error()
    again = example(network, kind)
    assert (again.written, again.unchanged) == (0, WRITTEN[kind])
    assert again.skipped == done.skipped


def test_a_person_with_two_grants_has_one_account(network: Office) -> None:
    example(network, "people")
    assert query(network.worker, "select count(*) from account") == [(5,)]
    grants = query(
        network.worker,
        "select g.role, u.code, g.excluded from access_grant g join unit u on u.id = g.unit_id "
        "where g.role = 'regional_manager' order by u.code",
    )
    assert grants == [
        ("regional_manager", "D-0102", True),
        ("regional_manager", "R-N", False),
    ]


def test_accounts_wait_for_their_invitation(network: Office) -> None:
    example(network, "people")
    assert query(network.worker, "select distinct status from account") == [("invited",)]
    assert query(network.worker, "select count(*) from outbox_message") == [(0,)]


BAD_PEOPLE = {
    "role": ("hq_analyst", "boss", 'people.csv:2, column "role": there is no role boss; known are'),
    "unit": ("D-0101", "D-9999", 'people.csv:5, column "unit": there is no unit with the code D-9'),
    "group": ("G-HD", "G-XX", 'people.csv:6, column "owner_group": there is no owner group G-XX'),
    "email": ("director@example.com", "director(at)", 'people.csv:6, column "email": not an e-m'),
    "phone": ("+86 199 0000 0101", "12", 'people.csv:5, column "phone": not a phone number'),
    "nobody": (",,S-9001", ",,", 'people.csv:7, column "email": an account needs an e-mail'),
    "both": ("HQ,,", "HQ,G-HD,", 'people.csv:2, column "unit": a grant needs either a unit or an'),
    "dates": ("2026-01-01,2027-01-01", "2026-01-01,2025-01-01", "is not after 2026-01-01"),
    "two": (
        "陈朝阳,,+86 199 0000 0101,S-3001",
        "陈朝阳,lin.quality@example.com,,S-2001",
        "people.csv:5, column \"staff_number\": the e-mail, phone and staff number belong to",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PEOPLE)
def test_a_bad_person_is_refused_with_line_and_column(
    network: Office, tmp_path: Path, name: str
) -> None:
    old, new, message = BAD_PEOPLE[name]
    before = holdings(network.worker)
    done = edited(network, tmp_path, "people", old, new)
    assert done.errors >= 1
    assert message in done.first_error()
    assert holdings(network.worker) == before


def test_customers_from_two_files_are_one_person(network: Office) -> None:
    example(network, "customers")
    people = query(network.worker, "select count(*) from person")
    example(network, "events")
    assert query(network.worker, "select count(*) from person") == [(int(str(people[0][0])) + 1,)]
    linked = query(
        network.worker,
        "select e.external_id, s.external_id from event e "
        "join person_source s on s.person_id = e.person_id where s.source = 'crm' order by 1",
    )
    assert linked == [
        ("W-50001", "C-1001"), ("W-50002", "C-1003"), ("W-50003", "C-1004"),
        ("W-50004", "C-2001"), ("W-50005", "C-1002"),
    ]  # fmt: skip


def test_a_customer_with_a_new_number_is_written_the_others_are_unchanged(
    network: Office, tmp_path: Path
) -> None:
    example(network, "customers")
    done = edited(network, tmp_path, "customers", "+86 199 0000 1001", "+86 199 0000 1009")
    assert (done.written, done.unchanged) == (1, 3)


def test_a_file_says_what_customers_are_and_why_they_are_not_asked(
    network: Office, tmp_path: Path
) -> None:
    mapping = tmp_path / "customers.toml"
    more = {"value_tier": "premium", "household": "H-1", "attribute_club": "gold"}
    more |= {"hold_reason": "complaint", "hold_opened_at": "2026-11-01T09:00:00+08:00"}
    added = "".join(f'\n[columns.{name}]\nvalue = "{value}"\n' for name, value in more.items())
    mapping.write_text((EXAMPLES / "customers.toml").read_text("utf-8") + added, "utf-8")
    for _ in range(2):
        done = import_file(network.worker, "customers", EXAMPLES / "customers.csv", mapping)
    assert (done.errors, done.written, done.unchanged) == (0, 0, 4)
    with network.worker.database.transaction() as session:
        found = session.execute(
            text(
                "select distinct value_tier, attributes->>'club', h.reason, household_hash "
                "from person p "
                "join person_hold h on h.person_id = p.id"
            )
        ).all()
    assert [tuple(row)[:3] for row in found] == [("premium", "gold", "complaint")]


BAD_CUSTOMERS = {
    "phone": ("19900001002", "12", 'customers.csv:3, column "mobile": not a phone number'),
    "unit": ("D-0102", "D-9999", 'customers.csv:4, column "dealer": not found: no such branch'),
    "birth": ("1959", "x959", r'customers.csv:3, column "born": does not match'),
    "consent": ("no,2026", "maybe,2026", 'customers.csv:4, column "survey_ok": neither yes nor'),
}


@pytest.mark.parametrize("name", BAD_CUSTOMERS)
def test_a_bad_customer_is_refused_and_not_repeated(
    network: Office, tmp_path: Path, name: str
) -> None:
    old, new, message = BAD_CUSTOMERS[name]
    before = holdings(network.worker)
    done = edited(network, tmp_path, "customers", old, new)
    assert done.first_error().startswith(message)
    assert holdings(network.worker) == before
    shown = json.dumps(done.as_json(), ensure_ascii=False)
    for personal in ("钱二", "qian@example.com", "19900001002", "o-example-openid"):
        assert personal not in shown


def test_an_erased_customer_is_not_brought_back(network: Office) -> None:
    example(network, "customers")
    with network.worker.database.transaction() as session:
        person = session.execute(
            text("select person_id from person_source where external_id = 'C-1001'")
        ).scalar_one()
        erase_customer(
            session,
            person,
            vault=network.worker.vault,
            actor="system:test",
            now=network.worker.clock(),
        )
    before = holdings(network.worker)
    again = example(network, "customers")
    assert (again.written, again.unchanged, again.skipped) == (0, 3, 2)
    assert again.reasons["erased"] == 1
    assert again.rows[0].line == 2
    after = holdings(network.worker)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"person"}  # known names are sealed anew


BAD_EVENTS = {
    "touchpoint": ("交车", "年检", 'events.csv:4, column "type": not in the mapping\'s map'),
    "unit": ("D-0301", "D-9999", 'events.csv:5, column "dealer": not found: no such branch'),
    "amount": ("1290.50", "1.290.50", 'events.csv:3, column "amount": not a number'),
    "date": ("2026/11/10 11:20", "10.11.2026", 'events.csv:2, column "closed_at": not a date in'),
    "future": ("2026/11/12 14:40", "2027/11/12 14:40", "more than a day in the future"),
    "phone": ("+44 7700 900123", "12", 'events.csv:4, column "mobile": not a phone number'),
    "same id": ("W-50002,1", "W-50001,1", 'events.csv:3, column "revision": known with other'),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_EVENTS)
def test_a_bad_event_is_refused_with_line_and_column(
    network: Office, tmp_path: Path, name: str
) -> None:
    old, new, message = BAD_EVENTS[name]
    before = holdings(network.worker)
    done = edited(network, tmp_path, "events", old, new)
    assert done.errors >= 1
    assert message in done.first_error()
    assert holdings(network.worker) == before


def test_a_change_of_an_event_needs_a_higher_revision(network: Office, tmp_path: Path) -> None:
    example(network, "events")
    before = holdings(network.worker)
    same = edited(network, tmp_path, "events", "860.00", "861.00")
    assert "send a higher revision" in same.first_error()
    assert holdings(network.worker) == before
    path = tmp_path / "events.csv"
    content = (EXAMPLES / "events.csv").read_text(encoding="utf-8")
    path.write_text(
        content.replace("W-50001,1,", "W-50001,2,").replace("860.00", "861.00"), encoding="utf-8"
    )
    done = import_file(network.worker, "events", path, EXAMPLES / "events.toml")
    assert (done.written, done.unchanged) == (1, 4)
