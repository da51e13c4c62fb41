"""The rules of the closed loop as people work on them: what holds, versions, checking, publishing.

Everybody who handles tickets may read what is expected of them; the text, and publishing, are for
administrators of the whole network. The caller commits.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotAllowed, NotFound
from api.models import LoopVersion
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys.definitions import canonical, digest
from api.surveys.errors import NotPublishable, PublishedOtherwise, RulesUnusable
from api.surveys.repository import lock_publishing
from api.surveys.writing import problems_as_data
from api.tickets.definitions import DefinitionInvalid, LoopFile, Problem, read_loop
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


@dataclass(frozen=True)
class CheckedLoop:
    """A text that was checked: its faults or, without any, what it says."""

    problems: tuple[Problem, ...]
    file: LoopFile | None = None


@dataclass(frozen=True)
class LoopPublication:
    """What publishing did; ``new`` is false when exactly this was published before."""

    code: str
    version: int
    new: bool


def may_write_loop(viewer: Viewer) -> bool:
    """Whether the viewer administers the whole network."""
    root = viewer.hierarchy.root
    return (
        viewer.account_id is not None
        and root is not None
        and viewer.sees_unit(root.id)
        and viewer.may(Permission.MANAGE_LOOP, root.id)
    )


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


def check_text(session: Session, viewer: Viewer, text: str) -> CheckedLoop:
    """Everything that is wrong with a text, held against what is published here."""
    require_writer(viewer)
    try:
        return CheckedLoop((), read_loop(text, NAME, known=known_to_loop(session)))
    except DefinitionInvalid as error:
        return CheckedLoop(error.problems)


def publish_text(session: Session, viewer: Viewer, text: str, now: datetime) -> LoopPublication:
    """Publishes a text as the version that holds from now on.

    Raises RulesUnusable with every fault, or what does not fit the versions that are published.
    """
    account = require_writer(viewer)
    checked = check_text(session, viewer, text)
    if checked.file is None:
        raise RulesUnusable(problems_as_data(checked.problems, viewer.language))
    try:
        made = publish_loop(session, checked.file, now, written=text, by=account)
    except (NotPublishable, PublishedOtherwise) as error:
        raise RulesUnusable([_whole_file(error)]) from error
    if made.new:
        audit(session, viewer.actor, "loop.publish", now=now, subject=f"version {made.version}")
    return made


def publish_loop(
    session: Session, file: LoopFile, now: datetime, *, written: str, by: UUID | None = None
) -> LoopPublication:
    """Makes a checked file the version that holds; ``by`` None: at the command line.

    Clocks of open tickets follow: ``api.tickets.ticking`` computes them anew.
    """
    lock_publishing(session)
    content_hash = repository.hash_of(session, file.version)
    if content_hash is not None:
        if content_hash != digest(file):
            raise PublishedOtherwise(code=file.code, version=file.version)
        return LoopPublication(file.code, file.version, new=False)
    newest = repository.newest(session)
    if newest is not None and newest[0] > file.version:
        raise NotPublishable(
            f"{file.code}: version {newest[0]} is published; a new one needs a higher number"
        )
    row = LoopVersion(
        version=file.version,
        definition=json.loads(canonical(file)),
        written=written,
        content_hash=digest(file),
        published_by=None if by is None else str(by),
        published_at=now,
    )
    repository.add_version(session, row)
    return LoopPublication(file.code, file.version, new=True)


def require_writer(viewer: Viewer) -> UUID:
    """The viewer's account; NotAllowed for whoever does not administer the whole network."""
    if viewer.account_id is None or not may_write_loop(viewer):
        raise NotAllowed(permission=Permission.MANAGE_LOOP)
    return viewer.account_id


def _whole_file(error: NotPublishable | PublishedOtherwise) -> dict[str, Any]:
    code = error.key.rpartition(".")[2]
    return {"line": 1, "column": 1, "field": "version", "code": code, "message": error.log_text()}
