"""Clocks of tickets: reads, starts, stops them, and claims steps of their escalation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.models import Network, Ticket, TicketClock
from api.models.tickets import OPEN_STATES

DEFAULT_ZONE = "Asia/Shanghai"

_STRUCTURE = text("select structure_version from network")
_OVERDUE = text("""
select k.ticket_id, k.kind, k.calendar, k.branch_id, k.due_at, k.escalated
from ticket_clock k join ticket t on t.id = k.ticket_id
join unnest(cast(:kinds as text[]), cast(:calendars as text[]), cast(:steps as int[]),
            cast(:after as float8[])) s(kind, calendar, step, after)
    on s.kind = k.kind and s.calendar = k.calendar and s.step = k.escalated
where k.met_at is null and k.stopped_at is null
  and k.due_at + make_interval(secs => s.after) <= :now
  and k.due_at <= :now and t.state = any(cast(:open as text[]))
order by k.due_at, k.ticket_id, k.kind, k.calendar
""")
_CLAIM = text("""
update ticket_clock set escalated = escalated + 1
where ticket_id = :ticket and kind = :kind and calendar = :calendar and escalated = :escalated
  and due_at = :due and met_at is null and stopped_at is null
returning escalated
""")
_RAISE = text("""
update ticket set level = greatest(level, :level) where id = :ticket
""")
_FOLLOWED = text("select exists (select from job_window where job = 'clocks' and key = :key)")
_FORGET = text("delete from job_window where job = 'clocks'")
_FOLLOW = text(
    "insert into job_window (job, key, done_until) values ('clocks', :key, :now) "
    "on conflict do nothing"
)
_NEXT = text("""
select id from ticket where state = any(cast(:open as text[]))
  and (cast(:after as uuid) is null or id > cast(:after as uuid))
order by id limit :limit
""")


@dataclass(frozen=True, slots=True)
class Overdue:
    """A running clock that is past its time and has a step of escalation before it."""

    ticket_id: UUID
    kind: str
    calendar: str
    branch_id: int
    due_at: datetime
    escalated: int


def default_zone(session: Session) -> str:
    """The zone of units that have none and stand under none that has."""
    found: str | None = session.execute(select(col(Network.default_timezone))).scalar()
    return found or DEFAULT_ZONE


def structure_version(session: Session) -> int:
    """A number that changes with the tree of units."""
    return int(session.execute(_STRUCTURE).scalar() or 0)


def is_followed(session: Session, rules: str) -> bool:
    """Whether all clocks were computed by these rules."""
    return bool(session.execute(_FOLLOWED, {"key": rules}).scalar_one())


def set_followed(session: Session, rules: str, now: datetime) -> None:
    """All clocks were computed by these rules."""
    session.execute(_FORGET)
    session.execute(_FOLLOW, {"key": rules, "now": now})


def clocks_of(session: Session, ticket_id: UUID) -> list[TicketClock]:
    """All clocks of a ticket, as they stand now."""
    query = select(TicketClock).where(col(TicketClock.ticket_id) == ticket_id)
    found = session.execute(query.execution_options(populate_existing=True))
    return list(found.scalars())


def add_clocks(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Starts clocks; those that are there stay as they are."""
    if rows:
        session.execute(insert(TicketClock).on_conflict_do_nothing(), rows)


def change_clock(session: Session, clock: TicketClock, values: Mapping[str, Any]) -> None:
    """Writes columns of one clock."""
    session.execute(
        update(TicketClock)
        .where(
            col(TicketClock.ticket_id) == clock.ticket_id,
            col(TicketClock.kind) == clock.kind,
            col(TicketClock.calendar) == clock.calendar,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def set_running(session: Session, ticket_id: UUID, kinds: Iterable[str], **values: Any) -> None:
    """Writes columns of the ticket's clocks of these kinds that run."""
    session.execute(
        update(TicketClock)
        .where(
            col(TicketClock.ticket_id) == ticket_id,
            col(TicketClock.kind).in_(list(kinds)),
            col(TicketClock.met_at).is_(None),
            col(TicketClock.stopped_at).is_(None),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def set_rules(session: Session, ticket_id: UUID, loop_version: int) -> None:
    """The ticket follows this version of the rules."""
    session.execute(
        update(Ticket)
        .where(col(Ticket.id) == ticket_id, col(Ticket.loop_version) != loop_version)
        .values(loop_version=loop_version)
        .execution_options(synchronize_session=False)
    )


def lock_ticket(session: Session, ticket_id: UUID, *, wait: bool) -> Ticket | None:
    """The ticket, kept from others till the transaction ends; None when somebody has it."""
    query = select(Ticket).where(col(Ticket.id) == ticket_id)
    locked = query.with_for_update(skip_locked=not wait)
    found = session.execute(locked.execution_options(populate_existing=True))
    return found.scalar_one_or_none()


def open_tickets(session: Session, after: UUID | None, limit: int) -> list[UUID]:
    """The next open tickets behind an id."""
    given = {"open": list(OPEN_STATES), "after": after, "limit": limit}
    return list(session.execute(_NEXT, given).scalars())


def overdue(
    session: Session, steps: Sequence[tuple[str, str, int, float]], now: datetime
) -> list[Overdue]:
    """Clocks whose next step may have come; ``steps`` are kind, calendar, number, seconds."""
    given = {
        "kinds": [one[0] for one in steps],
        "calendars": [one[1] for one in steps],
        "steps": [one[2] for one in steps],
        "after": [float(one[3]) for one in steps],
        "now": now,
        "open": list(OPEN_STATES),
    }
    return [Overdue(*row) for row in session.execute(_OVERDUE, given)]


def claim_step(session: Session, found: Overdue) -> bool:
    """Takes the clock's next step, if it still runs as it was seen; False when another did."""
    given = {
        "ticket": found.ticket_id,
        "kind": found.kind,
        "calendar": found.calendar,
        "escalated": found.escalated,
        "due": found.due_at,
    }
    return session.execute(_CLAIM, given).first() is not None


def raise_level(session: Session, ticket_id: UUID, level: int) -> None:
    """The ticket has come at least so far up."""
    session.execute(_RAISE, {"ticket": ticket_id, "level": level})
