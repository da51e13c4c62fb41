"""Reasons in words: steps that add up before the reader's eyes, in both languages."""

from typing import Any

import pytest
from test_dashboard_pages import EN, NPS, ZH, text

from dashboard.data.why import Neighbour, Others, Place, Places, WhyView
from dashboard.data.why_steps import Way, level_name, steps_of
from dashboard.pages.why import step_axis, waterfall, why_page

MIX = [
    {"adjuster": "channel", "level": "call", "share": 0.62, "usual": 0.23, "points": 1.8},
    {"adjuster": "channel", "level": "wechat", "share": 0.1, "usual": 0.36, "points": 0.4},
    {"adjuster": "language", "level": "en", "share": 0.01, "usual": 0.01, "points": 0.001},
    {"adjuster": "language", "level": "zh", "share": 0.99, "usual": 0.99, "points": 0.019},
]
WAY = Way(n=61, raw=41.0, adjusted=43.22, mix=MIX, shrunk=41.1, own_weight=0.74, mean=35.06,
          raw_range=(30.0, 50.0))  # fmt: skip


def steps(way: Way = WAY, say: Any = EN, *, own: bool = True) -> list[Any]:
    """The way of a branch, in English, told to itself."""
    return steps_of(way, NPS, say, own=own, unadjusted="nothing to adjust by")


def test_every_step_begins_where_the_one_before_ended() -> None:
    at = WAY.raw
    for step in steps()[1:]:
        if step.kind == "step":
            assert step.start == pytest.approx(at)
            at = step.end
        else:
            assert step.end == pytest.approx(at)
    assert at == pytest.approx(WAY.shrunk)


def test_a_level_is_told_with_its_share_and_the_usual_one() -> None:
    told = {step.code: step for step in steps()}
    phone = told["channel:call"]
    assert phone.value == "+1.8"
    assert phone.words == "because 62\u202f% of your answers came by phone (usually 23\u202f%)"
    assert told["rest"].words == "2 smaller differences together"
    chinese = {step.code: step.words for step in steps(say=ZH, own=False)}
    assert chinese["channel:call"] == "因为该网点 62\u202f% 的答卷来自电话（通常为 23\u202f%）"


def test_shrinking_says_how_much_the_own_answers_count() -> None:
    shrinking = next(step for step in steps() if step.code == "shrinking")
    assert shrinking.value == "\u22122.1"
    assert "With 61 answers" in shrinking.words
    assert "count 74\u202f%" in shrinking.words
    assert "the mean of all (35.1) counts 26\u202f%" in shrinking.words


def test_without_an_adjusted_score_the_way_says_why() -> None:
    way = Way(n=61, raw=41.0, adjusted=None, mix=[], shrunk=40.0, own_weight=0.8, mean=36.0)
    listed = steps(way)
    assert [step.code for step in listed] == ["raw", "unadjusted", "shrinking", "shrunk"]
    assert listed[1].words == "nothing to adjust by"
    assert listed[2].start == 41.0


def test_a_level_without_words_keeps_its_name_or_its_code() -> None:
    assert level_name(EN, "channel", "call", {}) == "phone"
    assert level_name(EN, "touchpoint", "service", {("touchpoint", "service"): "Service"}) == (
        "Service"
    )
    assert level_name(ZH, "segment", "fleet", {}) == "fleet"


def test_the_axis_holds_every_step_and_the_mean() -> None:
    low, high = step_axis(steps(), NPS, WAY.mean)
    assert low < 30
    assert high > 50
    assert step_axis([], NPS, None) == (-100, 100)


def test_the_numbers_of_the_waterfall_stand_beside_their_words() -> None:
    said = text(waterfall(steps(), NPS, WAY.mean, EN))
    for words in ("41.0", "+1.8", "43.2", "\u22122.1", "41.1", "mean of all that are compared"):
        assert words in said


def a_view(**changes: Any) -> WhyView:
    """A branch with a place among 52."""
    given = {
        "name": "One", "metric": NPS, "period": "1 Aug – 31 Aug", "answers": 61, "steps": steps(),
        "mean": 35.0, "place": Place(12, 8, 30, 52), "place_words": "Place 12 of 52.",
        "ranges": [Places("likely", "Likely places", "words", 8, 30)], "band": "B",
        "badge": True, "others": Others(3, 40, 8), "near": [], "pending": False, "lacks": None,
        "facts": [], "sets": (), "links": [],
    }  # fmt: skip
    return WhyView(**(given | changes))


def test_the_page_says_place_band_badge_and_who_cannot_be_told_apart() -> None:
    said = text(why_page(a_view(), EN))
    for words in ("12", " of 52", "above", "likely among the best tenth", "3 clearly better",
                  "40 cannot be told apart", "8 clearly worse", "8 – 30"):  # fmt: skip
        assert words in said
    assert "other branches are not named here" in said


def test_neighbours_are_named_to_those_who_compare_branches() -> None:
    near = [Neighbour("11. Two", 40, 42.0, 30.0, 50.0, "/app/why/D2")]
    assert "11. Two" in text(why_page(a_view(near=near), EN))


def test_without_a_place_the_page_says_what_is_missing() -> None:
    view = a_view(place=None, place_words="", ranges=[], others=None, lacks="18 are to go")
    assert "18 are to go" in text(why_page(view, EN))
    waiting = why_page(a_view(place=None, pending=True, steps=[]), ZH)
    assert "名次正在计算" in text(waiting)
    assert "No answers in this period" in text(why_page(a_view(answers=0), EN))
