"""Opens a ticket: once per response, once per complaint of a source, with clocks, owner, notices.

Called by whoever found the matter (`api.tickets.alerting`, imports); runs in the caller's
transaction and commits nothing. The person is not asked anything else meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session

TicketKind = Literal["answer", "complaint", "wish"]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a ticket is opened about; what is not known of a response is read from it.

    ``summary`` is redacted before it is stored. ``detail`` goes into the first step: values such
    as the rule's code, nothing personal.
    """

    branch_id: int
    kind: TicketKind
    loop_version: int
    severity: int = 1
    role: str = "branch_manager"
    response_id: UUID | None = None
    event_id: UUID | None = None
    person_id: UUID | None = None
    touchpoint_id: int | None = None
    metric: str | None = None
    first_score: int | None = None
    summary: str | None = None
    source: str | None = None
    external_id: str | None = None
    opened_by: UUID | None = None
    opened_at: datetime | None = None  # when the matter came up, if before now
    detail: Mapping[str, Any] = field(default_factory=dict)


def open_ticket(session: Session, opening: Opening, now: datetime) -> UUID | None:
    """The new ticket's id; None when the response or the source's id has one already."""
    raise NotImplementedError
