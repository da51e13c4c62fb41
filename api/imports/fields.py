"""Which fields each kind of import knows, how each is read, and which it cannot do without."""

from enum import StrEnum

from api.imports.mapping import Kind, Mapping
from api.imports.values import Refused, reason


class Reading(StrEnum):
    """How a cell becomes a value."""

    WORD = "word"
    PROSE = "prose"
    WORDS = "words"
    DAY = "day"
    MOMENT = "moment"
    WHOLE = "whole"
    AMOUNT = "amount"
    TRUTH = "truth"


ATTRIBUTE = "attribute_"

# What a row says of a person is not repeated in reports: line and column find it again.
PERSONAL = frozenset(
    {"name", "phone", "email", "openid", "staff_number", "customer_id", "birth_year"}
    | {"contact_ref", "household"}
    | {"vehicle", "account", "order", "comment"}
)
NAMES_PEOPLE: frozenset[Kind] = frozenset({"people", "customers", "events"})

COMPLAINANT = ("customer_source", "customer_id", "name", "phone", "email", "openid", "contact_ref",
               "language")  # fmt: skip
EVENT = ("event_source", "event_id")
"""Whose a complaint is, and what it is about, in the words of customers and events."""

_WORDS_OF: dict[Kind, str] = {
    "units": "code name name_zh name_en kind level parent timezone language merged_into "
    "city_tier size brand owner_group owner_group_name",
    "people": "name email phone staff_number language role unit owner_group",
    "customers": "source external_id name phone email openid contact_ref language timezone unit "
    "value_tier household hold_reason hold_id consent_purpose consent_channel consent_wording "
    "consent_source",
    "events": "source external_id touchpoint unit customer_source customer_id name phone email "
    "openid contact_ref language timezone value_tier household employee vehicle account order "
    "status",
    "responses": "source survey touchpoint touchpoint_name_zh touchpoint_name_en "
    "channel segment advisor model language",
    "counts": "touchpoint touchpoint_name_zh touchpoint_name_en",
    "complaints": "source touchpoint touchpoint_name_zh touchpoint_name_en product category role "
    + " ".join((*COMPLAINANT, *EVENT)),
}

_OTHERS_OF: dict[Kind, dict[str, Reading]] = {
    "units": {
        "former_codes": Reading.WORDS,
        "opened_on": Reading.DAY,
        "closed_on": Reading.DAY,
        "valid_from": Reading.DAY,
        "valid_to": Reading.DAY,
    },
    "people": {
        "valid_from": Reading.DAY,
        "valid_to": Reading.DAY,
        "excluded": Reading.TRUTH,
    },
    "customers": {
        "birth_year": Reading.WHOLE,
        "consent_granted": Reading.TRUTH,
        "consent_at": Reading.MOMENT,
        "hold_opened_at": Reading.MOMENT,
        "hold_closed_at": Reading.MOMENT,
    },
    "events": {
        "revision": Reading.WHOLE,
        "occurred_at": Reading.MOMENT,
        "amount": Reading.AMOUNT,
        "birth_year": Reading.WHOLE,
    },
    "responses": {
        "answered_at": Reading.MOMENT,
        "occurred_at": Reading.MOMENT,
        "comment": Reading.PROSE,
    },
    "counts": {},
    "complaints": {
        "complained_at": Reading.MOMENT,
        "comment": Reading.PROSE,
        "severity": Reading.WHOLE,
    },
}

REQUIRED: dict[Kind, tuple[str, ...]] = {
    "units": ("code", "kind"),
    "people": ("name", "role"),
    "customers": ("source", "external_id"),
    "events": ("source", "external_id", "touchpoint", "unit", "occurred_at"),
    "responses": ("answered_at", "touchpoint"),
    "counts": (),
    "complaints": ("complained_at",),
}

WITH_ATTRIBUTES: frozenset[Kind] = frozenset({"units", "customers", "events"})


def known_fields(kind: Kind) -> tuple[str, ...]:
    """The fields that a plain file of this kind may have, in the order in which people read."""
    return (*_WORDS_OF[kind].split(), *_OTHERS_OF[kind])


def names_people(mapping: Mapping) -> bool:
    """Whether the rows say of whom they are."""
    return mapping.kind in NAMES_PEOPLE or (
        mapping.kind == "complaints" and not mapping.columns.keys().isdisjoint(COMPLAINANT)
    )


def readings(mapping: Mapping) -> dict[str, Reading]:
    """Every field this mapping may declare, with its reading."""
    known = dict.fromkeys(_WORDS_OF[mapping.kind].split(), Reading.WORD)
    known |= _OTHERS_OF[mapping.kind]
    for level in mapping.units.levels if mapping.units else []:
        known |= {level: Reading.WORD, f"{level}_name": Reading.WORD}
        known[f"{level}_timezone"] = Reading.WORD
    if mapping.kind in WITH_ATTRIBUTES:
        own = [name for name in mapping.columns if name.startswith(ATTRIBUTE)]
        known |= dict.fromkeys(own, Reading.WORD)
    return known


def require_known(mapping: Mapping, file: str) -> None:
    """Refuses a mapping that declares a field nobody reads or leaves out one that is needed."""
    known = set(readings(mapping))
    for name in mapping.columns:
        if name not in known and name not in referred(mapping):
            listed = ", ".join(sorted(known))
            why = reason("mapping_unknown_field", name=name, kind=mapping.kind, known=listed)
            raise Refused(file, None, None, why)
    for name in REQUIRED[mapping.kind]:
        given = name in mapping.columns or (name == "external_id" and mapping.key is not None)
        if not given:
            why = reason("mapping_needs_field", name=name, kind=mapping.kind)
            raise Refused(file, None, None, why)


def referred(mapping: Mapping) -> set[str]:
    """Names that units, metrics, period, key and skip_when refer to."""
    names = {source for _, source in mapping.units.path} if mapping.units else set()
    for metric in mapping.metrics:
        names |= set(metric.bands or ()) | {metric.from_ or "", metric.of or ""}
    if mapping.period:
        names |= {str(mapping.period.from_), str(mapping.period.to)}
    names |= set(mapping.key.parts) if mapping.key else set()
    return names | {rule.column for rule in mapping.skip_when}
