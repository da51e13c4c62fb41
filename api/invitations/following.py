"""What follows a first message: fall-backs and reminders, planned when their moment has come.

The planner says what the next step of a chain is; here its facts are read under the locks that
keep them true, and the step is stored. Sending is not done here.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from api.core.ids import new_id
from api.core.installation import Installation
from api.invitations.dossiers import Ground, ground, hold_and_gather
from api.invitations.facts import Dossier, DueEvent, PastRow
from api.invitations.repository import following
from api.invitations.repository.following import MessageRow, NextRow, RootRow
from api.invitations.repository.gathering import read_events
from scheduler.planner import Channel, InvitationStatus, Rule
from scheduler.planner.followup import (
    LOOK_AGAIN,
    Attempt,
    ChainFacts,
    ChainMessage,
    Done,
    Ended,
    Kind,
    Step,
    Wait,
    next_step,
)
from scheduler.planner.timing import closes, known_zone, next_open

BATCH = 200
_AFTER_PLANNING = timedelta(minutes=10)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Chain:
    """A chain with all that its next step depends on."""

    root: RootRow
    messages: Sequence[MessageRow]
    event: DueEvent
    on: Ground
    dossier: Dossier

    @property
    def last(self) -> MessageRow:
        return self.messages[-1]

    @property
    def rule(self) -> Rule | None:
        return self.on.rules.rule_for(self.event.touchpoint) if self.on.rules else None


def follow_up_due(installation: Installation, limit: int = BATCH) -> int:
    """Takes the next step of up to ``limit`` chains, in one transaction; how many."""
    with installation.database.transaction() as session:
        return follow_up_batch(session, installation.clock(), limit)


def follow_up_batch(session: Session, now: datetime, limit: int = BATCH) -> int:
    """Takes the next step of chains that are due and that nobody else holds; how many."""
    roots = following.take_roots(session, now, limit)
    if not roots:
        return 0
    on = ground(session, now)
    events = {event.id: event for event in read_events(session, [one.event_id for one in roots])}
    free = hold_and_gather(session, list(events.values()), on)
    ours = {event.id for event in free.events}
    messages = following.read_messages(session, [root.id for root in roots])
    looks = [
        (root.id, _followed(session, chain))
        for root in roots
        if root.event_id in ours
        for chain in [_Chain(root, messages[root.id], events[root.event_id], on, free.dossier)]
    ]
    following.look_at(session, looks)
    return len(looks)


def _followed(session: Session, chain: _Chain) -> datetime | None:
    """Takes the step of one chain: when it is looked at next. One that fails stops no other."""
    try:
        with session.begin_nested():
            return _take(session, chain, _step(chain))
    except DBAPIError as error:
        _log.warning("chain %s waits: %s", chain.root.id, type(error.orig).__name__)
    except Exception:
        _log.exception("chain %s cannot be followed up", chain.root.id)
    return chain.on.now + _AFTER_PLANNING


def _step(chain: _Chain) -> Step:
    rules, rule, dossier = chain.on.rules, chain.rule, chain.dossier
    customer = dossier.customer_facts(chain.event)
    zone = known_zone(customer.zone) or known_zone(dossier.event_facts(chain.event).branch_zone)
    if rules is None:
        return Wait(chain.on.now + LOOK_AGAIN)
    if rule is None or zone is None:
        return Done(Ended.WITHDRAWN)
    facts = _facts(chain)
    step = next_step(
        facts, rules, rule, customer, dossier.history(chain.event), zone=zone, now=chain.on.now
    )
    if not isinstance(step, Wait) or not _is_late(chain):
        return step
    opened = next_open(chain.on.now, rule.timing, zone)
    return Wait(opened) if opened is not None else Done(Ended.NO_WINDOW)


def _facts(chain: _Chain) -> ChainFacts:
    root = chain.root
    return ChainFacts(
        messages=tuple(
            ChainMessage(Kind(one.kind), Channel(one.channel), InvitationStatus(one.status), one.at)
            for one in chain.messages
        ),
        segment=root.segment or "",
        expires_at=root.expires_at,
        opened=root.first_seen_at is not None,
        answered=root.answered_at is not None,
        cancelled=chain.event.cancelled,
    )


def _is_late(chain: _Chain) -> bool:
    """Whether a message that follows was planned and could not be sent in its time."""
    last, now = chain.last, chain.on.now
    missed = last.send_before is not None and last.send_before <= now
    return last.status == "planned" and last.kind != Kind.FIRST and missed


def _take(session: Session, chain: _Chain, step: Step) -> datetime | None:
    match step:
        case Attempt():
            return _plan(session, chain, step)
        case Wait(until) if _is_late(chain) and until <= chain.on.now:
            following.plan_again(session, chain.last.id, until, _closes(chain, until))
            return chain.on.now + _AFTER_PLANNING
        case Wait(until):
            return until
        case Done(reason):
            following.withdraw(session, chain.root.id, reason.value)
            return None


def _plan(session: Session, chain: _Chain, step: Attempt) -> datetime:
    """Adds the message; where its template or address is not there by now, another day."""
    message = chain.on.frame.messages.get(step.template)
    contact = chain.dossier.contact_for(chain.event, step.channel)
    if message is None or contact is None:
        return chain.on.now + LOOK_AGAIN
    row = NextRow(
        id=new_id(),
        root=chain.root.id,
        number=chain.last.number + 1,
        kind=step.kind.value,
        counts=step.counts,
        message=message,
        contact=contact.id,
        channel=step.channel.value,
        at=step.at,
        send_before=_closes(chain, step.at),
    )
    following.add(session, row, chain.on.version, chain.on.now)
    chain.dossier.remember(_past(chain, row))
    return step.at + _AFTER_PLANNING


def _closes(chain: _Chain, at: datetime) -> datetime:
    dossier, rule = chain.dossier, chain.rule
    customer = dossier.customer_facts(chain.event)
    zone = known_zone(customer.zone) or known_zone(dossier.event_facts(chain.event).branch_zone)
    return at if rule is None or zone is None else closes(at, rule.timing, zone)


def _past(chain: _Chain, row: NextRow) -> PastRow:
    """The new message as those decide who come later in the same batch."""
    person, event = chain.dossier.person(chain.event), chain.event
    return PastRow(
        id=row.id,
        event_id=event.id,
        branch_id=event.branch_id,
        person_id=event.person_id,
        contact_point_id=row.contact,
        household_hash=person.household_hash if person else None,
        object_hash=event.object_hash,
        at=row.at,
        status="planned",
        sent=False,
        touchpoint=event.touchpoint,
        survey=chain.root.survey_code,
        channel=row.channel,
        counts=row.counts,
        completed_at=None,
        priority=0,
        deficit=0.0,
    )
