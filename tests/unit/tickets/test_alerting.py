"""Which answers the rules of alerts find, and which one of several rules leads."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tickets.alerting import Answered, Given, find, meets, metrics_fallen, says
from api.tickets.loop import (
    AlertRule,
    AllOf,
    AnyOf,
    Condition,
    SaysWord,
    ScoreFell,
    ScoreIs,
    TierIs,
    WantsCall,
)

RESPONSE = UUID(int=7)


def answered(*given: Given, tier: str | None = None, **earlier: int) -> Answered:
    """An answer after a service visit."""
    return Answered(RESPONSE, "service", given, earlier, tier)


def nps(value: int) -> Given:
    """An answer to the question of recommending."""
    return Given("nps", "nps", value)


def said(words: str) -> Given:
    """A comment."""
    return Given("comment", text=words)


def rule(code: str, when: Condition, **values: object) -> AlertRule:
    """A rule over answers."""
    return AlertRule(code, when=when, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "met"), [(0, True), (6, True), (7, False)])
def test_a_score_is_met_up_to_and_with_its_limit(value: int, met: bool) -> None:
    assert meets(ScoreIs("nps", at_most=6), answered(nps(value))) is met


def test_a_score_that_was_not_given_meets_no_limit() -> None:
    assert not meets(ScoreIs("nps", at_most=6), answered(Given("nps", "nps")))
    assert not meets(ScoreIs("nps", at_least=0), answered(said("hello")))


@pytest.mark.parametrize(("before", "met"), [(9, True), (7, False), (None, False)])
def test_a_fall_needs_an_earlier_answer_that_was_better_by_the_points(
    before: int | None, met: bool
) -> None:
    earlier = {} if before is None else {"nps": before}
    assert meets(ScoreFell("nps", 3), answered(nps(6), **earlier)) is met


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("The engine caught FIRE today", "fire", True),
        ("They fired the advisor", "fire", False),
        ("刹车失灵了，很危险", "刹车失灵", True),
        ("用了12315投诉", "12315", True),
        ("订单 8123159", "12315", False),
        ("ＬＡＷＹＥＲ wrote", "lawyer", True),
        ("没有问题", "刹车", False),
        ("C++ is not a word here (C++)", "c++", True),
    ],
)
def test_words_are_found_whatever_their_case_and_width_but_not_within_others(
    text: str, word: str, found: bool
) -> None:
    assert says(text, word) is found


@given(st.text(max_size=40), st.text(min_size=1, max_size=8))
def test_a_word_between_spaces_is_always_found_or_reading_never_fails(text: str, word: str) -> None:
    says(text, word)
    if word.strip() and word.isascii() and word.isprintable():
        assert says(f"{text} {word} {text}", word)


def test_tiers_and_wishes_are_met_by_value_and_by_option() -> None:
    assert meets(TierIs(frozenset({"gold"})), answered(tier="gold"))
    assert not meets(TierIs(frozenset({"gold"})), answered())
    call = WantsCall("call_me", frozenset({"yes"}))
    assert meets(call, answered(Given("call_me", choices=("yes",))))
    assert not meets(call, answered(Given("call_me", choices=("no",))))
    assert meets(WantsCall("again", frozenset({"1"})), answered(Given("again", value=1)))


def test_combinations_are_all_of_and_any_of() -> None:
    gold, low = TierIs(frozenset({"gold"})), ScoreIs("nps", at_most=8)
    assert meets(AllOf((gold, low)), answered(nps(8), tier="gold"))
    assert not meets(AllOf((gold, low)), answered(nps(8), tier="silver"))
    assert meets(AnyOf((gold, low)), answered(nps(8), tier="silver"))


def test_one_answer_is_one_finding_and_the_gravest_rule_leads() -> None:
    rules = (
        rule("low", ScoreIs("nps", at_most=6), severity=2),
        rule("danger", SaysWord(("brakes", "fire")), severity=3),
        rule("call", WantsCall("call_me", frozenset({"yes"})), severity=3, wish=True),
        AlertRule("quiet", kind="silence"),
    )
    found = find(
        rules, answered(nps(2), said("The brakes failed"), Given("call_me", choices=("yes",)))
    )
    assert found is not None
    assert (found.rule.code, found.severity) == ("danger", 3)
    assert found.rules == ("low", "danger", "call")
    assert (found.metric, found.score, found.words) == ("nps", 2, ("brakes",))


def test_the_metric_is_the_one_the_leading_rule_looked_at() -> None:
    when = AnyOf((ScoreIs("advisor", at_most=2), ScoreIs("nps", at_most=6)))
    found = find([rule("low", when)], answered(Given("a", "advisor", 5), nps(3)))
    assert found is not None
    assert (found.metric, found.score) == ("nps", 3)


def test_a_rule_is_silent_at_other_touchpoints_and_on_contentment() -> None:
    low = rule("low", ScoreIs("nps", at_most=6), touchpoints=frozenset({"delivery"}))
    assert find([low], answered(nps(0))) is None
    assert find([rule("low", ScoreIs("nps", at_most=6))], answered(nps(9))) is None


def test_only_falls_ask_for_what_was_said_before() -> None:
    nested = AllOf((AnyOf((ScoreFell("nps", 3), ScoreIs("overall", 2))), TierIs(frozenset("g"))))
    assert metrics_fallen([rule("fall", nested)]) == {"nps"}
