"""Asking in full: suppression, channels by lot, shares, timing, caps of every kind, competition."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from scheduler.planner import (
    Cap,
    Channel,
    Compete,
    ContactKind,
    CustomerFacts,
    Drop,
    EventFacts,
    History,
    Hold,
    Holder,
    Inclusion,
    InvitationStatus,
    Lot,
    Over,
    PastInvitation,
    QuietHours,
    Reason,
    Rule,
    RuleSet,
    Segment,
    Send,
    SendWindow,
    Since,
    decide,
    explain,
    rank,
)
from scheduler.planner.calendars import is_holiday, knows_calendar
from scheduler.planner.lots import lot

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # Monday, 14:00 in Shanghai
EVENT = EventFacts("e1", "service", NOW - timedelta(hours=1), "Asia/Shanghai")
CUSTOMER = CustomerFacts(
    birth_year=1985, consents=frozenset(Channel), contacts=frozenset(ContactKind)
)
RULE = Rule(
    touchpoint="service",
    survey="car_service",
    delay=timedelta(0),
    max_age=timedelta(days=5),
    expiry=timedelta(days=14),
    quiet_hours=QuietHours(time(21), time(9)),
    segments=(Segment("others"),),
    channels={"others": (Channel.WECHAT, Channel.SMS)},
    templates={channel: f"invite_{channel}" for channel in Channel},
)
RULES = RuleSet("cars", 7, datetime(2026, 1, 1, tzinfo=UTC), Cap(90, 1), (RULE,))
WEEKDAYS = SendWindow(frozenset(range(5)), time(10), time(18))


def asked(
    *past: PastInvitation,
    rule: dict[str, Any] | None = None,
    rules: dict[str, Any] | None = None,
    now: datetime = NOW,
    thorough: bool = False,
    **facts: Any,
) -> Send | Hold | Drop:
    event = {name: facts.pop(name) for name in list(facts) if hasattr(EVENT, name)}
    customer = replace(CUSTOMER, **facts)
    rule_set = replace(RULES, rules=(replace(RULE, **(rule or {})),), **(rules or {}))
    history = History(past)
    return decide(replace(EVENT, **event), customer, history, rule_set, now=now, thorough=thorough)


def past(days: float, status: str = "sent", **more: Any) -> PastInvitation:
    at = NOW + timedelta(days=days)
    more = {"event_id": "e0", "touchpoint": "service", **more}
    return PastInvitation(at=at, status=InvitationStatus(status), **more)


@pytest.mark.parametrize("fact", ["deceased", "blocked"])
def test_the_dead_and_the_blocked_are_never_asked(fact: str) -> None:
    decision = asked(**{fact: True})
    assert isinstance(decision, Drop)
    assert decision.reason == fact


def test_an_open_complaint_is_waited_for_a_day_at_a_time_until_the_event_is_stale() -> None:
    decision = asked(open_complaint=True)
    assert isinstance(decision, Hold)
    assert (decision.reason, decision.until) == (Reason.OPEN_COMPLAINT, NOW + timedelta(days=1))
    last = EVENT.occurred_at + RULE.max_age
    nearly = asked(open_complaint=True, held=True, now=last - timedelta(hours=2))
    assert isinstance(nearly, Hold)
    assert nearly.until == last
    over = asked(open_complaint=True, held=True, now=last)
    assert isinstance(over, Drop)
    assert over.reason is Reason.STALE


def test_an_event_that_was_held_ends_as_stale_and_one_that_was_not_as_too_old() -> None:
    late = EVENT.occurred_at + timedelta(days=5, minutes=1)
    assert asked(now=late).reason is Reason.TOO_OLD
    assert asked(now=late, held=True).reason is Reason.STALE
    assert asked(past(-1)).reason is Reason.CAPPED
    assert asked(past(-1), held=True).reason is Reason.STALE


def test_a_channel_that_cannot_reach_the_customer_is_passed_over() -> None:
    decision = asked(barred=frozenset({Channel.WECHAT}))
    assert isinstance(decision, Send)
    assert decision.channel is Channel.SMS
    nothing = asked(barred=frozenset(Channel))
    assert nothing.reason is Reason.BARRED
    (check,) = (one for one in nothing.checks if one.rule == "channel")
    assert check.value == ("wechat:barred", "sms:barred")


def test_lots_are_even_independent_and_the_same_for_everybody() -> None:
    draws = [lot(f"e{n}", "cars", "share") for n in range(4000)]
    others = [lot(f"e{n}", "cars", "lot") for n in range(4000)]
    assert draws == [lot(f"e{n}", "cars", "share") for n in range(4000)]
    assert abs(sum(draws) / 4000 - 0.5) < 0.02
    assert (
        abs(sum(a < 0.5 and b < 0.5 for a, b in zip(draws, others, strict=True)) / 4000 - 0.25)
        < 0.02
    )
    assert lot("e1", "cars", "share") == 0.7983085963666512


def test_a_small_share_gets_its_channel_by_lot_and_every_probability_is_true() -> None:
    drawn = Lot(0.2, (Channel.WECHAT, Channel.SMS))
    sends = [asked(rule={"lot": drawn}, event_id=f"e{n}") for n in range(2000)]
    seen: dict[tuple[Channel, float | None], int] = {}
    for send in sends:
        assert isinstance(send, Send)
        key = (send.channel, send.channel_probability)
        seen[key] = seen.get(key, 0) + 1
        assert send.by_lot or send.channel is Channel.WECHAT
    assert seen.keys() == {(Channel.WECHAT, 0.9), (Channel.SMS, 0.1)}
    assert abs(seen[Channel.SMS, 0.1] / 2000 - 0.1) < 0.02


def test_a_lot_never_gives_a_channel_that_cannot_be_used() -> None:
    drawn = Lot(0.5, (Channel.WECHAT, Channel.SMS, Channel.EMAIL))
    for n in range(50):
        send = asked(rule={"lot": drawn}, event_id=f"e{n}", consents=frozenset({Channel.SMS}))
        assert isinstance(send, Send)
        assert (send.channel, send.channel_probability) == (Channel.SMS, None)


def test_shares_and_samples_are_drawn_apart_and_their_product_is_recorded() -> None:
    decisions = [
        asked(rule={"shares": {"others": 0.5}}, inclusion=Inclusion(0.4, 0.3), event_id=f"e{n}")
        for n in range(2000)
    ]
    sent = [one for one in decisions if isinstance(one, Send)]
    assert abs(len(sent) / 2000 - 0.2) < 0.03
    assert {one.inclusion_probability for one in sent} == {0.2}
    assert {one.deficit for one in sent} == {0.3}
    dropped = [one for one in decisions if isinstance(one, Drop)]
    assert {one.reason for one in dropped} == {Reason.NOT_DRAWN}
    assert {one.inclusion_probability for one in dropped} <= {0.5, 0.2}


def test_messages_wait_for_the_window_and_for_the_end_of_the_holiday() -> None:
    friday_night = datetime(2026, 3, 6, 11, tzinfo=UTC)  # 19:00 in Shanghai
    facts = {"occurred_at": friday_night - timedelta(hours=1), "now": friday_night}
    decision = asked(rule={"windows": (WEEKDAYS,)}, **facts)
    assert decision.earliest_at == datetime(2026, 3, 9, 2, tzinfo=UTC)  # Monday, 10:00
    eve = datetime(2026, 9, 30, 14, tzinfo=UTC)
    rule = {"holidays": "CN", "max_age": timedelta(days=30)}
    after = asked(rule=rule, occurred_at=eve, now=eve)
    assert after.earliest_at == datetime(2026, 10, 8, 1, tzinfo=UTC)  # the week of the nation


def test_calendars_know_the_long_weekends_of_china_and_refuse_unknown_places() -> None:
    assert is_holiday("CN", NOW.replace(month=2, day=17).date())
    assert not is_holiday("CN", NOW.date())
    week = [NOW.replace(month=10, day=day).date() for day in range(1, 10)]
    assert [is_holiday("CN", day) for day in week] == [True] * 7 + [False] * 2
    assert [knows_calendar(code) for code in ("CN", "DE-BY", "XX", "DE-XX")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_window_that_never_opens_sends_nothing() -> None:
    asleep = SendWindow(frozenset(range(7)), time(22), time(23))
    assert asked(rule={"windows": (asleep,)}).reason is Reason.NO_WINDOW


def test_messages_of_one_moment_are_spread_but_never_out_of_the_window_or_the_age() -> None:
    night = datetime(2026, 3, 2, 20, tzinfo=UTC)
    opens = datetime(2026, 3, 3, 1, tzinfo=UTC)
    rule = {"spread": timedelta(hours=4)}
    moments = [
        asked(rule=rule, now=night, event_id=f"e{n}").earliest_at or night for n in range(300)
    ]
    assert opens <= min(moments) < opens + timedelta(minutes=15)
    assert opens + timedelta(minutes=225) < max(moments) < opens + timedelta(hours=4)
    assert asked(rule=rule, now=night, held=True).earliest_at == opens
    tight = asked(rule={**rule, "max_age": timedelta(hours=20)}, now=night)
    assert (tight.earliest_at or night) <= EVENT.occurred_at + timedelta(hours=20)


def test_a_message_is_sent_before_its_window_closes_and_within_two_hours() -> None:
    assert getattr(asked(), "send_before", None) == NOW + timedelta(hours=2)
    late = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # 17:30 in Shanghai
    decision = asked(rule={"windows": (WEEKDAYS,)}, now=late)
    assert isinstance(decision, Send)
    assert decision.send_before == datetime(2026, 3, 2, 10, tzinfo=UTC)


FLOOR = Cap(1, 5)


@pytest.mark.parametrize(
    ("cap", "counted", "not_counted"),
    [
        (Cap(30, 1, "c", over=Over.TOUCHPOINT), {}, {"touchpoint": "sales"}),
        (Cap(30, 1, "c", over=Over.SURVEY), {"survey": "car_service"}, {"survey": "car_sales"}),
        (Cap(30, 1, "c", over=Over.CHANNEL), {"channel": "wechat"}, {"channel": "sms"}),
        (Cap(30, 1, "c", per=Holder.HOUSEHOLD), {"holders": frozenset({Holder.HOUSEHOLD})}, {}),
        (Cap(30, 1, "c", per=Holder.VEHICLE), {"holders": frozenset({Holder.VEHICLE})}, {}),
        (Cap(30, 1, "c", since=Since.COMPLETION),
         {"completed_at": NOW - timedelta(days=2)}, {"completed_at": NOW - timedelta(days=31)}),
        (Cap(30, 1, "c"), {"counts": True}, {"counts": False}),
    ],
)  # fmt: skip
def test_a_cap_counts_what_it_is_about_and_nothing_else(
    cap: Cap, counted: dict[str, Any], not_counted: dict[str, Any]
) -> None:
    rules = {"cap": FLOOR, "limits": (cap,)}
    capped = asked(past(-10, **counted), rules=rules)
    assert capped.reason is Reason.CAPPED
    assert next(one.rule for one in capped.checks if not one.ok) == "cap:c"
    assert isinstance(asked(past(-10, **not_counted), rules=rules), Send)


def test_a_cap_leaves_out_segments_and_what_it_does_not_name() -> None:
    for cap in (
        Cap(30, 1, "c", not_for=frozenset({"others"})),
        Cap(30, 1, "c", over=Over.TOUCHPOINT, only=frozenset({"sales"})),
    ):
        send = asked(past(-10), rules={"cap": FLOOR, "limits": (cap,)})
        assert isinstance(send, Send)
        assert send.checks[-1] == ("cap:c", "exempt", "1/30d", True)


def test_a_cap_that_does_not_wait_drops_at_once_and_says_when_it_would_be_free() -> None:
    decision = asked(past(-88), rules={"cap": Cap(90, 1, hold=False)})
    assert isinstance(decision, Drop)
    assert decision.reason is Reason.CAPPED
    assert decision.earliest_at == NOW + timedelta(days=2)


def test_a_hold_waits_for_every_cap_and_for_the_clock() -> None:
    limits = (Cap(7, 1, "week", over=Over.TOUCHPOINT),)
    rows = (past(-87.9), past(-4.5, touchpoint="service", counts=True))
    decision = asked(*rows, rules={"cap": Cap(90, 2), "limits": limits})
    assert isinstance(decision, Hold)
    # Free at 02:00 in Shanghai after 2.5 days: it waits for the morning.
    assert decision.until == datetime(2026, 3, 5, 1, tzinfo=UTC)


def test_two_planned_after_it_fill_the_window_that_begins_with_it() -> None:
    rows = (past(-0.5), past(12.9, "planned"), past(12.95, "planned"))
    assert asked(*rows, rules={"cap": Cap(13, 2)}).reason is Reason.CAPPED


def planned(days: float, number: float, **more: Any) -> PastInvitation:
    more = {"invitation_id": f"i{days}", "event_id": f"e-{days}", **more}
    return past(days, "planned", rank=(number,), **more)


def test_a_planned_invitation_of_a_lower_rank_gives_way_and_one_of_the_same_does_not() -> None:
    strong = {"priority": 5}
    send = asked(planned(1, 3.0), rule=strong)
    assert isinstance(send, Send)
    assert send.displaces == ("i1",)
    assert [check.rule for check in send.checks[-2:]] == ["cap", "outranks"]
    assert all(check.ok for check in send.checks)
    for stays in (
        planned(1, 5.0),
        past(1, "claimed", rank=(3.0,), invitation_id="i1"),
        past(-1, "sent", rank=(3.0,), invitation_id="i1"),
        planned(1, 3.0, holders=frozenset({Holder.HOUSEHOLD})),
    ):
        limits = (Cap(90, 1, "house", per=Holder.HOUSEHOLD),)
        assert asked(stays, rule=strong, rules={"limits": limits}).reason is Reason.CAPPED


def test_no_more_gives_way_than_must_and_the_lowest_rank_first() -> None:
    rows = (planned(1, 3.0), planned(2, 1.0), planned(3, 2.0))
    send = asked(*rows, rule={"priority": 5}, rules={"cap": Cap(90, 3)})
    assert isinstance(send, Send)
    assert send.displaces == ("i2",)
    with_sent = (*rows, past(-1))
    both = asked(*with_sent, rule={"priority": 5}, rules={"cap": Cap(90, 3)})
    assert isinstance(both, Send)
    assert both.displaces == ("i2", "i3")
    assert asked(planned(1, 3.0), past(-1), rule={"priority": 5}).reason is Reason.CAPPED


def test_a_reminder_of_a_chain_that_has_begun_does_not_give_way() -> None:
    begun = past(-95, invitation_id="root")
    reminder = planned(1, 3.0, event_id="e0")
    assert asked(begun, reminder, rule={"priority": 5}).reason is Reason.CAPPED


def test_precision_goes_before_priority_where_the_rules_say_so() -> None:
    assert rank(Compete.PRIORITY, 2, 0.9) == (2.0,)
    weaker = past(1, "planned", rank=rank(Compete.PRECISION, 9, 0.2), invitation_id="i1")
    facts = {"inclusion": Inclusion(1.0, 0.5)}
    send = asked(weaker, rules={"compete": Compete.PRECISION}, **facts)
    assert isinstance(send, Send)
    assert send.displaces == ("i1",)


def test_a_thorough_look_goes_on_after_the_first_that_blocked() -> None:
    facts = {"opted_out": True, "thorough": True}
    data = explain("e1", asked(past(-1), **facts), RULES)
    assert (data["decision"], data["reason"]) == ("drop", "opted_out")
    assert data["first_blocked"] == "opted_out"
    failed = [check["rule"] for check in data["checks"] if not check["ok"]]
    assert failed == ["opted_out", "cap", "cap_frees"]
    assert explain("e1", asked(), RULES)["first_blocked"] is None
