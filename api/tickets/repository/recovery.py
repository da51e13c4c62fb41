"""Resolved tickets whose customer is to be asked, was asked, or has answered: the SQL."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_TO_ASK = text("""
select id from ticket where state = 'resolved' and recovery_invitation_id is null
    and recovery_next_at <= :now and resolved_at > :since
order by recovery_next_at, id limit :limit
""")
# Asked and planned, but it could not leave in time or was withdrawn for something else.
_TO_ASK_AGAIN = text("""
select t.id, i.id, i.status = 'dropped' from ticket t
join invitation i on i.id = t.recovery_invitation_id
where t.state = 'resolved'
    and (i.status = 'dropped' or (i.status = 'planned' and i.send_before <= :now))
order by t.resolved_at, t.id limit :limit
""")
_HEARD = """
    select r.id, r.completed_at, r.submitted_at, a.value from response r
    join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
    where r.invitation_id = t.recovery_invitation_id and a.metric = :metric
        and a.value is not null
    order by a.question limit 1
"""
# A page may be saved and the rest still come; after a while it is taken as it stands.
_ANSWERED = text(f"""
select t.id, h.value from ticket t cross join lateral ({_HEARD}) h
where t.recovery_invitation_id is not null and t.recovery_score is null
    and t.recovery_next_at > :now and (h.completed_at is not null or h.submitted_at <= :unfinished)
order by h.submitted_at limit :limit
""")
# Who was asked late has as long as the link lives; who is answering has time to finish.
_SILENT = text(f"""
select t.id from ticket t left join invitation i on i.id = t.recovery_invitation_id
where t.state = 'resolved' and t.resolved_at <= :since
    and not (i.id is not null and i.status in ('planned', 'claimed', 'sent', 'delivered', 'unknown')
        and i.expires_at > :now)
    and not exists (select from ({_HEARD}) h)
order by t.resolved_at limit :limit
""")
_LOCK = text("""
select id from ticket where id = :id and state = 'resolved' for update skip locked
""")
_ASKED = text("""
update ticket set recovery_invitation_id = :invitation, recovery_next_at = :until where id = :id
""")
_LATER = text("""
update ticket set recovery_invitation_id = null, recovery_next_at = :at where id = :id
""")


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A question that did not go out; ``dropped``: by something else than the time of day."""

    ticket_id: UUID
    invitation_id: UUID
    dropped: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """A customer's answer to the question of a ticket."""

    ticket_id: UUID
    score: int


def to_ask(session: Session, since: datetime, now: datetime, limit: int) -> list[UUID]:
    """Tickets resolved after ``since`` whose customer may have to be asked now."""
    given = {"since": since, "now": now, "limit": limit}
    return list(session.execute(_TO_ASK, given).scalars())


def to_ask_again(session: Session, now: datetime, limit: int) -> list[Withdrawn]:
    """Resolved tickets whose question did not go out when it should have."""
    given = {"now": now, "limit": limit}
    return [Withdrawn(*row) for row in session.execute(_TO_ASK_AGAIN, given)]


def answered(
    session: Session, metric: str, unfinished: datetime, now: datetime, limit: int
) -> list[Heard]:
    """Answers not looked at yet; one that was not sent off counts when older than that."""
    given = {"metric": metric, "unfinished": unfinished, "now": now, "limit": limit}
    return [Heard(*row) for row in session.execute(_ANSWERED, given)]


def silent(session: Session, metric: str, since: datetime, now: datetime, limit: int) -> list[UUID]:
    """Tickets resolved by ``since`` whose customer said nothing and can say nothing more."""
    given = {"metric": metric, "since": since, "now": now, "limit": limit}
    return list(session.execute(_SILENT, given).scalars())


def lock_resolved(session: Session, ticket_id: UUID) -> bool:
    """Keeps a resolved ticket from others; False when it is not, or somebody has it."""
    return session.execute(_LOCK, {"id": ticket_id}).first() is not None


def note_asked(session: Session, ticket_id: UUID, invitation_id: UUID, until: datetime) -> None:
    """The customer of the ticket is asked by this message, and listened to ``until`` then."""
    given = {"id": ticket_id, "invitation": invitation_id, "until": until}
    session.execute(_ASKED, given)


def look_again(session: Session, ticket_id: UUID, at: datetime | None) -> None:
    """Asking is thought about again then; None: no more."""
    session.execute(_LATER, {"id": ticket_id, "at": at})
