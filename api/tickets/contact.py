"""How somebody reaches the customer of a ticket: a number shown once, or a call through the relay.

Only of customers who agreed to be known, and only while the ticket is open. The audit says who
looked or called.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlmodel import Session

from api.core.crypto import Vault
from api.core.errors import NotFound
from api.models import Ticket
from api.models.tickets import OPEN_STATES
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets.changing import Change, change
from api.tickets.entry import is_known, require_handled, require_seen
from api.tickets.errors import AlreadyRevealed, NoTelephone, NotNow, NotToBeKnown
from api.tickets.queries import belongings
from api.tickets.repository import relay

DIALLED = ("phone", "ref")  # a number, or what only the client's own gateway can resolve


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
    """A contact point in clear, once per ticket; raises AlreadyRevealed the second time."""
    ticket = require_seen(session, viewer, number, version)
    viewer.require(Permission.REVEAL_CONTACT, ticket.branch_id)
    if ticket.revealed_at is not None:
        raise AlreadyRevealed
    row = _contact(session, ticket, contact_id)
    _noted(session, viewer, ticket, row, kind="revealed", now=now)
    return vault.decrypt(bytes(row.value_encrypted))


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
    """Has the relay connect the viewer's own telephone with the customer's; shows no number.

    The new version. Raises NoTelephone for an account without a number of its own.
    """
    ticket = require_handled(session, viewer, number, version)
    row = _contact(session, ticket, contact_id)
    own = _own_number(session, viewer, vault)
    if own is None or row.kind not in DIALLED:
        raise NoTelephone(fields=[{"field": "contact_id", "message": "a telephone on both sides"}])
    after = _noted(session, viewer, ticket, row, kind="dialled", now=now)
    relay.add_call(
        session,
        key=f"relay:{ticket.id}:{after.version}",
        to=bytes(row.value_encrypted),
        caller=vault.encrypt(own),
        detail={"kind": row.kind, "ticket": str(ticket.id)},
        now=now,
    )
    return after.version


def _contact(session: Session, ticket: Ticket, contact_id: UUID) -> Row[Any]:
    if ticket.state not in OPEN_STATES:
        raise NotNow(state=ticket.state)
    if ticket.person_id is None or not is_known(session, ticket):
        raise NotToBeKnown
    found = belongings.contacts_of(session, ticket.person_id)
    row = next((one for one in found if one.id == contact_id), None)
    if row is None:
        raise NotFound(contact=contact_id)
    return row


def _noted(
    session: Session,
    viewer: Viewer,
    ticket: Ticket,
    row: Row[Any],
    *,
    kind: str,
    now: datetime,
) -> Ticket:
    """The step and the audit's entry of a contact that was used."""
    detail = {"contact_point": str(row.id), "kind": row.kind}
    values = {"revealed_at": now} if kind == "revealed" else {}
    wanted = Change(
        kind, viewer.account_id, values=values, detail={"kind": row.kind}, limits=viewer.scope
    )
    after = change(session, ticket, wanted, now)
    audit(
        session,
        viewer.actor,
        f"ticket.{kind}",
        now=now,
        subject=f"ticket:{ticket.id}",
        unit_id=ticket.branch_id,
        detail=detail,
    )
    return after


def _own_number(session: Session, viewer: Viewer, vault: Vault) -> str | None:
    if viewer.account_id is None:
        return None
    stored = relay.own_number(session, viewer.account_id)
    return None if stored is None else vault.decrypt(stored)
