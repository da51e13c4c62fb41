"""Who the people of a batch are: matched, merged, completed and stored.

Decides by `matching`; callers hold the matching locks and show everyone to the transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.core.ids import new_id
from api.customers.incoming import PersonRecord, consent_source
from api.customers.matching import Matching, match
from api.customers.repository import consents, merges, people


@dataclass(frozen=True, slots=True)
class Placed:
    """The person of each record; ``erased`` says which records tell of an erased one."""

    people: list[UUID | None]
    erased: list[bool]


def place_people(
    session: Session, records: Sequence[PersonRecord | None], vault: Vault, now: datetime
) -> Placed:
    """Finds or makes the person of every record, and stores what the records say of them."""
    identifiers = {i.key: i for record in records if record for i in record.identifiers}
    known = people.known_people(session, identifiers.values())
    usable = [_without(record, known.shared) for record in records]
    named = [record for record in usable if record is not None and record.identifiers]
    matching = _matched(session, named, known)
    held = known.people.values()
    people.hold_people(session, held, to_change=bool(matching.merges))
    merges.merge_people(session, matching.merges, "identifiers came together", now)
    _store(session, named, matching, known.people, vault=vault, now=now)
    _mark_companions(session, named, matching, known.erased, now)
    return _placed(usable, matching)


def _without(record: PersonRecord | None, shared: set[bytes]) -> PersonRecord | None:
    if record is None or not shared:
        return record
    return replace(record, identifiers=tuple(i for i in record.identifiers if i.key not in shared))


def _matched(session: Session, named: Sequence[PersonRecord], known: people.Known) -> Matching:
    matching = match(named, known.people, erased=known.erased)
    if matching.merges:
        meeting = {person for pair in matching.merges for person in pair}
        apart = people.pairs_apart(session, meeting)
        if apart:
            return match(named, known.people, erased=known.erased, apart=apart)
    return matching


def _store(
    session: Session,
    named: Sequence[PersonRecord],
    matching: Matching,
    known: dict[bytes, UUID],
    *,
    vault: Vault,
    now: datetime,
) -> None:
    said = _said(named, matching, vault)
    new = set(matching.created)
    people.insert_people(session, [said[person] for person in matching.created], now)
    people.complete_people(session, [one for key, one in said.items() if key not in new])
    _store_identifiers(session, named, matching, known, vault=vault, now=now)
    seen: dict[tuple[UUID, int], date] = {}
    for record, person in zip(named, matching.people, strict=True):
        if person is not None:
            place = (person, record.branch_id)
            seen[place] = min(seen.get(place, record.seen_on), record.seen_on)
    people.insert_branches(session, seen)
    consents.record_consents(session, _consents(named, matching))


def _store_identifiers(
    session: Session,
    named: Sequence[PersonRecord],
    matching: Matching,
    known: dict[bytes, UUID],
    *,
    vault: Vault,
    now: datetime,
) -> None:
    fresh = {
        identifier.key: identifier
        for record, person in zip(named, matching.people, strict=True)
        if person is not None
        for identifier in record.identifiers
        if identifier.key not in known
    }
    contacts, sources = [], []
    for key, identifier in fresh.items():
        owner = matching.owners[key]
        if identifier.kind == "source":
            sources.append((identifier, owner))
        else:
            sealed = vault.encrypt(identifier.value)
            contacts.append(people.NewContact(new_id(), identifier.kind, key, sealed, owner))
    people.insert_contacts(session, contacts, now)
    people.insert_sources(session, sources)


def _said(
    named: Sequence[PersonRecord], matching: Matching, vault: Vault
) -> dict[UUID, people.Said]:
    said: dict[UUID, people.Said] = {}
    names: dict[UUID, str] = {}
    for record, person in zip(named, matching.people, strict=True):
        if person is None:
            continue
        new, old = record.said, said.get(person)
        if new.name is not None:
            names[person] = new.name
        said[person] = people.Said(
            person,
            None,
            new.birth_year or (old.birth_year if old else None),
            new.language or (old.language if old else None),
            new.timezone or (old.timezone if old else None),
            new.value_tier or (old.value_tier if old else None),
            record.household_hash or (old.household_hash if old else None),
            {**(old.attributes if old else {}), **new.attributes},
            record.newer or (old.newer if old else False),
        )
    return {
        person: replace(one, name_encrypted=vault.encrypt(names[person]))
        if person in names
        else one
        for person, one in said.items()
    }


def _consents(named: Sequence[PersonRecord], matching: Matching) -> list[consents.ConsentRow]:
    return [
        consents.ConsentRow(
            person,
            consent.purpose,
            consent.channel,
            consent.granted,
            consent.wording_version,
            consent_source(consent, record),
            consent.given_at,
            consent.withdrawn_at,
        )
        for record, person in zip(named, matching.people, strict=True)
        if person is not None
        for consent in record.said.consent
    ]


def _mark_companions(
    session: Session,
    named: Sequence[PersonRecord],
    matching: Matching,
    erased: set[bytes],
    now: datetime,
) -> None:
    """A source's id that comes with an erased number is the erased person's too."""
    companions = {
        identifier.key
        for record, person in zip(named, matching.people, strict=True)
        if person is None
        for identifier in record.identifiers
        if identifier.kind == "source" and identifier.key not in erased
    }
    people.mark_erased(session, companions, now)


def _placed(records: Sequence[PersonRecord | None], matching: Matching) -> Placed:
    found = iter(matching.people)
    assigned: list[UUID | None] = []
    erased: list[bool] = []
    for record in records:
        known = record is not None and bool(record.identifiers)
        person = next(found) if known else None
        assigned.append(person)
        erased.append(known and person is None)
    return Placed(assigned, erased)
