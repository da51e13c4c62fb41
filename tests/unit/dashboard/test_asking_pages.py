"""The pages about asking as component trees: every state in words, every number with its n."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
import pytest
from test_dashboard_pages import hrefs, nodes, text

from api.insights.asking import Decided
from api.insights.collection import Share
from api.insights.costs import Prices
from api.insights.reach import ChannelReach
from dashboard.data.asking import AskingView, Reason, Stage, Waiting
from dashboard.data.collection import Collection, Cost, CostRow, CutTable, Time, Within
from dashboard.data.dead_letters import DeadLetter, DeadLetters
from dashboard.data.drafting import (
    Changes,
    Checked,
    Compared,
    DiffLine,
    EditorView,
    Published,
    Trouble,
)
from dashboard.data.explained import CapRow, CheckRow, CustomerView, EventRow, EventView, MessageRow
from dashboard.data.frame import Link
from dashboard.data.rule_texts import changes_between
from dashboard.data.rule_words import (
    Names,
    cap_words,
    length,
    rule_lines,
    segment_title,
    segment_titles,
    segment_words,
    wave_title,
    wave_words,
)
from dashboard.data.rules import (
    RulesView,
    caps_of,
    segments_of,
    touchpoint_rules,
    waves_of,
)
from dashboard.data.simulation import Choice, Outcome, Pair, TryView
from dashboard.data.versions import VersionRow
from dashboard.data.words import Words
from dashboard.figures.now_then import COLUMNS as NOW_THEN
from dashboard.figures.reasons import COLUMNS as REASONS
from dashboard.figures.volume import COLUMNS, volume_figure
from dashboard.ids import Id
from dashboard.pages import editor, explained
from dashboard.pages.asking import asking_page, reach_bars
from dashboard.pages.dead_letters import confirmation
from dashboard.pages.rules import rules_page, segment_rows
from dashboard.pages.simulate import outcome_page, simulate_page
from scheduler.planner import (
    Cap,
    Channel,
    Condition,
    Fallback,
    Holder,
    Lot,
    Over,
    QuietHours,
    Reminder,
    Rule,
    RuleSet,
    Sampling,
    Segment,
    SendWindow,
    Since,
    Wave,
)

EN, ZH = Words("en"), Words("zh")
DAY = timedelta(days=1)
SEGMENTS = (
    Segment("premium", (Condition("value_tier", frozenset({"gold", "premium"})),)),
    Segment("young", (Condition("age", below=35),)),
    Segment("others"),
)
LETTER = DeadLetter("id-1", "/app/asking/event/e1", "Branch 1", "SMS", "Nobody knows",
                    "1 Nov 2026, 10:00", "")  # fmt: skip


def a_rule(**changes: Any) -> Rule:
    """A rule of service visits."""
    given: dict[str, Any] = {
        "touchpoint": "service",
        "survey": "car_service",
        "delay": DAY,
        "max_age": 5 * DAY,
        "expiry": 14 * DAY,
        "quiet_hours": QuietHours(time(21), time(9)),
        "segments": SEGMENTS,
        "channels": {"premium": (Channel.WECHAT, Channel.SMS), "young": (), "others": ("sms",)},
        "templates": {Channel.SMS: "invite"},
    }
    return Rule(**(given | changes))


def a_set(*rules: Rule, **changes: Any) -> RuleSet:
    """Rules with a floor of one in 90 days."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    given = {"cap": Cap(90, 1), "rules": rules or (a_rule(),)}
    return RuleSet("cars", 3, start, **(given | changes))


BRANCH = {
    "code": "D1", "name": "Jing'an", "href": "/app/asking/D1", "events": 400, "eligible": 200,
    "sent": 150, "delivered": 149, "opened": 80, "answered": 60, "completed": 50, "score": 1 / 3,
    "low": 0.26, "high": 0.41, "messages": 190, "cost": 9.5, "undelivered": 1, "unknown": 0,
}  # fmt: skip


def a_collection(**changes: Any) -> Collection:
    """Branches apart, messages with a price, answers within a day."""
    cost = Cost("CNY 19", "CNY 0.16", [CostRow("SMS", 380, "0.05", "CNY 19")], [], 3, None)
    given: dict[str, Any] = {
        "table": CutTable("branch", [Link("Branch", "/app/asking?by=branch", active=True)],
                          [BRANCH], (0.2, 0.5), 0.3, "CNY"),
        "cost": cost,
        "times": [Time("All channels", 120, "2.0 hours", "1 hour", "9 hours", "3 days")],
        "within": [Within(1, 40, 1 / 3), Within(24, 100, 5 / 6)],
        "reasons": pd.DataFrame([(date(2026, 8, 17), "Asked too often", 500, 1000)],
                                columns=list(REASONS)),
    }  # fmt: skip
    return Collection(**(given | changes))


def a_view(**changes: Any) -> AskingView:
    """A period in which customers were asked."""
    given: dict[str, Any] = {
        "unit": None,
        "period": "17 Aug 2026 – 15 Nov 2026",
        "decided": Decided(1000, 10, 400, 90, 500, []),
        "stages": [Stage(name, n, n / 1000, "of it") for name, n in
                   zip("abcdefgh", (1000, 490, 400, 380, 370, 200, 130, 120), strict=True)],
        "rate": Share(0.32, 0.27, 0.37),
        "reasons": [Reason("Asked too often", 500, 0.5, held=False),
                    Reason("Too early", 90, 0.09, held=True)],
        "volume": pd.DataFrame([(date(2026, 8, 17), "SMS", 380, 130)], columns=list(COLUMNS)),
        "by_week": True,
        "queue": [Waiting("Planned by SMS", 12, "2 Nov 2026, 09:00")],
        "dead": DeadLetters([LETTER], 1),
        "collection": a_collection(),
    }  # fmt: skip
    return AskingView(**(given | changes))


@pytest.mark.parametrize("say", [EN, ZH])
def test_how_asking_goes_says_every_number_with_what_it_is_of(say: Words) -> None:
    said = text(asking_page(a_view(), say, dark=False))
    assert "1\u202f000" in said
    assert "120" in said
    assert say("asked.true_rate", low="27\u202f%", high="37\u202f%") in said
    assert "Asked too often" in said
    assert "Planned by SMS" in said
    assert not re.search(r"\basked\.[a-z]", said)


def test_what_waits_and_what_did_not_arrive_is_shown_without_any_event() -> None:
    said = text(asking_page(a_view(decided=Decided(0, 0, 0, 0, 0, [])), EN, dark=True))
    assert "No events in this period" in said
    assert "Planned by SMS" in said
    assert "Nobody knows" in said


def test_nothing_waiting_and_nothing_lost_are_said_kindly() -> None:
    page = asking_page(a_view(queue=[], dead=DeadLetters([], 0)), EN, dark=False)
    said = text(page)
    assert "Nothing waits" in said
    assert "Nothing needs you" in said
    assert not [node for node in nodes(page) if getattr(node, "className", "") == "bp-alarm"]


def test_a_message_that_may_not_be_sent_again_has_a_disabled_button_and_the_reason() -> None:
    closed = replace(LETTER, refused="The link has expired")
    page = asking_page(a_view(dead=DeadLetters([LETTER, closed], 2)), EN, dark=False)
    buttons = [node for node in nodes(page) if getattr(node, "data-letter", None)]
    assert [bool(button.disabled) for button in buttons] == [False, True]
    assert "The link has expired" in text(page)
    assert "second message" in text(confirmation(LETTER, EN))


def test_reachable_customers_are_a_share_of_all_of_them() -> None:
    rows = [ChannelReach("sms", 200, 180, 150, 140)]
    said = text(reach_bars(rows, EN))
    assert "70\u202f% of customers" in said
    assert "Of 200 customers" in said
    assert "Choose a unit" in text(reach_bars(None, EN))
    assert "No customers yet" in text(reach_bars([], EN))


@pytest.mark.parametrize("say", [EN, ZH])
@pytest.mark.parametrize("by", ["channel", "segment", "touchpoint", "branch", "contacts"])
def test_whatever_is_told_apart_its_columns_have_names_and_its_note(say: Words, by: str) -> None:
    table = replace(a_collection().table, by=by)
    page = asking_page(a_view(collection=a_collection(table=table)), say, dark=False)
    (grid,) = [node for node in nodes(page) if getattr(node, "id", None) == Id.COLLECTION_GRID]
    heads = [column["headerName"] for column in grid.columnDefs]
    assert all(heads)
    assert not re.search(r"\b(collection|asked|asking)\.[a-z]", " ".join([text(page), *heads]))


def test_without_a_price_the_page_says_how_to_set_one() -> None:
    unknown = Cost(None, None, [CostRow("SMS", 380, None, None)], ["SMS"], 3, "/app/rules/edit")
    page = asking_page(a_view(collection=a_collection(cost=unknown)), EN, dark=False)
    assert "sms = 0.05" in text(page)
    assert "/app/rules/edit" in hrefs(page)
    half = replace(
        unknown, total="CNY 3", rows=[*unknown.rows, CostRow("Telephone", 1, "3", "CNY 3")]
    )
    said = text(asking_page(a_view(collection=a_collection(cost=half)), EN, dark=False))
    assert "Without a price, and not in the sum: SMS" in said
    assert "each complete answer" not in said


def test_times_are_told_from_ten_answers_on() -> None:
    said = text(asking_page(a_view(), EN, dark=False))
    assert "Half of the 120 complete answers came within 2.0 hours" in said
    few = a_collection(times=[], within=[])
    assert "Too few answers" in text(asking_page(a_view(collection=few), EN, dark=True))


def test_a_price_that_is_not_known_is_not_a_price_of_nothing() -> None:
    known = Prices(1, "CNY", {"sms": 0.05, "wechat": 0.0})
    assert known.cost({"sms": 100, "wechat": 5}) == pytest.approx(5.0)
    assert known.cost({"sms": 100, "call": 1}) is None
    assert known.cost({"sms": 100, "call": 0}) == pytest.approx(5.0)
    assert known.known_cost({"sms": 100, "call": 1}) == pytest.approx(5.0)
    assert known.known_cost({"call": 1}) is None


def test_bars_are_stacked_by_channel_the_most_used_first() -> None:
    rows = [(date(2026, 8, 17), "WeChat", 5, 1), (date(2026, 8, 17), "SMS", 9, 2)]
    figure = volume_figure(
        pd.DataFrame(rows, columns=list(COLUMNS)), dark=False, tick="%d", hover="", by_week=True
    )
    assert [bar.name for bar in figure.data] == ["SMS", "WeChat"]
    assert figure.layout.barmode == "stack"


@pytest.mark.parametrize(
    ("cap", "words"),
    [
        (Cap(90, 1), "At most 1 invitation in 90 days per person, across everything, from one"),
        (
            Cap(30, 2, per=Holder.HOUSEHOLD, over=Over.CHANNEL, only=frozenset({"sms"})),
            "At most 2 invitations in 30 days per household, by SMS",
        ),
        (
            Cap(180, 1, since=Since.COMPLETION, not_for=frozenset({"premium"}), hold=False),
            "Unanswered ones do not count. Not for premium. Whoever has reached it is not asked.",
        ),
    ],
)
def test_a_cap_is_a_sentence(cap: Cap, words: str) -> None:
    assert words in cap_words(cap, EN)
    assert "rulebook" not in cap_words(cap, ZH)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition("age", low=18, below=35), "age 18 to under 35"),
        (Condition("age", low=60), "age 60 or more"),
        (Condition("returning", frozenset({True})), "returning customer: yes"),
        (Condition("customer.club", frozenset({"a"}), negated=True), "customer's club: not a"),
    ],
)
def test_a_segment_is_a_phrase(condition: Condition, words: str) -> None:
    assert segment_words(Segment("s", (condition,)), EN) == words
    assert segment_words(Segment("rest"), EN) == "everybody else"


def test_touchpoints_segments_and_waves_are_called_by_their_names() -> None:
    names = Names({"service": "保养服务"}, {"premium": "高价值客户"})
    only, spared = frozenset({"service"}), frozenset({"premium"})
    cap = Cap(180, 1, over=Over.TOUCHPOINT, only=only, not_for=spared)
    assert "保养服务" in cap_words(cap, ZH, names)
    assert "高价值客户" in cap_words(cap, ZH, names)
    wave = Wave("w", "service", "premium", months_after=24, anchor="service", titles={"zh": "回访"})
    assert "高价值客户" in wave_words(wave, ZH, names)
    assert "保养服务" in wave_words(wave, ZH, names)
    assert wave_title(wave, ZH) == "回访"
    assert wave_title(wave, EN) == "w"
    own = Segment("premium", titles={"zh": "贵宾", "en": "Guests"})
    assert segment_title(own, ZH) == "贵宾"
    assert segment_title(Segment("premium"), EN) == "high value"
    assert segment_title(Segment("unheard"), EN) == "unheard"
    assert "young" in segment_titles(a_set(), EN)
    about = Cap(180, 1, over=Over.SURVEY, only=frozenset({"car_service"}))
    assert "Service" in cap_words(about, EN, Names(surveys={"car_service": "Service"}))


def test_a_rule_says_when_hours_fall_back_reminders_and_who_is_chosen() -> None:
    rule = a_rule(
        windows=(SendWindow(frozenset({0, 4}), time(10), time(20)),),
        holidays="CN",
        spread=timedelta(hours=4),
        fallback=Fallback(unopened_after=2 * DAY, counts=True),
        reminders=(Reminder(3 * DAY, Channel.SMS),),
        sampling=Sampling(10),
        lot=Lot(0.1, (Channel.SMS, Channel.WECHAT)),
    )
    said = " ".join(words for line in rule_lines(rule, EN) for words in line.words)
    for part in (
        "1 day after the event, at the latest 5 days after it",
        "No messages between 21:00 and 09:00",
        "Messages only Mon, Fri, 10:00 to 20:00.",
        "public holidays (CN)",
        "Spread over 4 hours",
        "not opened within 2 days. This counts under the caps",
        "Reminder 1: 3 days later, by SMS. It does not count",
        "within ±10 points (90\u202f% confidence) in 91 days",
        "10\u202f% get their channel by lot, among SMS, WeChat",
    ):
        assert part in said
    silent = [words for line in rule_lines(a_rule(), EN) for words in line.words]
    assert "Nobody is reminded." in silent


def test_waves_and_lengths_read_well() -> None:
    once = Wave("w", "delivery", "premium", on=date(2026, 12, 1), share=0.5)
    assert wave_words(once, EN).startswith("Once, on 2026-12-01. To premium, at most 1000 a day.")
    again = Wave("w", "delivery", "premium", months_after=24, anchor="delivery", yearly=True)
    assert "24 months after the latest event of delivery, and every year" in wave_words(again, EN)
    assert [length(timedelta(minutes=n), EN) for n in (60, 90, 1440)] == [
        "1 hour", "90 minutes", "1 day",
    ]  # fmt: skip


def a_rules_view(**changes: Any) -> RulesView:
    """The version in force, as an administrator sees it."""
    rules = a_set(a_rule(shares={"premium": 0.5}), limits=(Cap(30, 1, name="short"),))
    version = VersionRow(3, "in_force", "1 Jan 2026", "1 Dec 2025", "Li Wei", "/app/rules/3")
    given: dict[str, Any] = {
        "version": version,
        "code": "cars",
        "caps": caps_of(rules, EN),
        "compete": "",
        "rules": touchpoint_rules(rules, Names({"service": "Service visit"}), EN),
        "segments": segments_of(rules, None, EN),
        "waves": waves_of(rules, EN),
        "written": "code = 1",
        "versions": [version],
        "may_write": True,
        "has_draft": False,
        "single": False,
        "edit": "/app/rules/edit",
        "try_out": "/app/rules/simulate",
        "back": "/app/rules",
    }
    return RulesView(**(given | changes))


def test_the_rules_are_read_as_words_with_who_published_them() -> None:
    page = rules_page(a_rules_view(), EN)
    said = text(page)
    assert "Published 1 Dec 2025 by Li Wei" in said
    assert "Service visit" in said
    assert "50\u202f% asked" in said
    assert "never asked" in said
    assert {"/app/rules/edit", "/app/rules/simulate", "/app/rules/3"} <= set(hrefs(page))


def test_who_may_not_write_rules_finds_no_way_to_it() -> None:
    page = rules_page(a_rules_view(may_write=False, versions=[], written=""), EN)
    assert "/app/rules/edit" not in hrefs(page)
    none = rules_page(a_rules_view(version=None, versions=[]), EN)
    assert "Without rules nobody is asked" in text(none)


def test_segments_are_shown_with_their_customers_and_all_together() -> None:
    rows = segments_of(a_set(), {"premium": 30, "young": 50, "others": 20}, EN)
    said = text(segment_rows(rows, EN, 100))
    assert "30\u202f%" in said
    assert "100 customers together" in said


def test_the_editor_says_where_its_text_comes_from() -> None:
    said = text(
        editor.editor_page(EditorView("code = 1", None, 3, "/app/rules/simulate"), "rulebook", EN)
    )
    assert "Started from version 3." in said
    kept = EditorView("code = 1", "1 Nov 2026, 10:00", 3, "/app/rules/simulate")
    assert "Draft saved, 1 Nov 2026, 10:00." in text(editor.editor_page(kept, "rulebook", EN))


def test_problems_are_shown_with_their_lines_and_lead_there() -> None:
    shown = editor.checked(Checked([Trouble(7, "unknown segment")]), "rulebook", EN)
    assert "Line 7" in text(shown)
    assert [getattr(node, "data-line", None) for node in nodes(shown)].count("7") == 1
    fine = text(
        editor.checked(Checked([], 4, {"rules": 2, "segments": 3}, "1 Dec"), "rulebook", EN)
    )
    assert "2 rules and 3 segments; in force from 1 Dec" in fine


def test_before_publishing_one_reads_from_when_it_holds_and_what_changes() -> None:
    compared = Compared(3, [DiffLine("-", "days = 90"), DiffLine("+", "days = 60")])
    found = Checked([], 4, {}, "1 Dec 2026, 00:00", changes=Changes(2, 1, 0))
    shown = editor.sure(found, compared, "hash", "rulebook", EN)
    said = text(shown)
    assert "Publish version 4?" in said
    assert "It holds from 1 Dec 2026, 00:00" in said
    assert "Rules of touchpoints: 2 changed, 1 new, 0 gone." in said
    assert next(n.value for n in nodes(shown) if getattr(n, "id", None) == Id.RULES_SURE) == "hash"
    at_once = editor.sure(replace(found, at_once=True), compared, "", "rulebook", EN)
    assert "It holds at once" in text(at_once)
    assert "In force from X." in text(editor.published(Published(4, "X", "/app/rules/4"), EN))


def test_rules_that_differ_come_and_go_are_counted() -> None:
    before = a_set(a_rule(), a_rule(touchpoint="sale"))
    after = a_set(a_rule(delay=2 * DAY), a_rule(touchpoint="delivery"))
    assert changes_between(before, after) == Changes(changed=1, new=1, gone=1)
    assert changes_between(None, after) == Changes(0, 2, 0, around=True)
    capped = a_set(a_rule(), a_rule(touchpoint="sale"), limits=(Cap(30, 1, name="short"),))
    assert changes_between(before, capped) == Changes(0, 0, 0, around=True)


def an_event(**changes: Any) -> EventView:
    """An event that is held by a cap."""
    given: dict[str, Any] = {
        "facts": [("Touchpoint", "Service")],
        "decision": "hold",
        "reason": "Asked often enough",
        "earliest": "3 Dec 2026, 09:00",
        "rule_version": 3,
        "decided_at": "Decided 1 Nov 2026",
        "dry": False,
        "checks": [CheckRow("Opted out", "no", "", "passed"),
                   CheckRow("Below the cap", "1", "against 1/90d", "blocked"),
                   CheckRow("Spread", "", "", "open")],
        "messages": [MessageRow("First message by SMS", "Delivered", "bp-up", ["Sent at noon"])],
        "customer": "/app/asking/customer/p1",
    }  # fmt: skip
    return EventView(**(given | changes))


def test_the_first_check_that_blocked_stands_out_and_the_rest_is_said_to_be_open() -> None:
    page = explained.event_page(an_event(), EN)
    blocked = [n for n in nodes(page) if "bp-blocked" in str(getattr(n, "className", ""))]
    assert len(blocked) == 1
    assert "Below the cap Decided here" in text(blocked)
    said = text(page)
    assert "not looked at any more" in said
    assert "Looked at again 3 Dec 2026, 09:00." in said
    assert "/app/asking/customer/p1" in hrefs(page)


def test_a_customer_is_shown_with_every_event_and_the_caps_in_use() -> None:
    view = CustomerView(
        [EventRow("Service", "Branch 1", "send", "passed", "/app/asking/event/e1"),
         EventRow("Sale", "Branch 2", None, "", "/app/asking/event/e2")],
        [CapRow("At most 1", 1, 1, "full until 3 Dec", "bp-down")],
    )  # fmt: skip
    page = explained.customer_page(view, EN)
    assert {"/app/asking/event/e1", "/app/asking/event/e2"} <= set(hrefs(page))
    assert "1 of 1" in text(page)
    assert "Not decided yet" in text(page)
    assert "No cap is used" in text(explained.customer_page(CustomerView([], []), EN))


def test_rules_that_are_tried_stand_beside_those_in_force() -> None:
    volume = pd.DataFrame([(date(2026, 8, 17), "SMS", 9, 5)], columns=list(NOW_THEN))
    rows = [{"unit_code": "D1", "unit_name": "One"}]
    found = Outcome(
        "Your draft", "P", 100, Pair("", 40, 30), Pair("", 12.4, 9.6), Pair("", 4, 3),
        [Pair("SMS", 9, 5)], volume, True, [Pair("premium", 10, 20)], 5, 3, 92, rows,
    )  # fmt: skip
    said = text(outcome_page(found, EN, dark=False))
    assert "\u221210 (\u221225\u202f%)" in said
    assert "+10 (+100\u202f%)" in said
    assert "5 customers asked more often" in said
    nothing = replace(found, events=0)
    assert "No events in these days" in text(outcome_page(nothing, EN, dark=False))
    page = simulate_page(TryView([Choice("draft", "Your draft")], "2026-08-01", "2026-08-31"), EN)
    assert "Nothing is written" in text(page)
    assert "no rules to try" in text(simulate_page(TryView([], "", ""), EN))
