"""The share of customers that each channel could reach: per unit, for those who may see it."""

from datetime import timedelta
from typing import Any

import pytest
from asking import Customer, Network, add_customer, change, make_network
from conftest import NOW, Office
from sqlalchemy import text
from viewers import looking

from api.core.errors import NotFound
from api.insights.queries.reach import reach_counts
from api.insights.reach import ChannelReach, reach
from api.wechat import followers
from api.wechat.repository import account


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


def customer(
    office: Office, network: Network, number: int, branch: int = 0, **more: Any
) -> Customer:
    values = {"phone": f"+86199000000{number:02d}", **more}
    usable = {name: value for name, value in values.items() if value is not None}
    return add_customer(office.owner, office.worker.vault, network.branches[branch], **usable)


def unit_id(office: Office, code: str) -> int:
    with office.owner.transaction() as session:
        found: int = session.execute(
            text("select id from unit where code = :code"), {"code": code}
        ).scalar_one()
        return found


def of(
    office: Office, unit: str, channel: str, *, role: str = "hq_admin", home: str = "network"
) -> ChannelReach:
    with looking(office, unit_id(office, home), role) as (session, viewer):
        (found, *_) = reach(session, viewer, unit, now=NOW)
    return next(one for one in found.channels if one.channel == channel)


def figures(one: ChannelReach) -> tuple[int, int, int, int]:
    return one.customers, one.addressed, one.consented, one.reachable


def test_an_address_and_a_consent_are_needed(office: Office, network: Network) -> None:
    customer(office, network, 1)
    customer(office, network, 2, consents=(("sms", True),))
    customer(office, network, 3, consents=())
    customer(office, network, 4, phone=None, email="a@example.com")
    assert figures(of(office, "D1", "sms")) == (4, 3, 2, 2)
    assert figures(of(office, "D1", "call")) == (4, 3, 1, 1)
    assert figures(of(office, "D1", "email")) == (4, 1, 1, 1)
    assert figures(of(office, "D1", "contactless")) == (4, 0, 0, 0)
    assert of(office, "D1", "sms").share == 0.5
    assert of(office, "D2", "sms").share is None


def test_the_latest_statement_decides(office: Office, network: Network) -> None:
    someone = customer(office, network, 1)
    change(
        office.worker,
        "insert into consent (id, person_id, purpose, channel, granted, wording_version, source, "
        "given_at) values (gen_random_uuid(), :id, 'survey', 'sms', false, '1', 'dms', :at)",
        id=someone.id,
        at=NOW - timedelta(days=1),
    )
    assert figures(of(office, "D1", "sms")) == (1, 1, 0, 0)
    assert figures(of(office, "D1", "call")) == (1, 1, 1, 1)


def test_wechat_needs_a_follower_or_a_one_time_consent(office: Office, network: Network) -> None:
    vault = office.worker.vault
    for number in range(4):
        customer(office, network, number, wechat=f"o-{number}")
    with office.worker.database.transaction() as session:
        for openid in ("o-1", "o-2"):
            followers.note_unfollow(session, followers.known_as(vault, openid), NOW)
        followers.note_follow(session, followers.known_as(vault, "o-3"), None, NOW)
        account.add_consent(session, vault.lookup_hash("wechat", "o-2"), "T1", NOW)
    assert figures(of(office, "D1", "wechat")) == (4, 4, 4, 3)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("update contact_point set undeliverable_at = now() where kind = 'phone'", (1, 0, 0, 0)),
        (
            "insert into suppression select kind, value_hash, 'staff', now() from contact_point "
            "where kind = 'phone'",
            (1, 0, 0, 0),
        ),
        (
            "insert into suppression select kind, value_hash, 'opt_out', now() from contact_point "
            "where kind = 'email'",
            (1, 1, 1, 0),
        ),
        ("update person set erased_at = now()", (0, 0, 0, 0)),
    ],
)
def test_dead_and_unwanted_addresses_do_not_count(
    office: Office, network: Network, trouble: str, expected: tuple[int, ...]
) -> None:
    customer(office, network, 1, email="a@example.com")
    change(office.worker, trouble)
    assert figures(of(office, "D1", "sms")) == expected


def test_a_customer_of_two_branches_counts_once_above_them(
    office: Office, network: Network
) -> None:
    someone = customer(office, network, 1)
    customer(office, network, 2, branch=1)
    change(
        office.worker,
        "insert into person_branch values (:person, :branch, :on)",
        person=someone.id,
        branch=network.branches[1],
        on=NOW.date(),
    )
    with looking(office, unit_id(office, "network"), "hq_admin") as (session, viewer):
        found = {one.unit.code: one.channels[0] for one in reach(session, viewer, "R1", now=NOW)}
    assert {code: one.customers for code, one in found.items()} == {
        "R1": 2,
        "D1": 1,
        "D2": 2,
        "GB": 0,
    }


def test_a_viewer_sees_the_own_units_only(office: Office, network: Network) -> None:
    customer(office, network, 1)
    customer(office, network, 2, branch=1)
    mine = of(office, "D1", "sms", role="branch_manager", home="D1")
    assert figures(mine) == (1, 1, 1, 1)
    with (
        looking(office, unit_id(office, "D1"), "branch_manager") as (session, viewer),
        pytest.raises(NotFound),
    ):
        reach(session, viewer, "D2", now=NOW)
    with looking(office, unit_id(office, "D1"), "branch_manager") as (session, viewer):
        assert [one.unit.code for one in reach(session, viewer, now=NOW)] == ["D1"]


def test_counting_shows_nobody_more_than_before(office: Office, network: Network) -> None:
    customer(office, network, 1)
    customer(office, network, 2, branch=1)
    with looking(office, unit_id(office, "D1"), "branch_manager") as (session, _):
        before = session.execute(text("select count(*) from person")).scalar_one()
        # Even asked for other branches, the policy of person_branch shows the own ones only.
        counts = reach_counts(session, [(1, branch) for branch in network.branches], NOW)
        assert {one.customers for one in counts} == {1}
        assert session.execute(text("select count(*) from person")).scalar_one() == before == 1
