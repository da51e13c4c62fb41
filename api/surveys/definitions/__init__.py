"""Definition files of surveys, message templates and rules: TOML in, checked values out.

Every function here is pure but for reading a file that it is given. What is published, and where it
is kept, is the business of ``api.surveys``; nothing here knows a database.
"""

import hashlib
import json
from collections.abc import Iterator

from pydantic import BaseModel

from api.surveys.definitions.answers import (
    Answer,
    Answers,
    Checked,
    is_complete,
    next_page,
    validate_answers,
    visible_questions,
    without_hidden,
)
from api.surveys.definitions.messages import (
    AssumedLengths,
    Message,
    MessageFile,
    check_messages,
    fill,
    link_length,
    worst_size,
)
from api.surveys.definitions.problems import DefinitionInvalid, Finding, Problem
from api.surveys.definitions.providers import Parameter, Provider
from api.surveys.definitions.reading import load_text, read_text
from api.surveys.definitions.rules import RulesFile
from api.surveys.definitions.rules_checks import check_rules
from api.surveys.definitions.rules_planned import rule_set
from api.surveys.definitions.rules_references import Known, check_references
from api.surveys.definitions.shapes import Definition
from api.surveys.definitions.sms import SmsSize, sms_size
from api.surveys.definitions.survey import Option, Page, Question, ShowIf, Survey
from api.surveys.definitions.survey_checks import check_survey

__all__ = [
    "Answer",
    "Answers",
    "AssumedLengths",
    "Checked",
    "Definition",
    "DefinitionInvalid",
    "Known",
    "Message",
    "MessageFile",
    "Option",
    "Page",
    "Parameter",
    "Problem",
    "Provider",
    "Question",
    "RulesFile",
    "ShowIf",
    "SmsSize",
    "Survey",
    "canonical",
    "digest",
    "fill",
    "is_complete",
    "link_length",
    "load_text",
    "next_page",
    "read_messages",
    "read_rules",
    "read_survey",
    "rule_set",
    "sms_size",
    "validate_answers",
    "visible_questions",
    "without_hidden",
    "worst_size",
]


def read_survey(text: str, file: str) -> Survey:
    """The survey in ``text``; every problem at once in :class:`DefinitionInvalid`."""
    return read_text(text, file, Survey, check_survey)


def read_messages(text: str, file: str) -> MessageFile:
    """The message templates in ``text``; every problem at once in :class:`DefinitionInvalid`."""
    return read_text(text, file, MessageFile, check_messages)


def read_rules(text: str, file: str, *, known: Known | None = None) -> RulesFile:
    """The rules in ``text``, also held against what is published when ``known`` is given."""

    def check(rules: RulesFile) -> Iterator[Finding]:
        found = list(check_rules(rules))
        yield from found
        if known is not None and not any(finding.code == "missing" for finding in found):
            yield from check_references(rules, known)

    return read_text(text, file, RulesFile, check)


def canonical(definition: BaseModel) -> str:
    """A definition as JSON with sorted keys: what is stored when it is published.

    Reading it again with ``model_validate_json`` gives an equal definition.
    """
    data = definition.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(definition: BaseModel) -> bytes:
    """The fingerprint (SHA-256) of a definition: the same for files that differ in layout only."""
    return hashlib.sha256(canonical(definition).encode()).digest()
