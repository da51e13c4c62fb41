"""Rules in full: what the file says is what the planner gets; defaults, references, the schema."""

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from api.surveys.definitions import (
    DefinitionInvalid,
    Known,
    RulesFile,
    canonical,
    load_text,
    read_messages,
    read_rules,
    rule_set,
)
from api.surveys.definitions.rules import schema
from scheduler.planner import Channel, Compete, Condition, Holder, Over, Reminder, Since

ROOT = Path(__file__).parents[3]
CARS = load_text(ROOT / "examples" / "rules" / "cars.toml")

FULL = """
code = "all"
version = 3
effective_from = 2026-01-01T00:00:00+08:00
[cap]
days = 90
count = 1
not_for = ["vip"]
when_full = "drop"
[[limit]]
name = "by_survey"
days = 180
count = 2
per = "household"
since = "completion"
over = "survey"
only = ["car_service"]
[[segment]]
name = "vip"
[segment.where]
value_tier = ["gold", "premium"]
age = { from = 18, below = 70 }
lead = false
customer.club = true
event.mileage = { from = 10_000 }
[segment.unless]
city_tier = "4"
[[segment]]
name = "others"
[defaults]
delay_hours = 1
max_age_days = 5
expiry_days = 10
quiet_hours = ["21:00", "09:00"]
holidays = "CN"
spread_minutes = 90
[defaults.channels]
vip = ["wechat", "sms"]
others = ["sms"]
[defaults.templates]
sms = "s"
wechat = "w"
[[defaults.window]]
days = ["mon", "fri"]
from = "10:00"
to = "18:00"
[[defaults.reminder]]
after_days = 3
channel = "sms"
template = "again"
counts = true
[[rule]]
touchpoint = "service"
survey = "car_service"
priority = 5
channels = { others = [] }
shares = { others = 0.25 }
sampling = { margin = 8, confidence = 0.95, days = 30 }
lot = { share = 0.1, channels = ["sms", "wechat"] }
fallback = { undeliverable = false, unopened_after_hours = 24, counts = true }
[[rule]]
touchpoint = "delivery"
survey = "car_sales"
delay_hours = 48
holidays = "none"
reminder = []
window = []
[[wave]]
code = "two_years"
touchpoint = "service"
segment = "vip"
months_after = 24
anchor = "delivery"
yearly = true
per_day = 50
share = 0.5
[[wave]]
code = "spring"
touchpoint = "service"
segment = "others"
on = 2026-03-01
[costs]
sms = 0.05
"""


def test_everything_that_the_planner_knows_can_be_written() -> None:
    rules = rule_set(read_rules(FULL, "all.toml"))
    service, delivery = rules.rules
    assert (set(rules.cap.not_for), rules.cap.hold) == ({"vip"}, False)
    limit = rules.limits[0]
    assert (limit.name, limit.per, limit.since) == (
        "by_survey", Holder.HOUSEHOLD, Since.COMPLETION,
    )  # fmt: skip
    assert (limit.over, set(limit.only), limit.hold) == (Over.SURVEY, {"car_service"}, True)
    assert set(service.segments[0].conditions) == {
        Condition("value_tier", frozenset({"gold", "premium"})),
        Condition("age", low=18, below=70),
        Condition("lead", frozenset({False})),
        Condition("customer.club", frozenset({True})),
        Condition("event.mileage", low=10_000),
        Condition("city_tier", frozenset({"4"}), negated=True),
    }
    assert service.channels == {"vip": (Channel.WECHAT, Channel.SMS), "others": ()}
    assert service.reminders == (Reminder(timedelta(days=3), Channel.SMS, "again", True),)
    assert (service.holidays, service.spread) == ("CN", timedelta(minutes=90))
    assert service.windows[0].days == {0, 4}
    assert service.lot is not None
    assert service.sampling is not None
    assert (service.lot.share, service.sampling.margin, service.priority) == (0.1, 8, 5)
    assert service.fallback.unopened_after == timedelta(days=1)
    assert (delivery.delay, delivery.max_age) == (timedelta(days=2), timedelta(days=5))
    assert (delivery.holidays, delivery.reminders, delivery.windows) == (None, (), ())
    two_years, spring = rules.waves
    assert (two_years.months_after, two_years.anchor, two_years.yearly) == (24, "delivery", True)
    assert (two_years.per_day, two_years.share, spring.on) == (50, 0.5, date(2026, 3, 1))
    assert (rules.compete, rules.costs) == (Compete.PRIORITY, {Channel.SMS: 0.05})


def test_what_is_stored_reads_back_as_the_same_rules() -> None:
    for text in (FULL, CARS):
        file = read_rules(text, "a.toml")
        assert RulesFile.model_validate_json(canonical(file)) == file


def test_a_fault_in_the_defaults_is_named_once_and_there() -> None:
    broken = FULL.replace('wechat = "w"\n', "").replace('holidays = "CN"', 'holidays = "QQ"')
    with pytest.raises(DefinitionInvalid) as caught:
        read_rules(broken, "a.toml")
    found = [(one.field, one.code) for one in caught.value.problems]
    assert found == [
        ("defaults.holidays", "unknown_calendar"),
        ("defaults.channels.vip", "template_needed"),
        ("rule[1].lot.channels", "template_needed"),
    ]
    lines = broken.splitlines()
    first = caught.value.problems[0]
    assert (lines[first.line - 1], first.column) == ('holidays = "QQ"', 1)


def test_a_template_that_nobody_approved_and_what_is_unknown_are_refused() -> None:
    known = Known(
        surveys={"car_service": {"service"}, "car_sales": {"delivery"}},
        templates={"s": Channel.SMS, "w": Channel.WECHAT, "again": Channel.SMS},
        unapproved={"w"},
        touchpoints={"service"},
    )
    with pytest.raises(DefinitionInvalid) as caught:
        read_rules(FULL, "a.toml", known=known)
    found = [(one.field, one.code) for one in caught.value.problems]
    assert found == [
        ("defaults.templates.wechat", "not_approved"),
        ("wave[1].anchor", "unknown_touchpoint"),
    ]


def test_a_provider_fills_its_parameters_in_its_order() -> None:
    text = load_text(ROOT / "examples" / "messages" / "invitation.toml")
    text = text.replace(
        'parameters = ["occasion", "link_code"]', 'parameters = ["link_code", "branch"]'
    )
    sms, wechat = read_messages(text, "a.toml").messages[:2]
    values = {"link": "https://x.test/s/abc", "branch": "B", "occasion": "O", "date": "D"}
    domestic = sms.approved_by("domestic_sms")
    assert domestic is not None
    assert domestic.filled(values) == [("link_code", "abc"), ("branch", "B")]
    assert domestic.signed("zh") == "【星澜汽车】"
    assert wechat.providers["wechat"].filled(values)[0] == ("thing1", "B")
    assert sms.approved_by("other") is None


def test_a_template_with_providers_is_usable_once_one_of_them_approved_it() -> None:
    text = load_text(ROOT / "examples" / "messages" / "invitation.toml")
    pending = read_messages(text.replace('approval = "approved"', 'approval = "pending"'), "a.toml")
    assert [one.usable for one in pending.messages] == [False, False, True, True, True]
    assert pending.messages[0].approved_by("domestic_sms") is None


def test_the_published_schema_is_current_and_takes_the_examples() -> None:
    stored = (ROOT / "docs" / "rules.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == schema(), "regenerate it as docs/rules.md says"
    validator = Draft202012Validator(schema())
    for text in (CARS, load_text(ROOT / "examples" / "rules" / "bank.toml")):
        validator.validate(_plain(tomllib.loads(text)))
    wrong = tomllib.loads(CARS.replace("expiry_days", "expires"))
    assert [list(one.path) for one in validator.iter_errors(_plain(wrong))] == [["defaults"]]


def _plain(table: object) -> object:
    """As JSON has it: moments and days as text."""
    return json.loads(json.dumps(table, default=lambda moment: moment.isoformat()))
