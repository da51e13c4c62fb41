"""What is published, read back and kept in memory: a version never changes, so it never goes stale.

Whoever asks for the newest version asks the database each time; only what stands under an id or a
version number is remembered.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy.engine import Connection

from api.core.errors import NotFound
from api.models import MessageVersion, SurveyVersion
from api.surveys import repository
from api.surveys.definitions import Known, Message, RulesFile, Survey, rule_set
from api.surveys.repository import Reader, Versioned
from scheduler.planner import Channel, RuleSet

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class RulesInForce:
    """The rules that hold at a moment, as they were published and as the planner takes them."""

    version: int
    file: RulesFile
    rules: RuleSet


_Key = tuple[str, object, int]
_kept: dict[_Key, Any] = {}
_KEPT = 512


def require_survey(session: Reader, version_id: int) -> Survey:
    """The survey published under an id; raises NotFound."""
    return _definition(session, SurveyVersion, Survey, version_id)


def require_message(session: Reader, version_id: int) -> Message:
    """The message template published under an id; raises NotFound."""
    return _definition(session, MessageVersion, Message, version_id)


def newest_survey_id(session: Reader, code: str) -> int | None:
    """The id of the survey's highest published version."""
    found = repository.newest(session, SurveyVersion, code)
    return None if found is None else found.id


def newest_message_id(session: Reader, code: str) -> int | None:
    """The id of the template's highest published version that somebody may send."""
    return repository.newest_usable(session, code)


def rules_in_force(session: Reader, now: datetime) -> RulesInForce | None:
    """The rules of the latest effective date that is not in the future; None before the first.

    The hash tells them from those of the same number in a database that was restored meanwhile.
    """
    found = repository.rules_in_force(session, now)
    if found is None:
        return None
    version, content_hash, definition = found
    key = (f"in force {content_hash.hex()}", _database(session), version)
    if key not in _kept:
        file = RulesFile.model_validate(definition)
        _keep(key, RulesInForce(version, file, rule_set(file)))
    kept: RulesInForce = _kept[key]
    return kept


def rules_of_version(session: Reader, version: int, content_hash: bytes) -> RuleSet:
    """The rules published under a version, as the planner takes them; raises NotFound.

    As with :func:`rules_in_force`, the hash belongs to what is remembered.
    """
    key = (f"rules {content_hash.hex()}", _database(session), version)
    if key not in _kept:
        definition = repository.definition_of_rules(session, version)
        if definition is None:
            raise NotFound(version=version)
        _keep(key, rule_set(RulesFile.model_validate(definition)))
    kept: RuleSet = _kept[key]
    return kept


def survey_titles(session: Reader) -> dict[str, dict[str, str]]:
    """What people call each survey, by its code and the language."""
    surveys = repository.newest_definitions(session, SurveyVersion)
    return {one["code"]: dict(one["title"]) for one in surveys}


def known_to_rules(session: Reader) -> Known:
    """What rules may name: surveys, templates and whether they are approved, touchpoints."""
    surveys = repository.newest_definitions(session, SurveyVersion)
    messages = repository.newest_definitions(session, MessageVersion)
    templates = {one["code"]: Channel(one["channel"]) for one in messages}
    usable = {one["code"] for one in repository.usable_messages(session)}
    return Known(
        surveys={one["code"]: frozenset(one["touchpoints"]) for one in surveys},
        templates=templates,
        unapproved=templates.keys() - usable,
        touchpoints=repository.known_touchpoints(session),
    )


def _definition(session: Reader, table: Versioned, model: type[Model], version_id: int) -> Model:
    key = (model.__name__, _database(session), version_id)
    if key not in _kept:
        stored = repository.definition_of(session, table, version_id)
        if stored is None:
            raise NotFound(version=version_id)
        _keep(key, model.model_validate(stored))
    kept: Model = _kept[key]
    return kept


def _keep(key: _Key, value: object) -> None:
    while len(_kept) >= _KEPT:
        _kept.pop(next(iter(_kept)), None)
    _kept[key] = value


def _database(session: Reader) -> object:
    """What tells one database from another within a process."""
    bound = session if isinstance(session, Connection) else session.get_bind()
    return bound.engine.url
