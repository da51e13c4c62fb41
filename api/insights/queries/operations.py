"""What waits in the tables, over the whole network."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits, and what became of the last 30 days' invitations."""

    events_due: int
    invitations: dict[str, int]
    letters_waiting: int


def read_backlog(session: Session) -> Backlog:
    """Counts what waits; the scope must be the whole network."""
    due = "select count(*) from event where asking <> 'decided' and due_at <= now()"
    fates = (
        "select status, count(*) as waiting from invitation "
        "where planned_at > now() - interval '30 days' and channel not in ('qr', 'kiosk') "
        "group by status"
    )
    letters = "select count(*) from outbox_message where status = 'waiting'"
    return Backlog(
        events_due=session.execute(text(due)).scalar_one(),
        invitations={row.status: row.waiting for row in session.execute(text(fates))},
        letters_waiting=session.execute(text(letters)).scalar_one(),
    )
