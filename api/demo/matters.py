"""The last weeks of the made-up network: tickets and what became of them, and an action plan.

What is opened and changed here goes through the same services as everything else, at the moments
at which it would have happened. Nobody is told of the past by letter.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from uuid import UUID

import numpy as np
from numpy.random import Generator
from sqlmodel import Session

from api.core.database import Database
from api.core.ids import new_id
from api.core.installation import Installation
from api.demo import repository
from api.demo.repository import Word
from api.models import ActionPlan, ActionStep, Ticket
from api.tickets.alerts.marks import look_at
from api.tickets.changing import Change, change
from api.tickets.loop import Verify
from api.tickets.published import LoopInForce, loop_in_force
from api.tickets.recovery import follow_resolved
from api.tickets.repository.tickets import ticket_by_id

DAYS = 14
_HOUR = timedelta(hours=1)
_READ_AFTER = timedelta(days=1)
# Hours until the next step, in the middle; and how often nobody takes it.
_STEPS = (("acknowledged", 2.0, 0.06), ("contacted", 8.0, 0.07), ("resolved", 30.0, 0.08))
_ANSWERED, _CONTENT = 0.55, 0.8  # of the customers asked afterwards
_WORD = 20.0  # hours until the customer answers, in the middle
_PACE = timedelta(hours=6)  # how often asking is looked at


def live_through(installation: Installation, now: datetime, seed: int) -> int:
    """Opens what the rules find in the answers of the last weeks, and handles it; how many."""
    rng = np.random.default_rng(seed)
    with installation.database.transaction() as session:
        in_force = loop_in_force(session)
        if in_force is None:
            return 0
        _open(session, in_force, now)
        causes = [cause.code for cause in in_force.loop.causes if cause.parent is not None]
        tickets = repository.list_tickets(session)
        for ticket in tickets:
            _handle(session, ticket, causes, rng, now)
    _ask(installation, in_force.loop.verify, rng, now)
    with installation.database.transaction() as session:
        repository.forget_telling(session, now - _READ_AFTER)
    return len(tickets)


def begin_plan(database: Database, now: datetime, words: Sequence[str]) -> None:
    """A plan of the branch whose manager may log in, begun eleven weeks ago.

    ``words`` are its title and its actions; all but the last are done.
    """
    with database.transaction() as session:
        found = repository.managed_branch(session)
        if found is None:
            return
        branch, manager = found
        title, *steps = words
        started = (now - timedelta(weeks=11)).date()
        plan = ActionPlan(
            id=new_id(), unit_id=branch, branches=[branch], metric="nps", title=title,
            started_on=started, created_by=manager, created_at=now - timedelta(weeks=11),
        )  # fmt: skip
        session.add(plan)
        session.flush()
        for place, what in enumerate(steps, 1):
            due = started + timedelta(weeks=3 * place)
            done = due - timedelta(days=2) if place < len(steps) else None
            session.add(ActionStep(
                id=new_id(), plan_id=plan.id, branches=[branch], position=place, what=what,
                owner_id=manager, due_on=due, done_on=done, done_by=manager if done else None,
            ))  # fmt: skip


def _open(session: Session, in_force: LoopInForce, now: datetime) -> None:
    answered = repository.answers_since(session, now - timedelta(days=DAYS))
    for hour, group in groupby(answered, key=lambda row: row[1].replace(minute=0, second=0)):
        look_at(session, in_force, [response for response, _ in group], min(hour + _HOUR, now))


def _handle(
    session: Session, ticket: Ticket, causes: list[str], rng: Generator, now: datetime
) -> None:
    """One ticket's way, as far as there was time for it."""
    at, number = ticket.opened_at, ticket.id
    for state, hours, never in _STEPS:
        at += _HOUR * float(rng.exponential(hours))
        if rng.random() < never or at >= now:
            return
        if state == "contacted" and not ticket.named:
            continue
        values = {"cause": str(rng.choice(causes))} if state == "resolved" else {}
        wanted = Change("state", by=ticket.owner_id, to_state=state, values=values)
        _change(session, number, wanted, at)


def _change(session: Session, ticket_id: UUID, wanted: Change, at: datetime) -> None:
    ticket = ticket_by_id(session, ticket_id)
    assert ticket is not None, "tickets are not deleted"
    change(session, ticket, wanted, at)


def _ask(installation: Installation, verify: Verify, rng: Generator, now: datetime) -> None:
    """Customers are asked, answer or not: what a worker does with that, four times a day."""
    at, words = now - timedelta(days=DAYS), list[Word]()
    while at < now:
        at = min(at + _PACE, now)
        with installation.database.transaction() as session:
            for invitation, sent_at in repository.send_recovery(session, at):
                words += _word(invitation, sent_at, rng)
            for word in (one for one in words if one.at <= at):
                repository.answer_recovery(session, word, verify.metric)
        words = [one for one in words if one.at > at]
        then = replace(installation, clock=partial(_moment, at))
        while follow_resolved(then):
            pass


def _word(invitation: UUID, sent_at: datetime, rng: Generator) -> list[Word]:
    """What the customer says, if anything."""
    if rng.random() >= _ANSWERED:
        return []
    content = bool(rng.random() < _CONTENT)
    score = int(rng.integers(4, 6) if content else rng.integers(1, 4))
    return [Word(invitation, sent_at + _HOUR * float(rng.exponential(_WORD)), score)]


def _moment(at: datetime) -> datetime:
    return at
