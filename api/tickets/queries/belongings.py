"""Reads what belongs to one ticket: steps, clocks, files, and the customer's dealings.

Only what the transaction may see; changes nothing. Contacts come encrypted.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

_STEPS = text("""
select s.kind, s.at, a.name as by, s.from_state, s.to_state, s.note, s.detail
from ticket_step s left join account a on a.id = s.by_id
where s.ticket_id = :id order by s.at, s.id
""")
_CLOCKS = text("""
select kind, calendar, started_at, due_at, met_at, stopped_at, escalated
from ticket_clock where ticket_id = :id
order by array_position(array['acknowledge', 'contact', 'resolve'], kind), calendar
""")
_FILES = text("""
select f.id, f.file_name, f.media_type, length(f.content) as size, a.name as added_by, f.added_at
from ticket_file f left join account a on a.id = f.added_by
where f.ticket_id = :id order by f.added_at, f.id
""")
_FILE = text("""
select f.id, f.file_name, f.media_type, length(f.content) as size, a.name as added_by, f.added_at,
    f.content
from ticket_file f left join account a on a.id = f.added_by
where f.ticket_id = :id and f.id = :file
""")
_NAME = text("select name_encrypted from person where id = :person")
_CONTACTS = text("""
select id, kind, value_encrypted from contact_point
where person_id = :person and undeliverable_at is null
order by array_position(array['phone', 'ref', 'wechat', 'email'], kind), created_at desc, id
""")
# What was answered without a name is nobody's history.
_HISTORY = text("""
select 'event' as kind, e.occurred_at as at, e.branch_id as unit_id, tp.code as touchpoint,
    null::int as score, null::uuid as response_id, null::bigint as ticket_number,
    null::text as state
from event e join touchpoint tp on tp.id = e.touchpoint_id
where e.person_id = :person and e.status = 'active'
union all
select 'response', r.submitted_at, r.branch_id, tp.code, s.value, r.id, null, null
from response r join touchpoint tp on tp.id = r.touchpoint_id
left join answer s on s.response_id = r.id and s.occurred_on = r.occurred_on
    and s.metric = cast(:metric as text)
where r.person_id = :person and (r.named or r.id = cast(:response as uuid))
union all
select 'ticket', t.opened_at, t.branch_id, tp.code, t.first_score, null, t.number, t.state
from ticket t left join touchpoint tp on tp.id = t.touchpoint_id
where t.person_id = :person and t.named and t.id <> :id
order by 2 desc limit :limit
""")


def steps_of(session: Session, ticket_id: UUID) -> Sequence[Row[Any]]:
    """What happened to the ticket, oldest first."""
    return session.execute(_STEPS, {"id": ticket_id}).all()


def clocks_of(session: Session, ticket_id: UUID) -> Sequence[Row[Any]]:
    """The ticket's clocks in the order in which they are due."""
    return session.execute(_CLOCKS, {"id": ticket_id}).all()


def files_of(session: Session, ticket_id: UUID) -> Sequence[Row[Any]]:
    """The ticket's files without their content."""
    return session.execute(_FILES, {"id": ticket_id}).all()


def file_of(session: Session, ticket_id: UUID, file_id: UUID) -> Row[Any] | None:
    """One file with its content."""
    return session.execute(_FILE, {"id": ticket_id, "file": file_id}).first()


def name_of(session: Session, person_id: UUID) -> bytes | None:
    """The customer's name, encrypted."""
    found = session.execute(_NAME, {"person": person_id}).scalar()
    return None if found is None else bytes(found)


def contacts_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """How the customer can be reached, encrypted, what is called first."""
    return session.execute(_CONTACTS, {"person": person_id}).all()


def history_of(
    session: Session,
    ticket_id: UUID,
    person_id: UUID,
    *,
    metric: str | None,
    response_id: UUID | None,
    limit: int = 20,
) -> Sequence[Row[Any]]:
    """The customer's latest events, named answers and other tickets at visible branches."""
    given = {"id": ticket_id, "person": person_id, "metric": metric, "response": response_id}
    return session.execute(_HISTORY, {**given, "limit": limit}).all()
