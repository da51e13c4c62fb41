"""People and what identifies them: finding those of a batch, writing them in sets.

Callers hold the matching locks and a scope that shows everyone. Values arrive encrypted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.customers.incoming import Identifier

_CONTACTS = text("""
select c.value_hash, c.person_id
from unnest(cast(:kinds as text[]), cast(:hashes as bytea[])) k(kind, value_hash)
join contact_point c using (kind, value_hash)
""")
_SOURCES = text("""
select k.place, s.person_id
from unnest(cast(:sources as text[]), cast(:ids as text[])) with ordinality
    k(source, external_id, place)
join person_source s using (source, external_id)
""")


def known_people(session: Session, identifiers: Sequence[Identifier]) -> dict[bytes, UUID]:
    """The person behind each identifier that is stored, by its keyed hash."""
    contacts = [i for i in identifiers if i.kind != "source"]
    sources = [i for i in identifiers if i.kind == "source"]
    known: dict[bytes, UUID] = {}
    if contacts:
        given = {"kinds": [i.kind for i in contacts], "hashes": [i.key for i in contacts]}
        known.update((bytes(key), person) for key, person in session.execute(_CONTACTS, given))
    if sources:
        given = {"sources": [i.source for i in sources], "ids": [i.value for i in sources]}
        for place, person in session.execute(_SOURCES, given):
            known[sources[place - 1].key] = person
    return known


def erased_keys(session: Session, keys: Collection[bytes]) -> set[bytes]:
    """Those of ``keys`` that belonged to an erased person."""
    rows = session.execute(
        text("select value_hash from erased_mark where value_hash = any(cast(:keys as bytea[]))"),
        {"keys": list(keys)},
    )
    return {bytes(key) for key in rows.scalars()}


def unusable_keys(session: Session, keys: Collection[bytes]) -> set[bytes]:
    """Those of ``keys`` that tell nobody apart: numbers of staff, and blocked ones."""
    rows = session.execute(
        text(
            "select value_hash from suppression where value_hash = any(cast(:keys as bytea[])) "
            "and reason in ('staff', 'blocklist')"
        ),
        {"keys": list(keys)},
    )
    return {bytes(key) for key in rows.scalars()}


def mark_erased(session: Session, keys: Collection[bytes], now: datetime) -> None:
    """Remembers that ``keys`` belong to an erased person."""
    if keys:
        session.execute(
            text(
                "insert into erased_mark (value_hash, erased_at) "
                "select k, :now from unnest(cast(:keys as bytea[])) k on conflict do nothing"
            ),
            {"keys": sorted(keys), "now": now},
        )


def hold_people(session: Session, people: Iterable[UUID], *, to_change: bool) -> None:
    """Locks persons in the order everybody does, before anything refers to them."""
    strength = "update" if to_change else "key share"
    session.execute(
        text(
            f"select id from person where id = any(cast(:ids as uuid[])) order by id for {strength}"
        ),
        {"ids": sorted(people)},
    )


def pairs_apart(session: Session, people: Collection[UUID]) -> set[frozenset[UUID]]:
    """Pairs whose merge was reversed: they stay two."""
    rows = session.execute(
        text(
            "select kept_id, merged_id from person_merge where reversed_at is not null "
            "and kept_id = any(cast(:ids as uuid[])) and merged_id = any(cast(:ids as uuid[]))"
        ),
        {"ids": list(people)},
    )
    return {frozenset((kept, merged)) for kept, merged in rows}


@dataclass(frozen=True, slots=True)
class Said:
    """What a batch says of one person, later items over earlier ones."""

    person_id: UUID
    name_encrypted: bytes | None
    birth_year: int | None
    language: str | None
    timezone: str | None
    newer: bool


_SAID = """
    unnest(cast(:ids as uuid[]), cast(:names as bytea[]), cast(:years as int[]),
        cast(:languages as text[]), cast(:zones as text[]), cast(:newer as boolean[]))
    n(id, name, birth_year, language, timezone, newer)
"""
_NEW_PEOPLE = text(f"""
insert into person (id, name_encrypted, birth_year, language, timezone, created_at)
select n.id, n.name, n.birth_year, n.language, n.timezone, :now from {_SAID}
""")
_COMPLETE = text(f"""
update person p set
    name_encrypted = case when n.newer then coalesce(n.name, p.name_encrypted)
        else coalesce(p.name_encrypted, n.name) end,
    birth_year = coalesce(n.birth_year, p.birth_year),
    language = coalesce(n.language, p.language),
    timezone = coalesce(n.timezone, p.timezone)
from {_SAID}
where p.id = n.id and (
    (n.name is not null and (n.newer or p.name_encrypted is null))
    or n.birth_year <> coalesce(p.birth_year, 0) or n.language <> coalesce(p.language, '')
    or n.timezone <> coalesce(p.timezone, ''))
""")


def insert_people(session: Session, said: Sequence[Said], now: datetime) -> None:
    """Writes new persons."""
    if said:
        session.execute(_NEW_PEOPLE, {**_said_arrays(said), "now": now})


def complete_people(session: Session, said: Sequence[Said]) -> None:
    """Adds what was not known yet of stored persons, and replaces what changed."""
    if said:
        session.execute(_COMPLETE, _said_arrays(said))


def _said_arrays(said: Sequence[Said]) -> dict[str, list[object]]:
    return {
        "ids": [one.person_id for one in said],
        "names": [one.name_encrypted for one in said],
        "years": [one.birth_year for one in said],
        "languages": [one.language for one in said],
        "zones": [one.timezone for one in said],
        "newer": [one.newer for one in said],
    }


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact point that nobody has yet."""

    kind: str
    value_hash: bytes
    value_encrypted: bytes
    person_id: UUID


def insert_contacts(session: Session, contacts: Sequence[NewContact], now: datetime) -> None:
    """Writes new contact points in the order of their hashes."""
    if not contacts:
        return
    ordered = sorted(contacts, key=lambda contact: (contact.kind, contact.value_hash))
    session.execute(
        text(
            "insert into contact_point "
            "(id, kind, value_hash, value_encrypted, person_id, created_at) "
            "select n.*, :now from unnest(cast(:ids as uuid[]), cast(:kinds as text[]), "
            "cast(:hashes as bytea[]), cast(:values as bytea[]), cast(:people as uuid[])) n"
        ),
        {
            "ids": [new_id() for _ in ordered],
            "kinds": [contact.kind for contact in ordered],
            "hashes": [contact.value_hash for contact in ordered],
            "values": [contact.value_encrypted for contact in ordered],
            "people": [contact.person_id for contact in ordered],
            "now": now,
        },
    )


def insert_sources(session: Session, owned: Sequence[tuple[Identifier, UUID]]) -> None:
    """Writes persons' ids in their sources."""
    if not owned:
        return
    ordered = sorted(owned, key=lambda pair: (pair[0].source, pair[0].value))
    session.execute(
        text(
            "insert into person_source (source, external_id, person_id) select n.* from "
            "unnest(cast(:sources as text[]), cast(:ids as text[]), cast(:people as uuid[])) n"
        ),
        {
            "sources": [identifier.source for identifier, _ in ordered],
            "ids": [identifier.value for identifier, _ in ordered],
            "people": [person for _, person in ordered],
        },
    )


def insert_branches(session: Session, seen: dict[tuple[UUID, int], date]) -> None:
    """Notes which branches dealt with whom, since when."""
    if not seen:
        return
    ordered = sorted(seen)
    session.execute(
        text(
            "insert into person_branch (person_id, branch_id, first_seen_on) select n.* from "
            "unnest(cast(:people as uuid[]), cast(:branches as int[]), cast(:days as date[])) n "
            "on conflict (person_id, branch_id) do nothing"
        ),
        {
            "people": [pair[0] for pair in ordered],
            "branches": [pair[1] for pair in ordered],
            "days": [seen[pair] for pair in ordered],
        },
    )
