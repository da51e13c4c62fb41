"""Decides due events: the decision, and the invitation it leads to, in one transaction.

The facts are read under locks on the persons and on their contact points, so that the cap holds
whoever decides at the same moment. Sending is not done here.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from api.core.ids import new_id
from api.core.installation import Installation
from api.invitations.dossiers import gather
from api.invitations.facts import ContactRow, Dossier, DueEvent, PastRow
from api.invitations.repository import deciding
from api.invitations.repository.deciding import DecisionRow, InvitationRow
from api.invitations.timing import send_before
from api.surveys.published import (
    newest_message_id,
    newest_survey_id,
    rules_in_force,
)
from scheduler.planner import Check, Decision, Drop, Hold, Reason, RuleSet, Send, decide
from scheduler.planner.explain import checks_as_data, kind_of
from scheduler.planner.timing import known_zone

BATCH = 200
_TRY_AGAIN = timedelta(minutes=10)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Decider:
    """Decides events one after the other, each seeing what came of those before."""

    session: Session
    dossier: Dossier
    rules: RuleSet | None
    _surveys: dict[str, int | None] = field(default_factory=dict)
    _messages: dict[str, int | None] = field(default_factory=dict)

    def decide(self, event: DueEvent) -> tuple[Decision, InvitationRow | None]:
        """The decision on one event, and the invitation if it is to be sent."""
        dossier = self.dossier
        decision = decide(
            dossier.event_facts(event),
            dossier.customer_facts(event),
            dossier.history(event),
            self.rules,
            now=dossier.now,
        )
        if not isinstance(decision, Send):
            return decision, None
        survey, message = self._survey(decision.survey), self._message(decision.template)
        contact = dossier.contact_for(event, decision.channel)
        if survey is None or message is None or contact is None:
            return _unpublished(decision, survey, message), None
        row = InvitationRow(
            id=new_id(),
            event_id=event.id,
            survey_code=decision.survey,
            survey_version_id=survey,
            message_version_id=message,
            person_id=event.person_id,
            contact_point_id=contact.id,
            branch_id=event.branch_id,
            touchpoint_id=event.touchpoint_id,
            occurred_on=event.occurred_on,
            channel=decision.channel.value,
            segment=decision.segment,
            advisor=event.employee,
            language=dossier.language_for(event),
            context=dict(dossier.names_for(event)),
            planned_at=decision.at,
            send_before=self._send_before(event, decision),
            expires_at=decision.expires_at,
        )
        dossier.remember(_planned(row))
        return decision, row

    def _send_before(self, event: DueEvent, decision: Send) -> datetime:
        customer, facts = self.dossier.customer_facts(event), self.dossier.event_facts(event)
        rule = self.rules.rule_for(event.touchpoint) if self.rules else None
        zone = known_zone(customer.zone) or known_zone(facts.branch_zone)
        if rule is None or zone is None:  # a Send has both
            return decision.at
        return send_before(decision.at, rule.quiet_hours, zone)

    def _survey(self, code: str) -> int | None:
        if code not in self._surveys:
            self._surveys[code] = newest_survey_id(self.session, code)
        return self._surveys[code]

    def _message(self, code: str) -> int | None:
        if code not in self._messages:
            self._messages[code] = newest_message_id(self.session, code)
        return self._messages[code]


@dataclass(slots=True)
class _Outcome:
    """What came of a batch, ready to be stored."""

    decisions: list[DecisionRow] = field(default_factory=list)
    invitations: list[InvitationRow] = field(default_factory=list)
    settled: list[tuple[UUID, str, datetime | None]] = field(default_factory=list)

    def add(self, event: DueEvent, decision: Decision, invitation: InvitationRow | None) -> None:
        """Notes one decided event."""
        self.decisions.append(decision_row(event, decision))
        if invitation is not None:
            self.invitations.append(invitation)
        held = isinstance(decision, Hold)
        until = decision.until if isinstance(decision, Hold) else None
        self.settled.append((event.id, "held" if held else "decided", until))


def decide_due(installation: Installation, limit: int = BATCH) -> int:
    """Decides up to ``limit`` due events in one transaction; how many it decided."""
    with installation.database.transaction() as session:
        return decide_batch(session, installation.clock(), limit)


def decide_batch(session: Session, now: datetime, limit: int = BATCH) -> int:
    """Decides due events that nobody else holds; how many."""
    free = free_events(session, deciding.take_due(session, now, limit))
    if not free.events:
        return 0
    in_force = rules_in_force(session, now)
    rules = in_force.rules if in_force else None
    dossier = gather(session, free.events, rules, now, contacts=free.contacts)
    try:
        with session.begin_nested():
            _decide_all(Decider(session, dossier, rules), free.events)
    except DBAPIError:
        _log.warning("a batch of %s decisions failed; deciding one by one", len(free.events))
        _one_by_one(session, free, rules, now)
    return len(free.events)


@dataclass(frozen=True, slots=True)
class Free:
    """Events whose facts nobody else can change until the transaction ends."""

    events: list[DueEvent]
    contacts: Mapping[UUID, Sequence[ContactRow]]


def free_events(session: Session, events: Sequence[DueEvent]) -> Free:
    """Those of ``events`` whose person and contact points could all be locked.

    A contact point that came to a person after the lock was taken is not locked: its person waits.
    """
    people = {event.person_id for event in events if event.person_id is not None}
    if not people:
        return Free(list(events), {})
    held = deciding.hold_people(session, people)
    locked = deciding.hold_contacts(session, held)
    known = deciding.read_contacts(session, held)
    whole = {person for person in held if all(one.id in locked for one in known.get(person, ()))}
    free = [event for event in events if event.person_id is None or event.person_id in whole]
    return Free(free, known)


def decision_row(event: DueEvent, decision: Decision) -> DecisionRow:
    """A decision as it is stored."""
    at = decision.earliest_at if isinstance(decision, Send | Hold) else None
    return DecisionRow(
        event_id=event.id,
        branch_id=event.branch_id,
        action=kind_of(decision),
        reason=decision.reason.value,
        earliest_at=decision.earliest_at,
        at=at,
        checks=checks_as_data(decision.checks),
    )


def _decide_all(decider: Decider, events: Sequence[DueEvent]) -> None:
    outcome = _Outcome()
    for event in events:
        try:
            outcome.add(event, *decider.decide(event))
        except DBAPIError:
            raise
        except Exception:
            _log.exception("event %s cannot be decided", event.id)
            outcome.settled.append((event.id, "held", decider.dossier.now + _TRY_AGAIN))
    version = decider.rules.version if decider.rules else None
    now = decider.dossier.now
    deciding.insert_decisions(decider.session, outcome.decisions, version, now)
    deciding.insert_invitations(decider.session, outcome.invitations, version, now)
    deciding.settle_events(decider.session, outcome.settled)


def _one_by_one(session: Session, free: Free, rules: RuleSet | None, now: datetime) -> None:
    for event in free.events:
        try:
            with session.begin_nested():
                dossier = gather(session, [event], rules, now, contacts=free.contacts)
                _decide_all(Decider(session, dossier, rules), [event])
        except DBAPIError as error:
            _log.warning("event %s cannot be stored: %s", event.id, type(error.orig).__name__)
            deciding.settle_events(session, [(event.id, "held", now + _TRY_AGAIN)])


def _unpublished(decision: Send, survey: int | None, message: int | None) -> Drop:
    """A rule that names what is not published sends nothing."""
    checks = (
        Check("survey_published", decision.survey, None, survey is not None),
        Check("template_published", decision.template, None, message is not None),
    )
    return Drop(Reason.NO_TEMPLATE, (*decision.checks, *checks), decision.at)


def _planned(row: InvitationRow) -> PastRow:
    return PastRow(
        row.id,
        row.event_id,
        row.person_id,
        row.contact_point_id,
        row.planned_at,
        "planned",
        sent=False,
    )
