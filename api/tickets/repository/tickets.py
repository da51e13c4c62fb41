"""Tickets and their steps: reads one, adds one, changes one by compare-and-set."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import Invitation, Response, Ticket, TicketFile, TicketStep
from api.models.tickets import OPEN_STATES

_DUE = text("""
update ticket t set due_at = (select min(k.due_at) from ticket_clock k
    where k.ticket_id = t.id and k.met_at is null and k.stopped_at is null)
where t.id = any(cast(:ids as uuid[]))
""")
_FOLLOWING = ("ticket_clock", "ticket_step", "ticket_file")
_FOLLOW = [
    text(f"update {table} set branch_id = :branch where ticket_id = :id") for table in _FOLLOWING
]
_MEETING = text("""
insert into person_branch (person_id, branch_id, first_seen_on) values (:person, :branch, :today)
on conflict (person_id, branch_id) do nothing
""")
_ALERTS = text("update alert set ticket_id = :ticket where id = :alert")
_WORDS = text("""
select string_agg(a.text, E'\n' order by a.question collate "C")
from response r join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
where r.id = :response and a.text is not null
""")
_SCORED = text("""
select a.metric, a.value
from response r join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
where r.id = :response and a.metric is not null and a.value is not null
order by a.metric <> 'nps', a.metric, a.question limit 1
""")
_OF_WORD = text("""
select t.id from response r join invitation i on i.id = r.invitation_id and i.kind = 'recovery'
join ticket t on t.event_id = i.event_id where r.id = :response
order by t.recovery_invitation_id is not distinct from i.id desc, t.number desc limit 1
""")
_ORPHANS = text("""
select t.id from ticket t left join account a on a.id = t.owner_id
where t.state in ('new', 'acknowledged', 'contacted', 'reopened') and (
    t.owner_id is null or a.status = 'deactivated' or not exists (
        select from access_grant g where g.account_id = t.owner_id and not g.excluded
        and g.valid_from <= :today and (g.valid_to is null or g.valid_to > :today)))
order by t.opened_at, t.id limit :limit
""")


def ticket_by_number(session: Session, number: int) -> Ticket | None:
    """The ticket with that number, as far as the transaction may see it."""
    return _one(session, col(Ticket.number) == number)


def ticket_by_id(session: Session, ticket_id: UUID) -> Ticket | None:
    """The ticket with that id, as far as the transaction may see it."""
    return _one(session, col(Ticket.id) == ticket_id)


def person_of(session: Session, ticket_id: UUID) -> UUID | None:
    """Whom the ticket is about now."""
    query = select(col(Ticket.person_id)).where(col(Ticket.id) == ticket_id)
    return session.execute(query).scalar()


def ticket_of_response(session: Session, response_id: UUID) -> Ticket | None:
    """The ticket about a response."""
    return _one(session, col(Ticket.response_id) == response_id)


def ticket_of_word(session: Session, response_id: UUID) -> Ticket | None:
    """The ticket whose customer was asked what the response answers: whether it is settled."""
    found = session.execute(_OF_WORD, {"response": response_id}).scalar()
    return None if found is None else ticket_by_id(session, found)


def ticket_of_source(session: Session, source: str, external_id: str) -> Ticket | None:
    """The ticket about a complaint of a source."""
    return _one(session, and_(col(Ticket.source) == source, col(Ticket.external_id) == external_id))


def set_named(session: Session, ticket_id: UUID) -> bool:
    """The customer may be known; False when that was said already."""
    query = (
        update(Ticket)
        .where(col(Ticket.id) == ticket_id, col(Ticket.named).is_(False))
        .values(named=True)
        .returning(col(Ticket.id))
        .execution_options(synchronize_session=False)
    )
    return session.execute(query).first() is not None


def response_of(session: Session, response_id: UUID) -> Response | None:
    """The response that a ticket is about."""
    query = select(Response).where(col(Response.id) == response_id)
    return session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def event_of(session: Session, response: Response) -> UUID | None:
    """What the customer was asked about."""
    query = select(col(Invitation.event_id)).where(col(Invitation.id) == response.invitation_id)
    return session.execute(query).scalar()


def add_ticket(session: Session, **values: Any) -> UUID | None:
    """Adds a ticket; None when the response, or the source's id, has one already."""
    row = insert(Ticket).values(id=new_id(), **values).on_conflict_do_nothing()
    found: UUID | None = session.execute(row.returning(col(Ticket.id))).scalar()
    return found


def change_ticket(
    session: Session, ticket_id: UUID, version: int, values: Mapping[str, Any]
) -> bool:
    """Writes columns and the next version; False when somebody was faster."""
    query = (
        update(Ticket)
        .where(col(Ticket.id) == ticket_id, col(Ticket.version) == version)
        .values(version=version + 1, **values)
        .returning(col(Ticket.id))
        .execution_options(synchronize_session=False)
    )
    return session.execute(query).first() is not None


def add_step(session: Session, ticket: Ticket, **values: Any) -> None:
    """Appends what happened, and who owned the ticket then."""
    row = {"id": new_id(), "ticket_id": ticket.id, "branch_id": ticket.branch_id, **values}
    session.execute(insert(TicketStep).values(owner_id=ticket.owner_id, **row))


def refresh_due(session: Session, ticket_ids: Sequence[UUID]) -> None:
    """Says anew when each ticket is due first; whoever changes clocks calls it."""
    session.execute(_DUE, {"ids": list(ticket_ids)})


def give_to_branch(session: Session, ticket: Ticket, branch: int, now: datetime) -> None:
    """Steps, clocks and files go where the ticket goes; so does a customer who may be known."""
    for statement in _FOLLOW:
        session.execute(statement, {"id": ticket.id, "branch": branch})
    if ticket.named and ticket.person_id is not None:
        given = {"person": ticket.person_id, "branch": branch, "today": now.date()}
        session.execute(_MEETING, given)


def link_alert(session: Session, alert_id: UUID, ticket_id: UUID) -> None:
    """The alert led to this ticket."""
    session.execute(_ALERTS, {"alert": alert_id, "ticket": ticket_id})


def words_of(session: Session, response_id: UUID) -> str | None:
    """What the customer wrote, as the redactor left it."""
    found: str | None = session.execute(_WORDS, {"response": response_id}).scalar()
    return found


def score_of(session: Session, response_id: UUID) -> tuple[str | None, int | None]:
    """The first measure that the customer answered, and how."""
    found = session.execute(_SCORED, {"response": response_id}).first()
    return (None, None) if found is None else (found.metric, found.value)


def open_by_owner(session: Session, accounts: Sequence[UUID]) -> dict[UUID, int]:
    """How many open tickets each of the accounts owns."""
    query = (
        select(col(Ticket.owner_id), func.count())
        .where(col(Ticket.owner_id).in_(accounts), col(Ticket.state).in_(OPEN_STATES))
        .group_by(col(Ticket.owner_id))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def orphans(session: Session, today: date, limit: int) -> list[UUID]:
    """Open tickets whose owner is gone or has no role any more, or that never had one."""
    return list(session.execute(_ORPHANS, {"today": today, "limit": limit}).scalars())


def hands_of(session: Session, ticket_id: UUID) -> frozenset[UUID]:
    """Everybody who ever owned the ticket or led it from state to state, but for reopening it."""
    query = select(col(TicketStep.owner_id), col(TicketStep.by_id), col(TicketStep.to_state)).where(
        col(TicketStep.ticket_id) == ticket_id
    )
    found: set[UUID | None] = set()
    for owner, by, to_state in session.execute(query):
        found.add(owner)
        if to_state in ("acknowledged", "contacted", "resolved"):
            found.add(by)
    return frozenset(one for one in found if one is not None)


def count_files(session: Session, ticket_id: UUID) -> int:
    """How many files the ticket has."""
    query = select(func.count()).where(col(TicketFile.ticket_id) == ticket_id)
    return int(session.execute(query).scalar_one())


def add_file(session: Session, ticket: Ticket, **values: Any) -> UUID:
    """Stores a file."""
    row = {"id": new_id(), "ticket_id": ticket.id, "branch_id": ticket.branch_id, **values}
    query = insert(TicketFile).values(row).returning(col(TicketFile.id))
    made: UUID = session.execute(query).scalar_one()
    return made


def _one(session: Session, which: Any) -> Ticket | None:
    query = select(Ticket).where(which).execution_options(populate_existing=True)
    return session.execute(query).scalar_one_or_none()
