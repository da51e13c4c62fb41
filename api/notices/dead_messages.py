"""Messages to the network's own system whose tries have all failed: seen and sent again by people.

Who manages the closed loop sees those of the branches in scope; a resend is one more row of tries
with the same id, so that the other side can tell that it is the same message.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.boundary.paging import cursor_at, position_at
from api.core.errors import NotFound
from api.core.languages import Language, catalogue, say
from api.notices.errors import NotDeadMessage
from api.notices.repository import outgoing as repository
from api.notices.repository.outgoing import DeadRow
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer

PAGE = 50


@dataclass(frozen=True, slots=True)
class DeadMessages:
    """A page of them, newest first, and the cursor of the next one."""

    items: list[DeadRow]
    next: str | None


def list_dead(
    session: Session, viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE
) -> DeadMessages:
    """Messages that nobody took, newest first; raises NotAllowed."""
    viewer.require(Permission.MANAGE_LOOP)
    branches = sorted(viewer.scope.branches)
    found = repository.list_dead(session, branches, after=position_at(cursor), limit=limit + 1)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    return DeadMessages(items, cursor_at(last.created_at, last.id) if last else None)


def count_dead(session: Session, viewer: Viewer) -> int:
    """How many there are; 0 for who does not manage the closed loop."""
    if not viewer.may(Permission.MANAGE_LOOP):
        return 0
    return repository.count_dead(session, sorted(viewer.scope.branches))


def resend(session: Session, viewer: Viewer, delivery_id: UUID, now: datetime) -> None:
    """Lets a dead message be tried again, all its tries; NotFound outside the viewer's branches."""
    row = repository.get_delivery(session, delivery_id, sorted(viewer.scope.branches))
    if row is None:
        raise NotFound(delivery=str(delivery_id))
    viewer.require(Permission.MANAGE_LOOP, row.branch_id)
    if not repository.revive(session, delivery_id, now):
        raise NotDeadMessage(found=row.status)
    audit(
        session,
        viewer.actor,
        "webhook.resent",
        now=now,
        subject=str(delivery_id),
        unit_id=row.branch_id,
    )


def failure_words(failure: str, language: Language) -> str:
    """Why nobody took a message, in words."""
    known = catalogue(language).get(f"notices.outgoing.{failure}")
    return known or say("notices.outgoing.refused", language, code=failure)
