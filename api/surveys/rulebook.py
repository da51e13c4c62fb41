"""The rules of asking as an administrator works on them: versions, drafts, checking, publishing.

Only headquarters' administrators come in. A text with faults is never published; what is published
never changes. The caller commits.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys import repository, service
from api.surveys.definitions import (
    RulesFile,
    canonical,
    read_rules,
    rule_set,
)
from api.surveys.published import known_to_rules
from api.surveys.service import Publication
from api.surveys.writing import Checked, State, checked, publishing, states_of
from scheduler.planner import RuleSet

NAME = "rules.toml"  # what a text without a file is called


@dataclass(frozen=True)
class RulesVersion:
    """A published version: when it holds, who published it (None: at the command line)."""

    version: int
    code: str
    state: State
    effective_from: datetime
    published_at: datetime
    published_by: str | None


@dataclass(frozen=True)
class WrittenRules:
    """One version with its text, as read and as the planner takes it."""

    version: int
    text: str
    file: RulesFile
    rules: RuleSet


@dataclass(frozen=True)
class Draft:
    """What somebody is writing."""

    text: str
    saved_at: datetime


def may_write_rules(viewer: Viewer) -> bool:
    """Whether the viewer administers the whole network."""
    return viewer.account_id is not None and viewer.may_everywhere(Permission.MANAGE_ASKING)


def list_versions(session: Session, viewer: Viewer, now: datetime) -> list[RulesVersion]:
    """Every published version, the newest first."""
    require_writer(viewer)
    rows = repository.list_rules(session)
    states = states_of(rows, now)
    return [
        RulesVersion(**asdict(row), state=state) for row, state in zip(rows, states, strict=True)
    ]


def read_version(session: Session, viewer: Viewer, version: int) -> WrittenRules:
    """One published version; raises NotFound."""
    require_writer(viewer)
    found = repository.written_rules(session, version)
    if found is None:
        raise NotFound(version=version)
    written, definition = found
    file = RulesFile.model_validate(definition)
    return WrittenRules(version, written or _plain(file), file, rule_set(file))


def check_text(session: Session, viewer: Viewer, text: str) -> Checked[RulesFile]:
    """Everything that is wrong with a text, held against what is published here."""
    require_writer(viewer)
    return checked(lambda: read_rules(text, NAME, known=known_to_rules(session)))


def publish_text(session: Session, viewer: Viewer, text: str, now: datetime) -> Publication:
    """Publishes a text as a new version and forgets the draft.

    Raises TextUnusable with every fault, or what does not fit the versions that are published.
    """
    account = require_writer(viewer)
    file = check_text(session, viewer, text).require(viewer.language)
    with publishing():
        made = service.publish_rules(session, file, now, written=text, by=account)
    repository.delete_draft(session, account)
    if made.new:
        audit(session, viewer.actor, "rules.publish", now=now, subject=f"version {made.version}")
    return made


def save_draft(session: Session, viewer: Viewer, text: str, now: datetime) -> Draft:
    """Keeps what somebody is writing, faults and all."""
    repository.save_draft(session, require_writer(viewer), text, now)
    return Draft(text, now)


def find_draft(session: Session, viewer: Viewer) -> Draft | None:
    """What the viewer was writing."""
    row = repository.find_draft(session, require_writer(viewer))
    return None if row is None else Draft(row.written, row.saved_at)


def discard_draft(session: Session, viewer: Viewer) -> None:
    """Forgets what the viewer was writing."""
    repository.delete_draft(session, require_writer(viewer))


def require_writer(viewer: Viewer) -> UUID:
    """The viewer's account; NotAllowed for whoever does not administer the whole network."""
    return viewer.require_everywhere(Permission.MANAGE_ASKING)


def _plain(file: RulesFile) -> str:
    """Rules that were published without their text."""
    return json.dumps(json.loads(canonical(file)), ensure_ascii=False, indent=2)
