"""One response with all its answers, told no further than the survey promised.

Without the customer's agreement to be named there is neither the person nor the advisor, who would
know which customer it was. A response at a branch outside the scope is *not found*.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlmodel import Session

from api.contests.repository import answer_of
from api.contests.service import contest_ends_at
from api.core.crypto import Vault
from api.core.errors import NotFound
from api.insights.queries.one_response import answers_of, name_of, response_row
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys.definitions.shapes import Localized
from api.surveys.definitions.survey import Question, Survey
from api.surveys.published import require_survey


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One question with what was answered; ``words`` are the chosen options or the comment."""

    code: str
    question: Localized
    metric: str | None
    value: int | None
    scale: tuple[int, int] | None
    low: Localized | None
    high: Localized | None
    options: tuple[Localized, ...]
    text: str | None


@dataclass(frozen=True, slots=True)
class OneResponse:
    """A response; ``person_id``, ``name`` and ``advisor`` only of customers who agreed.

    ``contest_id`` is of a contest that waits or was upheld; ``contest_until`` says until when a
    branch may still contest, None for viewers who may not.
    """

    id: UUID
    unit: Node
    touchpoint: str
    touchpoint_name: Localized
    survey: Localized
    occurred_on: date
    submitted_at: datetime
    partial: bool
    channel: str
    language: str
    mode: str
    named: bool
    person_id: UUID | None
    name: str | None
    advisor: str | None
    excluded: bool
    contest_id: UUID | None
    contest_until: datetime | None
    answers: list[GivenAnswer]


def one_response(
    session: Session, viewer: Viewer, response: UUID, vault: Vault, *, now: datetime
) -> OneResponse:
    """The response with its answers, in the order of the survey.

    Raises NotFound for what is not there or not the viewer's to see, NotAllowed for roles that
    read no comments.
    """
    row = response_row(session, response)
    if row is None:
        raise NotFound(response=response)
    viewer.require(Permission.VIEW_COMMENTS, row.branch_id)
    survey = require_survey(session, row.survey_version_id)
    contested = answer_of(session, response)
    until = contest_ends_at(row.submitted_at)
    decides = viewer.may(Permission.DECIDE_CONTESTS)
    contestable = contested is not None and not decides and now <= until
    may_contest = contestable and viewer.may(Permission.CONTEST, row.branch_id)
    return OneResponse(
        id=row.id,
        unit=viewer.hierarchy.nodes[row.branch_id],
        touchpoint=row.touchpoint,
        touchpoint_name=Localized(zh=row.name_zh, en=row.name_en),
        survey=survey.title,
        occurred_on=row.occurred_on,
        submitted_at=row.submitted_at,
        partial=not row.whole,
        channel=row.channel,
        language=row.language,
        mode=row.mode,
        named=row.named,
        person_id=row.person_id if row.named else None,
        name=_name(session, row, vault),
        advisor=row.advisor if row.named else None,
        excluded=row.excluded,
        contest_id=None if contested is None else contested.contest_id,
        contest_until=until if may_contest else None,
        answers=_answers(survey, answers_of(session, row)),
    )


def _name(session: Session, row: Row[Any], vault: Vault) -> str | None:
    if not row.named or row.person_id is None:
        return None
    stored = name_of(session, row.person_id)
    return None if stored is None else vault.decrypt(stored)


def _answers(survey: Survey, given: dict[str, Row[Any]]) -> list[GivenAnswer]:
    """What was answered in the survey's order, then what its version does not know."""
    known = [_answer(question, given[question.code]) for question in survey.questions
             if question.code in given]  # fmt: skip
    codes = {question.code for question in survey.questions}
    return known + [_unknown(given[code]) for code in sorted(given) if code not in codes]


def _answer(question: Question, row: Row[Any]) -> GivenAnswer:
    chosen = set(row.choices or ())
    return GivenAnswer(
        code=question.code,
        question=question.text,
        metric=row.metric,
        value=row.value,
        scale=question.scale,
        low=question.low,
        high=question.high,
        options=tuple(option for option in question.options if option.code in chosen),
        text=row.text,
    )


def _unknown(row: Row[Any]) -> GivenAnswer:
    """An imported answer whose question the survey does not have: by its code."""
    return GivenAnswer(
        code=row.question,
        question=Localized(zh=row.question, en=row.question),
        metric=row.metric,
        value=row.value,
        scale=None,
        low=None,
        high=None,
        options=tuple(Localized(zh=one, en=one) for one in row.option_texts or row.choices or ()),
        text=row.text,
    )
