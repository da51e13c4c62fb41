"""The network of units: what they are, under whom they stood and stand, and the touchpoints."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Table, one_of, text

UNIT_KINDS = ("network", "region", "area", "branch")


class Network(Table, table=True):
    """The one network of this installation and its settings."""

    __tablename__ = "network"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(default=1, primary_key=True)
    name_zh: str = text()
    name_en: str = text()
    leaf_word: str = Field(default="dealer")  # dealer | branch | store
    branch_names_public: bool = False
    default_timezone: str = Field(default="Asia/Shanghai")
    default_language: str = Field(default="zh")
    ranking_weeks: int = 13
    privacy_text_zh: str = Field(default="")
    privacy_text_en: str = Field(default="")
    structure_version: int = Field(default=1, sa_type=BigInteger)  # from a sequence


class OwnerGroup(Table, table=True):
    """A dealer group that owns branches, across regions."""

    __tablename__ = "owner_group"

    id: int | None = Field(default=None, primary_key=True)
    code: str = text(unique=True)
    name: str = text()


class Unit(Table, table=True):
    """A node of the hierarchy; a branch is a leaf."""

    __tablename__ = "unit"
    __table_args__ = (one_of("kind", *UNIT_KINDS),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = text(unique=True)
    kind: str = text()
    level: str = text()  # the network's own word for this level
    name_zh: str = text()
    name_en: str = text()
    sort_key: str = text()  # pinyin or folded Latin, COLLATE "C"
    timezone: str | None = text(nullable=True)  # none: inherited from above
    language: str | None = text(nullable=True)
    opened_on: date | None = None
    closed_on: date | None = None
    merged_into_id: int | None = Field(default=None, foreign_key="unit.id")


class UnitParent(Table, table=True):
    """Under whom a unit stands from one date to before another (no overlap, see migrations)."""

    __tablename__ = "unit_parent"
    __table_args__ = (
        CheckConstraint("valid_to is null or valid_to > valid_from", name="range"),
        CheckConstraint("unit_id <> parent_id", name="not_itself"),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    parent_id: int = Field(foreign_key="unit.id", index=True)
    valid_from: date
    valid_to: date | None = None


class UnitProfile(Table, table=True):
    """Peer-group attributes of a unit from one date to before another (no overlap)."""

    __tablename__ = "unit_profile"
    __table_args__ = (CheckConstraint("valid_to is null or valid_to > valid_from", name="range"),)

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    city_tier: str | None = text(nullable=True)
    size: str | None = text(nullable=True)
    brand: str | None = text(nullable=True)
    owner_group_id: int | None = Field(default=None, foreign_key="owner_group.id")
    attributes: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    valid_from: date
    valid_to: date | None = None


class UnitFormerCode(Table, table=True):
    """A code that a unit once had; events that still use it reach the unit."""

    __tablename__ = "unit_former_code"

    code: str = text(primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    until_on: date | None = None


class Touchpoint(Table, table=True):
    """A moment of the customer's journey at which we may ask."""

    __tablename__ = "touchpoint"
    __table_args__ = (UniqueConstraint("position"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = text(unique=True)
    stage: str = text()
    position: int
    owner_function: str = text()  # sales | after_sales | counter | hotline …
    branch_kind: str = text()  # dealer | branch | store …
    name_zh: str = text()
    name_en: str = text()
