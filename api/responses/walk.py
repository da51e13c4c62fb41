"""The way through a survey: which page comes next, which may be shown, what an answer becomes.

Pure: a survey and answers in, values out.
"""

from collections.abc import Mapping

from api.core.languages import Language
from api.core.redaction import redact
from api.responses.repository import AnswerRow
from api.surveys.definitions import Answer, Question, Survey, is_complete, visible_questions


def shown_pages(survey: Survey, answers: Mapping[str, Answer]) -> list[int]:
    """The pages that show a question, given the answers so far."""
    codes = {question.code for question in visible_questions(survey, answers)}
    return [
        number
        for number, page in enumerate(survey.pages)
        if any(question.code in codes for question in page.questions)
    ]


def reachable_page(
    survey: Survey, answers: Mapping[str, Answer], *, wanted: int, pages_done: int
) -> int:
    """The page to show to someone who wants ``wanted``: nobody gets past an unsaved page."""
    allowed = [number for number in shown_pages(survey, answers) if number <= pages_done]
    return max((number for number in allowed if number <= wanted), default=0)


def page_before(survey: Survey, answers: Mapping[str, Answer], page: int) -> int | None:
    """The shown page before ``page``."""
    return max((n for n in shown_pages(survey, answers) if n < page), default=None)


def first_unfinished(survey: Survey, answers: Mapping[str, Answer]) -> int | None:
    """The first page that lacks a required answer; None when the survey is complete."""
    if is_complete(survey, answers):
        return None
    lacking = {
        question.code
        for question in visible_questions(survey, answers)
        if question.required and question.code not in answers
    }
    return next(
        number
        for number, page in enumerate(survey.pages)
        if any(question.code in lacking for question in page.questions)
    )


def consent_page(survey: Survey) -> int | None:
    """The page that asks whether the branch may see who answered: the last that all reach."""
    if survey.identity != "if_ticked":
        return None
    always = [
        number
        for number, page in enumerate(survey.pages)
        if any(question.show_if is None for question in page.questions)
    ]
    return always[-1] if always else 0


def answer_row(question: Question, answer: Answer, language: Language) -> AnswerRow:
    """An answer as it is stored: figures with their metric, options with the words shown."""
    if question.scale is not None:
        assert isinstance(answer, int)
        return AnswerRow(question.code, metric=question.metric, value=answer)
    if question.kind == "text":
        return AnswerRow(question.code, text=redact(str(answer)))
    codes = answer if isinstance(answer, list) else [str(answer)]
    words = {option.code: option.say(language) for option in question.options}
    return AnswerRow(question.code, choices=codes, option_texts=[words[code] for code in codes])


def stored_answer(question: Question, answer: Answer) -> Answer:
    """An answer read back from its row: a single choice is stored as a list of one."""
    if question.kind == "single" and isinstance(answer, list):
        return answer[0]
    return answer
