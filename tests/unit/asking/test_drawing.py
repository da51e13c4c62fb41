"""A replay draws the sample that was really planned, or makes the plan of another margin."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from api.invitations.drawing import Drawing
from api.invitations.expecting import cost_of, expectations, follow_ups, margin_of
from api.invitations.facts import DueEvent
from api.invitations.repository.replaying import Outcomes
from api.invitations.tallies import Tally
from api.surveys.definitions import load_text, read_rules, rule_set
from scheduler.planner import Channel, Inclusion, RuleSet
from scheduler.planner.sampling import LEAST, period_of

CARS = load_text(Path(__file__).parents[3] / "examples" / "rules" / "cars.toml")
RULES = rule_set(read_rules(CARS, "cars.toml"))
WIDER = rule_set(read_rules(CARS.replace("margin = 10", "margin = 30"), "cars.toml"))
NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
DAY = period_of(date(2026, 9, 1), 91)[0]  # all of it is left
EVENT = DueEvent(
    id=UUID(int=1), branch_id=1, touchpoint_id=6, touchpoint="service", occurred_at=NOW,
    occurred_on=DAY, received_at=NOW, employee=None, person_id=None, object_hash=None,
    cancelled=False, held=False, occasion_zh="", occasion_en="",
)  # fmt: skip
STORED = Inclusion(0.31, 0.5)


def drawing(rules: RuleSet) -> Drawing:
    return Drawing(rules, RULES, {(1, 6): 20.0}, 0.2)


def test_the_same_sampling_is_drawn_by_the_plans_that_were_stored() -> None:
    assert drawing(RULES).inclusion(EVENT, DAY, STORED) is STORED


def test_another_margin_and_a_day_without_plan_get_a_plan_of_their_own() -> None:
    tight, wide = (drawing(one).inclusion(EVENT, DAY, None) for one in (RULES, WIDER))
    assert tight is not None
    assert wide is not None
    assert LEAST <= wide.probability < tight.probability < 1
    assert drawing(WIDER).inclusion(EVENT, DAY, STORED) == wide


def test_who_has_asked_enough_asks_few_and_no_sampling_draws_nobody() -> None:
    mine = drawing(WIDER)
    for _ in range(1000):
        mine.note(EVENT, DAY)
    found = mine.inclusion(EVENT, DAY, None)
    assert found == Inclusion(LEAST, 0.0)
    assert mine.inclusion(replace(EVENT, touchpoint="delivery"), DAY, STORED) is None


def tally_of(channel: str, segment: str, count: int) -> Tally:
    made = Tally(None)  # type: ignore[arg-type]
    made.volume[DAY, channel, "service", segment] = count
    return made


def test_follow_ups_are_those_without_an_answer_and_cost_is_of_all_messages() -> None:
    known = [Outcomes("sms", 1000, 300, 20, 600), Outcomes("wechat", 500, 100, 150, 250)]
    expected = expectations(known)
    assert 0.2 < expected.rates["wechat"] < expected.rates["sms"] < 0.31
    assert expected.rates["wechat"] < expected.rates["email"] < expected.rates["sms"]
    later = follow_ups(tally_of("wechat", "premium", 100), RULES, expected)
    reminder, sms = (DAY + timedelta(days=4), "wechat"), (DAY, "sms")
    unopened = (DAY + timedelta(days=2), "sms")
    assert later.keys() == {reminder, sms, unopened}
    assert later[reminder] == 100 * (1 - expected.rates["wechat"])
    assert 20 < later[sms] < 35
    assert follow_ups(tally_of("sms", "others", 9), RULES, expected).keys() == {
        (DAY + timedelta(days=4), "sms")
    }
    assert cost_of({(DAY, "sms"): 10, (DAY, "call"): 2.5}, RULES) == 10 * 0.05 + 2.5 * 6
    unknown = replace(RULES, costs={Channel.SMS: 0.05})
    assert cost_of({(DAY, "call"): 1}, unknown) is None


def test_a_margin_needs_answers_and_shrinks_with_them() -> None:
    assert margin_of(0, 100) is None
    few, many = margin_of(10, 1000), margin_of(150, 1_000_000)
    assert few is not None
    assert many is not None
    assert many < few
    assert abs(many - 10) < 0.2  # METHODS 9: 152 answers give ten points
