"""Decides what a request for a link leads to, and what a submitted page changes.

Works within one transaction that the caller commits; "thank you" may be said only after that. A
page is saved under a lock on its invitation, so that identical requests at the same time make one
response. Knows no HTTP and no HTML.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.engine import Connection

from api.core.ids import new_id
from api.core.languages import Language, spoken
from api.responses import queries, repository, walk
from api.responses.queries import Asked, Link, PrivacyTexts, Saved
from api.responses.repository import SavedPage
from api.security.scope import Scope, open_scope
from api.surveys.definitions import (
    Answers,
    Survey,
    is_complete,
    next_page,
    validate_answers,
    without_hidden,
)
from api.surveys.published import require_survey

State = Literal["open", "used", "expired", "withdrawn"]
Direction = Literal["next", "back", "stay"]
Fields = Mapping[str, list[str]]
CONSENT_FIELD = "named"


@dataclass(frozen=True)
class Opened:
    """A known link with all that its page needs."""

    state: State
    asked: Asked
    survey: Survey
    saved: Saved

    def language(self, wanted: str | None) -> Language:
        """The language asked for, else the one used before, else the invitation's."""
        return spoken(wanted or self.saved.language or self.asked.language)


@dataclass(frozen=True)
class Submission:
    """A page as the browser sent it."""

    page: int
    fields: Fields
    direction: Direction
    wanted_language: str | None


@dataclass(frozen=True)
class Refused:
    """Nothing was saved: these fields are wrong."""

    opened: Opened
    page: int
    errors: dict[str, str]


@dataclass(frozen=True)
class MovedOn:
    """The page is saved; ``page`` is shown next."""

    opened: Opened
    page: int


@dataclass(frozen=True)
class Finished:
    """The last page is saved, now or earlier: say thank you, after the commit."""

    opened: Opened


@dataclass(frozen=True)
class Closed:
    """The link cannot be answered any more."""

    opened: Opened


Outcome = Refused | MovedOn | Finished | Closed


def look_at(
    connection: Connection, token_hash: bytes, now: datetime, *, seen: bool = False
) -> Opened | None:
    """What a link leads to; changes nothing but, with ``seen``, when it was first seen.

    None when it is unknown.
    """
    link = queries.open_link(connection, token_hash, seen_at=now if seen else None)
    return None if link is None else _opened(connection, link, now)


def page_to_show(opened: Opened, wanted: int) -> int:
    """The page that someone sees who asks for ``wanted``."""
    saved = opened.saved
    return walk.reachable_page(
        opened.survey, saved.answers, wanted=wanted, pages_done=saved.pages_done
    )


def submit(
    connection: Connection, token_hash: bytes, submission: Submission, now: datetime
) -> Outcome | None:
    """Saves a page; None when the link is unknown."""
    opened = _locked(connection, token_hash, now)
    if opened is None:
        return None
    if opened.state == "used":
        return Finished(opened)
    if opened.state != "open":
        return Closed(opened)
    return _save(connection, opened, submission, now)


def suppress(
    connection: Connection, token_hash: bytes, reason: Literal["opt_out", "not_me"], now: datetime
) -> Opened | None:
    """Nobody writes to this address again, from any branch; None when the link is unknown."""
    opened = _locked(connection, token_hash, now)
    if opened is None:
        return None
    open_scope(connection, Scope.whole_network(reason="an opt-out holds for every branch"))
    repository.suppress_addresses(connection, opened.asked, reason, now)
    if reason == "not_me":
        repository.end_links(connection, opened.asked.id, now)
    return opened


def privacy_texts(connection: Connection) -> PrivacyTexts:
    """The network's privacy texts."""
    return queries.read_privacy_texts(connection)


def _locked(connection: Connection, token_hash: bytes, now: datetime) -> Opened | None:
    link = queries.open_link(connection, token_hash, lock=True)
    return None if link is None else _opened(connection, link, now)


def _opened(connection: Connection, link: Link, now: datetime) -> Opened:
    asked, saved = link.asked, link.saved
    survey = require_survey(connection, asked.survey_version_id)
    codes = {question.code: question for question in survey.questions}
    answers = {
        code: walk.stored_answer(codes[code], answer)
        for code, answer in saved.answers.items()
        if code in codes
    }
    return Opened(_state(link, now), asked, survey, replace(saved, answers=answers))


def _state(link: Link, now: datetime) -> State:
    if link.asked.answered_at is not None:
        return "used"
    if link.dead_at is not None:
        return "withdrawn"
    return "expired" if link.expires_at <= now else "open"


def _save(connection: Connection, opened: Opened, submission: Submission, now: datetime) -> Outcome:
    survey, saved = opened.survey, opened.saved
    page = walk.reachable_page(
        survey, saved.answers, wanted=submission.page, pages_done=saved.pages_done
    )
    if page != submission.page:
        return MovedOn(opened, page)
    checked = validate_answers(survey, page, submission.fields, earlier=saved.answers)
    own = {question.code for question in survey.pages[page].questions}
    kept = {code: one for code, one in saved.answers.items() if code not in own}
    answers = without_hidden(survey, {**kept, **checked.answers})
    onward = submission.direction == "next"
    if onward and checked.errors:
        named = _named(opened, submission)
        shown = replace(opened, saved=replace(saved, answers=answers, named=named))
        return Refused(shown, page, checked.errors)
    over = next_page(survey, answers, page) is None and is_complete(survey, answers)
    complete = onward and over
    if answers or saved.response_id is not None or onward:
        changes = _changes(opened, submission, answers, complete)
        repository.save_page(connection, opened.asked, changes, now)
    if complete:
        if opened.asked.mode == "phone":
            repository.end_call(connection, opened.asked.id, now)
        return Finished(opened)
    return MovedOn(opened, _destination(opened, submission, answers))


def _destination(opened: Opened, submission: Submission, answers: Answers) -> int:
    if submission.direction == "stay":
        return submission.page
    if submission.direction == "back":
        return walk.page_before(opened.survey, answers, submission.page) or 0
    following = next_page(opened.survey, answers, submission.page)
    if following is not None:
        return following
    return walk.first_unfinished(opened.survey, answers) or 0


def _changes(opened: Opened, submission: Submission, answers: Answers, complete: bool) -> SavedPage:
    """What the page changes: its own answers are written, those that no longer count removed."""
    survey, saved = opened.survey, opened.saved
    language = opened.language(submission.wanted_language)
    own = survey.pages[submission.page].questions
    done = submission.page + (1 if submission.direction == "next" else 0)
    return SavedPage(
        response_id=saved.response_id or new_id(),
        language=language,
        named=_named(opened, submission),
        pages_done=max(saved.pages_done, done),
        rows=tuple(
            walk.answer_row(question, answers[question.code], language)
            for question in own
            if question.code in answers
        ),
        removed=tuple(one.code for one in survey.questions if one.code not in answers),
        complete=complete,
    )


def _named(opened: Opened, submission: Submission) -> bool:
    if opened.asked.point is not None:
        return False  # nobody knows who answers there
    if opened.survey.identity != "if_ticked":
        return opened.survey.identity == "named"
    if submission.page == walk.consent_page(opened.survey):
        return CONSENT_FIELD in submission.fields
    return opened.saved.named
