"""Answers to a survey: which questions are shown, what a page's fields mean, when all is said.

The server's last word on what a browser sends. Answers of hidden questions are dropped. Knows no
database and no request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from api.surveys.definitions.survey import Question, ShowIf, Survey

Answer = int | str | list[str]
Answers = dict[str, Answer]


@dataclass(frozen=True)
class Checked:
    """The clean answers of a page, and the catalogue key of the error for each wrong field."""

    answers: Answers
    errors: dict[str, str]


class _Wrong(Exception):
    """A field does not hold an answer; the argument is the catalogue key."""


def visible_questions(survey: Survey, answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """The questions that are shown, given the answers so far.

    A condition on a hidden question is never met, whatever was answered there before.
    """
    shown: dict[str, Question] = {}
    for question in survey.questions:
        condition = question.show_if
        if condition is None or (
            condition.question in shown and _met(condition, answers.get(condition.question))
        ):
            shown[question.code] = question
    return tuple(shown.values())


def without_hidden(survey: Survey, answers: Mapping[str, Answer]) -> Answers:
    """The answers of questions that are shown, in the order of the survey."""
    shown = visible_questions(survey, answers)
    return {one.code: answers[one.code] for one in shown if one.code in answers}


def validate_answers(
    survey: Survey,
    page: int,
    raw: Mapping[str, Any],
    *,
    earlier: Mapping[str, Answer] | None = None,
) -> Checked:
    """What the fields of ``page`` (from 0) mean, given the answers of the other pages.

    ``raw`` holds what a form or a JSON body sent: a string, an integer, or a sequence of strings
    for each question's code; other fields are left alone. A field that is wrong has an error and
    no answer; a hidden one has neither.
    """
    questions = survey.pages[page].questions
    own = {question.code for question in questions}
    known: Answers = {code: one for code, one in (earlier or {}).items() if code not in own}
    wrong: dict[str, str] = {}
    for question in questions:
        try:
            answer = _clean(question, raw.get(question.code))
        except _Wrong as error:
            wrong[question.code] = str(error)
        else:
            if answer is not None:
                known[question.code] = answer
    shown = {question.code: question for question in visible_questions(survey, known)}
    errors = {code: key for code, key in wrong.items() if code in shown}
    for question in questions:
        code = question.code
        if code in shown and question.required and code not in known and code not in errors:
            errors[code] = "answers.required"
    answers = {code: known[code] for code in shown if code in own and code in known}
    return Checked(answers, errors)


def is_complete(survey: Survey, answers: Mapping[str, Answer]) -> bool:
    """Whether every required question that is shown has an answer."""
    return all(
        question.code in answers
        for question in visible_questions(survey, answers)
        if question.required
    )


def next_page(survey: Survey, answers: Mapping[str, Answer], after: int) -> int | None:
    """The first page behind ``after`` that shows a question; None when the survey is over."""
    shown = {question.code for question in visible_questions(survey, answers)}
    return next(
        (
            number
            for number in range(after + 1, len(survey.pages))
            if any(question.code in shown for question in survey.pages[number].questions)
        ),
        None,
    )


def _met(condition: ShowIf, answer: Answer | None) -> bool:
    if answer is None:
        return False
    wanted = condition.wanted()
    if isinstance(answer, list):
        return any(one in wanted for one in answer)
    if condition.op == "lte":
        return isinstance(answer, int) and all(answer <= int(value) for value in wanted)
    if condition.op == "gte":
        return isinstance(answer, int) and all(answer >= int(value) for value in wanted)
    return answer in wanted


def _clean(question: Question, raw: Any) -> Answer | None:
    """The answer that ``raw`` holds; None for none at all."""
    if question.kind == "multiple":
        return _several(question, raw)
    single = _only(raw)
    if single is None or single == "":
        return None
    if question.kind == "text":
        return _text(question, single)
    return _choice(question, single) if question.kind == "single" else _figure(question, single)


def _only(raw: Any) -> int | str | None:
    """The one value of a field that takes one."""
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        if len(raw) > 1:
            raise _Wrong("answers.one_only")
        raw = raw[0] if raw else None
    if isinstance(raw, bool) or not (raw is None or isinstance(raw, int | str)):
        raise _Wrong("answers.not_understood")
    return raw.strip() if isinstance(raw, str) else raw


def _figure(question: Question, raw: int | str) -> int:
    low, high = question.scale or (0, 0)
    text = str(raw)
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise _Wrong("answers.not_a_number")
    if not low <= int(text) <= high:
        raise _Wrong("answers.out_of_range")
    return int(text)


def _choice(question: Question, raw: int | str) -> str:
    if raw not in question.option_codes:
        raise _Wrong("answers.unknown_option")
    return str(raw)


def _several(question: Question, raw: Any) -> list[str] | None:
    """The chosen codes in the order of the survey, each once; none chosen is no answer."""
    given = [raw] if isinstance(raw, str) else raw or []
    if not isinstance(given, Sequence) or any(not isinstance(one, str) for one in given):
        raise _Wrong("answers.not_understood")
    chosen = {one.strip() for one in given} - {""}
    if not chosen <= set(question.option_codes):
        raise _Wrong("answers.unknown_option")
    return [code for code in question.option_codes if code in chosen] or None


def _text(question: Question, raw: int | str) -> str | None:
    """The text without control characters and lone surrogates, which PostgreSQL refuses."""
    lines = str(raw).replace("\r\n", "\n").replace("\r", "\n")
    kept = (sign for sign in lines if sign == "\n" or category(sign) not in ("Cc", "Cs"))
    text = "".join(kept).strip()
    if len(text) > question.text_limit:
        raise _Wrong("answers.too_long")
    return text or None
