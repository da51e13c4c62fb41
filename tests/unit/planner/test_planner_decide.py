"""The decision in the cases people ask about, one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from scheduler.planner import (
    Cap,
    Channel,
    Condition,
    ContactKind,
    CustomerFacts,
    Drop,
    EventFacts,
    History,
    Hold,
    InvitationStatus,
    PastInvitation,
    QuietHours,
    Reason,
    Rule,
    RuleSet,
    Segment,
    Send,
    decide,
    explain,
    rule_set_in_force,
)
from scheduler.planner.facts import age_on

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # 14:00 in Shanghai
EVENT = EventFacts("e1", "service", NOW - timedelta(hours=1), "Asia/Shanghai")
CUSTOMER = CustomerFacts(
    birth_year=1985, consents=frozenset(Channel), contacts=frozenset(ContactKind)
)
RULE = Rule(
    touchpoint="service",
    survey="car_service",
    delay=timedelta(hours=2),
    max_age=timedelta(days=5),
    expiry=timedelta(days=14),
    quiet_hours=QuietHours(time(21), time(9)),
    segments=(
        Segment("under_35", (Condition("age", below=35),)),
        Segment("from_60", (Condition("age", low=60),)),
        Segment("others"),
    ),
    channels={
        "under_35": (Channel.WECHAT, Channel.SMS),
        "from_60": (Channel.CALL,),
        "others": (Channel.SMS,),
    },
    templates={channel: f"invite_{channel}" for channel in Channel},
)
KIDS = Segment("kids", (Condition("age", low=0, below=9),))
RULES = RuleSet("cars", 7, datetime(2026, 1, 1, tzinfo=UTC), Cap(90, 1), (RULE,))


def past(days: float, status: str = "sent", event_id: str = "e0") -> History:
    at = NOW + timedelta(days=days)
    return History((PastInvitation(event_id, at, InvitationStatus(status)),))


def asked(
    *,
    history: History | None = None,
    rules: RuleSet | None = RULES,
    now: datetime = NOW,
    **facts: Any,
) -> Send | Hold | Drop:
    event = {name: facts.pop(name) for name in list(facts) if hasattr(EVENT, name)}
    customer = replace(CUSTOMER, **facts)
    return decide(replace(EVENT, **event), customer, history or History(), rules, now=now)


def test_a_plain_event_is_sent_after_the_delay_and_its_link_expires() -> None:
    decision = asked()
    assert isinstance(decision, Send)
    assert decision.at == decision.earliest_at == NOW + timedelta(hours=1)
    assert decision.expires_at == decision.at + timedelta(days=14)
    assert (decision.channel, decision.template) == (Channel.SMS, "invite_sms")
    assert (decision.survey, decision.segment) == ("car_service", "others")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"cancelled": True}, Reason.CANCELLED),
        ({"branch_open": False}, Reason.BRANCH_CLOSED),
        ({"erased": True}, Reason.ERASED),
        ({"opted_out": True}, Reason.OPTED_OUT),
        ({"staff_number": True}, Reason.STAFF_NUMBER),
        ({"touchpoint": "hotline"}, Reason.NO_RULE),
        ({"rules": None}, Reason.NO_RULES),
        ({"rules": replace(RULES, effective_from=NOW + timedelta(days=1))},
         Reason.RULES_NOT_IN_FORCE),
        ({"branch_zone": "Mars/Olympus"}, Reason.NO_ZONE),
        ({"occurred_at": NOW - timedelta(days=5, minutes=1)}, Reason.TOO_OLD),
        ({"contacts": frozenset()}, Reason.NO_ADDRESS),
        ({"consents": frozenset()}, Reason.NO_CONSENT),
        ({"consents": frozenset({Channel.WECHAT})}, Reason.NO_CONSENT),
        ({"rules": replace(RULES, rules=(replace(RULE, templates={}),))}, Reason.NO_TEMPLATE),
        ({"rules": replace(RULES, rules=(replace(RULE, channels={}),))}, Reason.NO_TEMPLATE),
        ({"rules": replace(RULES, rules=(replace(RULE, segments=(KIDS,)),))}, Reason.NO_SEGMENT),
        ({"history": past(-1, "sent", "e1")}, Reason.ALREADY_INVITED),
        ({"history": past(-1)}, Reason.CAPPED),
    ],
)  # fmt: skip
def test_what_stands_against_asking_drops_the_event_and_is_the_last_check(
    facts: dict[str, Any], reason: Reason
) -> None:
    decision = asked(**facts)
    assert isinstance(decision, Drop)
    assert decision.reason is reason
    assert not decision.checks[-1].ok


@pytest.mark.parametrize(
    ("birth_year", "contacts", "segment", "channel"),
    [
        (1992, ["openid", "phone"], "under_35", Channel.WECHAT),
        (1992, ["phone"], "under_35", Channel.SMS),
        (1991, ["openid", "phone"], "others", Channel.SMS),
        (1966, ["phone"], "from_60", Channel.CALL),
        (1967, ["phone"], "others", Channel.SMS),
        (None, ["phone"], "others", Channel.SMS),
        (1800, ["phone"], "others", Channel.SMS),
    ],
)
def test_the_segment_chooses_the_channel(
    birth_year: int | None, contacts: list[str], segment: str, channel: Channel
) -> None:
    kinds = frozenset(ContactKind(kind) for kind in contacts)
    decision = asked(birth_year=birth_year, contacts=kinds)
    assert isinstance(decision, Send)
    assert (decision.segment, decision.channel) == (segment, channel)


def test_the_age_counts_the_birthday_where_it_is_known() -> None:
    born = CustomerFacts(birth_date=date(1991, 3, 3))
    assert age_on(born, date(2026, 3, 2)) == 34
    assert age_on(born, date(2026, 3, 3)) == 35


@pytest.mark.parametrize(
    ("zone", "clock"), [(None, "2026-03-03T01:00:00"), ("Europe/London", "2026-03-02T14:00:00")]
)
def test_quiet_hours_are_the_customers_else_the_branchs(zone: str | None, clock: str) -> None:
    now = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)  # 22:00 in Shanghai, 14:00 in London
    decision = asked(zone=zone, now=now)
    assert isinstance(decision, Send)
    assert decision.at == datetime.fromisoformat(clock + "+00:00")


def test_an_event_that_would_be_too_old_after_the_quiet_hours_is_dropped() -> None:
    now = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    decision = asked(now=now, occurred_at=now - timedelta(days=5) + timedelta(hours=1))
    assert isinstance(decision, Drop)
    assert decision.reason is Reason.TOO_OLD
    assert decision.earliest_at == datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


def test_an_event_from_the_future_waits_until_it_happens() -> None:
    later = NOW + timedelta(days=3)
    decision = asked(occurred_at=later)
    assert isinstance(decision, Hold)
    assert (decision.until, decision.reason) == (later, Reason.EVENT_IN_FUTURE)


def test_a_cap_that_frees_in_time_holds_until_then() -> None:
    decision = asked(history=past(-88))
    assert isinstance(decision, Hold)
    assert decision.reason is Reason.CAPPED
    assert decision.until == NOW + timedelta(days=2)
    again = asked(history=past(-88), now=decision.until)
    assert isinstance(again, Send)
    assert again.at == decision.until


def test_a_cap_that_frees_in_quiet_hours_holds_until_they_end() -> None:
    freed_at_night = past(-88 + 8 / 24)  # 22:00 in Shanghai, two days on
    decision = asked(history=freed_at_night)
    assert isinstance(decision, Hold)
    assert decision.until == datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [one for one in InvitationStatus if one != "dropped"])
def test_whatever_may_have_reached_the_customer_counts(status: InvitationStatus) -> None:
    assert asked(history=past(-1, status)).reason is Reason.CAPPED


def test_a_planned_invitation_is_not_overtaken() -> None:
    assert asked(history=past(3, "planned")).reason is Reason.CAPPED


def test_a_dropped_invitation_frees_its_slot_and_its_event() -> None:
    assert isinstance(asked(history=past(-1, "dropped")), Send)
    assert isinstance(asked(history=past(-1, "dropped", "e1")), Send)


def test_the_slot_frees_exactly_when_the_window_ends() -> None:
    exactly = -90 + 1 / 24  # the message goes an hour from now
    assert isinstance(asked(history=past(exactly)), Send)
    assert isinstance(asked(history=past(exactly + 1 / 86400)), Hold)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Cap(90, 0), "at least 1"),
        (lambda: Cap(0, 1), "at least 1"),
        (lambda: QuietHours(time(9), time(9)), "two different times"),
        (lambda: replace(RULE, delay=timedelta(hours=-1)), "negative"),
        (lambda: replace(RULE, max_age=RULE.delay), "exceed the delay"),
        (lambda: replace(RULE, expiry=timedelta(0)), "some time"),
        (lambda: RuleSet("c", 1, NOW, Cap(90, 1), (RULE, RULE)), "two rules"),
        (lambda: replace(EVENT, occurred_at=datetime(2026, 1, 1)), "time zone"),  # noqa: DTZ001
        (lambda: asked(now=datetime(2026, 1, 1)), "time zone"),  # noqa: DTZ001
    ],
)
def test_what_makes_no_sense_cannot_be_built(build: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        build()


def test_the_latest_rule_set_that_has_taken_effect_is_in_force() -> None:
    older = replace(RULES, version=6, effective_from=datetime(2025, 1, 1, tzinfo=UTC))
    coming = replace(RULES, version=8, effective_from=NOW + timedelta(days=1))
    mended = replace(RULES, version=9)
    assert rule_set_in_force([coming, RULES, older], now=NOW) is RULES
    assert rule_set_in_force([mended, RULES], now=NOW) is mended
    assert rule_set_in_force([coming], now=NOW) is None


def test_explain_names_every_check_in_order_with_value_and_limit() -> None:
    data = explain("e1", asked(birth_year=1992, contacts=frozenset({ContactKind.PHONE})), RULES)
    assert (data["event"], data["decision"], data["reason"]) == ("e1", "send", "passed")
    assert data["rule_set_version"] == 7
    assert data["earliest_at"] == "2026-03-02T07:00:00+00:00"
    assert [check["rule"] for check in data["checks"]] == [
        "rules", "rules_in_force", "rule", "cancelled", "branch_open", "erased", "deceased",
        "opted_out", "blocked", "staff_number", "already_invited", "open_complaint", "zone",
        "segment", "channel", "event_in_future", "delay", "quiet_hours", "max_age", "cap",
    ]  # fmt: skip
    by_rule = {check["rule"]: check for check in data["checks"]}
    assert by_rule["channel"] == {
        "rule": "channel", "value": ["wechat:no_address", "sms:ok"], "limit": ["wechat", "sms"],
        "ok": True,
    }  # fmt: skip
    assert by_rule["segment"]["value"] == ["age=34"]
    assert by_rule["quiet_hours"] == {
        "rule": "quiet_hours", "value": "2026-03-02T15:00:00+08:00", "limit": "21:00-09:00",
        "ok": True,
    }  # fmt: skip
    assert by_rule["cap"] == {"rule": "cap", "value": 0, "limit": "1/90d", "ok": True}


def test_a_capped_drop_shows_when_the_cap_would_have_been_free() -> None:
    data = explain("e1", asked(history=past(-1)), RULES)
    assert (data["decision"], data["reason"]) == ("drop", "capped")
    assert [check["rule"] for check in data["checks"] if not check["ok"]] == ["cap", "cap_frees"]
    assert data["earliest_at"] == (NOW + timedelta(days=89)).isoformat()


def test_quiet_hours_begin_with_their_first_minute_and_end_before_their_last() -> None:
    nine_in_the_evening = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    just_before = nine_in_the_evening - timedelta(seconds=1)
    assert asked(now=just_before).earliest_at == just_before
    morning = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    assert asked(now=nine_in_the_evening).earliest_at == morning
    assert asked(now=morning).earliest_at == morning


def test_two_slots_a_whole_window_apart_do_not_share_a_window() -> None:
    two = replace(RULES, cap=Cap(90, 2))
    at = NOW + timedelta(hours=1)
    days = [at - timedelta(days=30), at + timedelta(days=60)]
    history = History(tuple(PastInvitation("e0", day, InvitationStatus.PLANNED) for day in days))
    assert isinstance(asked(history=history, rules=two), Send)
    nearer = History((*history.invitations[:1], *past(59).invitations))
    assert asked(history=nearer, rules=two).reason is Reason.CAPPED
