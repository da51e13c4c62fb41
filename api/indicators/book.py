"""Indicators as people work on them: versions, reading, checking, publishing.

Everybody who has scores may read what they are made of; targets of units outside the own scope, the
text as written, and publishing are for administrators of the whole network. The caller commits.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.errors import NotAllowed, NotFound
from api.indicators import repository
from api.indicators.definition import IndicatorsFile
from api.indicators.published import known_to_indicators
from api.indicators.reading import read_indicators
from api.indicators.service import Publication, publish_indicators
from api.indicators.tree import Indicators, Target, indicators_of
from api.network.codes import load_codes
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys.rulebook import may_write_rules, require_writer
from api.surveys.writing import Checked, State, checked, publishing, states_of

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
    untold = {} if may_write_indicators(viewer) else {"published_by": None}
    return [
        TreeVersion(**asdict(row) | untold, state=state)
        for row, state in zip(rows, states_of(rows, today), strict=True)
    ]


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


def check_text(session: Session, viewer: Viewer, text: str) -> Checked[IndicatorsFile]:
    """Everything that is wrong with a text, held against metrics and units here."""
    require_writer(viewer)
    return checked(lambda: read_indicators(text, NAME, known=known_to_indicators(session)))


def publish_text(session: Session, viewer: Viewer, text: str, now: datetime) -> Publication:
    """Publishes a text as a new version.

    Raises TextUnusable with every fault, or what does not fit the published versions.
    """
    account = require_writer(viewer)
    file = check_text(session, viewer, text).require(viewer.language)
    with publishing():
        made = publish_indicators(session, file, now, written=text, by=account)
    if made.new:
        subject = f"version {made.version}"
        audit(session, viewer.actor, "indicators.publish", now=now, subject=subject)
    return made


def _require_reader(viewer: Viewer) -> None:
    if not may_read_indicators(viewer):
        raise NotAllowed(permission=Permission.VIEW_SCORES)
