"""What people do to tickets: one compare-and-set on the version each, with a step and notices.

Everything here runs in the caller's transaction. A ticket is named by its number; outside the
viewer's branches it is *not found*. ``version`` is the one that the person looked at: when another
was faster, `Stale` is raised and nothing happened. Each change returns the ticket's new version.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.errors import Invalid
from api.models import Ticket
from api.notices.people import holders
from api.security.permissions import ROLE_PERMISSIONS, Permission
from api.security.viewer import Viewer
from api.tickets.changing import Change, change, tell_verifiers
from api.tickets.contact import dial, reveal
from api.tickets.detail import (
    ClockShown,
    Encounter,
    FileShown,
    MaskedContact,
    Step,
    TicketDetail,
    require_ticket,
)
from api.tickets.entry import is_known, require_handled, require_open, require_seen
from api.tickets.errors import NotNow, OwnTicket, UnfitOwner, UnknownCause
from api.tickets.files import add_file, read_file
from api.tickets.notes import tidy_note
from api.tickets.owners import choose_owner
from api.tickets.published import loop_in_force
from api.tickets.repository import tickets as repository
from api.tickets.states import next_state

__all__ = [
    "ClockShown",
    "Encounter",
    "FileShown",
    "MaskedContact",
    "Step",
    "TicketDetail",
    "acknowledge",
    "add_file",
    "add_note",
    "assign",
    "assignable",
    "contacted",
    "dial",
    "move",
    "read_file",
    "reopen",
    "require_ticket",
    "resolve",
    "reveal",
    "verify",
]


def acknowledge(
    session: Session, viewer: Viewer, number: int, *, version: int, now: datetime
) -> int:
    """Takes the matter: who acknowledges what nobody owns owns it."""
    ticket = require_handled(session, viewer, number, version)
    owner = {} if ticket.owner_id is not None else {"owner_id": viewer.account_id}
    wanted = _towards("acknowledge", ticket, viewer, values=owner)
    return change(session, ticket, wanted, now).version


def contacted(
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    version: int,
    note: str | None = None,
    now: datetime,
) -> int:
    """The customer was spoken to; of who answered without a name nobody can say so."""
    ticket = require_handled(session, viewer, number, version)
    if not is_known(session, ticket):
        raise NotNow(reason="unnamed")
    owner = {} if ticket.owner_id is not None else {"owner_id": viewer.account_id}
    wanted = _towards("contacted", ticket, viewer, values=owner, note=tidy_note(note))
    return change(session, ticket, wanted, now).version


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
    """The matter is settled, as its owner says, for a cause of the taxonomy.

    Who was not spoken to, though that is allowed, needs a note that says why.
    """
    ticket = require_handled(session, viewer, number, version)
    rules = loop_in_force(session)
    if rules is None or cause not in rules.loop.choices:
        raise UnknownCause(fields=[{"field": "cause", "message": "a cause of the rules"}])
    spoken_to = ticket.contacted_at is not None or not is_known(session, ticket)
    said = tidy_note(note, needed=not spoken_to)
    owner = ticket.owner_id or viewer.account_id
    values = {"cause": cause, "owner_id": owner}
    wanted = _towards("resolve", ticket, viewer, values=values, note=said, tells="resolved")
    after = change(session, ticket, wanted, now)
    if not rules.loop.verify.enabled:  # the customer is not asked, so a colleague has to
        tell_verifiers(session, after, now)
    return after.version


def reopen(
    session: Session, viewer: Viewer, number: int, *, version: int, note: str, now: datetime
) -> int:
    """The matter is not settled after all."""
    ticket = require_handled(session, viewer, number, version)
    said = tidy_note(note, needed=True)
    wanted = _towards("reopen", ticket, viewer, note=said, tells="reopened")
    return change(session, ticket, wanted, now).version


def verify(
    session: Session, viewer: Viewer, number: int, *, version: int, note: str, now: datetime
) -> int:
    """The customer is content, says somebody who never had the ticket in hand."""
    ticket = require_seen(session, viewer, number, version)
    viewer.require(Permission.VERIFY_TICKETS, ticket.branch_id)
    had_it = repository.hands_of(session, ticket.id) | {ticket.owner_id, ticket.deputy_id}
    if viewer.account_id is None or viewer.account_id in had_it:
        raise OwnTicket(permission=Permission.VERIFY_TICKETS)
    said = tidy_note(note, needed=True)
    wanted = _towards("verify", ticket, viewer, note=said, tells="verified")
    return change(session, ticket, wanted, now).version


def add_note(
    session: Session, viewer: Viewer, number: int, *, version: int, note: str, now: datetime
) -> int:
    """Writes something down; personal details are taken out."""
    ticket = require_handled(session, viewer, number, version)
    wanted = Change(
        "note", viewer.account_id, note=tidy_note(note, needed=True), limits=viewer.scope
    )
    return change(session, ticket, wanted, now).version


def assignable(session: Session, viewer: Viewer, number: int, *, now: datetime) -> list[UUID]:
    """Who may be given the ticket: whoever of a handling role stands nearest to its branch."""
    ticket = require_handled(session, viewer, number)
    roles = [role for role, may in ROLE_PERMISSIONS.items() if Permission.HANDLE_TICKETS in may]
    found = [one for role in roles for one in holders(session, role, ticket.branch_id, now)]
    return list(dict.fromkeys(found))


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
    ticket = require_handled(session, viewer, number, version)
    require_open(ticket)
    fit = assignable(session, viewer, number, now=now)
    if owner not in fit or owner == deputy or (deputy is not None and deputy not in fit):
        raise UnfitOwner(fields=[{"field": "owner", "message": "somebody of the branch"}])
    wanted = Change(
        "owner",
        viewer.account_id,
        values={"owner_id": owner, "deputy_id": deputy},
        detail={"owner": str(owner), "deputy": None if deputy is None else str(deputy)},
        tells="ticket",
        limits=viewer.scope,
    )
    return change(session, ticket, wanted, now).version


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
    """Gives the matter to another branch, whose calendar and owner it gets.

    Only who sees both branches can. What the customer wrote goes along, the answer itself stays
    where it was given.
    """
    ticket = require_handled(session, viewer, number, version)
    require_open(ticket)
    target = viewer.require_unit_code(to_unit)
    viewer.require(Permission.HANDLE_TICKETS, target.id)
    if not target.is_branch or target.id == ticket.branch_id:
        raise Invalid(fields=[{"field": "to_unit", "message": "another branch"}])
    said = tidy_note(note, needed=True)
    owner = choose_owner(session, ticket.role, target.id, now)
    words = None
    if ticket.response_id is not None:
        words = repository.words_of(session, ticket.response_id)
    values = {
        "branch_id": target.id,
        "owner_id": owner.account_id,
        "deputy_id": owner.deputy_id,
        "named": is_known(session, ticket),
        "summary": ticket.summary if words is None else words,
    }
    detail = {"from": viewer.hierarchy.nodes[ticket.branch_id].code, "to": target.code}
    wanted = Change("moved", viewer.account_id, None, values, said, detail, "moved", viewer.scope)
    return change(session, ticket, wanted, now).version


def _towards(action: str, ticket: Ticket, viewer: Viewer, **more: object) -> Change:
    to_state = next_state(action, ticket.state)
    if to_state is None:
        raise NotNow(state=ticket.state)
    return Change("state", viewer.account_id, to_state, limits=viewer.scope, **more)  # type: ignore[arg-type]
