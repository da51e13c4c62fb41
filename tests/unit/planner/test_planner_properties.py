"""What must hold for every event, customer, history and rule set the planner can meet."""

import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

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
    Rule,
    RuleSet,
    Segment,
    Send,
    decide,
    explain,
)
from scheduler.planner.caps import Gate, next_free, occupied
from scheduler.planner.rules import Timing
from scheduler.planner.timing import after_quiet, is_quiet

quickly = settings(max_examples=60, deadline=None, derandomize=True)

ZONES = [
    "Asia/Shanghai", "Asia/Urumqi", "Europe/London", "Europe/Berlin", "America/New_York",
    "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC",
]  # fmt: skip
START = datetime(2026, 1, 1, tzinfo=UTC)
SEGMENTS = (
    Segment("under_35", (Condition("age", below=35),)),
    Segment("from_60", (Condition("age", low=60),)),
    Segment("others"),
)

moments = st.integers(0, 365 * 24 * 60).map(lambda m: START + timedelta(minutes=m))
clocks = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))
quiet_hours = (
    st.tuples(clocks, clocks).filter(lambda two: two[0] != two[1]).map(lambda two: QuietHours(*two))
)
channel_lists = st.lists(st.sampled_from(Channel), max_size=3, unique=True).map(tuple)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    delay = timedelta(hours=draw(st.integers(0, 200)))
    rule = Rule(
        touchpoint="service",
        survey="car_service",
        delay=delay,
        max_age=delay + timedelta(hours=draw(st.integers(1, 2400))),
        expiry=timedelta(days=draw(st.integers(1, 30))),
        quiet_hours=draw(quiet_hours),
        segments=SEGMENTS,
        channels={segment.name: draw(channel_lists) for segment in SEGMENTS},
        templates={channel: f"t_{channel}" for channel in draw(st.sets(st.sampled_from(Channel)))},
    )
    cap = Cap(draw(st.integers(1, 120)), draw(st.integers(1, 3)))
    effective = START - timedelta(days=draw(st.integers(-5, 400)))
    return RuleSet("cars", 1, effective, cap, (rule,))


@st.composite
def willing(draw: st.DrawFn) -> CustomerFacts:
    return CustomerFacts(
        birth_year=draw(st.none() | st.integers(1890, 2030)),
        birth_date=draw(st.none() | st.dates(date(1920, 1, 1), date(2010, 1, 1))),
        zone=draw(st.none() | st.sampled_from([*ZONES, "Mars/Olympus"])),
        consents=frozenset(Channel),
        contacts=frozenset(ContactKind),
    )


@st.composite
def customers(draw: st.DrawFn) -> CustomerFacts:
    rarely = st.integers(0, 9).map(lambda n: n == 0)
    return CustomerFacts(
        birth_year=draw(st.none() | st.integers(1890, 2030)),
        zone=draw(st.none() | st.sampled_from(ZONES)),
        consents=draw(st.frozensets(st.sampled_from(Channel))),
        contacts=draw(st.frozensets(st.sampled_from(ContactKind))),
        opted_out=draw(rarely),
        erased=draw(rarely),
        staff_number=draw(rarely),
    )


@st.composite
def events(draw: st.DrawFn) -> EventFacts:
    rarely = st.integers(0, 9).map(lambda n: n == 0)
    return EventFacts(
        event_id="e0",
        touchpoint=draw(st.sampled_from(["service", "service", "service", "hotline"])),
        occurred_at=draw(moments),
        branch_zone=draw(st.sampled_from(ZONES)),
        cancelled=draw(rarely),
        branch_open=not draw(rarely),
    )


histories = st.lists(
    st.builds(
        PastInvitation,
        event_id=st.sampled_from(["e0", "e1", "e2", "e3", "e4", "e5"]),
        at=moments,
        status=st.sampled_from(InvitationStatus),
    ),
    max_size=5,
).map(lambda items: History(tuple(items)))

cases = st.tuples(events(), st.one_of(willing(), customers()), histories, rule_sets())
ages = st.integers(-48 * 60, 60 * 24 * 60).map(lambda m: timedelta(minutes=m))


def wall(at: datetime, event: EventFacts, customer: CustomerFacts) -> time:
    zone = customer.zone if customer.zone in ZONES else event.branch_zone
    return at.astimezone(ZoneInfo(zone)).time()


@quickly
@given(cases, ages)
def test_a_message_is_never_planned_in_quiet_hours_nor_before_delay_nor_after_max_age(
    case: tuple[EventFacts, CustomerFacts, History, RuleSet], age: timedelta
) -> None:
    event, customer, history, rules = case
    now = event.occurred_at + age
    decision = decide(event, customer, history, rules, now=now)
    if not isinstance(decision, Send):
        return
    rule = rules.rules[0]
    clock, start, end = wall(decision.at, event, customer), *_bounds(rule.quiet_hours)
    assert not (start <= clock < end if start < end else clock >= start or clock < end)
    assert decision.at >= now
    assert decision.at >= event.occurred_at + rule.delay
    assert decision.at <= event.occurred_at + rule.max_age
    assert decision.at < decision.expires_at == decision.at + rule.expiry
    assert decision.channel in customer.consents
    assert rules.effective_from <= now


def _bounds(quiet: QuietHours) -> tuple[time, time]:
    return quiet.start, quiet.end


def fits(times: list[datetime], cap: Cap) -> bool:
    """The cap by brute force: no window that begins at a sending holds more than ``count``."""
    return all(
        sum(first <= other < first + timedelta(days=cap.days) for other in times) <= cap.count
        for first in times
    )


@quickly
@given(st.lists(st.tuples(moments, st.integers(0, 72)), max_size=12), willing(), rule_sets())
def test_deciding_one_event_after_another_never_exceeds_the_cap(
    arrivals: list[tuple[datetime, int]], customer: CustomerFacts, rules: RuleSet
) -> None:
    sent: list[PastInvitation] = []
    for number, (at, lag) in enumerate(arrivals):
        event = EventFacts(f"e{number}", "service", at, "Asia/Shanghai")
        now = at + timedelta(hours=lag)
        decision = decide(event, customer, History(tuple(sent)), rules, now=now)
        if isinstance(decision, Send):
            sent.append(PastInvitation(event.event_id, decision.at, InvitationStatus.PLANNED))
    assert fits([past.at for past in sent], rules.cap)


slot_lists = st.lists(moments, max_size=6).map(sorted)
caps = st.builds(Cap, st.integers(1, 60), st.integers(1, 3))


@quickly
@given(moments, slot_lists, caps)
def test_a_slot_is_free_exactly_when_brute_force_says_so(
    at: datetime, slots: list[datetime], cap: Cap
) -> None:
    assume(fits(slots, cap))
    assert (occupied(at, slots, cap) < cap.count) == fits([*slots, at], cap)


@quickly
@given(
    st.integers(0, 400), st.lists(st.integers(0, 400), max_size=5), st.integers(1, 5),
    st.integers(1, 3), st.sampled_from([(21, 9), (0, 6), (12, 14)]),
)  # fmt: skip
def test_the_next_free_moment_is_the_first_hour_that_brute_force_finds(
    at: int, slots: list[int], days: int, count: int, quiet: tuple[int, int]
) -> None:
    base, cap, zone = START, Cap(days, count), ZoneInfo("UTC")
    taken = sorted(base + timedelta(hours=hour) for hour in slots)
    assume(fits(taken, cap))
    hours = QuietHours(time(quiet[0]), time(quiet[1]))
    gate = Gate(cap, tuple(taken))
    found = next_free(base + timedelta(hours=at), [gate], Timing(hours), zone)
    tried = (base + timedelta(hours=hour) for hour in range(at, 2000))
    assert found == next(
        moment
        for moment in tried
        if fits([*taken, moment], cap) and not is_quiet(moment, hours, zone)
    )


@quickly
@given(cases, ages)
def test_decide_agrees_with_the_oracle_on_what_the_cap_allows(
    case: tuple[EventFacts, CustomerFacts, History, RuleSet], age: timedelta
) -> None:
    event, customer, history, rules = case
    slots = [past.at for past in history.invitations if past.status is not InvitationStatus.DROPPED]
    assume(fits(slots, rules.cap))
    decision = decide(event, customer, history, rules, now=event.occurred_at + age)
    uncapped = decide(event, customer, _same_event(history), rules, now=event.occurred_at + age)
    if isinstance(uncapped, Send):
        assert isinstance(decision, Send) == fits([*slots, uncapped.at], rules.cap)
        assert isinstance(decision, Send) or decision.reason == "capped"


def _same_event(history: History) -> History:
    """Only what concerns the event itself, moved out of the reach of the cap."""
    far = datetime(1999, 1, 1, tzinfo=UTC)
    own = [past for past in history.invitations if past.event_id == "e0"]
    return History(tuple(PastInvitation("e0", far, past.status) for past in own))


SPRING = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)
AUTUMN_FIRST = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
AUTUMN_SECOND = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)


@quickly
@given(cases, ages)
def test_send_has_no_failed_check_and_hold_and_drop_end_with_one(
    case: tuple[EventFacts, CustomerFacts, History, RuleSet], age: timedelta
) -> None:
    event, customer, history, rules = case
    decision = decide(event, customer, history, rules, now=event.occurred_at + age)
    failed = [check for check in decision.checks if not check.ok]
    assert bool(failed) != isinstance(decision, Send)
    assert all(first.rule != second.rule for first, second in pairwise(decision.checks))


@quickly
@given(cases, ages)
def test_the_same_facts_give_the_same_decision_and_plain_data(
    case: tuple[EventFacts, CustomerFacts, History, RuleSet], age: timedelta
) -> None:
    event, customer, history, rules = case
    now = event.occurred_at + age
    first = decide(event, customer, history, rules, now=now)
    backwards = History(tuple(reversed(history.invitations)))
    elsewhere = now.astimezone(ZoneInfo("America/St_Johns"))
    assert first == decide(event, customer, backwards, rules, now=elsewhere)
    data = explain(event.event_id, first, rules)
    assert json.loads(json.dumps(data)) == data
    assert set(data) == {
        "event", "decision", "reason", "earliest_at", "rule_set_version", "first_blocked",
        "checks",
    }  # fmt: skip


@quickly
@given(cases, ages)
def test_a_hold_lies_ahead_and_deciding_again_then_does_not_hold_for_the_same_reason(
    case: tuple[EventFacts, CustomerFacts, History, RuleSet], age: timedelta
) -> None:
    event, customer, history, rules = case
    now = event.occurred_at + age
    decision = decide(event, customer, history, rules, now=now)
    if isinstance(decision, Hold):
        assert decision.until > now
        again = decide(event, customer, history, rules, now=decision.until)
        assert isinstance(again, Send | Drop) or again.reason != decision.reason


@quickly
@given(moments, quiet_hours, st.sampled_from(ZONES))
@example(SPRING, QuietHours(time(0, 30), time(1, 30)), "Europe/London")
@example(AUTUMN_FIRST, QuietHours(time(0), time(1, 30)), "Europe/London")
@example(AUTUMN_SECOND, QuietHours(time(0), time(1, 30)), "Europe/London")
@example(SPRING, QuietHours(time(0, 30), time(3, 30)), "Europe/London")
@example(AUTUMN_FIRST, QuietHours(time(1, 5), time(2, 30)), "Europe/London")
def test_after_quiet_is_the_first_minute_that_is_not_quiet(
    at: datetime, quiet: QuietHours, name: str
) -> None:
    zone = ZoneInfo(name)
    moment = at
    while is_quiet(moment, quiet, zone):
        moment += timedelta(minutes=1)
    assert after_quiet(at, quiet, zone) == moment
