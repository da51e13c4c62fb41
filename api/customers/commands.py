"""The commands `customer export`, `erase` and `part`."""

from typing import Any
from uuid import UUID

import orjson
from sqlmodel import Session

from api.core.installation import Installation
from api.customers.errors import NoSuchCustomer
from api.customers.privacy import erase_customer, export_customer, find_customer, reverse_merge
from api.security.scope import Scope

_ACTOR = "system:command"
_WHOLE = Scope.whole_network(reason="parting two people, by command")


def export_named(session: Session, house: Installation, named: str) -> dict[str, Any]:
    """Everything held about a customer, in values that JSON knows."""
    person = find_customer(session, named, house.vault)
    held = export_customer(session, person, vault=house.vault, actor=_ACTOR, now=house.clock())
    plain: dict[str, Any] = orjson.loads(orjson.dumps(held, default=str))
    return plain


def erase_named(session: Session, house: Installation, named: str) -> dict[str, int]:
    """Erases a customer; how many rows of each kind changed."""
    person = find_customer(session, named, house.vault)
    return erase_customer(session, person, vault=house.vault, actor=_ACTOR, now=house.clock())


def part_merged(session: Session, house: Installation, merge: str) -> None:
    """Makes two persons again of one; ``merge`` is the id that the export shows."""
    try:
        merge_id = UUID(merge)
    except ValueError:
        raise NoSuchCustomer from None
    reverse_merge(session, merge_id, limits=_WHOLE, actor=_ACTOR, now=house.clock())
