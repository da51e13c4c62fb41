"""Tells colleagues of something, once each: rows of the dashboard's bell.

Called inside the transaction in which the thing happens. The other ways (e-mail, WeCom, SMS) are
looked at by a worker afterwards, by each person's choice; nothing is sent here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.notices.kinds import KINDS
from api.notices.people import holders, reaching_somebody, with_deputies
from api.notices.repository import notices as repository


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told, and to whom: to accounts by name, or to who holds a role for a unit.

    ``detail`` holds values (counts, codes), never words or anything personal. ``dedupe_key`` names
    the occasion: nobody is told twice of one.
    """

    kind: str
    dedupe_key: str
    branch_id: int | None = None  # where it happened
    ticket_id: UUID | None = None
    accounts: tuple[UUID, ...] = ()
    role: str | None = None
    unit_id: int | None = None  # of the role; None: ``branch_id``
    detail: Mapping[str, Any] = field(default_factory=dict)


def tell(session: Session, telling: Telling, now: datetime) -> tuple[UUID, ...]:
    """Puts one notice to each who has to know, and to who stands in for them; to whom it did.

    Of accounts and a role both are told. Who is away is told too, besides the deputy; where
    everybody is away and nobody stands in, so is whoever is above.
    """
    if telling.kind not in KINDS:
        raise ValueError(f"{telling.kind} is no kind of notice")
    told = list(telling.accounts)
    unit_id = telling.branch_id if telling.unit_id is None else telling.unit_id
    if telling.role is not None and unit_id is not None:
        told += holders(session, telling.role, unit_id, now)
    everybody = with_deputies(session, told, now)
    if unit_id is not None and everybody:
        everybody = reaching_somebody(session, everybody, (telling.role, unit_id), now)
    return repository.add_notices(session, telling_rows(telling, everybody, now))


def telling_rows(
    telling: Telling, accounts: tuple[UUID, ...], now: datetime
) -> list[dict[str, Any]]:
    """One row for each account, under a key of its own."""
    return [
        {
            "account_id": account_id,
            "branch_id": telling.branch_id,
            "kind": telling.kind,
            "ticket_id": telling.ticket_id,
            "dedupe_key": f"{telling.dedupe_key}:{account_id}",
            "created_at": now,
            "detail": dict(telling.detail),
        }
        for account_id in accounts
    ]
