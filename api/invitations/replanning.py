"""Plans anew what could not be sent in time: a worker was away, or night has fallen.

The whole decision is taken again, under the same locks, as if the invitation were not there; then
the invitation gets its new time, waits, or is withdrawn.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.invitations.dossiers import ground, hold_and_gather
from api.invitations.facts import DueEvent
from api.invitations.repository import deciding
from api.invitations.repository.gathering import read_events
from api.invitations.service import Decided, Decider, decision_row, outranked_row
from scheduler.planner import Drop, Hold, Send


def replan_late(installation: Installation, limit: int = 100) -> int:
    """Plans late invitations anew, in one transaction; how many."""
    with installation.database.transaction() as session:
        return replan_batch(session, installation.clock(), limit)


def replan_batch(session: Session, now: datetime, limit: int) -> int:
    """Plans late invitations anew that nobody else holds; how many."""
    late = deciding.take_late(session, now, limit)
    if not late:
        return 0
    on = ground(session, now)
    events = read_events(session, list(late))
    free = hold_and_gather(session, events, on, without=set(late.values()))
    decider = Decider(session, on, free.dossier)
    for event in free.events:
        _replan(decider, event, late[event.id])
    return len(free.events)


def _replan(decider: Decider, event: DueEvent, invitation_id: UUID) -> None:
    decided = decider.decide(event)
    rows = [decision_row(event, decided.decision, decided.invitation)]
    if decided.invitation is not None:
        rows += [outranked_row(past, decider.on, decided.invitation) for past in decided.outranked]
    deciding.insert_decisions(decider.session, rows, decider.on.version, decider.on.now)
    _apply(decider, decided, invitation_id)


def _apply(decider: Decider, decided: Decided, invitation_id: UUID) -> None:
    session = decider.session
    match decided.decision:
        case Send() if decided.invitation is not None:
            row = decided.invitation.under(invitation_id)
            deciding.replan(session, row, decider.on.version)
            gone = [past.id for past in decided.outranked]
            if gone:
                deciding.drop(session, gone, "outranked")
        case Hold() as hold:
            deciding.postpone(session, invitation_id, hold.until)
        case Drop() | Send():
            deciding.drop(session, [invitation_id], decided.decision.reason.value)
