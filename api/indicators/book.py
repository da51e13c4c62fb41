"""Indicators as people work on them: versions, reading, checking, publishing.

Everybody who has scores may read what they are made of; targets of units outside the own scope, the
text as written, and publishing are for administrators of the whole network. The caller commits.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.errors import BadInput, NotAllowed, NotFound
from api.indicators import repository
from api.indicators.definition import IndicatorsFile
from api.indicators.errors import IndicatorsUnusable, NotPublishable, PublishedOtherwise
from api.indicators.published import known_to_indicators
from api.indicators.reading import read_indicators
from api.indicators.service import Publication, publish_indicators
from api.indicators.tree import Indicators, Target, indicators_of
from api.network.codes import load_codes
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys.definitions import DefinitionInvalid, Problem
from api.surveys.rulebook import may_write_rules
from api.surveys.writing import problems_as_data

State = Literal["in_force", "coming", "past"]
NAME = "indicators.toml"  # what a text without a file is called


@dataclass(frozen=True)
class TreeVersion:
    """A published version; ``published_by`` None: at the command line, or not to be told."""

    version: int
    code: str
    state: State
    effective_from: date
    published_at: datetime
    published_by: str | None


@dataclass(frozen=True)
class WrittenTree:
    """One version as the viewer may read it; ``text`` None: only what it says."""

    tree: Indicators
    targets: tuple[Target, ...]
    text: str | None


@dataclass(frozen=True)
class CheckedTree:
    """A text that was checked: its faults or, without any, what it says."""

    problems: tuple[Problem, ...]
    file: IndicatorsFile | None = None


def may_write_indicators(viewer: Viewer) -> bool:
    """Whether the viewer administers the whole network."""
    return may_write_rules(viewer)


def may_read_indicators(viewer: Viewer) -> bool:
    """Whether the viewer has scores at all."""
    return viewer.token_id is not None or viewer.may(Permission.VIEW_SCORES)


def list_versions(session: Session, viewer: Viewer, now: datetime) -> list[TreeVersion]:
    """Every published version, the newest first."""
    _require_reader(viewer)
    rows = repository.list_versions(session)
    today = now.astimezone(ZoneInfo(repository.network_timezone(session))).date()
    begun = [row for row in rows if row.effective_from <= today]
    current = max(begun, key=lambda row: (row.effective_from, row.version), default=None)
    writes = may_write_indicators(viewer)
    found = []
    for row in rows:
        state: State = "coming" if row.effective_from > today else "past"
        told = asdict(row) | {} if writes else asdict(row) | {"published_by": None}
        found.append(TreeVersion(**told, state="in_force" if row == current else state))
    return found


def read_version(session: Session, viewer: Viewer, version: int) -> WrittenTree:
    """One published version with the targets of units that the viewer sees; raises NotFound."""
    _require_reader(viewer)
    found = repository.find_version(session, version)
    if found is None:
        raise NotFound(version=version)
    tree = indicators_of(IndicatorsFile.model_validate(found.definition))
    codes = load_codes(session)
    seen = tuple(
        one
        for one in tree.targets
        if (unit := codes.by_code.get(one.unit)) is not None and viewer.sees_unit(unit)
    )
    return WrittenTree(tree, seen, found.written if may_write_indicators(viewer) else None)


def check_text(session: Session, viewer: Viewer, text: str) -> CheckedTree:
    """Everything that is wrong with a text, held against metrics and units here."""
    require_writer(viewer)
    try:
        return CheckedTree((), read_indicators(text, NAME, known=known_to_indicators(session)))
    except DefinitionInvalid as error:
        return CheckedTree(error.problems)


def publish_text(session: Session, viewer: Viewer, text: str, now: datetime) -> Publication:
    """Publishes a text as a new version.

    Raises IndicatorsUnusable with every fault, or what does not fit the published versions.
    """
    account = require_writer(viewer)
    checked = check_text(session, viewer, text)
    if checked.file is None:
        raise IndicatorsUnusable(problems_as_data(checked.problems, viewer.language))
    try:
        made = publish_indicators(session, checked.file, now, written=text, by=account)
    except (NotPublishable, PublishedOtherwise) as error:
        raise IndicatorsUnusable([_whole_file(error)]) from error
    if made.new:
        subject = f"version {made.version}"
        audit(session, viewer.actor, "indicators.publish", now=now, subject=subject)
    return made


def require_writer(viewer: Viewer) -> UUID:
    """The viewer's account; NotAllowed for whoever does not administer the whole network."""
    if viewer.account_id is None or not may_write_indicators(viewer):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    return viewer.account_id


def _require_reader(viewer: Viewer) -> None:
    if not may_read_indicators(viewer):
        raise NotAllowed(permission=Permission.VIEW_SCORES)


def _whole_file(error: BadInput | PublishedOtherwise) -> dict[str, Any]:
    code = error.key.rpartition(".")[2]
    field = "effective_from" if "effective_from" in error.log_text() else "version"
    return {"line": 1, "column": 1, "field": field, "code": code, "message": error.log_text()}
