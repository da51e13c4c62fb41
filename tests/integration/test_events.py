"""Events: stored once, revised in order, withdrawn, and their customers matched."""

from datetime import timedelta

import pytest
from conftest import Office
from integration.customers_office import (
    AT,
    PHONE,
    build_network,
    people,
    query,
    said,
    send,
)

from api.customers.errors import ItemsConflict, ItemsInvalid
from api.customers.schemas import EVENTS
from api.customers.service import ingest_events
from api.security.scope import Scope


@pytest.fixture
def network(office: Office) -> Office:
    with office.worker.database.transaction() as session:
        build_network(session)
    return office


def outcomes(office: Office, *events: dict[str, object]) -> list[str]:
    return [result.outcome for result in send(office.web, *events)]


def test_an_event_is_stored_with_the_branchs_own_date(network: Office) -> None:
    [result] = send(network.web, said(employee="Li", amount="12.50", attributes={"km": 9}))
    [row] = query(network.worker, "select * from event")
    assert (result.outcome, result.id) == ("created", str(row.id))
    assert row.occurred_on.isoformat() == "2026-11-18"
    assert (row.asking, row.due_at, row.branch_id) == ("pending", network.clock(), 11)
    assert (row.employee, str(row.amount), row.attributes) == ("Li", "12.50", {"km": 9})


def test_the_same_event_again_changes_nothing(network: Office) -> None:
    send(network.web, said())
    before = query(network.worker, "select xmin::text, * from event")
    assert outcomes(network, said(), said()) == ["unchanged", "unchanged"]
    assert query(network.worker, "select xmin::text, * from event") == before


def test_other_content_needs_a_higher_revision(network: Office) -> None:
    send(network.web, said())
    with pytest.raises(ItemsConflict) as refused:
        send(network.web, said(2), said(employee="Wang"))
    assert [(p.index, p.field) for p in refused.value.problems] == [(1, "revision")]
    assert len(query(network.worker, "select from event")) == 1
    assert outcomes(network, said(employee="Wang", revision=2)) == ["updated"]
    with pytest.raises(ItemsConflict):
        send(network.web, said(employee="Zhao", revision=1))


def test_revisions_within_one_request_are_taken_in_order(network: Office) -> None:
    sent = [said(), said(employee="A", revision=2), said(employee="A", revision=3), said(2)]
    assert outcomes(network, *sent) == ["created", "updated", "unchanged", "created"]
    [row] = query(network.worker, "select revision, employee from event where external_id='e1'")
    assert tuple(row) == (3, "A")


def test_former_codes_and_merged_units_resolve(network: Office) -> None:
    send(network.web, said(1, unit="D1-before"), said(2, unit="OLD"))
    assert {row.branch_id for row in query(network.worker, "select branch_id from event")} == {11}


def test_the_same_event_under_a_renamed_unit_is_the_same(network: Office) -> None:
    send(network.web, said(unit="D1-before"))
    assert outcomes(network, said(unit="D1")) == ["unchanged"]


def test_everything_wrong_is_named_and_nothing_is_written(network: Office) -> None:
    far = (network.clock() + timedelta(days=3)).isoformat()
    wrong = [
        said(1),
        said(2, unit="nowhere", touchpoint="never"),
        said(3, customer={"phone": "12"}),
        said(4, customer={"email": "a@b"}),
        said(5, occurred_at=far),
        said(6, unit="N"),
    ]
    with pytest.raises(ItemsInvalid) as refused:
        send(network.web, *wrong)
    assert [(p.index, p.field) for p in refused.value.problems] == [
        (1, "unit"),
        (1, "touchpoint"),
        (2, "customer.phone"),
        (3, "customer.email"),
        (4, "occurred_at"),
        (5, "unit"),
    ]
    assert query(network.worker, "select from event") == []


def test_a_sender_cannot_write_to_or_revise_at_other_branches(network: Office) -> None:
    mine = Scope.of({11})
    send(network.web, said(7, unit="D2"))
    with pytest.raises(ItemsInvalid) as refused:
        send(network.web, said(unit="D2"), limits=mine)
    assert refused.value.problems[0].field == "unit"
    with pytest.raises(ItemsConflict) as taken:
        send(network.web, said(7, unit="D1", revision=2), limits=mine)
    assert taken.value.problems[0].key == "customers.fields.taken"
    assert send(network.web, said(), limits=mine)[0].outcome == "created"


def test_a_cancelled_event_withdraws_what_was_not_sent(network: Office) -> None:
    send(network.web, said(1), said(2))
    assert outcomes(network, said(1, revision=2, cancelled=True)) == ["cancelled"]
    [row] = query(network.worker, "select status, asking from event where external_id = 'e1'")
    assert tuple(row) == ("cancelled", "decided")
    assert outcomes(network, said(1, revision=3)) == ["updated"]
    [row] = query(network.worker, "select status, asking from event where external_id = 'e1'")
    assert tuple(row) == ("active", "pending")


def test_one_phone_under_five_ids_at_three_dealers_is_one_person(network: Office) -> None:
    written = ["19900001234", "+86 199 0000 1234", "0086-199-0000-1234", PHONE, "199 0000 1234"]
    for number, phone in enumerate(written):
        unit = ["D1", "D2", "D3"][number % 3]
        customer = {"id": f"c{number}", "source": f"crm{number}", "phone": phone}
        send(network.web, said(number, unit=unit, customer=customer))
    [person] = people(network.worker)
    assert {r.person_id for r in query(network.worker, "select person_id from event")} == {person}
    assert len(query(network.worker, "select from person_source")) == 5
    assert len(query(network.worker, "select from contact_point")) == 1
    assert len(query(network.worker, "select from person_branch")) == 3


def test_a_number_is_read_as_one_of_the_branchs_country(network: Office) -> None:
    send(network.web, said(1, unit="GB1", customer={"phone": "07700 900123"}))
    [row] = query(network.worker, "select value_encrypted from contact_point")
    assert network.web.vault.decrypt(bytes(row.value_encrypted)) == "+447700900123"


def test_contact_points_are_unreadable_at_rest(network: Office) -> None:
    customer = {"phone": PHONE, "email": "Wang@Example.com", "openid": "oAbC123", "name": "王小明"}
    send(network.web, said(customer=customer, vehicle="LSVAA4187E2184847"))
    for table in ("person", "contact_point", "person_source", "event"):
        stored = str(query(network.worker, f"select t::text from {table} t"))
        for value in ("9900001234", "wang", "oAbC123", "王小明", "LSVAA"):
            assert value not in stored
            assert value.encode().hex() not in stored


def test_two_people_found_by_different_identifiers_become_one(network: Office) -> None:
    send(network.web, said(1, customer={"phone": PHONE}), said(2, customer={"email": "a@b.cn"}))
    first, second = people(network.worker)
    send(network.web, said(3, unit="D2", customer={"phone": PHONE, "email": "A@b.cn"}))
    assert people(network.worker) == [first]
    assert {r.person_id for r in query(network.worker, "select person_id from event")} == {first}
    [merge] = query(network.worker, "select * from person_merge")
    assert (merge.kept_id, merge.merged_id) == (first, second)
    assert len(merge.moved["event"]) == len(merge.moved["contact_point"]) == 1


def test_a_chain_of_identifiers_in_one_request_is_one_person(network: Office) -> None:
    chain = [
        said(1, customer={"phone": PHONE}),
        said(2, customer={"email": "a@b.cn"}),
        said(3, customer={"openid": "o1"}),
        said(4, customer={"openid": "o1", "email": "a@b.cn"}),
        said(5, customer={"id": "c", "email": "a@b.cn", "phone": PHONE}),
    ]
    send(network.web, *chain)
    assert len(people(network.worker)) == 1
    assert query(network.worker, "select from person_merge") == []


def test_three_known_people_merge_in_one_request(network: Office) -> None:
    singles = [{"phone": PHONE}, {"email": "a@b.cn"}, {"openid": "o1"}]
    for number, customer in enumerate(singles):
        send(network.web, said(number, customer=customer))
    send(network.web, said(9, customer={"phone": PHONE, "email": "a@b.cn", "openid": "o1"}))
    [person] = people(network.worker)
    assert {r.person_id for r in query(network.worker, "select person_id from event")} == {person}
    assert len(query(network.worker, "select from person_merge")) == 2


def test_a_number_of_staff_tells_nobody_apart(network: Office) -> None:
    key = network.web.vault.lookup_hash("phone", PHONE)
    with network.worker.database.connection() as connection:
        connection.exec_driver_sql(
            "insert into suppression values ('phone', %s, 'staff', now())", (key,)
        )
    send(network.web, said(1, customer={"id": "a", "phone": PHONE}))
    send(network.web, said(2, customer={"id": "b", "phone": PHONE}), said(3))
    assert len(people(network.worker)) == 2
    assert query(network.worker, "select from contact_point") == []


def test_an_event_without_a_customer_is_kept(network: Office) -> None:
    send(network.web, said(1, customer=None), said(2, customer={"name": "Nobody"}))
    rows = query(network.worker, "select person_id from event")
    assert [row.person_id for row in rows] == [None, None]
    assert people(network.worker) == []


def test_consent_is_kept_and_a_withdrawal_ends_it(network: Office) -> None:
    given = {"wording_version": "v1", "given_at": AT.isoformat(), "channel": "sms"}
    first = {"phone": PHONE, "consent": [given]}
    send(network.web, said(1, customer=first), said(2, customer=first))
    [row] = query(network.worker, "select * from consent")
    assert (row.granted, row.purpose, row.source, row.given_at) == (True, "survey", "dms", AT)
    ended = (AT + timedelta(hours=1)).isoformat()
    send(network.web, said(3, customer={**first, "consent": [{**given, "withdrawn_at": ended}]}))
    [row] = query(network.worker, "select * from consent")
    assert row.withdrawn_at == AT + timedelta(hours=1)


def test_a_refusal_ends_what_was_allowed(network: Office) -> None:
    given = {"wording_version": "v1", "given_at": AT.isoformat()}
    later = {**given, "granted": False, "given_at": (AT + timedelta(minutes=5)).isoformat()}
    send(network.web, said(1, customer={"phone": PHONE, "consent": [given, later]}))
    rows = query(network.worker, "select granted, withdrawn_at from consent order by given_at")
    assert rows[0].withdrawn_at == AT + timedelta(minutes=5)
    assert not rows[1].granted


def test_the_senders_scope_is_restored(network: Office) -> None:
    send(network.web, said(1, unit="D2"))
    with network.web.database.transaction() as session:
        ingest_events(
            session,
            EVENTS.validate_python([said(2)]),
            limits=Scope.of({11}),
            vault=network.web.vault,
            now=network.clock(),
        )
        seen = session.connection().exec_driver_sql("select external_id from event").all()
    assert [row[0] for row in seen] == ["e2"]
