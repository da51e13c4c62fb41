"""Files of a ticket: photographs, invoices, letters; their type is read off the content."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.contests.evidence import media_type, safe_name
from api.core.errors import NotFound
from api.security.viewer import Viewer
from api.tickets.changing import Change, change
from api.tickets.detail import FileShown
from api.tickets.entry import require_handled, require_seen
from api.tickets.errors import BadFile
from api.tickets.queries import belongings
from api.tickets.repository import tickets as repository

MOST = 10  # files of one ticket


def add_file(
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    file_name: str,
    content: bytes,
    now: datetime,
) -> UUID:
    """Puts a file to the ticket: PDF, PNG or JPEG up to 2 MB; raises BadFile."""
    ticket = require_handled(session, viewer, number)
    kind = media_type(content)
    if kind is None or repository.count_files(session, ticket.id) >= MOST:
        raise BadFile(fields=[{"field": "content", "message": "PDF, PNG or JPEG up to 2 MB"}])
    wanted = Change("file", viewer.account_id, detail={"type": kind}, limits=viewer.scope)
    after = change(session, ticket, wanted, now)
    return repository.add_file(
        session,
        after,
        file_name=safe_name(file_name, kind),
        media_type=kind,
        content=content,
        added_by=viewer.account_id,
        added_at=now,
    )


def read_file(
    session: Session, viewer: Viewer, number: int, file_id: UUID
) -> tuple[FileShown, bytes]:
    """A file with its content."""
    ticket = require_seen(session, viewer, number)
    row = belongings.file_of(session, ticket.id, file_id)
    if row is None:
        raise NotFound(file=file_id)
    shown = {name: value for name, value in row._mapping.items() if name != "content"}
    return FileShown(**shown), bytes(row.content)
