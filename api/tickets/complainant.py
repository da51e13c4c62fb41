"""Whose complaint it is, as a colleague says it: one number or address, and a name.

One of the two only: a number and an address of two people would make one person of them. What is
known of that person already stays, and who was erased stays unknown.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict, Field

from api.core.languages import say
from api.customers.errors import ItemsInvalid
from api.customers.schemas import CustomerRecord, MaybeWord
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


def record_of(viewer: Viewer, branch: Node, said: Complainant) -> CustomerRecord:
    """The customer as any source would send one; raises UnfitCustomer."""
    if (said.phone is None) == (said.email is None):
        message = say(UnfitCustomer.key, viewer.language)
        raise UnfitCustomer(fields=[{"field": "customer", "message": message}])
    return CustomerRecord(source=SOURCE, unit=branch.code, **said.model_dump())


@contextmanager
def told_unfit(viewer: Viewer) -> Iterator[None]:
    """What customers are refused for, as UnfitCustomer in the viewer's language."""
    try:
        yield
    except ItemsInvalid as error:
        fields = [
            {"field": f"customer.{one.field}", "message": say(one.key, viewer.language)}
            for one in error.problems
        ]
        raise UnfitCustomer(fields=fields) from None
