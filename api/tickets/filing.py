"""Complaints that came to another system: each becomes a ticket, the same complaint only once.

Two complaints are the same when branch, product and words are (whatever the case, width and
punctuation), under whatever number they were filed; a complaint without words is told by its
number. The same words of another customer are another matter, where it is known who complains.
The customer's clock runs from when the complaint reached us.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from sqlmodel import Session

from api.tickets.alerts import repository
from api.tickets.alerts.raising import Found, raise_alert
from api.tickets.loop import AlertRule
from api.tickets.opening import Opening
from api.tickets.published import LoopInForce
from api.tickets.repository import tickets

RULE = "complaint"


class Filed(Enum):
    """What became of a complaint."""

    OPENED = "opened"
    KNOWN = "known"  # this number, and says the same
    CHANGED = "changed"  # this number, and says something else
    AGAIN = "again"  # another number, and the same complaint


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as another system has it; ``words`` are redacted when they are stored."""

    branch_id: int
    source: str
    external_id: str
    complained_on: date
    words: str = field(default="", repr=False)
    said: str = ""  # `fingerprint` of the words before anything was taken out of them
    product: str | None = None
    category: str | None = None
    touchpoint_id: int | None = None
    severity: int = 2
    role: str = "branch_manager"
    person_id: UUID | None = None
    event_id: UUID | None = None

    @property
    def cause_key(self) -> str:
        """The same for the same complaint, whoever makes it."""
        said = self.said or f"number {self.external_id}"
        return f"complaint:{_digest(self.source, str(self.branch_id), self._product, said)[:32]}"

    @property
    def own_key(self) -> str:
        """What tells it from another customer's in the same words: nothing of the customer."""
        return f"{self.cause_key}:{_digest(self.source, self.external_id)[:16]}"

    @property
    def _product(self) -> str:
        return folded(self.product or "")


def file_complaint(
    session: Session, in_force: LoopInForce, complaint: Complaint, now: datetime
) -> Filed:
    """Opens the ticket of a complaint, unless it is known; whose it is hears of it by digest."""
    number = (complaint.source, complaint.external_id)
    known = repository.cause_of_complaint(session, *number)
    if known is not None:
        return Filed.KNOWN if known.startswith(complaint.cause_key) else Filed.CHANGED
    # Before it is raised: filed again as something graver it is the same complaint still.
    taken = repository.alert_of_cause(session, complaint.cause_key) is not None
    key = complaint.cause_key if taken else None
    if complaint.person_id is not None:
        key = repository.cause_of_person(session, complaint.person_id, complaint.cause_key)
    if key is not None:
        _note_again(session, complaint, key, now)
        return Filed.AGAIN
    key = complaint.own_key if taken else complaint.cause_key
    raise_alert(session, in_force, _found(in_force, complaint, key), now)
    return Filed.OPENED


def fingerprint(words: str) -> str:
    """Tells whether two complaints say the same; empty for one without words."""
    said = folded(words)
    return hashlib.sha256(said.encode()).hexdigest() if said else ""


def folded(words: str) -> str:
    """Letters and digits alone, without case and width."""
    plain = unicodedata.normalize("NFKC", words).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _note_again(session: Session, complaint: Complaint, cause_key: str, now: datetime) -> None:
    """Whoever has the ticket sees how often the customer came back; once per number."""
    ticket_id = repository.note_again(session, cause_key, complaint.external_id)
    ticket = None if ticket_id is None else tickets.ticket_by_id(session, ticket_id)
    if ticket is not None:
        said = {
            "number": complaint.external_id,
            "complained_on": complaint.complained_on.isoformat(),
            "category": complaint.category,
        }
        tickets.add_step(session, ticket, kind="again", at=now, detail=said)


def _found(in_force: LoopInForce, complaint: Complaint, cause_key: str) -> Found:
    said = {
        "rule": RULE,
        "complained_on": complaint.complained_on.isoformat(),
        "category": complaint.category,
        "product": complaint.product,
    }
    detail = {name: value for name, value in said.items() if value is not None}
    return Found(
        branch_id=complaint.branch_id,
        rule=AlertRule(RULE, severity=complaint.severity, role=complaint.role),
        kind="complaint",
        cause_key=cause_key,
        event_id=complaint.event_id,
        person_id=complaint.person_id,
        opening=Opening(
            branch_id=complaint.branch_id,
            kind="complaint",
            loop_version=in_force.version,
            severity=complaint.severity,
            role=complaint.role,
            touchpoint_id=complaint.touchpoint_id,
            event_id=complaint.event_id,
            person_id=complaint.person_id,
            summary=complaint.words or None,
            source=complaint.source,
            external_id=complaint.external_id,
            detail=detail,
        ),
        detail=detail | {"number": complaint.external_id},
        held=True,
    )
