"""The commands `customer export` and `customer erase`."""

from typing import Any

import orjson
from sqlmodel import Session

from api.core.installation import Installation
from api.customers.privacy import erase_customer, export_customer, find_customer

_ACTOR = "system:command"


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
