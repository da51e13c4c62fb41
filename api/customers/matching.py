"""Who is who: identifiers that come together are one person's.

Pure. Persons found by different identifiers of one item are merged into the oldest, unless a
merge of the two was reversed before: people have said that they are two.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from api.core.ids import new_id
from api.customers.incoming import PersonRecord

Pair = frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Matching:
    """The person of each record, who is new, and who is merged into whom."""

    people: list[UUID | None]  # None: an erased person, who is not revived
    created: list[UUID]
    merges: list[tuple[UUID, UUID]]  # kept, merged
    owners: dict[bytes, UUID]  # the person of each identifier that was met


@dataclass(slots=True)
class _Group:
    keys: list[bytes] = field(default_factory=list)
    known: set[UUID] = field(default_factory=set)


def match(
    records: Sequence[PersonRecord],
    known: Mapping[bytes, UUID],
    *,
    erased: Collection[bytes] = (),
    apart: Collection[Pair] = (),
) -> Matching:
    """Assigns every record to a person.

    ``known`` gives the person behind identifiers already stored, ``erased`` the identifiers of
    erased people, ``apart`` pairs of persons that must not be merged.
    """
    groups: dict[bytes, _Group] = {}
    anchors: list[bytes | None] = []
    for record in records:
        keys = [identifier.key for identifier in record.identifiers]
        if any(key in erased for key in keys):
            anchors.append(None)
            continue
        for key in keys:
            _ensure(groups, key, known)
            _join(groups, keys[0], key, apart)
        anchors.append(keys[0])
    return _settled(groups, anchors)


def _ensure(groups: dict[bytes, _Group], key: bytes, known: Mapping[bytes, UUID]) -> None:
    if key not in groups:
        person = known.get(key)
        groups[key] = _Group([key], set() if person is None else {person})


def _join(groups: dict[bytes, _Group], left: bytes, right: bytes, apart: Collection[Pair]) -> None:
    a, b = groups[left], groups[right]
    if a is b:
        return
    if apart and any(frozenset((x, y)) in apart for x in a.known for y in b.known):
        return
    small, large = sorted((a, b), key=lambda group: len(group.keys))
    large.keys += small.keys
    large.known |= small.known
    for key in small.keys:
        groups[key] = large


def _settled(groups: dict[bytes, _Group], anchors: Sequence[bytes | None]) -> Matching:
    persons: dict[int, UUID] = {}
    created: list[UUID] = []
    merges: list[tuple[UUID, UUID]] = []
    owners: dict[bytes, UUID] = {}
    for key, group in groups.items():
        if id(group) not in persons:
            if group.known:
                kept, *others = sorted(group.known)  # ids sort by time: the oldest stays
                merges += [(kept, other) for other in others]
            else:
                kept = new_id()
                created.append(kept)
            persons[id(group)] = kept
        owners[key] = persons[id(group)]
    people = [None if anchor is None else owners[anchor] for anchor in anchors]
    return Matching(people, created, merges, owners)
