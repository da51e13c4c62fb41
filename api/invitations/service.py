"""Decides due events: the decision, and the invitation it leads to, in one transaction.

The facts are read under locks on all that caps are counted by, so that every cap holds whoever
decides at the same moment. Sending is not done here.
"""

import gc
import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from sqlmodel import Session

from api.core.ids import new_id
from api.core.installation import Installation
from api.invitations.dossiers import Ground, ground, hold_and_gather
from api.invitations.facts import Dossier, DueEvent, PastRow
from api.invitations.repository import deciding
from api.invitations.repository.deciding import DecisionRow, InvitationRow, Outcome, Settled
from scheduler.planner import Check, Decision, Drop, Hold, Holder, Reason, Send, decide
from scheduler.planner.competing import rank
from scheduler.planner.explain import kind_of

BATCH = 1000
LOCKS = 600  # on households and vehicles; with its defaults a server has room for ten times that
_TRY_AGAIN = timedelta(minutes=10)
_log = logging.getLogger(__name__)


def most_events(on: Ground) -> int:
    """How many events a batch may hold, so that its locks fit into the server's table of them."""
    holders = {cap.per for cap in on.rules.caps} if on.rules else set()
    by_key = len(holders - {Holder.PERSON})
    return LOCKS // by_key if by_key else BATCH


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, the invitation it leads to, and the planned ones that give way to it."""

    decision: Decision
    invitation: InvitationRow | None = None
    outranked: tuple[PastRow, ...] = ()


@dataclass(slots=True)
class Decider:
    """Decides events one after the other, each seeing what came of those before."""

    session: Session
    on: Ground
    dossier: Dossier
    holding: bool = True  # locks what gives way; a dry decision does not
    fresh: dict[UUID, PastRow] = field(default_factory=dict)  # invitations not stored yet

    def decide(self, event: DueEvent, *, thorough: bool = False) -> Decided:
        """The decision on one event, and the invitation if it is to be sent."""
        while True:
            decision = self._decision(event, thorough)
            if not isinstance(decision, Send):
                return Decided(decision)
            outranked = self._outranked(decision)
            if outranked is not None:
                break
        survey = self.on.frame.surveys.get(decision.survey)
        message = self.on.frame.messages.get(decision.template)
        contact = self.dossier.contact_for(event, decision.channel)
        if survey is None or message is None or contact is None:
            return Decided(_unpublished(decision, survey, message))
        row = self._row(event, decision, contact.id, survey, message)
        for one in outranked:
            self.dossier.past.change(one.id, "dropped")
        self._remember(event, row)
        return Decided(decision, row, outranked)

    def _decision(self, event: DueEvent, thorough: bool) -> Decision:
        dossier = self.dossier
        return decide(
            dossier.event_facts(event),
            dossier.customer_facts(event),
            dossier.history(event),
            self.on.rules,
            now=dossier.now,
            thorough=thorough,
        )

    def _outranked(self, decision: Send) -> tuple[PastRow, ...] | None:
        """What gives way, locked; None when a sender was quicker and all has to be decided anew."""
        if not decision.displaces:
            return ()
        ids = [UUID(one) for one in decision.displaces]
        stored = [one for one in ids if one not in self.fresh]
        if stored and self.holding:
            gone = set(stored) - deciding.hold_planned(self.session, stored)
            for one in gone:
                self.dossier.past.change(one, "claimed")
            if gone:
                return None
        found = [self.dossier.past.row(one) for one in ids]
        return tuple(one for one in found if one is not None)

    def _row(
        self, event: DueEvent, decision: Send, contact: UUID, survey: int, message: int
    ) -> InvitationRow:
        dossier = self.dossier
        person = dossier.person(event)
        return InvitationRow(
            id=new_id(),
            event_id=event.id,
            survey_code=decision.survey,
            survey_version_id=survey,
            message_version_id=message,
            person_id=event.person_id,
            contact_point_id=contact,
            branch_id=event.branch_id,
            touchpoint_id=event.touchpoint_id,
            occurred_on=event.occurred_on,
            channel=decision.channel.value,
            segment=decision.segment,
            advisor=event.employee,
            language=dossier.language_for(event),
            context=dict(dossier.names_for(event)),
            planned_at=decision.at,
            send_before=decision.send_before or decision.at,
            expires_at=decision.expires_at,
            household_hash=person.household_hash if person else None,
            object_hash=event.object_hash,
            priority=decision.priority,
            deficit=decision.deficit,
            inclusion_probability=decision.inclusion_probability,
            channel_probability=decision.channel_probability,
            follow_up_at=decision.follow_up_at,
        )

    def _remember(self, event: DueEvent, row: InvitationRow) -> None:
        planned = PastRow(
            id=row.id,
            event_id=row.event_id,
            branch_id=row.branch_id,
            person_id=row.person_id,
            contact_point_id=row.contact_point_id,
            household_hash=row.household_hash,
            object_hash=row.object_hash,
            at=row.planned_at,
            status="planned",
            sent=False,
            touchpoint=event.touchpoint,
            survey=row.survey_code,
            channel=row.channel,
            counts=True,
            completed_at=None,
            priority=row.priority,
            deficit=row.deficit,
        )
        self.fresh[row.id] = planned
        self.dossier.remember(planned)


class NotStored(Exception):
    """A batch that the database refused: nothing of it was stored."""

    def __init__(self, events: Sequence[UUID], cause: psycopg.Error) -> None:
        self.events = list(events)
        self.cause = type(cause).__name__
        super().__init__(self.cause)


def decide_due(installation: Installation, limit: int = BATCH) -> int:
    """Decides up to ``limit`` due events in one transaction; how many it decided."""
    now = installation.clock()
    try:
        with installation.database.transaction() as session:
            return decide_batch(session, now, limit)
    except NotStored as failed:
        many = len(failed.events)
        _log.warning("%s with a batch of %s decisions; one by one", failed.cause, many)
        for event in failed.events:
            _decide_alone(installation, event, now)
        return many


def _decide_alone(installation: Installation, event: UUID, now: datetime) -> None:
    """Decides one event in a transaction of its own; what cannot be stored waits."""
    try:
        with installation.database.transaction() as session:
            decide_batch(session, now, 1, only=[event])
    except NotStored as failed:
        _log.warning("event %s cannot be stored: %s", event, failed.cause)
        with installation.database.transaction() as session:
            deciding.settle_events(session, [Settled(event, "held", now + _TRY_AGAIN)])


def decide_batch(
    session: Session, now: datetime, limit: int = BATCH, *, only: Collection[UUID] | None = None
) -> int:
    """Decides due events (or ``only`` these) that nobody else holds; how many.

    Raises NotStored, after which the transaction is over.
    """
    frame, due = deciding.take_due(session, now, limit, only)
    if not due:
        return 0
    with _undisturbed():
        return _decide(session, due, ground(session, now, frame))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A batch makes many values and no circles: the collector would walk them all for nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _decide(session: Session, due: Sequence[DueEvent], on: Ground) -> int:
    free = hold_and_gather(session, due[: most_events(on)], on)
    if not free.events:
        return 0
    try:
        _decide_all(Decider(session, on, free.dossier), free.events)
    except psycopg.Error as error:
        raise NotStored([event.id for event in free.events], error) from error
    return len(free.events)


def decision_row(
    event: DueEvent, decision: Decision, invitation: InvitationRow | None = None
) -> DecisionRow:
    """A decision as it is stored."""
    return DecisionRow(
        event_id=event.id,
        branch_id=event.branch_id,
        action=kind_of(decision),
        reason=decision.reason.value,
        earliest_at=decision.earliest_at,
        at=decision.earliest_at if isinstance(decision, Send | Hold) else None,
        segment=invitation.segment if invitation else None,
        channel=invitation.channel if invitation else None,
        inclusion_probability=decision.inclusion_probability,
        checks=list(map(tuple, decision.checks)),
    )


def outranked_row(past: PastRow, on: Ground, row: InvitationRow) -> DecisionRow:
    """Why an invitation that was planned gives way: what it had, and what came."""
    compete = on.rules.compete if on.rules else None
    had = rank(compete, past.priority, past.deficit) if compete else ()
    came = rank(compete, row.priority, row.deficit) if compete else ()
    check = Check("outranked", tuple(map(str, had)), tuple(map(str, came)), False)
    return DecisionRow(
        event_id=past.event_id,
        branch_id=past.branch_id,
        action="drop",
        reason=Reason.OUTRANKED.value,
        earliest_at=past.at,
        at=None,
        segment=None,
        channel=past.channel,
        inclusion_probability=None,
        checks=[tuple(check)],
    )


def _decide_all(decider: Decider, events: Sequence[DueEvent]) -> None:
    outcome = Outcome()
    for event in events:
        try:
            decided = decider.decide(event)
        except psycopg.Error:
            raise
        except Exception:
            _log.exception("event %s cannot be decided", event.id)
            outcome.settled.append(Settled(event.id, "held", decider.on.now + _TRY_AGAIN))
        else:
            note(outcome, decider, event, decided)
    deciding.store(decider.session, outcome, decider.on.version, decider.on.now)


def note(outcome: Outcome, decider: Decider, event: DueEvent, decided: Decided) -> None:
    """Adds what came of one event to what is to be stored."""
    decision, row = decided.decision, decided.invitation
    outcome.decisions.append(decision_row(event, decision, row))
    if row is not None:
        outcome.invitations[row.id] = row
    for past in decided.outranked:
        if outcome.invitations.pop(past.id, None) is None:
            outcome.outranked.append(past.id)
        else:  # it was decided in this batch: that decision was never true
            outcome.decisions = [d for d in outcome.decisions if d.event_id != past.event_id]
        if row is not None:
            outcome.decisions.append(outranked_row(past, decider.on, row))
    held = isinstance(decision, Hold)
    until = decision.until if isinstance(decision, Hold) else None
    outcome.settled.append(Settled(event.id, "held" if held else "decided", until))


def _unpublished(decision: Send, survey: int | None, message: int | None) -> Drop:
    """A rule that names what is not published sends nothing."""
    checks = (
        Check("survey_published", decision.survey, None, survey is not None),
        Check("template_published", decision.template, None, message is not None),
    )
    return Drop(Reason.NO_TEMPLATE, (*decision.checks, *checks), decision.at)
