"""What people see of a customer: masked, and in clear only where the audit says who looked."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.core.errors import NotAllowed
from api.customers import queries
from api.customers.contacts import masked
from api.customers.errors import NoSuchCustomer
from api.customers.schemas import (
    ConsentView,
    ContactView,
    CustomerView,
    EventView,
    HoldView,
    Revealed,
)
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer

_MAY_SEE = (Permission.REVEAL_CONTACT, Permission.CALL_CUSTOMERS, Permission.MANAGE_CUSTOMERS)


def show_customer(
    session: Session, viewer: Viewer, customer_id: UUID, vault: Vault
) -> CustomerView:
    """A customer of the viewer's branches; *not found* when none of them dealt with the person."""
    person = queries.get_person(session, viewer.scope, customer_id)
    if person is None:
        raise NoSuchCustomer
    _require_any(session, viewer, person.id, _MAY_SEE)
    return CustomerView(
        id=str(person.id),
        name=None if person.name_encrypted is None else vault.decrypt(bytes(person.name_encrypted)),
        birth_year=person.birth_year,
        language=person.language,
        timezone=person.timezone,
        value_tier=person.value_tier,
        contacts=_contacts(session, person.id, vault),
        holds=[
            HoldView.model_validate(row, from_attributes=True)
            for row in queries.holds_of(session, person.id)
        ],
        consents=[ConsentView(**row._asdict()) for row in queries.consents_of(session, person.id)],
        events=_events(session, viewer, person.id),
    )


def reveal_contact(
    session: Session,
    viewer: Viewer,
    customer_id: UUID,
    contact_id: UUID,
    *,
    vault: Vault,
    now: datetime,
) -> Revealed:
    """One contact point in clear, written into the audit in the same transaction."""
    person = queries.get_person(session, viewer.scope, customer_id)
    if person is None:
        raise NoSuchCustomer
    branch = _require_any(session, viewer, person.id, (Permission.REVEAL_CONTACT,))
    rows = queries.contacts_of(session, person.id)
    row = next((contact for contact in rows if contact.id == contact_id), None)
    if row is None:
        raise NoSuchCustomer
    audit(
        session,
        viewer.actor,
        "reveal",
        now=now,
        subject=f"person:{person.id}",
        unit_id=branch,
        detail={"contact_point": str(row.id), "kind": row.kind},
    )
    value = vault.decrypt(bytes(row.value_encrypted))
    return Revealed(id=str(row.id), kind=row.kind, value=value)


def _require_any(
    session: Session, viewer: Viewer, person_id: UUID, permissions: tuple[Permission, ...]
) -> int:
    """A branch that dealt with the person where the viewer may do one of ``permissions``."""
    for branch_id in queries.branches_of(session, viewer.scope, person_id):
        if any(viewer.may(permission, branch_id) for permission in permissions):
            return branch_id
    raise NotAllowed(permission=permissions[0])


def _contacts(session: Session, person_id: UUID, vault: Vault) -> list[ContactView]:
    return [
        ContactView(
            id=str(row.id),
            kind=row.kind,
            masked=masked(row.kind, vault.decrypt(bytes(row.value_encrypted))),
            suppressed=row.suppressed is not None,
            undeliverable_at=row.undeliverable_at,
        )
        for row in queries.contacts_of(session, person_id)
    ]


def _events(session: Session, viewer: Viewer, person_id: UUID) -> list[EventView]:
    return [
        EventView(
            id=str(row.id),
            source=row.source,
            external_id=row.external_id,
            touchpoint=row.touchpoint,
            unit=row.unit,
            occurred_at=row.occurred_at,
            status=row.status,
        )
        for row in queries.events_of(session, viewer.scope, person_id)
    ]
