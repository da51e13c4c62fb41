"""The bell of the dashboard: what the viewer was told, how many of it are unread, reading it.

Each sees the own notices only, and of those not the ones about a branch out of today's sight.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.boundary.paging import cursor_at, position_at
from api.notices import queries
from api.notices.choices import own_account
from api.notices.queries import NoticeRow
from api.notices.wording import line
from api.security.viewer import Viewer

PAGE = 50


@dataclass(frozen=True, slots=True)
class Notified:
    """A notice as the viewer reads it."""

    id: UUID
    kind: str
    words: str
    unit_code: str | None
    ticket: int | None  # its number
    created_at: datetime
    read_at: datetime | None
    told: tuple[str, ...]  # by which ways besides


@dataclass(frozen=True, slots=True)
class Notices:
    """A page of them, newest first, and the cursor of the next one."""

    items: list[Notified]
    next: str | None


def list_notices(
    session: Session,
    viewer: Viewer,
    *,
    unread: bool = False,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Notices:
    """What the viewer was told, newest first; or what of it is ``unread``."""
    branches = sorted(viewer.scope.branches)
    found = queries.list_notices(
        session,
        own_account(viewer),
        branches,
        unread=unread,
        after=position_at(cursor),
        limit=limit + 1,
    )
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    further = cursor_at(last.created_at, last.id) if last else None
    return Notices([_shown(one, viewer) for one in items], further)


def count_unread(session: Session, viewer: Viewer) -> int:
    """How many notices the viewer has not read; a machine has none."""
    if viewer.account_id is None:
        return 0
    return queries.count_unread(session, viewer.account_id, sorted(viewer.scope.branches))


def mark_read(
    session: Session, viewer: Viewer, now: datetime, ids: Collection[UUID] | None = None
) -> int:
    """Notes that the viewer has read these notices, or (None) all; how many were unread."""
    return queries.mark_read(session, own_account(viewer), ids, now)


def _shown(row: NoticeRow, viewer: Viewer) -> Notified:
    node = viewer.hierarchy.nodes.get(row.branch_id) if row.branch_id is not None else None
    return Notified(
        id=row.id,
        kind=row.kind,
        words=line(row, node, viewer.language),
        unit_code=node.code if node else None,
        ticket=row.ticket,
        created_at=row.created_at,
        read_at=row.read_at,
        told=tuple(row.told),
    )
