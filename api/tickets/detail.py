"""One ticket with all that belongs to it, told no further than the customer agreed to.

Without that agreement there is neither name nor contact nor history; a contact is masked until
`api.tickets.contact` reveals it once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlmodel import Session

from api.core.crypto import Vault
from api.core.errors import NotFound
from api.customers.contacts import masked
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets.queries import belongings as reading
from api.tickets.queries.board import TicketLine, line_of, ticket_row
from api.tickets.repository.tickets import hands_of
from api.tickets.states import Hand, Standing, actions, first_action


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a ticket; ``by`` is a name, None for the system."""

    kind: str
    at: datetime
    by: str | None
    from_state: str | None
    to_state: str | None
    note: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClockShown:
    """A clock of a ticket: running, met (in time or late) or stopped."""

    kind: str
    calendar: str
    started_at: datetime
    due_at: datetime
    met_at: datetime | None
    stopped_at: datetime | None
    escalated: int
    overdue: bool  # runs and is past its time, or was met late


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file of a ticket, without its content."""

    id: UUID
    file_name: str
    media_type: str
    size: int
    added_by: str | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class MaskedContact:
    """A contact point of the customer, masked; `reveal` shows one in clear, once."""

    id: UUID
    kind: str
    masked: str


@dataclass(frozen=True, slots=True)
class Encounter:
    """Something the viewer's branches had to do with the customer: an event, answer or ticket."""

    kind: str  # event | response | ticket
    at: datetime
    unit_id: int
    touchpoint: str | None
    score: int | None = None
    response_id: UUID | None = None
    ticket_number: int | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class TicketDetail:
    """One ticket with all that belongs to it, as far as this viewer may know it.

    ``name``, ``contacts`` and ``history`` are only of customers who agreed to be known (`named`).
    ``may`` are the actions open to the viewer now; ``next_step`` is the one to do first.
    """

    line: TicketLine
    response_id: UUID | None
    event_id: UUID | None
    person_id: UUID | None
    name: str | None = field(repr=False)
    contacts: tuple[MaskedContact, ...] = field(repr=False)
    history: tuple[Encounter, ...]
    steps: tuple[Step, ...]
    clocks: tuple[ClockShown, ...]
    files: tuple[FileShown, ...]
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    revealed_at: datetime | None
    may: frozenset[str]
    next_step: str | None


def require_ticket(
    session: Session, viewer: Viewer, number: int, vault: Vault, *, now: datetime
) -> TicketDetail:
    """The ticket with that number; NotFound outside the viewer's branches.

    Raises NotAllowed for roles that read no comments.
    """
    row = ticket_row(session, number, now)
    if row is None:
        raise NotFound(ticket=number)
    viewer.require(Permission.VIEW_COMMENTS, row.branch_id)
    line = line_of(session, viewer, row, now)
    contacts = _contacts(session, row, vault)
    standing = standing_of(session, row, bool(contacts))
    allowed = actions(hand_of(viewer, row.branch_id), standing)
    return TicketDetail(
        line=line,
        response_id=row.response_id,
        event_id=row.event_id,
        person_id=row.person_id if row.named else None,
        name=_name(session, row, vault),
        contacts=contacts,
        history=_history(session, row),
        steps=tuple(Step(**one._mapping) for one in reading.steps_of(session, row.id)),
        clocks=tuple(_clock(one, now) for one in reading.clocks_of(session, row.id)),
        files=tuple(FileShown(**one._mapping) for one in reading.files_of(session, row.id)),
        acknowledged_at=row.acknowledged_at,
        contacted_at=row.contacted_at,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        revealed_at=row.revealed_at,
        may=allowed,
        next_step=first_action(standing, allowed),
    )


def standing_of(session: Session, row: Row[Any], reachable: bool) -> Standing:
    """What decides about actions on a ticket."""
    owners = {one for one in (row.owner_id, row.deputy_id) if one is not None}
    return Standing(
        state=row.state,
        unnamed=not row.named,
        reachable=reachable,
        revealed=row.revealed_at is not None,
        owners=hands_of(session, row.id) | owners,
    )


def hand_of(viewer: Viewer, branch_id: int) -> Hand:
    """What a viewer may do about tickets of a branch."""
    return Hand(
        account_id=viewer.account_id,
        handles=viewer.may(Permission.HANDLE_TICKETS, branch_id),
        verifies=viewer.may(Permission.VERIFY_TICKETS, branch_id),
        reveals=viewer.may(Permission.REVEAL_CONTACT, branch_id),
    )


def contact_rows(session: Session, row: Row[Any]) -> list[Row[Any]]:
    """How the customer can be reached, encrypted; nothing of one who is not to be known."""
    if not row.named or row.person_id is None:
        return []
    return list(reading.contacts_of(session, row.person_id))


def _contacts(session: Session, row: Row[Any], vault: Vault) -> tuple[MaskedContact, ...]:
    return tuple(
        MaskedContact(one.id, one.kind, masked(one.kind, vault.decrypt(bytes(one.value_encrypted))))
        for one in contact_rows(session, row)
    )


def _name(session: Session, row: Row[Any], vault: Vault) -> str | None:
    if not row.named or row.person_id is None:
        return None
    stored = reading.name_of(session, row.person_id)
    return None if stored is None else vault.decrypt(stored)


def _history(session: Session, row: Row[Any]) -> tuple[Encounter, ...]:
    if not row.named or row.person_id is None:
        return ()
    found = reading.history_of(
        session, row.id, row.person_id, metric=row.metric, response_id=row.response_id
    )
    return tuple(Encounter(**one._mapping) for one in found)


def _clock(row: Row[Any], now: datetime) -> ClockShown:
    running = row.met_at is None and row.stopped_at is None
    late = (now if running else row.met_at or row.due_at) > row.due_at
    return ClockShown(**row._mapping, overdue=late)
