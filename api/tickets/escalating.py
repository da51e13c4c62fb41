"""Escalates what is overdue, by rule: each step of each clock once, whoever else does the same.

A step is claimed by compare-and-set on the clock, together with its notice, in one transaction per
ticket: what was killed half-way did nothing. Steps on the business calendar come while the branch
works, never at night.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from api.core.installation import Installation
from api.models import Ticket
from api.notices.outgoing import Outgoing, enqueue
from api.notices.telling import Telling, tell
from api.security.hierarchy import current_hierarchy
from api.tickets.clocks import due, is_open
from api.tickets.loop import Escalation, Loop
from api.tickets.published import loop_in_force
from api.tickets.repository import clocks as repository
from api.tickets.repository import tickets
from api.tickets.repository.clocks import Overdue
from api.tickets.ticking import Place, place_of, recompute
from scheduler.planner.calendars import edition

AT_ONCE = 500  # steps in one round; the next round takes the rest
BATCH = 200  # tickets in one transaction that computes clocks anew
T = TypeVar("T")
_log = logging.getLogger(__name__)


def escalate_due(installation: Installation) -> int:
    """Takes every step that has come; how many it took."""
    now = installation.clock()
    with installation.database.transaction() as session:
        found = _ripe(session, now)
    return sum(_one_by_one(found[:AT_ONCE], lambda one: _escalate(installation, one, now)))


def keep_up_clocks(installation: Installation) -> int:
    """Computes clocks of open tickets anew after other rules, calendars, units; how many tickets.

    Once per change: a pass that a crash cut short is done again, and gives the same.
    """
    with installation.database.transaction() as session:
        rules = _rules(session)
        if rules is None or repository.is_followed(session, rules):
            return 0
        waiting = repository.open_tickets(session, None, BATCH)
    done = 0
    while waiting:
        done += sum(_one_by_one(waiting, lambda one: _follow(installation, one)))
        with installation.database.transaction() as session:
            waiting = repository.open_tickets(session, waiting[-1], BATCH)
    with installation.database.transaction() as session:
        repository.set_followed(session, rules, installation.clock())
    return done


def ripe(step: Escalation, place: Place, due_at: datetime, now: datetime) -> bool:
    """Whether a step has come: so long after the clock was due, and while somebody works."""
    if step.calendar == "customer":
        return due(None, place.zone, due_at, step.after_seconds) <= now
    moment = due(place.calendar, place.zone, due_at, step.after_seconds)
    return moment <= now and is_open(place.calendar, place.zone, now)


def _rules(session: Session) -> str | None:
    """All that clocks are computed by; None without rules."""
    found = loop_in_force(session)
    if found is None:
        return None
    return f"{found.version}, {repository.structure_version(session)}, {edition()}"


def _one_by_one(found: Iterable[T], work: Callable[[T], bool]) -> Iterator[bool]:
    """What became of each; one that fails is told in the log and stops no other."""
    for one in found:
        try:
            yield work(one)
        except OperationalError:
            raise  # the database is away: the next tick tries again
        except Exception:
            _log.exception("clocks of %s", one)


def _follow(installation: Installation, ticket_id: UUID) -> bool:
    with installation.database.transaction() as session:
        ticket = repository.lock_ticket(session, ticket_id, wait=True)
        if ticket is not None:
            recompute(session, ticket, installation.clock())
    return True


def _ripe(session: Session, now: datetime) -> list[Overdue]:
    loop = _loop(session)
    steps = _steps(loop)
    places = cache(lambda branch: place_of(session, loop, branch, now))
    works = cache(lambda branch: is_open(places(branch).calendar, places(branch).zone, now))
    if not steps:
        return []
    return [
        one
        for one in repository.overdue(session, steps, now)
        if (one.calendar == "customer" or works(one.branch_id))
        and ripe(_next(loop, one), places(one.branch_id), one.due_at, now)
    ]


def _loop(session: Session) -> Loop:
    found = loop_in_force(session)
    return Loop() if found is None else found.loop


def _steps(loop: Loop) -> list[tuple[str, str, int, float]]:
    clocks = sorted({(one.kind, one.calendar) for one in loop.escalations})
    return [
        (kind, calendar, number, step.after_seconds)
        for kind, calendar in clocks
        for number, step in enumerate(loop.escalations_of(kind, calendar))
    ]


def _next(loop: Loop, found: Overdue) -> Escalation:
    return loop.escalations_of(found.kind, found.calendar)[found.escalated]


def _escalate(installation: Installation, found: Overdue, now: datetime) -> bool:
    """One step; False when the ticket is in work just now, or another took it."""
    with installation.database.transaction() as session:
        steps = _loop(session).escalations_of(found.kind, found.calendar)
        if found.escalated >= len(steps):
            return False
        ticket = repository.lock_ticket(session, found.ticket_id, wait=False)
        if ticket is None or not repository.claim_step(session, found):
            return False
        _say(session, ticket, found, steps[found.escalated], now)
    return True


def _say(session: Session, ticket: Ticket, found: Overdue, step: Escalation, now: datetime) -> None:
    """The ticket's level, a step, and who has to know."""
    repository.raise_level(session, ticket.id, step.level)
    told = {"clock": found.kind, "calendar": found.calendar, "to": step.to, "level": step.level}
    tickets.add_step(
        session,
        ticket,
        kind="escalated",
        at=now,
        detail=told | {"step": found.escalated + 1, "due_at": found.due_at.isoformat()},
    )
    key = f"{ticket.id}:{found.kind}:{found.calendar}:{found.escalated}:{found.due_at.isoformat()}"
    telling = Telling(
        kind="escalated",
        dedupe_key=f"escalated:{key}",
        branch_id=ticket.branch_id,
        ticket_id=ticket.id,
        role=step.role,
        detail=told | {"number": ticket.number, "severity": ticket.severity},
    )
    tell(session, telling, now)
    unit = current_hierarchy(session, now.date()).nodes[ticket.branch_id]
    payload = {"number": ticket.number, "unit": unit.code, "state": ticket.state} | told
    outgoing = Outgoing("ticket.escalated", key, ticket.branch_id, payload, ticket.id)
    enqueue(session, outgoing, now)
