"""What follows a first message: fall-backs and reminders, and everything that ends them."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.planner import (
    Cap,
    Channel,
    ContactKind,
    CustomerFacts,
    Fallback,
    History,
    InvitationStatus,
    PastInvitation,
    QuietHours,
    Reminder,
    Rule,
    RuleSet,
    Segment,
)
from scheduler.planner.followup import (
    Attempt,
    ChainFacts,
    ChainMessage,
    Done,
    Ended,
    Kind,
    Step,
    Wait,
    first_look,
    next_step,
)
from scheduler.planner.timing import is_open

SHANGHAI = ZoneInfo("Asia/Shanghai")
SENT_AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # Monday, 14:00 in Shanghai
CUSTOMER = CustomerFacts(consents=frozenset(Channel), contacts=frozenset(ContactKind))
RULE = Rule(
    touchpoint="service",
    survey="car_service",
    delay=timedelta(0),
    max_age=timedelta(days=5),
    expiry=timedelta(days=14),
    quiet_hours=QuietHours(time(21), time(9)),
    segments=(Segment("others"),),
    channels={"others": (Channel.WECHAT, Channel.SMS, Channel.CALL)},
    templates={channel: f"invite_{channel}" for channel in Channel},
    fallback=Fallback(unopened_after=timedelta(days=1)),
    reminders=(
        Reminder(timedelta(days=3), template="remind"),
        Reminder(timedelta(days=4), Channel.EMAIL),
    ),
)
RULES = RuleSet("cars", 7, datetime(2026, 1, 1, tzinfo=UTC), Cap(90, 2), (RULE,))
WITHOUT_FALLBACK = {"fallback": Fallback(undeliverable=False)}


def message(
    status: str = "sent",
    days: float = 0,
    kind: Kind = Kind.FIRST,
    channel: Channel = Channel.WECHAT,
) -> ChainMessage:
    at = SENT_AT + timedelta(days=days)
    return ChainMessage(kind, channel, InvitationStatus(status), at)


def step(
    *messages: ChainMessage,
    days: float = 0.1,
    rule: dict[str, Any] | None = None,
    customer: dict[str, Any] | None = None,
    history: tuple[PastInvitation, ...] = (),
    **chain: Any,
) -> Step:
    facts = ChainFacts(messages or (message(),), "others", SENT_AT + timedelta(days=14), **chain)
    own = replace(RULE, **(rule or {}))
    return next_step(
        facts,
        replace(RULES, rules=(own,)),
        own,
        replace(CUSTOMER, **(customer or {})),
        History(history),
        zone=SHANGHAI,
        now=SENT_AT + timedelta(days=days),
    )


@pytest.mark.parametrize(
    ("facts", "ended"),
    [
        ({"answered": True}, Ended.ANSWERED),
        ({"cancelled": True}, Ended.CANCELLED),
        ({"customer": {"opted_out": True}}, Ended.OPTED_OUT),
        ({"customer": {"open_complaint": True}}, Ended.OPEN_COMPLAINT),
        ({"customer": {"erased": True}}, Ended.ERASED),
        ({"customer": {"deceased": True}}, Ended.DECEASED),
        ({"days": 14}, Ended.EXPIRED),
        ({"rule": {"reminders": (), "fallback": Fallback(undeliverable=False)}}, Ended.EXHAUSTED),
    ],
)
def test_a_chain_ends_when_there_is_nothing_more_to_ask(
    facts: dict[str, Any], ended: Ended
) -> None:
    assert step(message("undelivered" if "rule" not in facts else "sent"), **facts) == Done(ended)


def test_a_withdrawn_root_is_followed_by_nothing() -> None:
    assert step(message("dropped")) == Done(Ended.WITHDRAWN)


def test_a_message_that_has_not_left_is_waited_for() -> None:
    assert isinstance(step(message("planned", 1)), Wait)
    assert isinstance(step(message(), message("claimed", 1, Kind.FALLBACK, Channel.SMS)), Wait)


def test_what_did_not_arrive_is_sent_at_once_by_the_next_channel() -> None:
    now = SENT_AT + timedelta(days=0.1)
    expected = Attempt(now, Channel.SMS, "invite_sms", Kind.FALLBACK, counts=False)
    assert step(message("undelivered")) == expected
    no_sms = frozenset({Channel.WECHAT, Channel.CALL})
    skipped = step(message("undelivered"), customer={"consents": no_sms})
    assert isinstance(skipped, Attempt)
    assert skipped.channel is Channel.CALL


def test_at_night_it_waits_for_the_morning() -> None:
    night = step(message("undelivered"), days=8 / 24)  # 22:00 in Shanghai
    assert night == Wait(datetime(2026, 3, 3, 1, tzinfo=UTC))


def test_what_nobody_opened_falls_back_after_the_time_given_and_what_was_opened_does_not() -> None:
    assert step() == Wait(SENT_AT + timedelta(days=1))
    due = step(days=1)
    assert isinstance(due, Attempt)
    assert (due.kind, due.channel) == (Kind.FALLBACK, Channel.SMS)
    assert step(days=1, opened=True) == Wait(SENT_AT + timedelta(days=3))


def test_reminders_keep_their_number_spacing_and_channel() -> None:
    rule = WITHOUT_FALLBACK
    first = step(days=3, rule=rule)
    assert first == Attempt(
        SENT_AT + timedelta(days=3), Channel.WECHAT, "remind", Kind.REMINDER, counts=False
    )
    once = (message(), message("delivered", 3, Kind.REMINDER))
    assert step(*once, days=4, rule=rule) == Wait(SENT_AT + timedelta(days=7))
    second = step(*once, days=7, rule=rule)
    assert isinstance(second, Attempt)
    assert (second.channel, second.template) == (Channel.EMAIL, "invite_email")
    twice = (*once, message("sent", 7, Kind.REMINDER, Channel.EMAIL))
    assert step(*twice, days=8, rule=rule) == Done(Ended.EXHAUSTED)


def test_a_reminder_goes_where_the_customer_can_be_reached() -> None:
    chain = (message("undelivered"), message("sent", 0.1, Kind.FALLBACK, Channel.SMS))
    reminder = step(*chain, days=3.1, opened=True)
    assert isinstance(reminder, Attempt)
    assert (reminder.channel, reminder.template) == (Channel.SMS, "invite_sms")


def test_nobody_is_called_twice_by_way_of_a_reminder() -> None:
    called = message(channel=Channel.CALL)
    assert step(called, days=3, opened=True) == Attempt(
        SENT_AT + timedelta(days=3), Channel.WECHAT, "invite_wechat", Kind.REMINDER, counts=False
    )
    alone = {"channels": {"others": (Channel.CALL,)}, "reminders": RULE.reminders[:1]}
    assert step(called, days=3, rule=alone) == Done(Ended.EXHAUSTED)


def test_while_a_receipt_may_still_come_the_chain_is_looked_at_again() -> None:
    rule = {"reminders": (), "fallback": Fallback()}
    assert isinstance(step(rule=rule), Wait)
    assert step(message("delivered"), rule=rule) == Done(Ended.EXHAUSTED)
    tried = [message("undelivered", 0, Kind.FALLBACK, channel) for channel in Channel]
    assert step(*tried, rule=rule) == Done(Ended.EXHAUSTED)


def test_only_a_message_that_counts_needs_a_free_slot() -> None:
    rows = tuple(
        PastInvitation(f"e{n}", SENT_AT + timedelta(days=n - 2), InvitationStatus.SENT)
        for n in (0, 1)
    )
    counting = {"fallback": Fallback(counts=True)}
    assert step(message("undelivered"), rule=counting, history=rows) == Done(Ended.CAPPED)
    assert isinstance(step(message("undelivered"), history=rows), Attempt)
    free = step(message("undelivered"), rule=counting, history=rows[:1])
    assert isinstance(free, Attempt)
    assert free.counts


def test_a_chain_is_looked_at_only_when_something_can_follow() -> None:
    assert first_look(RULE, "others", SENT_AT) == SENT_AT
    plain = replace(RULE, reminders=(), channels={"others": (Channel.SMS,)})
    assert first_look(plain, "others", SENT_AT) is None
    assert first_look(replace(RULE, reminders=(), **WITHOUT_FALLBACK), "others", SENT_AT) is None


statuses = st.sampled_from(InvitationStatus)
receipts = st.lists(st.tuples(st.sampled_from(["sent", "delivered", "undelivered", "unknown"]),
                              st.booleans()), min_size=12, max_size=12)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(receipts, st.integers(0, 23), st.frozensets(st.sampled_from(Channel)))
def test_every_chain_ends_and_never_by_night_nor_twice_by_one_fall_back(
    receipts: list[tuple[str, bool]], hour: int, barred: frozenset[Channel]
) -> None:
    now, opened = SENT_AT + timedelta(hours=hour), False
    sent = [ChainMessage(Kind.FIRST, Channel.WECHAT, InvitationStatus.SENT, now)]
    for _ in range(200):
        chain = ChainFacts(tuple(sent), "others", SENT_AT + timedelta(days=14), opened)
        customer = replace(CUSTOMER, barred=barred)
        found = next_step(chain, RULES, RULE, customer, History(), zone=SHANGHAI, now=now)
        if isinstance(found, Done):
            break
        if isinstance(found, Wait):
            assert found.until > now
            now = found.until
            continue
        assert found.at == now
        assert is_open(now, RULE.timing, SHANGHAI)
        assert found.channel not in barred
        status, seen = receipts[len(sent)]
        opened = opened or seen
        sent.append(ChainMessage(found.kind, found.channel, InvitationStatus(status), now))
    else:
        raise AssertionError("it never ends")
    fallbacks = [one.channel for one in sent if one.kind is Kind.FALLBACK]
    assert len(set(fallbacks)) == len(fallbacks)
    assert sum(one.kind is Kind.REMINDER for one in sent) <= len(RULE.reminders)
