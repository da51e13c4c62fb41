"""What callers hand in: a unit to be added, a profile, the touchpoints of a line of business."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Profile:
    """What a unit is compared by, from one day on."""

    city_tier: str | None = None
    size: str | None = None
    brand: str | None = None
    owner_group_id: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class NewUnit:
    """A unit to be added; ``parent`` is the code of a unit that exists or comes along."""

    code: str
    kind: str
    name_zh: str
    parent: str
    since: date
    name_en: str | None = None
    level: str | None = None
    timezone: str | None = None
    language: str | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    profile: Profile | None = None


# fmt: off
# code, journey stage, owner function; in the order of the journey
TOUCHPOINTS: Mapping[str, tuple[tuple[str, str, str], ...]] = MappingProxyType({
    "cars": (
        ("enquiry", "discover", "sales"),
        ("showroom", "discover", "sales"),
        ("test_drive", "consider", "sales"),
        ("order", "purchase", "sales"),
        ("delivery", "purchase", "sales"),
        ("service", "use", "after_sales"),
        ("repair", "use", "after_sales"),
        ("hotline", "resolve", "hotline"),
        ("complaint", "resolve", "hotline"),
        ("renewal", "renew", "sales"),
    ),
    "bank": (
        ("account_opening", "join", "counter"),
        ("counter", "use", "counter"),
        ("advisor", "use", "wealth"),
        ("loan", "purchase", "lending"),
        ("app", "use", "digital"),
        ("hotline", "resolve", "hotline"),
        ("complaint", "resolve", "hotline"),
    ),
})
# fmt: on
LEAF_OF: Mapping[str, str] = MappingProxyType({"cars": "dealer", "bank": "branch"})
