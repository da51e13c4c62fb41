"""Publishing: a checked definition becomes a version that never changes again.

Publishing the same content again changes nothing; other content needs a higher version. Knows no
files and no pages; the caller commits.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.models import MessageVersion, RuleSetVersion, SurveyVersion
from api.surveys import repository
from api.surveys.definitions import (
    Definition,
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
        return _unchanged(found, survey)
    newest = repository.newest(session, SurveyVersion, survey.code)
    require_higher(newest.version if newest else None, survey)
    unknown = repository.unknown_touchpoints(session, survey.touchpoints)
    if unknown:
        raise NotPublishable(f"unknown touchpoints: {', '.join(unknown)}")
    _register_metrics(session, survey)
    made = repository.add_survey(session, _stored_form(survey), digest(survey), now)
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
        return _unchanged(found, file)
    newest = repository.newest_rules(session)
    require_higher(newest[0] if newest else None, file)
    if newest is not None and newest[1] > file.effective_from:
        raise NotPublishable(
            f"rules {file.code}: effective_from must not lie before that of version "
            f"{newest[0]}, {newest[1].isoformat()}"
        )
    kept = columns_of(file, now, written=written, by=by)
    repository.add_rules(session, RuleSetVersion(**kept, effective_from=file.effective_from))
    return Publication(file.version, file.code, file.version, new=True)


def columns_of(
    definition: Definition, now: datetime, *, written: str, by: UUID | None
) -> dict[str, Any]:
    """What is stored of a text that is published, of whichever kind."""
    return {
        "version": definition.version,
        "definition": _stored_form(definition),
        "written": written,
        "published_by": None if by is None else str(by),
        "content_hash": digest(definition),
        "published_at": now,
    }


def require_same(content_hash: bytes, definition: Definition) -> None:
    """Raises PublishedOtherwise when the version was published with other content."""
    if content_hash != digest(definition):
        raise PublishedOtherwise(code=definition.code, version=definition.version)


def require_higher(newest: int | None, definition: Definition) -> None:
    """Raises NotPublishable when a higher version is published."""
    if newest is not None and newest > definition.version:
        raise NotPublishable(
            f"{definition.code}: version {newest} is published; a new one needs a higher number"
        )


def _stored_form(definition: Definition) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(canonical(definition))
    return document


def _publish_message(session: Session, message: Message, now: datetime) -> Publication:
    found = repository.find_version(session, MessageVersion, message.code, message.version)
    if found is not None:
        return _unchanged(found, message)
    newest = repository.newest(session, MessageVersion, message.code)
    require_higher(newest.version if newest else None, message)
    made = repository.add_message(session, _stored_form(message), digest(message), now)
    return Publication(made, message.code, message.version, new=True)


def _unchanged(found: Stored, definition: Definition) -> Publication:
    require_same(found.content_hash, definition)
    return Publication(found.id, definition.code, found.version, new=False)


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
