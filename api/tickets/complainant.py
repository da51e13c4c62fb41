"""Whose complaint it is, as a colleague says it: one number or address, and a name.

One of the two only: a number and an address of two people would make one person of them. What is
known of that person already stays, and who was erased stays unknown.
"""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.core.crypto import Vault
from api.core.languages import say
from api.customers.errors import ItemsInvalid
from api.customers.schemas import CustomerRecord, MaybeWord
from api.customers.service import check_customers, place_customers
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from api.tickets.errors import UnfitCustomer

SOURCE = "hand"


class Complainant(BaseModel):
    """A customer who complained: one of ``phone`` and ``email``, and a name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: MaybeWord = Field(default=None, repr=False)
    phone: MaybeWord = Field(
        default=None, repr=False, description="Without a country code: of the branch's country"
    )
    email: MaybeWord = Field(default=None, repr=False)


def require_reachable(
    session: Session,
    viewer: Viewer,
    branch: Node,
    said: Complainant,
    *,
    vault: Vault,
    now: datetime,
) -> None:
    """Raises UnfitCustomer for who cannot be reached so; changes nothing."""
    record = _record(viewer, branch, said)
    try:
        check_customers(session, [record], limits=viewer.scope, vault=vault, now=now)
    except ItemsInvalid as error:
        raise _unfit(viewer, error) from None


def person_of(
    session: Session,
    viewer: Viewer,
    branch: Node,
    said: Complainant,
    *,
    vault: Vault,
    now: datetime,
) -> UUID | None:
    """Who it is, known to the branch from now on; None for an erased person.

    Raises UnfitCustomer.
    """
    record = _record(viewer, branch, said)
    limits = viewer.scope
    try:
        found = place_customers(session, [record], limits=limits, vault=vault, now=now, newer=False)
    except ItemsInvalid as error:
        raise _unfit(viewer, error) from None
    return found.people[0]


def _record(viewer: Viewer, branch: Node, said: Complainant) -> CustomerRecord:
    if (said.phone is None) == (said.email is None):
        message = say(UnfitCustomer.key, viewer.language)
        raise UnfitCustomer(fields=[{"field": "customer", "message": message}])
    return CustomerRecord(source=SOURCE, unit=branch.code, **said.model_dump())


def _unfit(viewer: Viewer, error: ItemsInvalid) -> UnfitCustomer:
    fields = [
        {"field": f"customer.{one.field}", "message": say(one.key, viewer.language)}
        for one in error.problems
    ]
    return UnfitCustomer(fields=fields)
