"""Plans anew what could not be sent in time: a worker was away, or night has fallen.

The whole decision is taken again, under the same locks, as if the invitation were not there; then
the invitation gets its new time, waits, or is withdrawn.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.invitations.dossiers import gather
from api.invitations.facts import DueEvent
from api.invitations.repository import deciding
from api.invitations.repository.deciding import InvitationRow
from api.invitations.service import Decider, decision_row, free_events
from api.surveys.published import rules_in_force
from scheduler.planner import Decision, Drop, Hold, Send


def replan_late(installation: Installation, limit: int = 100) -> int:
    """Plans late invitations anew, in one transaction; how many."""
    with installation.database.transaction() as session:
        return replan_batch(session, installation.clock(), limit)


def replan_batch(session: Session, now: datetime, limit: int) -> int:
    """Plans late invitations anew that nobody else holds; how many."""
    late = deciding.take_late(session, now, limit)
    if not late:
        return 0
    free = free_events(session, deciding.read_events(session, late))
    in_force = rules_in_force(session, now)
    rules = in_force.rules if in_force else None
    without = set(late.values())
    dossier = gather(session, free.events, rules, now, contacts=free.contacts, without=without)
    decider = Decider(session, dossier, rules)
    for event in free.events:
        _replan(decider, event, late[event.id])
    return len(free.events)


def _replan(decider: Decider, event: DueEvent, invitation_id: UUID) -> None:
    session, now = decider.session, decider.dossier.now
    version = decider.rules.version if decider.rules else None
    decision, row = decider.decide(event)
    deciding.insert_decisions(session, [decision_row(event, decision)], version, now)
    _apply(session, decision, row, invitation_id, version)


def _apply(
    session: Session,
    decision: Decision,
    row: InvitationRow | None,
    invitation_id: UUID,
    version: int | None,
) -> None:
    match decision:
        case Send() if row is not None:
            deciding.replan(session, row.under(invitation_id), version)
        case Hold():
            deciding.postpone(session, invitation_id, decision.until)
        case Drop() | Send():
            deciding.drop(session, invitation_id, decision.reason.value)
