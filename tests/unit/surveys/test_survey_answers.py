"""The server has the last word on what is shown and on what an answer is."""

from pathlib import Path
from typing import Any

import pytest

from api.surveys.definitions import (
    Answers,
    Survey,
    is_complete,
    next_page,
    read_survey,
    validate_answers,
    visible_questions,
    without_hidden,
)

TEXTS = 'text = { zh = "问", en = "Q" }'
ENDS = 'low = { zh = "低", en = "l" }\nhigh = { zh = "高", en = "h" }'
OPTIONS = 'option = [{ code = "a", zh = "甲", en = "A" }, { code = "b", zh = "乙", en = "B" }]'


def question(code: str, kind: str, *more: str) -> str:
    extra = {"scale_0_10": ENDS, "scale_1_5": ENDS, "single": OPTIONS, "multiple": OPTIONS}
    lines = ["[[page.question]]", f'code = "{code}"', f'kind = "{kind}"', TEXTS]
    return "\n".join([*lines, extra.get(kind, ""), *more])


HEAD = """
code = "s"
version = 1
touchpoints = ["service"]
title = { zh = "题", en = "T" }
thanks = { zh = "谢", en = "Thanks" }
"""
TEXT = "\n".join(
    [
        HEAD,
        "[[page]]",
        question("score", "scale_0_10", "required = true"),
        question(
            "which", "single", "required = true",
            'show_if = { question = "score", op = "lte", value = 6 }',
        ),
        "[[page]]",
        question(
            "why", "text", "max_length = 5",
            'show_if = { question = "which", op = "eq", value = "b" }',
        ),
        "[[page]]",
        question("several", "multiple"),
        question(
            "stars", "scale_1_5",
            'show_if = { question = "several", op = "in", value = ["a", "b"] }',
        ),
        question("words", "text"),
    ]
)  # fmt: skip


@pytest.fixture
def survey() -> Survey:
    return read_survey(TEXT, "s.toml")


def codes(survey: Survey, answers: Answers) -> list[str]:
    return [one.code for one in visible_questions(survey, answers)]


def test_a_question_appears_when_its_condition_is_met(survey: Survey) -> None:
    assert codes(survey, {}) == ["score", "several", "words"]
    assert codes(survey, {"score": 7}) == ["score", "several", "words"]
    assert codes(survey, {"score": 6, "which": "b"}) == [
        "score",
        "which",
        "why",
        "several",
        "words",
    ]
    assert "stars" in codes(survey, {"score": 9, "several": ["b"]})


def test_what_depends_on_a_hidden_question_is_hidden(survey: Survey) -> None:
    answers: Answers = {"score": 9, "which": "b", "why": "x"}
    assert "why" not in codes(survey, answers)
    assert without_hidden(survey, answers) == {"score": 9}


def test_from_one_to_seven_no_other_figure_is_an_answer() -> None:
    ends = question("easy", "scale_1_7", ENDS)
    survey = read_survey(f"{HEAD}[[page]]\n{ends}", "s.toml")
    told = [validate_answers(survey, 0, {"easy": str(value)}) for value in range(9)]
    assert [one.answers.get("easy") for one in told] == [None, *range(1, 8), None]
    assert told[0].errors == told[8].errors == {"easy": "answers.out_of_range"}
    assert survey.questions[0].scale_name == "1-7"


def test_answers_of_hidden_questions_are_dropped_even_if_wrong(survey: Survey) -> None:
    checked = validate_answers(survey, 0, {"score": "9", "which": "z"})
    assert checked.answers == {"score": 9}
    assert checked.errors == {}


def test_a_condition_looks_at_earlier_pages(survey: Survey) -> None:
    shown = validate_answers(survey, 1, {"why": " no "}, earlier={"score": 1, "which": "b"})
    hidden = validate_answers(survey, 1, {"why": "no"}, earlier={"score": 1, "which": "a"})
    assert shown.answers == {"why": "no"}
    assert hidden.answers == {}


def test_an_older_answer_of_the_same_page_does_not_stand_in_for_a_missing_one(
    survey: Survey,
) -> None:
    checked = validate_answers(survey, 0, {}, earlier={"score": 3})
    assert checked.answers == {}
    assert checked.errors == {"score": "answers.required"}


@pytest.mark.parametrize(
    ("page", "raw", "errors"),
    [
        (0, {}, {"score": "answers.required"}),
        (0, {"score": ""}, {"score": "answers.required"}),
        (0, {"score": "3"}, {"which": "answers.required"}),
        (0, {"score": "11"}, {"score": "answers.out_of_range"}),
        (0, {"score": "-1"}, {"score": "answers.not_a_number"}),
        (0, {"score": "１"}, {"score": "answers.not_a_number"}),
        (0, {"score": "9" * 5000}, {"score": "answers.not_a_number"}),
        (0, {"score": ["3", "9"]}, {"score": "answers.one_only"}),
        (0, {"score": True}, {"score": "answers.not_understood"}),
        (0, {"score": {"a": 1}}, {"score": "answers.not_understood"}),
        (0, {"score": 3, "which": "z"}, {"which": "answers.unknown_option"}),
        (1, {"why": "123456"}, {"why": "answers.too_long"}),
        (2, {"several": ["a", "z"]}, {"several": "answers.unknown_option"}),
        (2, {"several": [1]}, {"several": "answers.not_understood"}),
        (2, {"several": 3}, {"several": "answers.not_understood"}),
    ],
)
def test_a_wrong_field_has_an_error_and_no_answer(
    survey: Survey, page: int, raw: dict[str, Any], errors: dict[str, str]
) -> None:
    earlier: Answers = {"score": 1, "which": "b"} if page else {}
    checked = validate_answers(survey, page, raw, earlier=earlier)
    assert checked.errors == errors
    assert not set(errors) & set(checked.answers)


@pytest.mark.parametrize(
    ("page", "raw", "answers"),
    [
        (0, {"score": "0", "which": "a"}, {"score": 0, "which": "a"}),
        (0, {"score": 10}, {"score": 10}),
        (0, {"score": ["7"], "csrf": "x"}, {"score": 7}),
        (2, {"several": ["b", "a", "b"], "stars": "5"}, {"several": ["a", "b"], "stars": 5}),
        (2, {"several": "b"}, {"several": ["b"]}),
        (2, {"several": []}, {}),
        (2, {"words": " a\r\nb\x00\x07\ud800　c "}, {"words": "a\nb　c"}),
        (2, {"words": " \n "}, {}),
    ],
)
def test_a_right_field_becomes_a_clean_answer(
    survey: Survey, page: int, raw: dict[str, Any], answers: Answers
) -> None:
    checked = validate_answers(survey, page, raw)
    assert checked.errors == {}
    assert checked.answers == answers


def test_complete_means_every_required_question_that_is_shown(survey: Survey) -> None:
    assert not is_complete(survey, {})
    assert is_complete(survey, {"score": 8})
    assert not is_complete(survey, {"score": 5})
    assert is_complete(survey, {"score": 5, "which": "a"})


def test_a_page_without_a_visible_question_is_passed_over(survey: Survey) -> None:
    assert next_page(survey, {"score": 9}, -1) == 0
    assert next_page(survey, {"score": 9}, 0) == 2
    assert next_page(survey, {"score": 2, "which": "b"}, 0) == 1
    assert next_page(survey, {"score": 9}, 2) is None


def test_a_shipped_survey_can_be_walked_through_from_end_to_end() -> None:
    path = Path(__file__).parents[3] / "examples" / "surveys" / "car_service.toml"
    survey = read_survey(path.read_text(encoding="utf-8"), path.name)
    answers: Answers = {}
    page = next_page(survey, answers, -1)
    while page is not None:
        raw = {"nps": "3", "problem": ["price"], "overall": "2", "advisor": "4", "fixed": "no"}
        checked = validate_answers(survey, page, raw, earlier=answers)
        assert checked.errors == {}
        answers.update(checked.answers)
        page = next_page(survey, answers, page)
    assert is_complete(survey, answers)
    assert answers["problem"] == ["price"]
