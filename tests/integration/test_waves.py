"""Waves and sampling plans: once a day, from the tables, then decided like any other event."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from asking import (
    Customer,
    Network,
    add_customer,
    add_event,
    change,
    make_network,
    one,
    rows,
)
from conftest import NOW, Office

from api.invitations.service import decide_due
from api.surveys.definitions import read_rules
from api.surveys.service import publish_rules
from scheduler.jobs.asking import make_waves, plan_samples

RULES = """
code = "waves"
version = {version}
effective_from = 2026-01-01T00:00:00+08:00

[cap]
days = 90
count = 1

[[segment]]
name = "premium"
[segment.where]
value_tier = "premium"

[[segment]]
name = "others"

[[rule]]
touchpoint = "service"
survey = "car_service"
delay_hours = 0
max_age_days = 7
expiry_days = 14
quiet_hours = ["21:00", "09:00"]
{more}
[rule.channels]
premium = ["sms"]
others = ["sms"]
[rule.templates]
sms = "invite_sms"
{wave}
"""
SAMPLED = "sampling = { margin = 40, confidence = 0.9, days = 91 }"
EVENTS = """
select source, external_id, person_id, branch_id, occurred_on, attributes from event
where source like 'wave:%' order by person_id
"""


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner, rules=None)


def rule(office: Office, *, more: str = "", wave: str = "", version: int = 1) -> None:
    written = RULES.format(version=version, more=more, wave=wave)
    with office.owner.transaction() as session:
        publish_rules(session, read_rules(written, "rules"), NOW)


def customers(office: Office, network: Network, count: int, **values: Any) -> list[Customer]:
    known = one(office.worker, "select count(*) from person")[0]
    return [
        add_customer(
            office.owner, office.worker.vault, network.branches[number % 2],
            phone=f"+861990000{known + number:04d}", **values,
        )
        for number in range(count)
    ]  # fmt: skip


def made(office: Office) -> list[Any]:
    return rows(office.worker, EVENTS)


def on_day(office: Office, days: int) -> int:
    office.clock.now = NOW + timedelta(days=days)
    return make_waves(office.worker)


def test_a_wave_asks_each_of_its_segment_once_so_many_a_day_and_under_the_cap(
    office: Office, network: Network
) -> None:
    day = NOW.date().isoformat()
    rule(
        office,
        wave=f'[[wave]]\ncode = "spring"\ntouchpoint = "service"\nsegment = "premium"\n'
        f"on = {day}\nper_day = 3\n",
    )
    customers(office, network, 3)
    premium = customers(office, network, 5, value_tier="premium")
    asked_before = premium[0]
    add_event(office.owner, network, asked_before, occurred_at=NOW)
    decide_due(office.worker)
    assert [on_day(office, 0), on_day(office, 0), on_day(office, 1), on_day(office, 2)] == [
        3, 0, 2, 0,
    ]  # fmt: skip
    assert {row.person_id for row in made(office)} == {one.id for one in premium}
    assert {row.external_id for row in made(office)} == {f"{one.id}:{day}" for one in premium}
    while decide_due(office.worker):
        pass
    per_person = rows(office.worker, "select person_id, count(*) as n from invitation group by 1")
    assert [row.n for row in per_person] == [1] * 5
    reasons = rows(
        office.worker,
        "select d.reason from decision d join event e on e.id = d.event_id "
        "where e.source like 'wave:%' and e.person_id = :id",
        id=asked_before.id,
    )
    assert [row.reason for row in reasons] == ["capped"]


def test_an_anniversary_follows_the_latest_anchor_and_brings_along_what_it_knew(
    office: Office, network: Network
) -> None:
    rule(
        office,
        wave='[[wave]]\ncode = "two_years"\ntouchpoint = "service"\nsegment = "others"\n'
        'anchor = "delivery"\nmonths_after = 24\n',
    )
    due, again, early = customers(office, network, 3)
    two_years_ago = NOW.replace(year=NOW.year - 2)
    for who, at in (
        (due, two_years_ago - timedelta(days=2)),
        (again, two_years_ago - timedelta(days=2)),
        (again, NOW - timedelta(days=100)),
        (early, two_years_ago + timedelta(days=9)),
    ):
        add_event(
            office.owner, network, who, touchpoint="delivery", occurred_at=at,
            attributes={"model_line": "M3"}, asking="decided",
        )  # fmt: skip
    assert on_day(office, 0) == 1
    (event,) = made(office)
    assert (event.person_id, event.branch_id) == (due.id, network.branches[0])
    assert event.attributes == {"model_line": "M3"}
    assert event.occurred_on == NOW.date()
    assert sum(on_day(office, days) for days in range(1, 12)) == 1
    assert {row.person_id for row in made(office)} == {due.id, early.id}


def plans(office: Office) -> list[Any]:
    return rows(
        office.worker,
        "select day, branch_id, needed, answered, expected, response_rate, probability, deficit "
        "from sampling_plan order by day, branch_id",
    )


def test_a_sampling_plan_is_made_once_a_day_is_reproducible_and_draws_events(
    office: Office, network: Network
) -> None:
    rule(office, more=SAMPLED)
    for number, someone in enumerate(customers(office, network, 60)):
        at = NOW - timedelta(days=1 + number % 20)
        add_event(office.owner, network, someone, occurred_at=at, asking="decided")
    assert plan_samples(office.worker) == 3
    first = plans(office)
    assert plan_samples(office.worker) == 0
    busy, _, idle = first
    assert 0 < busy.probability < 1
    assert (busy.deficit, idle.probability) == (1.0, 1.0)
    assert busy.day == date_in_shanghai(NOW)
    change(office.worker, "update job_window set done_until = '2000-01-01'")
    assert plan_samples(office.worker) == 3
    assert plans(office) == first
    draw(office, network, busy.probability)


def draw(office: Office, network: Network, probability: float) -> None:
    """New events of the first branch: asked or not by lot, with the probability recorded."""
    change(office.worker, "update sampling_plan set probability = 0.5")
    for someone in customers(office, network, 40):
        add_event(office.owner, network, someone, occurred_at=NOW)
    while decide_due(office.worker):
        pass
    found = rows(office.worker, "select action, reason, inclusion_probability from decision")
    assert {row.inclusion_probability for row in found} == {0.5}
    assert {row.reason for row in found} == {"passed", "not_drawn"}
    assert 8 <= sum(row.action == "send" for row in found) <= 32
    assert 0 < probability < 1


def date_in_shanghai(at: datetime) -> date:
    return (at + timedelta(hours=8)).date()


def test_new_rules_make_new_plans_on_the_same_day(office: Office, network: Network) -> None:
    rule(office, more=SAMPLED)
    assert plan_samples(office.worker) == 3
    rule(office, more=SAMPLED.replace("40", "5"), version=2)
    assert plan_samples(office.worker) == 3
    assert len(plans(office)) == 3
    rule(office, version=3)
    assert plan_samples(office.worker) == 0
