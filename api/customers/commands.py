"""The commands `customer export`, `erase`, `part` and `suppress`."""

from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlmodel import Session

from api.core.errors import BadInput
from api.core.installation import Installation
from api.customers.contacts import NotReachable
from api.customers.errors import NoSuchCustomer
from api.customers.privacy import (
    contact_named,
    erase_customer,
    export_customer,
    find_customer,
    reverse_merge,
)
from api.customers.repository import suppressions
from api.customers.service import seeing_everyone
from api.security.audit import audit
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


def suppress_listed(
    session: Session, house: Installation, file: Path, reason: str
) -> dict[str, int]:
    """Suppresses every address of a list: a line each; how many were new, known, withdrawn.

    A line is ``phone:…``, ``email:…``, ``openid:…``, ``contact_ref:…``, or a plain address or
    number. Raises BadInput, with the line's number only, for anything else; nothing is written.
    """
    addresses = []
    for number, line in enumerate(file.read_text("utf-8-sig").splitlines(), 1):
        if line.strip():
            try:
                named = contact_named(line.strip())
            except NotReachable:
                raise BadInput(f"{file}:{number}: no phone number, address or openid") from None
            addresses.append((named.kind, house.vault.lookup_hash(named.kind, named.value)))
    addresses = list(dict.fromkeys(addresses))
    with seeing_everyone(session, _WHOLE):
        new, withdrawn = suppressions.suppress_addresses(session, addresses, reason, house.clock())
    subject, detail = f"suppression:{reason}", {"new": new, "withdrawn": withdrawn}
    audit(session, _ACTOR, "suppress", now=house.clock(), subject=subject, detail=detail)
    return {"read": len(addresses), "new": new, "withdrawn": withdrawn}


def part_merged(session: Session, house: Installation, merge: str) -> None:
    """Makes two persons again of one; ``merge`` is the id that the export shows."""
    try:
        merge_id = UUID(merge)
    except ValueError:
        raise NoSuchCustomer from None
    reverse_merge(session, merge_id, limits=_WHOLE, actor=_ACTOR, now=house.clock())
