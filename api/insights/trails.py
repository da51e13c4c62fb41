"""What was done about one event, in order. Nothing personal but ids."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.insights.queries.trails import (
    DecisionRow,
    EventRow,
    MessageRow,
    ReceiptRow,
    chain_of,
    decisions_on,
    find_event_row,
    receipts_of,
)
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Message:
    """One message with what its provider said of it."""

    row: MessageRow
    receipts: list[ReceiptRow]


@dataclass(frozen=True, slots=True)
class EventTrail:
    """An event, its decisions (the newest first) and its messages (in order)."""

    event: EventRow
    decisions: list[DecisionRow]
    messages: list[Message]


def event_trail(session: Session, viewer: Viewer, event_id: UUID) -> EventTrail:
    """Everything that was done about an event; NotFound outside the viewer's scope."""
    event = find_event_row(session, event_id)
    if event is None or not viewer.scope.sees(event.branch_id):
        raise NotFound(event=str(event_id))
    chain = chain_of(session, event_id)
    receipts = receipts_of(session, [row.id for row in chain])
    messages = [
        Message(row, [one for one in receipts if one.invitation_id == row.id]) for row in chain
    ]
    return EventTrail(event, decisions_on(session, event_id), messages)
