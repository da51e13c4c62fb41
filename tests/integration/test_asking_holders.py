"""Caps per household and vehicle, holds, competing touchpoints: decided with the database."""

from datetime import timedelta
from typing import Any

import pytest
from asking import (
    EXAMPLES,
    YESTERDAY,
    Network,
    add_customer,
    add_event,
    change,
    make_network,
    one,
    publish,
    rows,
)
from conftest import NOW, Office

from api.invitations import service
from api.invitations.repository import deciding
from api.invitations.service import decide_due
from api.surveys.definitions import read_rules
from api.surveys.service import publish_rules

HOUSE, CAR = b"house", b"car"
VEHICLE = '\n[[limit]]\nname = "vehicle"\nper = "vehicle"\ndays = 30\ncount = 1\n\n[[segment]]'


@pytest.fixture
def network(office: Office) -> Network:
    made = make_network(office.owner, rules=None)
    written = (EXAMPLES / "rules/cars.toml").read_text("utf-8")
    with office.owner.transaction() as session:
        publish(session, None)
        publish_rules(session, read_rules(written.replace("\n[[segment]]", VEHICLE, 1), "t"), NOW)
    return made


def customer(office: Office, network: Network, number: int = 1, **values: Any) -> Any:
    return add_customer(
        office.owner,
        office.worker.vault,
        network.branches[0],
        phone=f"+8619900000{number:03d}",
        **values,
    )


def reasons(office: Office) -> list[str]:
    return [row.reason for row in rows(office.worker, "select reason from decision order by id")]


def failed(office: Office) -> list[str]:
    written = "select checks from decision where reason = 'capped' order by id"
    return [
        check[0] for row in rows(office.worker, written) for check in row.checks if not check[3]
    ]


@pytest.mark.parametrize("batch", [1, 10])
def test_one_household_and_one_vehicle_are_asked_once(
    office: Office, network: Network, batch: int
) -> None:
    for number in (1, 2):
        someone = customer(office, network, number, household_hash=HOUSE)
        add_event(office.owner, network, someone)
    for number in (3, 4):
        add_event(office.owner, network, customer(office, network, number), object_hash=CAR)
    while decide_due(office.worker, batch):
        pass
    assert sorted(reasons(office)) == ["capped", "capped", "passed", "passed"]
    assert {one for one in failed(office) if one.startswith("cap:")} == {
        "cap:household",
        "cap:vehicle",
    }
    kept = rows(
        office.worker,
        "select household_hash, object_hash from invitation order by household_hash nulls last",
    )
    assert [(row.household_hash, row.object_hash) for row in kept] == [(HOUSE, None), (None, CAR)]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("complaint", "open_complaint"), ("deceased", "deceased"), ("blocklist", "blocked")],
)
def test_who_is_held_is_not_asked(
    office: Office, network: Network, reason: str, expected: str
) -> None:
    someone = customer(office, network)
    change(
        office.worker,
        "insert into person_hold (id, person_id, reason, source, external_id, opened_at) "
        "values (gen_random_uuid(), :person, :reason, 'crm', '1', :now)",
        person=someone.id,
        reason=reason,
        now=NOW,
    )
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert reasons(office) == [expected]


def test_a_planned_invitation_of_lower_rank_gives_way(office: Office, network: Network) -> None:
    someone = customer(office, network)
    service_visit = add_event(office.owner, network, someone, occurred_at=YESTERDAY)
    office.clock.now = NOW - timedelta(hours=1)
    change(office.worker, "update event set due_at = :at", at=office.clock.now)
    decide_due(office.worker)
    office.clock.now = NOW
    delivery = add_event(
        office.owner, network, someone, touchpoint="delivery",
        occurred_at=NOW - timedelta(days=2, hours=1), branch=1,
    )  # fmt: skip
    decide_due(office.worker)
    found = rows(office.worker, "select event_id, status, failure, follow_up_at from invitation")
    assert {row.event_id: (row.status, row.failure) for row in found} == {
        service_visit: ("dropped", "outranked"),
        delivery: ("planned", None),
    }
    assert sorted(reasons(office)) == ["outranked", "passed", "passed"]
    last = one(office.worker, "select * from decision where reason = 'outranked'")
    assert (last.event_id, last.action) == (service_visit, "drop")
    assert last.branch_id == network.branches[0]


def test_within_one_batch_the_higher_rank_goes_and_the_other_was_never_planned(
    office: Office, network: Network
) -> None:
    someone = customer(office, network)
    add_event(office.owner, network, someone, occurred_at=YESTERDAY)
    delivery = add_event(
        office.owner, network, someone, touchpoint="delivery",
        occurred_at=NOW - timedelta(days=2, hours=1), due_at=NOW,
    )  # fmt: skip
    decide_due(office.worker)
    made = one(office.worker, "select event_id, status from invitation")
    assert (made.event_id, made.status) == (delivery, "planned")
    assert sorted(reasons(office)) == ["outranked", "passed"]


def test_when_a_sender_was_quicker_nothing_gives_way(
    office: Office, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = customer(office, network)
    add_event(office.owner, network, someone, occurred_at=YESTERDAY)
    decide_due(office.worker)
    add_event(
        office.owner, network, someone, touchpoint="delivery",
        occurred_at=NOW - timedelta(days=2, hours=1),
    )  # fmt: skip
    monkeypatch.setattr(deciding, "hold_planned", lambda session, ids: set())
    decide_due(office.worker)
    assert sorted(reasons(office)) == ["capped", "passed"]
    assert one(office.worker, "select status from invitation").status == "planned"


def test_probabilities_ranks_and_what_follows_are_kept(office: Office, network: Network) -> None:
    change(
        office.worker,
        "insert into sampling_plan (day, branch_id, touchpoint_id, needed, answered, expected, "
        "response_rate, probability, deficit, computed_at) "
        "values ('2026-11-17', :branch, :touchpoint, 100, 50, 10, 0.2, 1, 0.5, :now)",
        branch=network.branches[0],
        touchpoint=network.touchpoints["service"],
        now=NOW,
    )
    someone = customer(office, network, value_tier="premium", wechat="openid-1")
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    made = one(office.worker, "select * from invitation")
    assert (made.segment, made.channel, made.priority, made.deficit) == (
        "premium", "wechat", 10, 0.5,
    )  # fmt: skip
    assert made.inclusion_probability == 1.0
    assert made.follow_up_at == made.planned_at
    stored = one(office.worker, "select segment, channel, inclusion_probability from decision")
    assert tuple(stored) == ("premium", "wechat", 1.0)


def test_who_does_not_follow_is_reached_by_the_next_channel(
    office: Office, network: Network
) -> None:
    someone = customer(office, network, value_tier="premium", wechat="openid-1")
    change(
        office.worker,
        "insert into wechat_follower (openid_hash, openid_encrypted, following, changed_at) "
        "select value_hash, value_encrypted, false, :now from contact_point where kind = 'wechat'",
        now=NOW,
    )
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert one(office.worker, "select channel from invitation").channel == "sms"


def test_a_batch_keeps_within_the_servers_table_of_locks(office: Office, network: Network) -> None:
    with office.worker.database.transaction() as session:
        on = service.ground(session, NOW)
    assert service.most_events(on) == service.LOCKS // 2 < service.BATCH
