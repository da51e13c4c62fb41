"""What people may ask of us: their data, their erasure, to be left alone, two people kept apart.

Each is audited. Runs across the network: a person is one across all sources.
"""

import re
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row
from sqlmodel import Session

from api.core.crypto import Vault
from api.customers import queries
from api.customers.contacts import DEFAULT_REGION, Contact, NotReachable, contact
from api.customers.errors import CannotReverse, NoSuchCustomer
from api.customers.incoming import Identifier, contact_identifier, source_key
from api.customers.repository import erasure, merges, people, suppressions
from api.customers.repository.locks import lock_all_matching
from api.customers.service import seeing_everyone
from api.security.audit import audit
from api.security.scope import Scope

Reason = Literal["opt_out", "not_me", "blocklist", "staff"]
_EVERYTHING = Scope.whole_network(reason="everything held about one person")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_KINDS = {"phone": "phone", "email": "email", "openid": "wechat", "contact_ref": "ref"}


def find_customer(session: Session, named: str, vault: Vault) -> UUID:
    """The person behind an id, ``phone:``, ``email:``, ``openid:`` or ``SOURCE:ID``."""
    if _UUID.fullmatch(named):
        return UUID(named)
    prefix, _, value = named.partition(":")
    if prefix in _KINDS:
        try:
            wanted = contact_identifier(contact(_KINDS[prefix], value, DEFAULT_REGION), vault)
        except NotReachable:
            raise NoSuchCustomer from None
    else:
        wanted = Identifier(source_key(prefix, value, vault), "source", value, prefix)
    with seeing_everyone(session, _EVERYTHING):
        found = people.known_people(session, [wanted]).people
    if wanted.key not in found:
        raise NoSuchCustomer
    return found[wanted.key]


def contact_named(named: str) -> Contact:
    """The contact point behind ``phone:…`` and the like, or a plain one; raises NotReachable."""
    prefix, colon, value = named.partition(":")
    if colon and prefix in _KINDS:
        return contact(_KINDS[prefix], value.strip(), DEFAULT_REGION)
    return contact("email" if "@" in named else "phone", named, DEFAULT_REGION)


def export_customer(
    session: Session, person_id: UUID, *, vault: Vault, actor: str, now: datetime
) -> dict[str, Any]:
    """Everything held about a person, in clear; audited."""
    with seeing_everyone(session, _EVERYTHING):
        person = queries.get_person(session, _EVERYTHING, person_id)
        if person is None:
            raise NoSuchCustomer
        audit(session, actor, "export", now=now, subject=f"person:{person.id}")
        return _everything(session, person, vault)


def erase_customer(
    session: Session, person_id: UUID, *, vault: Vault, actor: str, now: datetime
) -> dict[str, int]:
    """Forgets a person for good: only counts stay, and marks that stop a re-import; audited."""
    with seeing_everyone(session, _EVERYTHING):
        lock_all_matching(session)
        records = erasure.records_of(session, person_id)
        if not records:
            raise NoSuchCustomer
        people.hold_people(session, records, to_change=True)
        keys = set(erasure.contact_keys(session, records))
        keys |= {
            source_key(row.source, row.external_id, vault)
            for row in erasure.source_ids(session, records)
        }
        people.mark_erased(session, keys, now)
        changed = erasure.erase(session, records, now)
        audit(session, actor, "erase", now=now, subject=f"person:{records[0]}", detail=changed)
        return changed


def reverse_merge(
    session: Session, merge_id: UUID, *, limits: Scope, actor: str, now: datetime
) -> None:
    """Makes two persons again of one; the two are not merged a second time. Audited."""
    with seeing_everyone(session, limits):
        lock_all_matching(session)
        merge = merges.get_merge(session, merge_id)
        if merge is None:
            raise NoSuchCustomer
        if merge.reversed_at is not None or not merges.both_stand(session, merge):
            raise CannotReverse
        people.hold_people(session, [merge.kept_id, merge.merged_id], to_change=True)
        merges.undo_merge(session, merge, now)
        subject = f"person:{merge.kept_id}"
        detail = {"merge": str(merge_id), "parted": str(merge.merged_id)}
        audit(session, actor, "reverse_merge", now=now, subject=subject, detail=detail)


def suppress(
    session: Session,
    kind: str,
    value_hash: bytes,
    reason: Reason,
    *,
    limits: Scope,
    now: datetime,
) -> int:
    """Nobody writes to this address again; how many planned invitations that withdrew.

    The address is known by its keyed hash (``vault.lookup_hash``), so that it holds before and
    after the person is known or erased.
    """
    with seeing_everyone(session, limits):
        return suppressions.suppress_address(session, kind, value_hash, reason, now)


def _everything(session: Session, person: Row[Any], vault: Vault) -> dict[str, Any]:
    events = [_event(row, vault) for row in queries.events_of(session, _EVERYTHING, person.id)]
    return {
        "id": person.id,
        "name": _clear(person.name_encrypted, vault),
        "birth_year": person.birth_year,
        "language": person.language,
        "timezone": person.timezone,
        "value_tier": person.value_tier,
        "in_a_household": person.household_hash is not None,
        "attributes": person.attributes,
        "created_at": person.created_at,
        "contacts": [_contact(row, vault) for row in queries.contacts_of(session, person.id)],
        "sources": _plain(queries.sources_of(session, person.id)),
        "consents": _plain(queries.consents_of(session, person.id)),
        "holds": _plain(queries.holds_of(session, person.id)),
        "events": events,
        "invitations": _plain(queries.invitations_of(session, person.id)),
        "answers": _plain(queries.answers_of(session, person.id)),
        "tickets": _plain(queries.tickets_of(session, person.id)),
        "merges": _plain(queries.merges_of(session, person.id)),
    }


def _contact(row: Row[Any], vault: Vault) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "value": _clear(row.value_encrypted, vault),
        "created_at": row.created_at,
        "undeliverable_at": row.undeliverable_at,
        "suppressed": row.suppressed,
    }


_EVENT_COLUMNS = (
    "id source external_id revision touchpoint unit occurred_at employee order_ref amount "
    "attributes status received_at"
).split()


def _event(row: Row[Any], vault: Vault) -> dict[str, Any]:
    shown = {name: row._mapping[name] for name in _EVENT_COLUMNS}
    return {**shown, "vehicle_or_account": _clear(row.vehicle_encrypted, vault)}


def _plain(rows: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in rows]


def _clear(stored: bytes | None, vault: Vault) -> str | None:
    return None if stored is None else vault.decrypt(bytes(stored))
