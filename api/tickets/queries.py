"""Reads tickets for the board: lines of a page, and how many stand where.

Only of branches whose comments the viewer may read. Changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from api.models.tickets import OPEN_STATES
from api.security.hierarchy import Node
from api.security.viewer import Viewer

Order = Literal["due", "newest"]


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets; what is None or empty does not narrow.

    ``owner``: an account, ``"nobody"``. ``order``: what is due first, or what was opened last.
    """

    unit: str | None = None
    states: tuple[str, ...] = OPEN_STATES
    overdue: bool = False
    severity: int | None = None  # at least
    level: int | None = None  # escalated at least that far
    kind: str | None = None
    owner: UUID | Literal["nobody"] | None = None
    touchpoint: str | None = None
    cause: str | None = None
    order: Order = "due"


@dataclass(frozen=True, slots=True)
class NextDue:
    """The running clock that is due first on one calendar."""

    kind: str  # acknowledge | contact | resolve
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket as the board shows it; ``position`` is where the next page begins after it."""

    id: UUID
    number: int
    unit: Node
    kind: str
    severity: int
    state: str
    version: int
    owner_id: UUID | None
    owner: str | None  # the name
    deputy_id: UUID | None  # who stands in today, if anybody
    deputy: str | None
    role: str
    level: int
    cause: str | None
    touchpoint: str | None  # its code
    metric: str | None
    first_score: int | None
    recovery_score: int | None
    words: str | None  # what the customer wrote, redacted
    named: bool  # the customer agreed to be known, or complained under their name
    opened_at: datetime
    state_at: datetime
    reopened: int
    business: NextDue | None
    customer: NextDue | None
    position: str

    @property
    def overdue(self) -> bool:
        """True when something that is due has not been done."""
        return any(due is not None and due.overdue for due in (self.business, self.customer))


@dataclass(frozen=True, slots=True)
class TicketCounts:
    """How many tickets stand where now; ``mine`` are open ones of the viewer's own."""

    open: int = 0
    new: int = 0
    acknowledged: int = 0
    contacted: int = 0
    reopened: int = 0
    overdue: int = 0
    urgent: int = 0
    escalated: int = 0
    mine: int = 0
    waiting: int = 0  # resolved, and the customer's word is not there yet
    verified: int = 0
    unverified: int = 0

    @property
    def resolved(self) -> int:
        """All that were resolved and are not open again, whatever the customer said since."""
        return self.waiting + self.verified + self.unverified


def list_tickets(
    session: Session,
    viewer: Viewer,
    wanted: TicketFilter,
    *,
    after: str | None = None,
    limit: int = 50,
    now: datetime,
) -> list[TicketLine]:
    """At most ``limit`` tickets behind the position ``after``; raises Invalid for a bad one."""
    raise NotImplementedError


def ticket_counts(
    session: Session, viewer: Viewer, unit: str | None = None, *, now: datetime
) -> TicketCounts:
    """How many tickets of the viewer's branches (below ``unit``) stand where."""
    raise NotImplementedError
