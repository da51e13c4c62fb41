"""Due events are decided: the decision, the invitation and what froze with it."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asking import (
    EXAMPLES,
    PHONE,
    YESTERDAY,
    Network,
    add_consent,
    add_customer,
    add_event,
    change,
    make_network,
    one,
    publish,
    rows,
    shanghai,
)
from conftest import NOW, Office
from sqlalchemy.exc import IntegrityError

from api.core.installation import Installation
from api.invitations import service
from api.invitations.sending import claim_due
from api.invitations.service import decide_due
from api.surveys.definitions import RulesFile, read_rules
from api.surveys.service import publish_rules

EVENT = "select asking, due_at from event where id = :id"
DECISION = "select action, reason, earliest_at, rule_set_version, checks from decision"


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


def customer(office: Office, network: Network, phone: str = PHONE, **values: Any) -> Any:
    return add_customer(
        office.owner, office.worker.vault, network.branches[0], phone=phone, **values
    )


def reasons(installation: Installation) -> list[str]:
    return [row.reason for row in rows(installation, "select reason from decision order by id")]


def test_a_due_event_becomes_a_decision_and_an_invitation(office: Office, network: Network) -> None:
    someone = customer(office, network)
    event = add_event(office.owner, network, someone)
    assert decide_due(office.worker) == 1
    decision = one(office.worker, DECISION)
    assert (decision.action, decision.reason) == ("send", "passed")
    assert all(ok for *_, ok in decision.checks)
    made = one(office.worker, "select * from invitation")
    assert made.event_id == event
    assert made.status == "planned"
    assert (made.person_id, made.contact_point_id) == (someone.id, someone.contacts["phone"])
    assert (made.channel, made.segment, made.advisor, made.language) == (
        "sms", "others", "E17", "zh",
    )  # fmt: skip
    assert (made.branch_id, made.touchpoint_id) == (
        network.branches[0],
        network.touchpoints["service"],
    )
    assert (made.rule_set_version, made.survey_code) == (1, "car_service")
    assert made.occurred_on == YESTERDAY.date()
    assert made.planned_at == NOW
    assert made.send_before == NOW + timedelta(hours=2)
    assert made.expires_at == NOW + timedelta(days=14)
    assert made.context == {
        "brand": {"zh": "远山", "en": "远山"},
        "branch": {"zh": "静安店", "en": "Jing'an"},
        "occasion": made.context["occasion"],
    }
    assert set(made.context["occasion"]) == {"zh", "en"}
    assert one(office.worker, EVENT, id=event).asking == "decided"


def test_a_decided_event_is_not_decided_again(office: Office, network: Network) -> None:
    add_event(office.owner, network, customer(office, network))
    assert [decide_due(office.worker), decide_due(office.worker)] == [1, 0]


def test_an_event_that_is_not_due_waits(office: Office, network: Network) -> None:
    later = NOW + timedelta(minutes=1)
    add_event(office.owner, network, customer(office, network), due_at=later)
    assert decide_due(office.worker) == 0
    office.clock.now = later
    assert decide_due(office.worker) == 1


def test_many_events_of_one_person_in_one_batch_give_one_invitation(
    office: Office, network: Network
) -> None:
    someone = customer(office, network)
    for number in range(15):
        add_event(office.owner, network, someone, branch=number % 3)
    assert decide_due(office.worker) == 15
    assert len(rows(office.worker, "select 1 from invitation")) == 1
    assert sorted(reasons(office.worker)) == ["capped"] * 14 + ["passed"]


def test_an_invitation_long_ago_does_not_count(office: Office, network: Network) -> None:
    someone = customer(office, network)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    office.clock.now = NOW + timedelta(days=90)
    add_event(office.owner, network, someone, occurred_at=YESTERDAY + timedelta(days=90))
    decide_due(office.worker)
    assert reasons(office.worker) == ["passed", "passed"]


def test_the_cap_holds_on_the_address_when_it_changes_hands(
    office: Office, network: Network
) -> None:
    first = customer(office, network)
    add_event(office.owner, network, first)
    decide_due(office.worker)
    second = add_customer(office.owner, office.worker.vault, network.branches[1])
    change(
        office.worker,
        "update contact_point set person_id = :new where person_id = :old",
        new=second.id,
        old=first.id,
    )
    add_event(office.owner, network, second, branch=1)
    decide_due(office.worker)
    assert reasons(office.worker) == ["passed", "capped"]


def test_a_withdrawn_invitation_frees_its_slot(office: Office, network: Network) -> None:
    someone = customer(office, network)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    change(office.worker, "update invitation set status = 'dropped'")
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert reasons(office.worker) == ["passed", "passed"]


@pytest.mark.parametrize(
    ("sent_at", "expected"), [(None, "passed"), (NOW - timedelta(days=1), "capped")]
)
def test_one_that_expired_counts_only_if_it_was_sent(
    office: Office, network: Network, sent_at: Any, expected: str
) -> None:
    someone = customer(office, network)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    change(office.worker, "update invitation set status = 'expired', sent_at = :at", at=sent_at)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert reasons(office.worker) == ["passed", expected]


def test_an_opt_out_on_any_address_ends_all_asking(office: Office, network: Network) -> None:
    someone = customer(office, network, email="a@example.com")
    suppress(office, "email", "a@example.com", "opt_out")
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert reasons(office.worker) == ["opted_out"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("not_me", "no_address"), ("blocklist", "blocked"), ("staff", "staff_number")],
)
def test_a_suppressed_address_is_not_used(
    office: Office, network: Network, reason: str, expected: str
) -> None:
    someone = customer(office, network)
    suppress(office, "phone", PHONE, reason)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert reasons(office.worker) == [expected]


def suppress(office: Office, kind: str, value: str, reason: str) -> None:
    change(
        office.worker,
        "insert into suppression (kind, value_hash, reason, created_at) "
        "values (:kind, :hash, :reason, :now)",
        kind=kind,
        hash=office.worker.vault.lookup_hash(kind, value),
        reason=reason,
        now=NOW,
    )


def test_an_address_that_does_not_exist_is_not_used(office: Office, network: Network) -> None:
    someone = customer(office, network)
    change(office.worker, "update contact_point set undeliverable_at = :now", now=NOW)
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert reasons(office.worker) == ["no_address"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("any", True, -30, None)], "passed"),
        ([("sms", True, -30, None)], "passed"),
        ([("email", True, -30, None)], "no_consent"),
        ([], "no_consent"),
        ([("any", True, -30, None), ("sms", False, -10, None)], "no_consent"),
        ([("sms", True, -30, None), ("any", False, -10, None)], "no_consent"),
        ([("any", False, -30, None), ("sms", True, -10, None)], "passed"),
        ([("any", True, -30, -5)], "no_consent"),
        ([("sms", True, -30, -5), ("any", True, -10, None)], "no_consent"),
        ([("sms", True, -30, -20), ("any", True, -10, None)], "passed"),
        ([("any", True, +1, None)], "no_consent"),
    ],
)
def test_the_latest_statement_on_a_channel_is_its_consent(
    office: Office, network: Network, said: list[Any], expected: str
) -> None:
    someone = customer(office, network, consents=())
    with office.owner.transaction() as session:
        for channel, granted, given, withdrawn in said:
            add_consent(
                session,
                someone.id,
                channel,
                granted=granted,
                given_at=NOW + timedelta(days=given),
                withdrawn_at=None if withdrawn is None else NOW + timedelta(days=withdrawn),
            )
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    assert reasons(office.worker) == [expected]
    assert _claimable(office, someone.id) == (expected == "passed")


def _claimable(office: Office, person: UUID) -> bool:
    """Whether the claim's own statement finds the same consent."""
    change(office.worker, "delete from survey_token")
    change(office.worker, "delete from invitation")
    survey, message = one(
        office.worker,
        "select s.id, m.id from survey_version s, message_version m "
        "where s.code = 'car_service' and m.code = 'invite_sms'",
    )
    change(
        office.worker,
        "insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number, "
        "message_version_id, person_id, contact_point_id, branch_id, touchpoint_id, occurred_on, "
        "channel, language, context, created_at, planned_at, expires_at, status) "
        "select gen_random_uuid(), e.id, 'car_service', :survey, 0, :message, person_id, c.id, "
        "e.branch_id, e.touchpoint_id, e.occurred_on, 'sms', 'zh', '{}', :now, :now, "
        "cast(:now as timestamptz) + interval '1 day', 'planned' "
        "from event e join contact_point c using (person_id) where person_id = :person",
        survey=survey,
        message=message,
        person=person,
        now=NOW,
    )
    claim_due(office.worker, lambda channel, address: "console", 10)
    return one(office.worker, "select failure from invitation").failure != "no_consent"


def test_the_claim_and_the_decision_find_the_same_consents(
    office: Office, network: Network
) -> None:
    luck = random.Random(7)
    people = [
        customer(office, network, phone=f"+8619900000{number:03d}", consents=())
        for number in range(80)
    ]
    with office.owner.transaction() as session:
        for someone in people:
            for _ in range(luck.randint(0, 4)):
                given = luck.randint(-9, 1)
                add_consent(
                    session,
                    someone.id,
                    luck.choice(["any", "sms", "email"]),
                    granted=luck.random() < 0.7,
                    given_at=NOW + timedelta(days=given),
                    withdrawn_at=luck.choice([None, NOW + timedelta(days=luck.randint(given, 3))]),
                )
    for someone in people:
        add_event(office.owner, network, someone)
    decide_due(office.worker)
    decided = rows(
        office.worker,
        "select e.person_id, d.reason from decision d join event e on e.id = d.event_id",
    )
    consented = {row.person_id: row.reason == "passed" for row in decided}
    assert 20 < sum(consented.values()) < 60
    assert {someone.id: _claimable(office, someone.id) for someone in people} == consented


def test_a_held_event_is_decided_again(office: Office, network: Network) -> None:
    someone = customer(office, network)
    ahead = NOW + timedelta(hours=3)
    event = add_event(office.owner, network, someone, occurred_at=ahead, due_at=NOW)
    decide_due(office.worker)
    held = one(office.worker, EVENT, id=event)
    assert (held.asking, held.due_at) == ("held", ahead)
    office.clock.now = ahead
    decide_due(office.worker)
    assert [
        row.action for row in rows(office.worker, "select action from decision order by id")
    ] == [
        "hold",
        "send",
    ]
    assert one(office.worker, EVENT, id=event).asking == "decided"


def test_an_event_in_the_evening_is_planned_for_the_morning(
    office: Office, network: Network
) -> None:
    office.clock.now = shanghai(18, 22)
    add_event(office.owner, network, customer(office, network), occurred_at=shanghai(17, 21, 30))
    decide_due(office.worker)
    assert one(office.worker, "select planned_at from invitation").planned_at == shanghai(19, 9)


def test_a_message_near_the_night_may_only_leave_before_it(
    office: Office, network: Network
) -> None:
    office.clock.now = shanghai(18, 20, 30)
    add_event(office.owner, network, customer(office, network), occurred_at=shanghai(17, 20))
    decide_due(office.worker)
    assert one(office.worker, "select send_before from invitation").send_before == shanghai(18, 21)


def test_the_young_get_wechat_and_the_old_a_call(office: Office, network: Network) -> None:
    young = customer(office, network, birth_year=2000, wechat="openid-1")
    old = customer(office, network, phone="+8619900000002", birth_year=1950)
    for someone in (young, old):
        add_event(office.owner, network, someone)
    decide_due(office.worker)
    found = rows(office.worker, "select channel, segment from invitation order by channel")
    assert [tuple(row) for row in found] == [("call", "from_60"), ("wechat", "under_35")]


def test_a_branch_abroad_is_written_to_in_its_language(office: Office, network: Network) -> None:
    someone = add_customer(
        office.owner, office.worker.vault, network.branches[2], phone="+447700900123"
    )
    add_event(office.owner, network, someone, branch=2)
    decide_due(office.worker)
    assert one(office.worker, "select language from invitation").language == "en"


def test_without_rules_nothing_is_sent_and_the_reason_is_kept(office: Office) -> None:
    network = make_network(office.owner, rules=None)
    add_event(office.owner, network, customer(office, network))
    assert decide_due(office.worker) == 1
    assert reasons(office.worker) == ["no_rules"]


def test_a_touchpoint_without_a_rule_is_not_asked_about(office: Office, network: Network) -> None:
    add_event(office.owner, network, customer(office, network), touchpoint="showroom")
    decide_due(office.worker)
    assert reasons(office.worker) == ["no_rule"]


def test_rules_that_name_an_unpublished_template_send_nothing(
    office: Office, network: Network
) -> None:
    change(office.worker, "delete from message_version where code = 'invite_sms'")
    add_event(office.owner, network, customer(office, network))
    decide_due(office.worker)
    decision = one(office.worker, DECISION)
    assert (decision.action, decision.reason) == ("drop", "no_template")
    assert decision.checks[-1] == ["template_published", "invite_sms", None, False]
    assert not rows(office.worker, "select 1 from invitation")


def test_an_event_without_a_customer_is_not_asked_about(office: Office, network: Network) -> None:
    add_event(office.owner, network, None)
    decide_due(office.worker)
    assert reasons(office.worker) == ["no_address"]


def test_a_closed_branch_does_not_ask(office: Office, network: Network) -> None:
    change(office.worker, "update unit set closed_on = '2026-11-18' where code = 'D1'")
    change(office.worker, "update network set structure_version = nextval('data_version')")
    add_event(office.owner, network, customer(office, network))
    decide_due(office.worker)
    assert reasons(office.worker) == ["branch_closed"]


def test_one_event_that_cannot_be_decided_does_not_stop_the_others(
    office: Office, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = add_event(office.owner, network, customer(office, network))
    good = add_event(office.owner, network, customer(office, network, phone="+8619900000002"))
    real = service.decide

    def fails(event: Any, *rest: Any, **named: Any) -> Any:
        if event.event_id == str(bad):
            raise ZeroDivisionError
        return real(event, *rest, **named)

    monkeypatch.setattr(service, "decide", fails)
    decide_due(office.worker)
    assert one(office.worker, "select event_id from invitation").event_id == good
    held = one(office.worker, EVENT, id=bad)
    assert (held.asking, held.due_at) == ("held", NOW + timedelta(minutes=10))


def test_one_event_that_cannot_be_stored_does_not_stop_the_others(
    office: Office, network: Network
) -> None:
    bad = add_event(office.owner, network, customer(office, network))
    decide_due(office.worker)
    # a withdrawn invitation stands in the way of a new one for the same event and survey
    change(office.worker, "update invitation set status = 'dropped'")
    change(office.worker, "update event set asking = 'pending'")
    good = add_event(office.owner, network, customer(office, network, phone="+8619900000002"))
    assert decide_due(office.worker) == 2
    assert one(office.worker, EVENT, id=bad).asking == "held"
    assert one(office.worker, EVENT, id=good).asking == "decided"
    found = rows(office.worker, "select event_id, status from invitation")
    assert {row.event_id: row.status for row in found} == {bad: "dropped", good: "planned"}


def test_newer_rules_hold_from_their_moment_on(office: Office, network: Network) -> None:
    with office.owner.transaction() as session:
        publish(session, None)
        publish_rules(session, _second_rules(), NOW)
    add_event(office.owner, network, customer(office, network))
    decide_due(office.worker)
    assert one(office.worker, "select rule_set_version from invitation").rule_set_version == 2


def _second_rules() -> RulesFile:
    written = (EXAMPLES / "rules/cars.toml").read_text("utf-8")
    changed = written.replace("version = 1", "version = 2").replace("2024-01-01", "2026-11-01")
    return read_rules(changed, "rules")


def test_an_event_leads_to_one_invitation_per_survey_at_most(
    office: Office, network: Network
) -> None:
    add_event(office.owner, network, customer(office, network))
    decide_due(office.worker)
    columns = ", ".join(
        row.column_name
        for row in rows(
            office.worker,
            "select column_name from information_schema.columns "
            "where table_name = 'invitation' and column_name <> 'id' order by ordinal_position",
        )
    )
    with pytest.raises(IntegrityError, match="uq_invitation"):
        change(
            office.worker,
            f"insert into invitation (id, {columns}) "
            f"select gen_random_uuid(), {columns} from invitation",
        )
