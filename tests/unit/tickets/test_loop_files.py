"""The file of the closed loop's rules: what it says becomes values, what is wrong is named."""

import json
import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from api.surveys.definitions import canonical, read_survey
from api.tickets.definitions import DefinitionInvalid, Known, LoopFile, loop_of, read_loop
from api.tickets.definitions.file import schema
from api.tickets.loop import (
    AllOf,
    AnyOf,
    Calendar,
    Hours,
    Loop,
    SaysWord,
    ScoreFell,
    ScoreIs,
    Target,
    TierIs,
    WantsCall,
    leaves,
)

ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / "examples" / "loop.toml").read_text(encoding="utf-8")
CARS = read_survey((ROOT / "examples/surveys/car_service.toml").read_text("utf-8"), "cars")
KNOWN = Known(
    surveys={"car_service": CARS},
    templates={"recovery_sms": "sms"},
    touchpoints=frozenset({"service"}),
    units=frozenset({"HQ", "east"}),
)
SMALL = """
code = "loop"
version = 1
default_calendar = "shop"
cause = [ { code = "people", name = { zh = "a", en = "a" } } ]
target = [ { severity = "high", calendar = "business", contact_hours = 4, resolve_hours = 9 } ]
escalation = [ { clock = "contact", calendar = "business", after_hours = 0.5, to = "region" } ]
[[calendar]]
code = "shop"
holidays = "CN"
closed = [2026-12-31]
units = ["east"]
open = [ { from = "14:00", to = "24:00" }, { days = ["mon"], from = "08:30", to = "12:00" } ]
moved = [ { day = 2026-10-10, from = "10:00", to = "16:00" } ]
[[alert]]
code = "low"
kind = "answer"
name = { zh = "a", en = "a" }
touchpoints = ["service"]
[alert.when]
any = [
  { score = { metric = "nps", at_most = 2 } },
  { all = [ { tier = ["gold"] }, { drop = { metric = "overall", points = 2 } } ] },
  { keyword = ["refund"] },
  { wants_call = { question = "fixed", options = ["no"] } },
]
[[alert]]
code = "quiet"
kind = "silence"
name = { zh = "b", en = "b" }
days = 14
events = 30
[verify]
enabled = true
survey = "car_service"
metric = "overall"
good_from = 4
messages = { sms = "recovery_sms" }
"""


def wrong(text: str, known: Known | None = None) -> list[tuple[int, str, str]]:
    """Line, field and code of every problem."""
    with pytest.raises(DefinitionInvalid) as caught:
        read_loop(text, "loop.toml", known=known)
    for one in caught.value.problems:
        for language in ("zh", "en"):
            assert "{" not in one.words(language).replace("{ ", "")
    return [(one.line, one.field, one.code) for one in caught.value.problems]


def test_the_shipped_rules_have_no_fault_and_every_kind_but_one() -> None:
    loop = loop_of(read_loop(EXAMPLE, "loop.toml"))
    assert {one.kind for one in loop.rules} == {"answer", "silence", "feed", "warning"}
    assert {one.to for one in loop.escalations} == {"region", "headquarters"}
    for severity in (1, 2, 3):
        assert {one.kind for one in loop.targets_of(severity)} == {
            "acknowledge",
            "contact",
            "resolve",
        }


def test_what_is_written_is_what_it_becomes() -> None:
    loop = loop_of(read_loop(SMALL, "loop.toml", known=KNOWN))
    low = loop.rule("low")
    assert low is not None
    assert low.when == AnyOf(
        (
            ScoreIs("nps", at_most=2),
            AllOf((TierIs(frozenset({"gold"})), ScoreFell("overall", 2))),
            SaysWord(("refund",)),
            WantsCall("fixed", frozenset({"no"})),
        )
    )
    assert (low.severity, low.ticket, low.touchpoints) == (2, True, frozenset({"service"}))
    assert len(list(leaves(low.when))) == 5
    quiet = loop.rule("quiet")
    assert quiet is not None
    assert (quiet.ticket, quiet.days, quiet.events) == (False, 14, 30)
    assert loop.targets_of(2) == (
        Target(2, "contact", "business", 4 * 3600),
        Target(2, "resolve", "business", 9 * 3600),
    )
    (step,) = loop.escalations_of("contact", "business")
    assert (step.after_seconds, step.level, step.role) == (1800, 1, "regional_manager")
    assert loop.verify.messages == {"sms": "recovery_sms"}


def test_a_calendar_is_sorted_hours_holidays_closed_and_moved_days() -> None:
    shop = loop_of(read_loop(SMALL, "loop.toml")).calendars["shop"]
    afternoon = Hours.of(time(14), None)
    assert shop.week[0] == (Hours.of(time(8, 30), time(12)), afternoon)
    assert shop.week[6] == (afternoon,)
    assert afternoon.closes == 86_400
    assert shop.holidays == "CN"
    assert shop.closed == frozenset({date(2026, 12, 31)})
    assert shop.opened == {date(2026, 10, 10): (Hours.of(time(10), time(16)),)}


def test_the_nearest_unit_with_a_calendar_says_which() -> None:
    office, shop = Calendar({0: ()}), Calendar({1: ()})
    loop = Loop(
        calendars={"office": office, "shop": shop},
        calendar="office",
        by_unit={"east": "shop", "HQ": "office"},
    )
    assert loop.calendar_for(["east1", "east", "HQ"]) is shop
    assert loop.calendar_for(["west1", "west", "HQ"]) is office
    assert loop.calendar_for(["nowhere"]) is office


@pytest.mark.parametrize("text", [EXAMPLE, SMALL])
def test_what_is_stored_reads_back_as_it_was(text: str) -> None:
    file = read_loop(text, "loop.toml")
    again = LoopFile.model_validate_json(canonical(file))
    assert again == file
    assert loop_of(again) == loop_of(file)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "code"),
    [
        ("hours = 4,", "hours = 10,", 6, "target[1].resolve_hours", "loop_target_order"),
        ('clock = "contact"', 'clock = "acknowledge"', 7, "escalation[1].clock",
         "loop_never_escalates"),
        ('_calendar = "shop"', '_calendar = "x"', 4, "default_calendar", "loop_unknown_calendar"),
        ('holidays = "CN"', 'holidays = "QQ"', 10, "calendar[1].holidays", "unknown_calendar"),
        ('to = "12:00"', 'to = "08:00"', 13, "calendar[1].open[2].to", "window_ends_early"),
        ('to = "12:00"', 'to = "15:00"', 13, "calendar[1].open[1]", "windows_overlap"),
        ("[2026-12-31]", "[2026-10-10]", 14, "calendar[1].moved[1].day", "loop_closed_too"),
        ('units = ["east"]', 'units = ["east", "east"]', 12, "calendar[1].units[1]", "repeated"),
        ('{ metric = "nps", at_most = 2 }', '{ metric = "nps" }', 22, "alert[1].when.any[1].score",
         "loop_score_limit"),
        ('{ tier = ["gold"] }', '{ tier = ["gold"], keyword = ["x"] }', 23,
         "alert[1].when.any[2].all[1]", "loop_one_condition"),
        ('["refund"]', '["refund", "Refund"]', 24, "alert[1].when.any[3].keyword", "repeated"),
        ("days = 14", 'level = "alert"\ndays = 14', 31, "alert[2].level", "loop_not_for_kind"),
        ("days = 14", "ticket = true", 31, "alert[2].ticket", "loop_no_customer"),
        ("days = 14", 'role = "hq_analyst"', 31, "alert[2].role", "one_of"),
        ("good_from = 4\n", "", 33, "verify.good_from", "missing"),
        ('kind = "silence"', 'kind = "warning"', 27, "alert[2].level", "missing"),
        ('code = "quiet"', 'code = "low"', 28, "alert[2].code", "repeated"),
        ('en = "a" } } ]', 'en = "a" }, parent = "x" } ]', 5, "cause[1].parent",
         "loop_unknown_group"),
        ("after_hours = 0.5", "after_hours = 0.5, untill = 1", 7, "escalation[1].untill",
         "unknown_key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(
    old: str, new: str, line: int, field: str, code: str
) -> None:
    assert old in SMALL
    found = wrong(SMALL.replace(old, new, 1))
    assert (line, field, code) in found, found


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ('touchpoints = ["service"]', 'touchpoints = ["wash"]', "alert[1].touchpoints[1]",
         "unknown_touchpoint"),
        ('metric = "nps"', 'metric = "nsp"', "alert[1].when.any[1].score.metric",
         "unknown_metric"),
        ("at_most = 2 }", "at_most = 12 }", "alert[1].when.any[1].score.at_most",
         "loop_off_scale"),
        ('question = "fixed"', 'question = "fix"', "alert[1].when.any[4].wants_call.question",
         "loop_no_such_question"),
        ('options = ["no"]', 'options = ["nope"]', "alert[1].when.any[4].wants_call.options[1]",
         "not_possible"),
        ('units = ["east"]', 'units = ["west"]', "calendar[1].units[1]", "unknown_unit"),
        ('survey = "car_service"', 'survey = "recovery"', "verify.survey", "not_published"),
        ("good_from = 4", "good_from = 6", "verify.good_from", "loop_off_scale"),
        ('sms = "recovery_sms"', 'email = "recovery_sms"', "verify.messages.email",
         "other_channel"),
    ],
)  # fmt: skip
def test_what_is_not_published_is_named(old: str, new: str, field: str, code: str) -> None:
    assert old in SMALL
    found = wrong(SMALL.replace(old, new, 1), KNOWN)
    assert [one[1:] for one in found] == [(field, code)], found


def test_conditions_may_not_stand_too_deep() -> None:
    inner = '{ keyword = ["x"] }'
    for _ in range(5):
        inner = f"{{ all = [ {inner} ] }}"
    found = wrong(SMALL.replace('{ keyword = ["refund"] }', inner))
    assert found[0][2] == "loop_too_deep"


def test_every_fault_is_said_at_once() -> None:
    text = SMALL.replace('holidays = "CN"', 'holidays = "QQ"').replace('"region"', '"regio"')
    assert {one[2] for one in wrong(text)} >= {"one_of"}
    text = text.replace('"regio"', '"region"').replace("hours = 4,", "hours = 10,")
    assert {one[2] for one in wrong(text)} == {"unknown_calendar", "loop_target_order"}


def test_the_published_schema_is_current_and_takes_the_example() -> None:
    stored = (ROOT / "docs" / "loop.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == schema(), "regenerate it as docs/closed-loop.md says"
    validator = Draft202012Validator(schema())
    validator.validate(tomllib.loads(EXAMPLE))
    wrong = tomllib.loads(EXAMPLE.replace("default_calendar", "calendars"))
    assert list(validator.iter_errors(wrong))
