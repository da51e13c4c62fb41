"""The planner against slow oracles: caps of every kind by counting, opening times by walking."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler.planner import (
    Cap,
    Channel,
    ContactKind,
    CustomerFacts,
    EventFacts,
    History,
    Holder,
    Inclusion,
    InvitationStatus,
    Lot,
    Over,
    PastInvitation,
    QuietHours,
    Rule,
    RuleSet,
    Segment,
    Send,
    SendWindow,
    Since,
    decide,
)
from scheduler.planner.calendars import is_holiday
from scheduler.planner.rules import Timing
from scheduler.planner.timing import closes, is_open, next_open

quickly = settings(max_examples=60, deadline=None, derandomize=True)
START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = [
    "Asia/Shanghai",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
]
EVERYBODY = CustomerFacts(consents=frozenset(Channel), contacts=frozenset(ContactKind))

hours = st.integers(0, 60 * 24).map(lambda hour: START + timedelta(hours=hour))
holder_sets = st.frozensets(st.sampled_from(Holder), min_size=1)
codes = st.sampled_from(["a", "b"])


@st.composite
def caps(draw: st.DrawFn) -> Cap:
    over = draw(st.sampled_from(Over))
    only = draw(st.frozensets(codes)) if over is Over.TOUCHPOINT else frozenset()
    return Cap(
        days=draw(st.integers(1, 20)),
        count=draw(st.integers(1, 3)),
        name=draw(st.sampled_from(["cap", "x", "y"])),
        per=draw(st.sampled_from(Holder)),
        since=draw(st.sampled_from(Since)),
        over=over,
        only=only,
        not_for=draw(st.frozensets(st.sampled_from(["few", "many"]), max_size=1)),
        hold=draw(st.booleans()),
    )


invitations = st.builds(
    PastInvitation,
    event_id=st.sampled_from(["p1", "p2", "p3"]),
    at=hours,
    status=st.sampled_from(InvitationStatus),
    holders=holder_sets,
    touchpoint=codes,
    survey=codes,
    channel=st.sampled_from(["sms", "wechat"]),
    counts=st.booleans(),
    completed_at=st.none() | hours,
    invitation_id=st.uuids().map(str),
)


def rule_for(touchpoint: str, *, timing: Timing, lot: Lot | None = None) -> Rule:
    return Rule(
        touchpoint=touchpoint,
        survey="a",
        delay=timedelta(0),
        max_age=timedelta(days=40),
        expiry=timedelta(days=9),
        quiet_hours=timing.quiet_hours,
        segments=(Segment("many"),),
        channels={"many": (Channel.SMS, Channel.WECHAT)},
        templates={Channel.SMS: "s", Channel.WECHAT: "w"},
        windows=timing.windows,
        holidays=timing.holidays,
        lot=lot,
    )


AWAKE = Timing(QuietHours(time(2), time(3)))


def broken(
    cap: Cap, past: list[PastInvitation], at: datetime, touchpoint: str, channel: str
) -> bool:
    """Whether one more at ``at`` makes some window of the cap hold too many: by counting."""
    mine = {"touchpoint": touchpoint, "survey": "a", "channel": channel, "everything": ""}
    code = mine[cap.over.value]
    if "many" in cap.not_for or (cap.only and code not in cap.only):
        return False
    moments = [at]
    for one in past:
        theirs = {
            "touchpoint": one.touchpoint, "survey": one.survey, "channel": one.channel,
            "everything": "",
        }  # fmt: skip
        if one.status == "dropped" or cap.per not in one.holders:
            continue
        moment = one.completed_at if cap.since == "completion" else one.at if one.counts else None
        if moment is not None and theirs[cap.over.value] == code:
            moments.append(moment)
    window = timedelta(days=cap.days)
    return any(
        sum(first <= other < first + window for other in moments) > cap.count
        for first in moments
        if first <= at < first + window
    )


@quickly
@given(
    st.lists(invitations, max_size=7), st.lists(caps(), min_size=1, max_size=4), hours, codes,
)  # fmt: skip
def test_a_decision_keeps_every_cap_and_waits_for_the_first_moment_that_keeps_them(
    past: list[PastInvitation], some: list[Cap], now: datetime, touchpoint: str
) -> None:
    rules = RuleSet(
        "r", 1, START - timedelta(days=1), some[0],
        (rule_for("a", timing=AWAKE), rule_for("b", timing=AWAKE)), tuple(some[1:]),
    )  # fmt: skip
    event = EventFacts("e", touchpoint, now, "UTC")
    decision = decide(event, EVERYBODY, History(tuple(past)), rules, now=now)
    at = next_open(now, AWAKE, ZoneInfo("UTC")) or now
    full = [cap for cap in some if broken(cap, past, at, touchpoint, "sms")]
    assert isinstance(decision, Send) == (not full)
    if full:
        tried = (at + timedelta(hours=hour) for hour in range(24 * 100))
        free = next(
            moment
            for moment in tried
            if is_open(moment, AWAKE, ZoneInfo("UTC"))
            and not any(broken(cap, past, moment, touchpoint, "sms") for cap in some)
        )
        assert decision.earliest_at == free


@quickly
@given(
    st.lists(invitations, max_size=5), st.lists(caps(), min_size=1, max_size=3), hours, codes,
    st.tuples(
        st.sampled_from(["cancelled", "erased", "opted_out", "deceased", "open_complaint", "none"]),
        st.sampled_from([0.2, 1.0]), st.sampled_from([-50, -2, 0, 3]),
    ),
)  # fmt: skip
def test_a_thorough_decision_is_the_same_with_more_checks_and_none_lacks_a_reason(
    past: list[PastInvitation], some: list[Cap], now: datetime, touchpoint: str,
    more: tuple[str, float, int],
) -> None:  # fmt: skip
    fact, share, days = more
    rules = RuleSet(
        "r", 1, START - timedelta(days=1), some[0], (rule_for("a", timing=AWAKE),), tuple(some[1:])
    )
    event = EventFacts(
        "e", touchpoint, now + timedelta(days=days), "UTC",
        cancelled=fact == "cancelled", inclusion=Inclusion(share),
    )  # fmt: skip
    flags = {name: fact == name for name in ("erased", "opted_out", "deceased", "open_complaint")}
    customer = CustomerFacts(consents=EVERYBODY.consents, contacts=EVERYBODY.contacts, **flags)
    history = History(tuple(past))
    plain = decide(event, customer, history, rules, now=now)
    whole = decide(event, customer, history, rules, now=now, thorough=True)
    assert type(plain) is type(whole)
    assert (plain.reason, plain.earliest_at) == (whole.reason, whole.earliest_at)
    assert plain.inclusion_probability in (whole.inclusion_probability, None)
    failed = [check for check in plain.checks if not check.ok]
    assert bool(failed) != isinstance(plain, Send)
    if failed:
        first = plain.checks.index(failed[0])
        assert whole.checks[: first + 1] == plain.checks[: first + 1]
        assert {check.rule for check in plain.checks} <= {check.rule for check in whole.checks}


arrivals = st.lists(
    st.tuples(hours, st.integers(0, 3), st.integers(0, 240), st.booleans()), max_size=14
)


@quickly
@given(arrivals, st.lists(st.tuples(st.integers(1, 30), st.integers(1, 3)), min_size=1, max_size=2))
def test_whoever_competes_no_cap_is_ever_exceeded_and_only_the_weaker_give_way(
    events: list[tuple[datetime, int, int, bool]], windows: list[tuple[int, int]]
) -> None:
    some = [Cap(days, count, f"c{place}") for place, (days, count) in enumerate(windows)]
    ledger: dict[str, PastInvitation] = {}
    for number, (now, priority, delay, claimed) in enumerate(sorted(events)):
        rule = replace(rule_for("a", timing=AWAKE), priority=priority, delay=timedelta(hours=delay))
        rules = RuleSet("r", 1, START - timedelta(days=1), some[0], (rule,), tuple(some[1:]))
        event = EventFacts(f"e{number}", "a", now, "UTC")
        decision = decide(event, EVERYBODY, History(tuple(ledger.values())), rules, now=now)
        if not isinstance(decision, Send):
            continue
        for weaker in decision.displaces:
            assert ledger[weaker].status is InvitationStatus.PLANNED
            assert ledger.pop(weaker).rank < (priority,)
        status = InvitationStatus.CLAIMED if claimed else InvitationStatus.PLANNED
        ledger[f"i{number}"] = PastInvitation(
            f"e{number}", decision.at, status, invitation_id=f"i{number}", rank=(float(priority),)
        )
        moments = [one.at for one in ledger.values()]
        assert all(fits(moments, cap) for cap in some)


def fits(moments: list[datetime], cap: Cap) -> bool:
    window = timedelta(days=cap.days)
    return all(
        sum(first <= other < first + window for other in moments) <= cap.count for first in moments
    )


clocks = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))
windows = (
    st.tuples(st.frozensets(st.integers(0, 6), min_size=1), clocks, clocks)
    .filter(lambda three: three[1] < three[2])
    .map(lambda three: SendWindow(*three))
)
timings = st.builds(
    Timing,
    st.tuples(clocks, clocks)
    .filter(lambda two: two[0] != two[1])
    .map(lambda two: QuietHours(*two)),
    st.lists(windows, max_size=2).map(tuple),
    st.none() | st.sampled_from(["CN", "GB"]),
)
OVER_MIDNIGHT = Timing(
    QuietHours(time(21), time(0, 30)), (SendWindow(frozenset({6}), time(0), time(2)),)
)


@quickly
@given(st.integers(0, 365 * 48), timings, st.sampled_from(ZONES))
@example(86 * 48 + 1, Timing(QuietHours(time(0, 30), time(1, 30))), "Europe/London")
@example(297 * 48, Timing(QuietHours(time(0), time(1, 30))), "Europe/London")
@example(304 * 48 + 8, Timing(QuietHours(time(23, 30), time(0, 30))), "America/Havana")
@example(66 * 48 + 2, OVER_MIDNIGHT, "America/Havana")
@example(272 * 48, Timing(QuietHours(time(21), time(9)), (), "CN"), "Asia/Shanghai")
def test_the_next_opening_is_the_first_that_walking_finds(
    half_hours: int, timing: Timing, name: str
) -> None:
    zone, at = ZoneInfo(name), START + timedelta(minutes=30 * half_hours)
    found = next_open(at, timing, zone)
    walked = (at + timedelta(minutes=30 * step) for step in range(48 * 9))
    assert (found if found and found < at + timedelta(days=9) else None) == next(
        (moment for moment in walked if allowed(moment, timing, zone)), None
    )
    if found is not None:
        ahead = (found + timedelta(minutes=30 * step) for step in range(1, 4))
        shut = [moment for moment in ahead if not allowed(moment, timing, zone)]
        assert closes(found, timing, zone) == min(shut, default=found + timedelta(hours=2))


def allowed(at: datetime, timing: Timing, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    clock, day = local.time(), local.date()
    quiet = timing.quiet_hours
    spans = quiet.start > quiet.end
    asleep = (
        (clock >= quiet.start or clock < quiet.end) if spans else quiet.start <= clock < quiet.end
    )
    inside = not timing.windows or any(
        day.weekday() in one.days and one.start <= clock < one.end for one in timing.windows
    )
    return not asleep and inside and not (timing.holidays and is_holiday(timing.holidays, day))


def test_no_module_of_the_planner_reads_the_clock() -> None:
    planner = Path(__file__).parents[3] / "scheduler" / "planner"
    sources = sorted(planner.glob("*.py"))
    assert len(sources) > 10
    clocks_read = (".now(", ".today(", "import time\n", "utcnow", "monotonic", "perf_counter")
    assert not [
        (path.name, word) for path in sources for word in clocks_read if word in path.read_text()
    ]
