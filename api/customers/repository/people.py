"""People and what identifies them: finding those of a batch, writing them in sets.

Callers hold the matching locks and a scope that shows everyone. Values arrive encrypted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.customers.incoming import Identifier
from api.customers.repository.rows import as_rows

_KNOWN = text("""
select k.key, c.person_id, e.value_hash is not null as erased, s.value_hash is not null as shared
from json_to_recordset(cast(:keys as json)) k(key bytea, kind text)
left join contact_point c on c.kind = k.kind and c.value_hash = k.key
left join erased_mark e on e.value_hash = k.key
left join suppression s on s.kind = k.kind and s.value_hash = k.key
    and s.reason in ('staff', 'blocklist')
where c.id is not null or e.value_hash is not null or s.value_hash is not null
""")
_SOURCES = text("""
select k.key, s.person_id
from json_to_recordset(cast(:keys as json)) k(key bytea, source text, value text)
join person_source s on s.source = k.source and s.external_id = k.value
""")


@dataclass(slots=True)
class Known:
    """What is stored of a batch's identifiers, by their keyed hashes."""

    people: dict[bytes, UUID] = field(default_factory=dict)
    erased: set[bytes] = field(default_factory=set)
    shared: set[bytes] = field(default_factory=set)  # of staff, or blocked: they tell nobody apart


def known_people(session: Session, identifiers: Collection[Identifier]) -> Known:
    """The persons behind a batch's identifiers, and which identifiers must not be used."""
    known = Known()
    if not identifiers:
        return known
    keys = as_rows({"key": i.key, "kind": i.kind} for i in identifiers)
    for key, person, erased, shared in session.execute(_KNOWN, {"keys": keys}):
        if person is not None:
            known.people[bytes(key)] = person
        if erased:
            known.erased.add(bytes(key))
        if shared:
            known.shared.add(bytes(key))
    keys = as_rows(
        {"key": i.key, "source": i.source, "value": i.value}
        for i in identifiers
        if i.kind == "source"
    )
    for key, person in session.execute(_SOURCES, {"keys": keys}):
        known.people[bytes(key)] = person
    return known


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
    value_tier: str | None
    household_hash: bytes | None
    attributes: dict[str, Any]
    newer: bool


_SAID = """
    json_to_recordset(cast(:rows as json)) n(person_id uuid, name_encrypted bytea, birth_year int,
        language text, timezone text, value_tier text, household_hash bytea, attributes jsonb,
        newer boolean)
"""
_NEW_PEOPLE = text(f"""
insert into person (id, name_encrypted, birth_year, language, timezone, value_tier,
    household_hash, attributes, created_at)
select n.person_id, n.name_encrypted, n.birth_year, n.language, n.timezone, n.value_tier,
    n.household_hash, n.attributes, :now from {_SAID}
""")
_COMPLETE = text(f"""
update person p set
    name_encrypted = case when n.newer then coalesce(n.name_encrypted, p.name_encrypted)
        else coalesce(p.name_encrypted, n.name_encrypted) end,
    birth_year = coalesce(n.birth_year, p.birth_year),
    language = coalesce(n.language, p.language),
    timezone = coalesce(n.timezone, p.timezone),
    value_tier = coalesce(n.value_tier, p.value_tier),
    household_hash = coalesce(n.household_hash, p.household_hash),
    attributes = p.attributes || n.attributes
from {_SAID}
where p.id = n.person_id and (
    (n.name_encrypted is not null and (n.newer or p.name_encrypted is null))
    or n.birth_year <> coalesce(p.birth_year, 0) or n.language <> coalesce(p.language, '')
    or n.timezone <> coalesce(p.timezone, '') or n.value_tier <> coalesce(p.value_tier, '')
    or n.household_hash is distinct from coalesce(p.household_hash, n.household_hash)
    or (n.household_hash is not null and p.household_hash is null)
    or not p.attributes @> n.attributes)
""")


def insert_people(session: Session, said: Sequence[Said], now: datetime) -> None:
    """Writes new persons."""
    if said:
        session.execute(_NEW_PEOPLE, {"rows": as_rows(said), "now": now})


def complete_people(session: Session, said: Sequence[Said]) -> None:
    """Adds what was not known yet of stored persons, and replaces what changed."""
    if said:
        session.execute(_COMPLETE, {"rows": as_rows(said)})


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact point that nobody has yet."""

    id: UUID
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
            "(id, kind, value_hash, value_encrypted, person_id, created_at) select n.*, :now "
            "from json_to_recordset(cast(:rows as json)) n(id uuid, kind text, "
            "value_hash bytea, value_encrypted bytea, person_id uuid)"
        ),
        {"rows": as_rows(ordered), "now": now},
    )


def insert_sources(session: Session, owned: Sequence[tuple[Identifier, UUID]]) -> None:
    """Writes persons' ids in their sources."""
    if not owned:
        return
    ordered = sorted(owned, key=lambda pair: (pair[0].source, pair[0].value))
    rows = ({"s": i.source, "e": i.value, "p": person} for i, person in ordered)
    session.execute(
        text(
            "insert into person_source (source, external_id, person_id) select n.* "
            "from json_to_recordset(cast(:rows as json)) n(s text, e text, p uuid)"
        ),
        {"rows": as_rows(rows)},
    )


def insert_branches(session: Session, seen: dict[tuple[UUID, int], date]) -> None:
    """Notes which branches dealt with whom, since when."""
    if not seen:
        return
    rows = ({"p": pair[0], "b": pair[1], "d": seen[pair]} for pair in sorted(seen))
    session.execute(
        text(
            "insert into person_branch (person_id, branch_id, first_seen_on) select n.* "
            "from json_to_recordset(cast(:rows as json)) n(p uuid, b int, d date) "
            "on conflict (person_id, branch_id) do nothing"
        ),
        {"rows": as_rows(rows)},
    )
