"""What imported answers and counts refer to: metrics, touchpoints, and the survey of the source.

An imported answer was given to somebody else's questionnaire; it is published here as a survey
with one question per metric, so that answers are read the same way wherever they come from.
"""

import json
import re
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api.core.languages import LANGUAGES, say
from api.imports import queries, repository
from api.imports.mapping import Mapping
from api.imports.mapping import Metric as MappedMetric
from api.imports.rejects import RejectLog
from api.imports.values import Reject, reason
from api.surveys.definitions import Survey, canonical, digest

# A score known in bands only is the same score as that of 0-10; answers of it are on 0-10.
STORED_SCALE = {"nps3": "0-10"}
KINDS = {"0-10": "nps", "nps3": "nps", "1-5": "top2_box", "1-7": "ces"}
QUESTIONS = {"0-10": "scale_0_10", "1-5": "scale_1_5", "1-7": "scale_1_7"}


def ensure_metrics(session: Session, mapping: Mapping, log: RejectLog) -> bool:
    """The metrics of the mapping, made where they are new; False when a scale contradicts."""
    fine = True
    for wanted in mapping.metrics:
        known = queries.metric(session, wanted.code)
        if known is None:
            repository.insert_metric(
                session,
                code=wanted.code,
                kind=KINDS[wanted.scale],
                scale=STORED_SCALE.get(wanted.scale, wanted.scale),
                name_zh=wanted.name_zh or wanted.code,
                name_en=wanted.name_en or wanted.code,
            )
        elif not _fits(wanted, known.scale):
            why = reason(
                "unknown_metric_scale", code=wanted.code, known=known.scale, scale=wanted.scale
            )
            log.add(Reject(1, wanted.from_ or "", "error", why, wanted.scale))
            fine = False
    return fine


def ensure_touchpoints(session: Session, mapping: Mapping, log: RejectLog) -> bool:
    """The touchpoints of the staged rows, made where units may be; False when one is unknown."""
    known = queries.touchpoint_codes(session)
    fine = True
    for line, code in queries.staged_words(session, "touchpoint"):
        if code in known:
            continue
        if mapping.units is not None and mapping.units.create and _is_code(code):
            repository.insert_touchpoint(session, code, _touchpoint_names(mapping, code))
            continue
        why = reason("unknown_touchpoint", code=code, known=", ".join(known))
        log.add(Reject(line, "touchpoint", "error", why, code))
        fine = False
    return fine


def ensure_survey(session: Session, mapping: Mapping, *, now: datetime) -> int:
    """The version of the source's survey that fits the mapping; published when it is new."""
    touchpoints = sorted(code for _, code in queries.staged_words(session, "touchpoint"))
    versions = queries.survey_versions(session, survey_code(mapping))
    for version in versions:
        fingerprint = digest(_survey(mapping, touchpoints, version.version))
        if version.content_hash == fingerprint:
            assert version.id is not None
            return version.id
    survey = _survey(mapping, touchpoints, (versions[0].version if versions else 0) + 1)
    return repository.insert_survey_version(
        session, code=survey.code, version=survey.version, definition=json.loads(canonical(survey)),
        content_hash=digest(survey), published_at=now,
    )  # fmt: skip


def survey_code(mapping: Mapping) -> str:
    """The code under which the answers of this source are kept."""
    column = mapping.columns.get("survey")
    if column is not None and column.value:
        return _slug(str(column.value))
    return _slug(f"imported_{source_name(mapping).removeprefix('import:')}")


def source_name(mapping: Mapping) -> str:
    """The name of the source system: given, or that of the tree the answers belong to."""
    given = mapping.columns.get("source")
    if given is not None and given.value:
        return str(given.value)
    level = mapping.units.levels[0] if mapping.units else ""
    first = mapping.columns.get(level)
    return f"import:{first.value if first is not None and first.value else level}"


def _touchpoint_names(mapping: Mapping, code: str) -> tuple[str, str]:
    """Names in Chinese and English: given for all rows, or the code."""
    given = [mapping.columns.get(f"touchpoint_name_{language}") for language in ("zh", "en")]
    zh, en = (str(column.value) if column and column.value else code for column in given)
    return zh, en


def _fits(wanted: MappedMetric, known: str) -> bool:
    return wanted.scale == known or {wanted.scale, known} == {"0-10", "nps3"}


def _survey(mapping: Mapping, touchpoints: list[str], version: int) -> Survey:
    questions = [_question(metric) for metric in mapping.metrics]
    table: dict[str, Any] = {
        "code": survey_code(mapping),
        "version": version,
        "touchpoints": touchpoints,
        "identity": "never",
        "title": _both("survey_title", source=source_name(mapping)),
        "thanks": _both("survey_thanks"),
        "page": [{"question": questions}],
    }
    if "comment" in mapping.columns:
        text = {"code": "comment", "kind": "text", "text": _both("survey_comment")}
        questions.append(text)
    return Survey.model_validate(table)


def _question(metric: MappedMetric) -> dict[str, Any]:
    return {
        "code": metric.code,
        "kind": QUESTIONS[metric.scale],
        "text": {"zh": metric.name_zh or metric.code, "en": metric.name_en or metric.code},
        "metric": metric.code,
        "metric_kind": KINDS[metric.scale],
        "low": _both("survey_low"),
        "high": _both("survey_high"),
    }


def _both(key: str, **params: Any) -> dict[str, str]:
    return {language: say(f"imports.{key}", language, **params) for language in LANGUAGES}


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text) is not None


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return (slug if slug[:1].isalpha() else f"s_{slug}")[:40]
