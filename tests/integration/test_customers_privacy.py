"""Export shows everything, erasure leaves only counts, and nothing brings an erased person back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from conftest import Office
from integration.customers_office import (
    AT,
    PHONE,
    WHOLE,
    build_network,
    people,
    query,
    said,
    send,
)
from sqlalchemy import text

from api.core.ids import new_id
from api.customers.commands import erase_named, export_named
from api.customers.errors import CannotReverse, NoSuchCustomer
from api.customers.privacy import reverse_merge, suppress
from api.models import Answer, Invitation, Response, SurveyToken, SurveyVersion

COMMENT = "空调坏了，打给我"
CUSTOMER = {
    "id": "KD-1",
    "phone": PHONE,
    "email": "wang@example.com",
    "name": "王小明",
    "birth_year": 1980,
    "consent": [{"wording_version": "v1", "given_at": AT.isoformat()}],
}


@pytest.fixture
def network(office: Office) -> Office:
    with office.worker.database.transaction() as session:
        build_network(session)
    return office


def invite(office: Office, event: str, status: str = "planned", *, answered: bool = False) -> UUID:
    """An invitation of an event, perhaps with an answer."""
    [row] = query(office.worker, f"select * from event where external_id = '{event}'")
    [contact] = query(
        office.worker,
        "select id from contact_point where person_id = :id order by kind desc limit 1",
        id=row.person_id,
    )
    now = datetime(2026, 11, 18, tzinfo=UTC)
    with office.worker.database.transaction() as session:
        version = survey(session)
        invitation = Invitation(
            event_id=row.id,
            survey_code="s",
            survey_version_id=version,
            person_id=row.person_id,
            contact_point_id=contact.id,
            branch_id=row.branch_id,
            touchpoint_id=1,
            occurred_on=row.occurred_on,
            channel="sms",
            language="zh",
            context={"name": "王小明"},
            created_at=now,
            planned_at=now,
            expires_at=now + timedelta(days=7),
            status=status,
        )
        session.add(invitation)
        session.flush()
        session.add(
            SurveyToken(
                token_hash=invitation.id.bytes,
                invitation_id=invitation.id,
                branch_id=row.branch_id,
                created_at=now,
                expires_at=now + timedelta(days=7),
            )
        )
        if answered:
            answer(session, invitation, version, now)
        return invitation.id


def survey(session: Any) -> int:
    """A survey version to hang invitations on."""
    found = session.execute(text("select min(id) from survey_version")).scalar()
    if found is None:
        published = datetime(2026, 1, 1, tzinfo=UTC)
        made = SurveyVersion(
            code="s", version=1, definition={}, content_hash=b"x", published_at=published
        )
        session.add(made)
        session.flush()
        found = made.id
    return int(found)


def answer(session: Any, invitation: Invitation, version: int, now: datetime) -> None:
    response = Response(
        invitation_id=invitation.id,
        survey_version_id=version,
        branch_id=invitation.branch_id,
        touchpoint_id=1,
        person_id=invitation.person_id,
        occurred_on=invitation.occurred_on,
        channel="sms",
        language="zh",
        named=True,
        started_at=now,
        submitted_at=now,
        completed_at=now,
    )
    session.add(response)
    session.flush()
    common = {
        "response_id": response.id,
        "occurred_on": invitation.occurred_on,
        "branch_id": invitation.branch_id,
    }
    session.add(Answer(**common, question="recommend", metric="nps", value=3))
    session.add(Answer(**common, question="why", text=COMMENT))
    session.flush()


def erase(office: Office, named: str) -> dict[str, int]:
    with office.worker.database.transaction() as session:
        return erase_named(session, office.worker, named)


def export(office: Office, named: str) -> dict[str, Any]:
    with office.worker.database.transaction() as session:
        return export_named(session, office.worker, named)


def test_an_export_holds_everything_in_clear(network: Office) -> None:
    send(network.web, said(1, customer=CUSTOMER, vehicle="LSVAA4187E2184847", order="RO-1"))
    invite(network, "e1", "sent", answered=True)
    held = export(network, f"phone:{PHONE}")
    assert {c["value"] for c in held["contacts"]} == {PHONE, "wang@example.com"}
    assert (held["name"], held["birth_year"]) == ("王小明", 1980)
    assert held["sources"] == [{"source": "dms", "external_id": "KD-1"}]
    assert held["events"][0]["vehicle_or_account"] == "LSVAA4187E2184847"
    assert held["consents"][0]["wording_version"] == "v1"
    assert held["invitations"][0]["status"] == "sent"
    assert {a["text"] for a in held["answers"]} == {COMMENT, None}
    assert orjson.loads(orjson.dumps(held)) == held
    [entry] = query(network.worker, "select action, subject from audit_entry")
    assert tuple(entry) == ("export", f"person:{held['id']}")


@pytest.mark.parametrize("named", ["phone:19900001234", "email:WANG@example.com", "dms:KD-1"])
def test_a_customer_is_found_by_what_they_can_name(network: Office, named: str) -> None:
    send(network.web, said(1, customer=CUSTOMER))
    assert UUID(export(network, named)["id"]) == people(network.worker)[0]


def test_an_unknown_customer_is_not_found(network: Office) -> None:
    for named in ("phone:19900009999", "phone:x", "dms:nobody", str(new_id())):
        with pytest.raises(NoSuchCustomer):
            export(network, named)


def test_an_erased_person_leaves_only_counts(network: Office) -> None:
    send(network.web, said(1, customer=CUSTOMER, vehicle="LSVAA4187E2184847", order="RO-1"))
    send(network.web, said(2, unit="D2", customer={"email": "wang@example.com"}))
    send(network.web, said(3, customer={"phone": "+8619900007777"}))
    invite(network, "e1", "sent", answered=True)
    planned = invite(network, "e2")
    changed = erase(network, f"phone:{PHONE}")
    assert (changed["contact_points"], changed["events"], changed["texts"]) == (2, 2, 1)
    everything = "".join(
        str(query(network.worker, f"select t::text from {table} t"))
        for table in (
            "person person_source person_branch contact_point consent event invitation "
            "response answer person_merge audit_entry"
        ).split()
    )
    for value in (COMMENT, "王小明", "LSVAA", "RO-1", "KD-1"):
        assert value not in everything
    values = query(network.worker, "select value, text from answer order by question")
    assert [tuple(row) for row in values] == [(3, None), (None, None)]
    linked = query(
        network.worker,
        "select person_id from response union all select person_id from invitation "
        "union all select person_id from event where external_id in ('e1', 'e2')",
    )
    assert {row.person_id for row in linked} == {None}
    [dropped] = query(network.worker, f"select status from invitation where id = '{planned}'")
    assert dropped.status == "dropped"
    assert query(network.worker, "select from survey_token where dead_at is null") == []
    assert len(query(network.worker, "select from contact_point")) == 1  # somebody else's
    with pytest.raises(NoSuchCustomer):
        export(network, f"phone:{PHONE}")


def test_a_reimport_does_not_revive_an_erased_person(network: Office) -> None:
    send(network.web, said(1, customer=CUSTOMER))
    erase(network, "dms:KD-1")
    again = [
        said(1, customer=CUSTOMER),
        said(1, customer=CUSTOMER, revision=2, vehicle="LSVAA4187E2184847"),
        said(2, unit="D3", customer={"phone": "199 0000 1234", "id": "new id"}),
        said(3, customer={"id": "KD-1", "name": "王小明"}),
    ]
    results = send(network.web, *again)
    assert [r.outcome for r in results] == ["unchanged", "updated", "created", "created"]
    send(network.web, said(4, customer={"id": "new id", "email": "other@example.com"}))
    assert query(network.worker, "select from person where erased_at is null") == []
    assert query(network.worker, "select from contact_point") == []
    rows = query(network.worker, "select person_id, vehicle_encrypted from event")
    assert {tuple(row) for row in rows} == {(None, None)}
    assert len(rows) == 4


def test_records_merged_into_an_erased_person_are_erased_with_them(network: Office) -> None:
    send(network.web, said(1, customer={"id": "a", "phone": PHONE, "name": "甲"}))
    send(network.web, said(2, customer={"id": "b", "email": "a@example.com", "name": "乙"}))
    send(network.web, said(3, customer={"phone": PHONE, "email": "a@example.com"}))
    erase(network, "email:a@example.com")
    rows = query(network.worker, "select name_encrypted, erased_at is null as alive from person")
    assert {tuple(row) for row in rows} == {(None, False)}
    assert {str(row.moved) for row in query(network.worker, "select moved from person_merge")} == {
        "{}"
    }


def test_a_reversed_merge_parts_two_people_for_good(network: Office) -> None:
    send(network.web, said(1, customer={"id": "a", "phone": PHONE, "name": "甲"}))
    send(network.web, said(2, unit="D2", customer={"id": "b", "email": "a@example.com"}))
    first, second = people(network.worker)
    both = {"id": "a", "phone": PHONE, "email": "a@example.com"}
    send(network.web, said(3, customer=both))
    [merge] = query(network.worker, "select id from person_merge")
    with network.web.database.transaction() as session:
        reverse_merge(session, merge.id, limits=WHOLE, actor="system:test", now=network.clock())
    assert people(network.worker) == [first, second]
    owners = query(network.worker, "select external_id, person_id from event order by 1")
    assert [row.person_id for row in owners] == [first, second, first]
    kinds = query(network.worker, "select kind, person_id from contact_point order by kind")
    assert [tuple(row) for row in kinds] == [("email", second), ("phone", first)]
    seen = query(network.worker, "select branch_id, person_id from person_branch order by 1")
    assert [tuple(row) for row in seen] == [(11, first), (12, second)]
    send(network.web, said(4, customer=both))
    assert people(network.worker) == [first, second]
    with pytest.raises(CannotReverse), network.web.database.transaction() as session:
        reverse_merge(session, merge.id, limits=WHOLE, actor="system:test", now=network.clock())


def test_a_suppressed_address_is_written_to_no_more(network: Office) -> None:
    send(network.web, said(1, customer=CUSTOMER))
    invite(network, "e1")
    key = network.web.vault.lookup_hash("phone", PHONE)
    with network.web.database.transaction() as session:
        dropped = suppress(session, "phone", key, "opt_out", limits=WHOLE, now=network.clock())
    assert dropped == 1
    [row] = query(network.worker, "select status, failure from invitation")
    assert tuple(row) == ("dropped", "opt_out")
    assert len(query(network.worker, "select from suppression")) == 1


def test_a_cancelled_event_withdraws_only_what_was_not_sent(network: Office) -> None:
    send(network.web, said(1, customer=CUSTOMER), said(2, customer=CUSTOMER))
    planned, sent = invite(network, "e1"), invite(network, "e2", "sent")
    cancelled = [said(n, customer=CUSTOMER, revision=2, cancelled=True) for n in (1, 2)]
    send(network.web, *cancelled)
    rows = query(network.worker, "select id, status, failure from invitation")
    assert {row.id: (row.status, row.failure) for row in rows} == {
        planned: ("dropped", "cancelled"),
        sent: ("sent", None),
    }
    send(network.web, said(1, customer=CUSTOMER, revision=3))
    [row] = query(network.worker, "select asking from event where external_id = 'e1'")
    assert row.asking == "decided"  # it led to an invitation before; nobody is asked twice


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ("planned", "planned", ["planned", "dropped"]),
        ("sent", "planned", ["sent", "dropped"]),
        ("planned", "sent", ["dropped", "sent"]),
        ("dropped", "planned", ["dropped", "planned"]),
    ],
)
def test_two_who_turn_out_to_be_one_are_asked_once(
    network: Office, first: str, second: str, left: list[str]
) -> None:
    send(network.web, said(1, customer={"phone": PHONE}))
    send(network.web, said(2, unit="D2", customer={"phone": "+8619900005555"}))
    invite(network, "e1", first)
    invite(network, "e2", second)
    both = {"phone": PHONE, "ids": {"crm": "7"}}
    send(network.web, said(3, customer=both))
    send(network.web, said(4, customer={"phone": "+8619900005555", "ids": {"crm": "7"}}))
    rows = query(
        network.worker,
        "select i.status, i.person_id from invitation i join event e on e.id = i.event_id "
        "order by e.external_id",
    )
    assert [row.status for row in rows] == left
    assert {row.person_id for row in rows} == set(people(network.worker))
