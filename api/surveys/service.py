"""Publishing: a checked definition becomes a version that never changes again.

Publishing the same content again changes nothing; other content needs a higher version. Knows no
files and no pages; the caller commits.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session

from api.models import MessageVersion, RuleSetVersion, SurveyVersion
from api.surveys import repository
from api.surveys.definitions import (
    Message,
    MessageFile,
    Question,
    RulesFile,
    Survey,
    canonical,
    digest,
)
from api.surveys.errors import NotPublishable, PublishedOtherwise
from api.surveys.repository import Stored

_SAME_KIND_OF_SCALE = {"0-10": {"0-10", "nps3"}, "1-5": {"1-5"}, "1-7": {"1-7"}}


@dataclass(frozen=True)
class Publication:
    """What publishing did; ``new`` is false when exactly this was published before."""

    id: int
    code: str
    version: int
    new: bool


def publish_survey(session: Session, survey: Survey, now: datetime) -> Publication:
    """Publishes a survey and registers the metrics that its questions declare."""
    repository.lock_publishing(session)
    found = repository.find_version(session, SurveyVersion, survey.code, survey.version)
    if found is not None:
        return _unchanged(found, survey.code, survey)
    _require_higher(
        repository.newest(session, SurveyVersion, survey.code), survey.code, survey.version
    )
    unknown = repository.unknown_touchpoints(session, survey.touchpoints)
    if unknown:
        raise NotPublishable(f"unknown touchpoints: {', '.join(unknown)}")
    _register_metrics(session, survey)
    made = repository.add_survey(session, stored_form(survey), fingerprint(survey), now)
    return Publication(made, survey.code, survey.version, new=True)


def publish_messages(session: Session, file: MessageFile, now: datetime) -> list[Publication]:
    """Publishes every template of a file; all of them or none."""
    repository.lock_publishing(session)
    return [_publish_message(session, message, now) for message in file.messages]


def publish_rules(
    session: Session,
    file: RulesFile,
    now: datetime,
    *,
    written: str = "",
    by: UUID | None = None,
) -> Publication:
    """Publishes rules of asking, in force from their ``effective_from`` on.

    ``written`` is the file as it was written, ``by`` the account; None at the command line.
    """
    repository.lock_publishing(session)
    found = repository.find_rules(session, file.version)
    if found is not None:
        return _unchanged(found, file.code, file)
    newest = repository.newest_rules(session)
    if newest is not None and newest[0] > file.version:
        raise _version_needed(file.code, newest[0])
    if newest is not None and newest[1] > file.effective_from:
        raise NotPublishable(
            f"rules {file.code}: effective_from must not lie before that of version "
            f"{newest[0]}, {newest[1].isoformat()}"
        )
    row = RuleSetVersion(
        version=file.version,
        effective_from=file.effective_from,
        definition=stored_form(file),
        written=written,
        published_by=None if by is None else str(by),
        content_hash=fingerprint(file),
        published_at=now,
    )
    repository.add_rules(session, row)
    return Publication(file.version, file.code, file.version, new=True)


def stored_form(definition: BaseModel) -> dict[str, Any]:
    """A definition as the JSON document that is stored."""
    document: dict[str, Any] = json.loads(canonical(definition))
    return document


def fingerprint(definition: BaseModel) -> bytes:
    """What tells equal definitions from others."""
    return digest(definition)


def _publish_message(session: Session, message: Message, now: datetime) -> Publication:
    found = repository.find_version(session, MessageVersion, message.code, message.version)
    if found is not None:
        return _unchanged(found, message.code, message)
    _require_higher(
        repository.newest(session, MessageVersion, message.code), message.code, message.version
    )
    made = repository.add_message(session, stored_form(message), fingerprint(message), now)
    return Publication(made, message.code, message.version, new=True)


def _unchanged(found: Stored, code: str, definition: BaseModel) -> Publication:
    if found.content_hash != fingerprint(definition):
        raise PublishedOtherwise(code=code, version=found.version)
    return Publication(found.id, code, found.version, new=False)


def _require_higher(newest: Stored | None, code: str, version: int) -> None:
    if newest is not None and newest.version > version:
        raise _version_needed(code, newest.version)


def _version_needed(code: str, newest: int) -> NotPublishable:
    return NotPublishable(f"{code}: version {newest} is published; a new one needs a higher number")


def _register_metrics(session: Session, survey: Survey) -> None:
    measured = survey.measured
    known = repository.find_metrics(session, [str(one.metric) for one in measured])
    for question in measured:
        metric = known.get(str(question.metric))
        if metric is None:
            continue
        scales = _SAME_KIND_OF_SCALE[str(question.scale_name)]
        if metric.kind != question.metric_kind or metric.scale not in scales:
            raise NotPublishable(
                f"question {question.code}: metric {metric.code} is registered as {metric.kind} "
                f"on {metric.scale}, not {question.metric_kind} on {question.scale_name}"
            )
    new = [_metric(one) for one in measured if one.metric not in known]
    taken = repository.indicator_codes(session) if new else set()
    for metric_row in new:
        if metric_row["code"] in taken:
            raise NotPublishable(
                f"metric {metric_row['code']} has the name of an index or dimension of the "
                "published indicators; both are asked for by it"
            )
    repository.add_metrics(session, new)


def _metric(question: Question) -> dict[str, Any]:
    name = question.metric_name or question.text
    return {
        "code": question.metric,
        "kind": question.metric_kind,
        "scale": question.scale_name,
        "name_zh": name.zh,
        "name_en": name.en,
    }
