"""Why people are not asked: an open complaint, a death, a blocklist; taken in from systems.

A hold is named by its source's own id: said again nothing changes, said otherwise the newest
counts. Only people who are known already are held, and only those of the sender's branches.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.customers.contacts import DEFAULT_REGION, NotReachable, contact
from api.customers.errors import ItemProblem, ItemsInvalid
from api.customers.incoming import CONTACT_FIELDS, Identifier, contact_identifier, source_key
from api.customers.repository import holds as store
from api.customers.repository import people
from api.customers.repository.holds import HoldRow
from api.customers.schemas import HoldIn, HoldOutcome, HoldResult
from api.customers.service import seeing_everyone
from api.security.scope import Scope


def record_holds(
    session: Session, holds: Sequence[HoldIn], *, limits: Scope, vault: Vault, now: datetime
) -> list[HoldResult]:
    """Opens, changes and closes holds, withdraws what is planned; the outcome of each.

    Raises ItemsInvalid, before anything is written, for a number or address that cannot be one.
    """
    identifiers = _identifiers(holds, vault)
    with seeing_everyone(session, limits):
        every = {one.key: one for some in identifiers for one in some}
        known = people.known_people(session, every.values()).people
        named = [next((known[i.key] for i in some if i.key in known), None) for some in identifiers]
        stored = store.stored_holds(session, {(one.source, one.external_id) for one in holds})
        met = {person for person in named if person is not None}
        met |= {row.person_id for row in stored.values()}
        own = met if limits.whole else store.seen_by(session, met, limits.branches)
        people.hold_people(session, own, to_change=False)
        results, rows = _settled(holds, named, stored, own)
        store.write_holds(session, list(rows.values()))
        if rows:
            store.drop_planned(session, {row.person_id for row in rows.values()}, now)
        return results


def _settled(
    holds: Sequence[HoldIn],
    named: Sequence[UUID | None],
    stored: Mapping[tuple[str, str], HoldRow],
    own: Collection[UUID],
) -> tuple[list[HoldResult], dict[tuple[str, str], HoldRow]]:
    """The outcome of each, and what is to be written; nothing of people who are not ``own``."""
    latest = dict(stored)
    rows: dict[tuple[str, str], HoldRow] = {}
    results = []
    for one, person in zip(holds, named, strict=True):
        key = (one.source, one.external_id)
        before = latest.get(key)
        outcome: HoldOutcome = "unknown"
        if person in own and person is not None and (before is None or before.person_id in own):
            row = HoldRow(person, one.reason, *key, one.opened_at, one.closed_at)
            outcome = _outcome(row, before)
            if outcome != "unchanged":
                rows[key] = latest[key] = row
        results.append(HoldResult(source=key[0], external_id=key[1], outcome=outcome))
    return results, rows


def _outcome(row: HoldRow, before: HoldRow | None) -> HoldOutcome:
    if before == row:
        return "unchanged"
    if row.closed_at is not None and (before is None or before.closed_at is None):
        return "closed"
    return "opened" if before is None or before.closed_at is not None else "changed"


def _identifiers(holds: Sequence[HoldIn], vault: Vault) -> list[list[Identifier]]:
    found, problems = [], []
    for index, hold in enumerate(holds):
        try:
            found.append(_of_one(hold, vault))
        except NotReachable as error:
            problems.append(ItemProblem(index, f"customer.{error.field}", error.key))
    if problems:
        raise ItemsInvalid(problems)
    return found


def _of_one(hold: HoldIn, vault: Vault) -> list[Identifier]:
    named = hold.customer
    found = []
    if named.id is not None:
        source = named.source or hold.source
        key = source_key(source, named.id, vault)
        found.append(Identifier(key, "source", named.id, source))
    for name, kind in CONTACT_FIELDS:
        value = getattr(named, name)
        if value is not None:
            try:
                found.append(contact_identifier(contact(kind, value, DEFAULT_REGION), vault))
            except NotReachable as error:
                raise NotReachable(error.key, name) from None
    return found
