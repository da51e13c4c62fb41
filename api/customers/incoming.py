"""What systems send, made ready for the tables: normalised, hashed, with what is wrong named.

Pure but for the vault's keys; asks no database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from api.core.crypto import Vault
from api.customers.contacts import Contact, Kind, NotReachable, contact
from api.customers.errors import ItemProblem
from api.customers.schemas import ConsentIn, CustomerIn, CustomerRecord, EventIn

# Which of a customer's fields is a contact point of which kind, most telling first.
CONTACT_FIELDS: tuple[tuple[str, Kind], ...] = (
    ("phone", "phone"),
    ("openid", "wechat"),
    ("email", "email"),
    ("contact_ref", "ref"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """Where an event happened: the unit its code leads to today."""

    id: int
    zone: ZoneInfo
    region: str


@dataclass(frozen=True, slots=True)
class Places:
    """Branches and touchpoints by the codes that a request uses."""

    branches: Mapping[str, Branch]
    touchpoints: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something that tells who a person is; ``key`` is its keyed hash."""

    key: bytes
    kind: str  # source | phone | wechat | email | ref
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """What one item says of one person."""

    identifiers: tuple[Identifier, ...]
    branch_id: int
    seen_on: date
    said: CustomerIn
    source: str
    newer: bool = False  # a later revision: its name replaces the one we have
    household_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """An event whose codes are resolved and whose customer is normalised."""

    index: int
    event: EventIn
    branch: Branch
    touchpoint_id: int
    occurred_on: date
    content_hash: bytes
    key: bytes
    person: PersonRecord | None


@dataclass(slots=True)
class Preparation:
    """What came of preparing a request: items that are ready, and problems."""

    events: list[PreparedEvent] = field(default_factory=list)
    people: list[PersonRecord] = field(default_factory=list)
    problems: list[ItemProblem] = field(default_factory=list)


def prepare_events(
    events: Sequence[EventIn], places: Places, vault: Vault, now: datetime
) -> Preparation:
    """Every event made ready, or what is wrong with it."""
    made = Preparation()
    for index, event in enumerate(events):
        branch = places.branches.get(event.unit)
        touchpoint = places.touchpoints.get(event.touchpoint)
        problems = _misfits(event, branch, touchpoint, now)
        if problems or branch is None or touchpoint is None:
            made.problems += [ItemProblem(index, name, key) for name, key in problems]
            continue
        try:
            made.events.append(_prepared(index, event, branch, touchpoint, vault))
        except NotReachable as error:
            made.problems.append(ItemProblem(index, f"customer.{error.field}", error.key))
    return made


def prepare_people(
    records: Sequence[CustomerRecord],
    places: Places,
    vault: Vault,
    now: datetime,
    *,
    newer: bool = True,
) -> Preparation:
    """Every customer made ready, or what is wrong with it."""
    made = Preparation()
    for index, record in enumerate(records):
        branch = places.branches.get(record.unit)
        if branch is None:
            made.problems.append(ItemProblem(index, "unit", "customers.fields.unit"))
            continue
        on = (record.seen_at or now).astimezone(branch.zone).date()
        try:
            person = person_record(record, record.source, branch, vault, seen_on=on, newer=newer)
        except NotReachable as error:
            made.problems.append(ItemProblem(index, error.field, error.key))
            continue
        if person is None:
            made.problems.append(ItemProblem(index, "id", "customers.fields.nobody"))
        else:
            made.people.append(person)
    return made


def person_record(
    said: CustomerIn, source: str, branch: Branch, vault: Vault, *, seen_on: date, newer: bool
) -> PersonRecord | None:
    """What an item says of a person; None when nothing identifies one. Raises NotReachable."""
    identifiers = [_source_identifier(*pair, vault) for pair in _source_ids(said, source)]
    for name, kind in CONTACT_FIELDS:
        value = getattr(said, name)
        if value is None:
            continue
        try:
            reached = contact(kind, value, branch.region)
        except NotReachable as error:
            raise NotReachable(error.key, name) from None
        identifiers.append(contact_identifier(reached, vault))
    if not identifiers:
        return None
    household = household_key(said, source, vault)
    return PersonRecord(tuple(identifiers), branch.id, seen_on, said, source, newer, household)


def household_key(said: CustomerIn, source: str, vault: Vault) -> bytes | None:
    """Keyed hash of a household's id in its source; None where nobody says one."""
    if said.household is None:
        return None
    return vault.lookup_hash("household", f"{said.source or source}\0{said.household}")


def object_key(event: EventIn, vault: Vault) -> bytes | None:
    """Keyed hash of the vehicle or account of an event, however it was spaced or written."""
    for kind, value in (("vehicle", event.vehicle), ("account", event.account)):
        plain = "".join(sign for sign in value or "" if sign.isalnum()).upper()
        if plain:
            return vault.lookup_hash(kind, plain)
    return None


def contact_identifier(reached: Contact, vault: Vault) -> Identifier:
    """A normalised contact point as what it is found by."""
    key = vault.lookup_hash(reached.kind, reached.value)
    return Identifier(key, reached.kind, reached.value)


def _source_ids(said: CustomerIn, source: str) -> list[tuple[str, str]]:
    pairs = list(said.ids.items())
    if said.id is not None:
        pairs.insert(0, (said.source or source, said.id))
    return pairs


def _source_identifier(source: str, external_id: str, vault: Vault) -> Identifier:
    return Identifier(source_key(source, external_id, vault), "source", external_id, source)


def source_key(source: str, external_id: str, vault: Vault) -> bytes:
    """Keyed hash of a person's id in a source, as erased marks keep it."""
    return vault.lookup_hash("source", f"{source}\0{external_id}")


def _misfits(
    event: EventIn, branch: Branch | None, touchpoint: int | None, now: datetime
) -> list[tuple[str, str]]:
    problems = []
    if branch is None:
        problems.append(("unit", "customers.fields.unit"))
    if touchpoint is None:
        problems.append(("touchpoint", "customers.fields.touchpoint"))
    if (event.occurred_at - now).total_seconds() > _AHEAD:
        problems.append(("occurred_at", "customers.fields.future"))
    if event.occurred_at.year < _OLDEST:
        problems.append(("occurred_at", "customers.fields.past"))
    return problems


def _prepared(
    index: int, event: EventIn, branch: Branch, touchpoint_id: int, vault: Vault
) -> PreparedEvent:
    on = event.occurred_at.astimezone(branch.zone).date()
    person = None
    if event.customer is not None:
        newer = event.revision > 1
        person = person_record(event.customer, event.source, branch, vault, seen_on=on, newer=newer)
    key = vault.lookup_hash("event", f"{event.source}\0{event.external_id}")
    return PreparedEvent(
        index, event, branch, touchpoint_id, on, _content_hash(event, branch, vault), key, person
    )


def _content_hash(event: EventIn, branch: Branch, vault: Vault) -> bytes:
    """Of everything said but the revision; the unit by id, so that a renamed code is the same."""
    content: dict[str, Any] = event.model_dump(
        mode="python", exclude={"revision", "unit", "occurred_at"}, exclude_defaults=True
    )
    content["at"] = event.occurred_at.timestamp()
    content["unit"] = branch.id
    written = orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return vault.lookup_hash("event content", written.decode())


_AHEAD = 24 * 3600.0
_OLDEST = 1990


def consent_source(consent: ConsentIn, record: PersonRecord) -> str:
    """Where a consent was given; the reporting system when not said."""
    return consent.source or record.source
