"""The rules of the closed loop as people work on them: what holds, versions, checking, publishing.

Everybody who handles tickets may read what is expected of them; the text, and publishing, are for
administrators of the whole network. The caller commits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotAllowed, NotFound
from api.models import LoopVersion
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys.repository import lock_publishing
from api.surveys.service import Publication, columns_of, require_higher, require_same
from api.surveys.writing import Checked, checked, publishing
from api.tickets.definitions import LoopFile, read_loop
from api.tickets.published import LoopInForce, known_to_loop, loop_in_force, loop_of_version
from api.tickets.repository import rules as repository

State = Literal["in_force", "past"]
NAME = "loop.toml"  # what a text without a file is called


@dataclass(frozen=True)
class LoopVersionLine:
    """A published version; ``published_by`` None: at the command line."""

    version: int
    code: str
    state: State
    published_at: datetime
    published_by: str | None


@dataclass(frozen=True)
class WrittenLoop:
    """One version with its text."""

    found: LoopInForce
    text: str


def may_write_loop(viewer: Viewer) -> bool:
    """Whether the viewer administers the whole network."""
    return viewer.account_id is not None and viewer.may_everywhere(Permission.MANAGE_LOOP)


def current_loop(session: Session, viewer: Viewer) -> LoopInForce | None:
    """The rules that hold, for whoever has comments or tickets to look at."""
    if not (viewer.may(Permission.VIEW_COMMENTS) or viewer.may(Permission.HANDLE_TICKETS)):
        raise NotAllowed(permission=Permission.HANDLE_TICKETS)
    return loop_in_force(session)


def list_versions(session: Session, viewer: Viewer) -> list[LoopVersionLine]:
    """Every published version, the newest first: that one holds."""
    require_writer(viewer)
    rows = repository.list_versions(session)
    return [
        LoopVersionLine(
            row.version,
            row.code,
            "past" if number else "in_force",
            row.published_at,
            row.published_by,
        )
        for number, row in enumerate(rows)
    ]


def read_version(session: Session, viewer: Viewer, version: int) -> WrittenLoop:
    """One published version with its text; raises NotFound."""
    require_writer(viewer)
    written = repository.written_of(session, version)
    if written is None:
        raise NotFound(version=version)
    return WrittenLoop(loop_of_version(session, version), written)


def check_text(session: Session, viewer: Viewer, text: str) -> Checked[LoopFile]:
    """Everything that is wrong with a text, held against what is published here."""
    require_writer(viewer)
    return checked(lambda: read_loop(text, NAME, known=known_to_loop(session)))


def publish_text(session: Session, viewer: Viewer, text: str, now: datetime) -> Publication:
    """Publishes a text as the version that holds from now on.

    Raises TextUnusable with every fault, or what does not fit the versions that are published.
    """
    account = require_writer(viewer)
    file = check_text(session, viewer, text).require(viewer.language)
    with publishing():
        made = publish_loop(session, file, now, written=text, by=account)
    if made.new:
        audit(session, viewer.actor, "loop.publish", now=now, subject=f"version {made.version}")
    return made


def publish_loop(
    session: Session, file: LoopFile, now: datetime, *, written: str, by: UUID | None = None
) -> Publication:
    """Makes a checked file the version that holds; ``by`` None: at the command line.

    Clocks of open tickets follow: ``api.tickets.ticking`` computes them anew.
    """
    lock_publishing(session)
    content_hash = repository.hash_of(session, file.version)
    if content_hash is not None:
        require_same(content_hash, file)
        return Publication(file.version, file.code, file.version, new=False)
    newest = repository.newest(session)
    require_higher(newest[0] if newest else None, file)
    row = LoopVersion(**columns_of(file, now, written=written, by=by))
    repository.add_version(session, row)
    return Publication(file.version, file.code, file.version, new=True)


def require_writer(viewer: Viewer) -> UUID:
    """The viewer's account; NotAllowed for whoever does not administer the whole network."""
    return viewer.require_everywhere(Permission.MANAGE_LOOP)
