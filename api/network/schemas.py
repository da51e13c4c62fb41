"""What the network endpoints answer with."""

from datetime import date

from pydantic import BaseModel


class UnitOut(BaseModel):
    """A unit as it stands today; what lies outside the viewer's scope is null."""

    code: str
    kind: str
    level: str
    name: str
    name_zh: str
    name_en: str
    parent: str | None
    timezone: str
    language: str
    opened_on: date | None
    closed_on: date | None
    city_tier: str | None
    size: str | None
    brand: str | None
    owner_group: str | None


class ParentOut(BaseModel):
    """Under whom the unit stood, from a day to before another."""

    parent: str | None
    valid_from: date
    valid_to: date | None


class ProfileOut(BaseModel):
    """What the unit was compared by, from a day to before another."""

    city_tier: str | None
    size: str | None
    brand: str | None
    owner_group: str | None
    valid_from: date
    valid_to: date | None


class UnitDetail(UnitOut):
    """A unit with its history."""

    path: list[str]
    children: list[str]
    former_codes: list[str]
    merged_into: str | None
    parents: list[ParentOut]
    profiles: list[ProfileOut]


class TouchpointOut(BaseModel):
    """A moment of the customer's journey."""

    code: str
    stage: str
    position: int
    owner_function: str
    branch_kind: str
    name: str
    name_zh: str
    name_en: str
