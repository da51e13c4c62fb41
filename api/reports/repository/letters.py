"""Letters of the outbox that wait for the file that goes along with them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session


class Waiting(NamedTuple):
    """A letter that waits for its file of this name; ``html`` is encrypted."""

    id: UUID
    html: bytes
    name: str


# Who works on one keeps it locked; a letter whose wait is over belongs to who sends it.
_NEXT = text("""
    select id, body_html_encrypted, detail->>'pdf_wanted' from outbox_message
    where status = 'waiting' and kind = 'weekly_ranking' and not_before > :now
        and detail ? 'pdf_wanted' and body_html_encrypted is not null
    order by created_at, id limit 1 for update skip locked
""")
_ATTACH = text("""
    update outbox_message set attachment = :content, not_before = null,
        detail = detail - 'pdf_wanted' || case when cast(:content as bytea) is null then '{}'
            else jsonb_build_object('attachment',
                jsonb_build_object('name', cast(:name as text), 'type', 'application/pdf')) end
    where id = :id and status = 'waiting'
""")


def next_waiting(session: Session, now: datetime) -> Waiting | None:
    """The oldest letter that waits and nobody works on, locked for this transaction."""
    row = session.execute(_NEXT, {"now": now}).first()
    return None if row is None else Waiting(row[0], bytes(row[1]), row[2])


def attach(session: Session, waiting: Waiting, content: bytes | None) -> None:
    """Lets a letter go, with its file if there is one."""
    session.execute(_ATTACH, {"id": waiting.id, "content": content, "name": waiting.name})
