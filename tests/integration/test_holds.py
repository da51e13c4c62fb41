"""Holds and suppression lists: who is not asked, who says so, and what follows the person."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW, Office
from integration.customers_office import AT, PHONE, WHOLE, build_network, people, query, said, send

from api.core.errors import BadInput
from api.customers.commands import export_named, suppress_listed
from api.customers.errors import ItemsInvalid
from api.customers.holds import record_holds
from api.customers.schemas import CUSTOMERS, HOLDS
from api.customers.service import save_customers
from api.security.scope import Scope


@pytest.fixture
def network(office: Office) -> Office:
    with office.worker.database.transaction() as session:
        build_network(session)
    return office


def hold(**changes: Any) -> dict[str, Any]:
    given = {
        "source": "crm",
        "external_id": "C-1",
        "customer": {"phone": PHONE},
        "reason": "complaint",
        "opened_at": AT.isoformat(),
    }
    return {**given, **changes}


def held(office: Office, *holds: dict[str, Any], limits: Scope = WHOLE) -> list[str]:
    with office.web.database.transaction() as session:
        results = record_holds(
            session,
            HOLDS.validate_python(list(holds)),
            limits=limits,
            vault=office.web.vault,
            now=NOW,
        )
    return [one.outcome for one in results]


def test_a_hold_is_opened_closed_and_said_again_without_effect(network: Office) -> None:
    send(network.worker, said())
    closed = hold(closed_at=(AT + timedelta(hours=2)).isoformat())
    assert held(network, hold(), hold()) == ["opened", "unchanged"]
    assert held(network, closed) == ["closed"]
    assert held(network, closed) == ["unchanged"]
    assert held(network, hold()) == ["opened"]
    (stored,) = query(network.worker, "select * from person_hold")
    assert (stored.reason, stored.closed_at, stored.person_id) == (
        "complaint",
        None,
        people(network.worker)[0],
    )


def test_nobody_unknown_is_held_and_nobody_learns_who_is_known(network: Office) -> None:
    assert held(network, hold()) == ["unknown"]
    send(network.worker, said())
    elsewhere, here = Scope.of({12}), Scope.of({11})
    assert held(network, hold(), limits=elsewhere) == ["unknown"]
    assert held(network, hold(), limits=here) == ["opened"]
    send(network.worker, said(2, unit="D2", customer={"phone": "+8619900004321"}))
    stolen = hold(customer={"phone": "+8619900004321"})
    assert held(network, stolen, limits=elsewhere) == ["unknown"]
    assert len(query(network.worker, "select 1 from person_hold")) == 1


def test_a_number_that_cannot_be_one_is_refused_whole(network: Office) -> None:
    send(network.worker, said())
    with pytest.raises(ItemsInvalid):
        held(network, hold(), hold(external_id="C-2", customer={"phone": "12"}))
    assert not query(network.worker, "select 1 from person_hold")


def test_what_customers_are_in_full_is_stored_found_and_follows_a_merge(network: Office) -> None:
    about = {"value_tier": "premium", "household": "H-1", "attributes": {"club": "gold"}}
    one = {"source": "crm", "unit": "D1", "id": "K1", "phone": PHONE, **about}
    two = {"source": "crm", "unit": "D1", "id": "K2", "contact_ref": "ref-2", "household": "H-1"}
    records = CUSTOMERS.validate_python([two, one])
    with network.worker.database.transaction() as session:
        save_customers(session, records, limits=WHOLE, vault=network.worker.vault, now=NOW)
    found = query(network.worker, "select * from person order by value_tier")
    assert found[0].household_hash == found[1].household_hash
    assert (found[0].value_tier, found[0].attributes) == ("premium", {"club": "gold"})
    assert held(network, hold(customer={"id": "K1", "source": "crm"})) == ["opened"]
    both = {"source": "crm", "unit": "D1", "id": "K2", "phone": PHONE}
    with network.worker.database.transaction() as session:
        records = CUSTOMERS.validate_python([both])
        save_customers(session, records, limits=WHOLE, vault=network.worker.vault, now=NOW)
    (kept,) = query(network.worker, "select * from person where merged_into_id is null")
    assert (kept.value_tier, kept.attributes) == ("premium", {"club": "gold"})
    assert query(network.worker, "select person_id from person_hold")[0].person_id == kept.id
    with network.worker.database.transaction() as session:
        exported = export_named(session, network.worker, "crm:K2")
    assert exported["value_tier"] == "premium"
    assert [one["reason"] for one in exported["holds"]] == ["complaint"]
    assert {one["kind"] for one in exported["contacts"]} == {"phone", "ref"}


def test_a_vehicle_is_found_again_however_it_was_written(network: Office) -> None:
    send(network.worker, said(1, vehicle="沪A·12345"), said(2, vehicle="沪a 12345"))
    send(network.worker, said(3, account="沪A12345"), said(4))
    keys = query(network.worker, "select object_hash from event order by external_id")
    assert keys[0].object_hash == keys[1].object_hash
    assert keys[2].object_hash not in (None, keys[0].object_hash)
    assert keys[3].object_hash is None


def test_a_list_of_staff_numbers_is_suppressed_once(network: Office, tmp_path: Path) -> None:
    listed = tmp_path / "staff.txt"
    listed.write_text(f"{PHONE}\nphone:199 0000 1234\n\nli@example.com\n", "utf-8")
    with network.worker.database.transaction() as session:
        done = suppress_listed(session, network.worker, listed, "staff")
        again = suppress_listed(session, network.worker, listed, "staff")
    assert done == {"read": 2, "new": 2, "withdrawn": 0}
    assert again == {"read": 2, "new": 0, "withdrawn": 0}
    assert [row.reason for row in query(network.worker, "select reason from suppression")] == [
        "staff"
    ] * 2
    listed.write_text("not a number\n", "utf-8")
    with (
        network.worker.database.transaction() as session,
        pytest.raises(BadInput, match=r"staff\.txt:1"),
    ):
        suppress_listed(session, network.worker, listed, "staff")
