"""What people do to tickets: one compare-and-set on the version each, with a step and notices.

Everything here runs in the caller's transaction. A ticket is named by its number; outside the
viewer's branches it is *not found*. ``version`` is the one that the person looked at: when another
was faster, `Stale` is raised and nothing happened.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.security.viewer import Viewer
from api.tickets.queries import TicketLine


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
    """The ticket with that number; NotFound outside the viewer's branches."""
    raise NotImplementedError


# The changes. Each returns the ticket's new version.


def acknowledge(
    session: Session, viewer: Viewer, number: int, *, version: int, now: datetime
) -> int:
    """Takes the matter: who acknowledges what nobody owns owns it."""
    raise NotImplementedError


def contacted(
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    version: int,
    note: str | None = None,
    now: datetime,
) -> int:
    """The customer was spoken to."""
    raise NotImplementedError


def resolve(
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    version: int,
    cause: str,
    note: str | None = None,
    now: datetime,
) -> int:
    """The matter is settled, as its owner says, for a cause of the taxonomy."""
    raise NotImplementedError


def reopen(
    session: Session, viewer: Viewer, number: int, *, version: int, note: str, now: datetime
) -> int:
    """The matter is not settled after all."""
    raise NotImplementedError


def verify(
    session: Session, viewer: Viewer, number: int, *, version: int, note: str, now: datetime
) -> int:
    """The customer is content, says somebody who never owned the ticket."""
    raise NotImplementedError


def add_note(
    session: Session, viewer: Viewer, number: int, *, version: int, note: str, now: datetime
) -> int:
    """Writes something down; personal details are taken out."""
    raise NotImplementedError


def assign(
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    version: int,
    owner: UUID,
    deputy: UUID | None = None,
    now: datetime,
) -> int:
    """Gives the ticket to somebody who may handle tickets of its branch."""
    raise NotImplementedError


def move(
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    version: int,
    to_unit: str,
    note: str,
    now: datetime,
) -> int:
    """Gives the matter to another branch, whose calendar and owner it gets."""
    raise NotImplementedError


def reveal(
    session: Session,
    viewer: Viewer,
    number: int,
    contact_id: UUID,
    *,
    version: int,
    vault: Vault,
    now: datetime,
) -> str:
    """A contact point in clear, once per ticket; the audit says who looked."""
    raise NotImplementedError


def dial(
    session: Session,
    viewer: Viewer,
    number: int,
    contact_id: UUID,
    *,
    version: int,
    vault: Vault,
    now: datetime,
) -> int:
    """Has the relay connect the viewer's own telephone with the customer's; shows no number."""
    raise NotImplementedError


def add_file(
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    file_name: str,
    content: bytes,
    now: datetime,
) -> UUID:
    """Puts a file to the ticket: PDF, PNG or JPEG up to 2 MB."""
    raise NotImplementedError


def read_file(
    session: Session, viewer: Viewer, number: int, file_id: UUID
) -> tuple[FileShown, bytes]:
    """A file with its content."""
    raise NotImplementedError
