"""Customers: one person across all sources, how they can be reached, and what they allowed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text

CONTACT_KINDS = ("phone", "email", "wechat", "ref")


class Person(Table, table=True):
    """A customer, whatever number of systems know them."""

    __tablename__ = "person"

    id: UUID = id_field()
    name_encrypted: bytes | None = None
    birth_year: int | None = None
    value_tier: str | None = text(nullable=True)  # the network's own word
    household_hash: bytes | None = Field(default=None, index=True)  # keyed, like addresses
    language: str | None = text(nullable=True)
    timezone: str | None = text(nullable=True)
    attributes: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    created_at: datetime = moment()
    merged_into_id: UUID | None = Field(default=None, foreign_key="person.id")
    erased_at: datetime | None = moment(nullable=True)


class PersonBranch(Table, table=True):
    """Which branches have dealt with a person: it decides who may see the person."""

    __tablename__ = "person_branch"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    branch_id: int = Field(foreign_key="unit.id", primary_key=True, index=True)
    first_seen_on: date


class PersonSource(Table, table=True):
    """A person's id in a source system."""

    __tablename__ = "person_source"

    source: str = text(primary_key=True)
    external_id: str = text(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)


class ContactPoint(Table, table=True):
    """A phone, e-mail address or openid: encrypted, found by keyed hash, of one person."""

    __tablename__ = "contact_point"
    __table_args__ = (UniqueConstraint("kind", "value_hash"), one_of("kind", *CONTACT_KINDS))

    id: UUID = id_field()
    kind: str = text()
    value_hash: bytes
    value_encrypted: bytes
    person_id: UUID = Field(foreign_key="person.id", index=True)
    created_at: datetime = moment()
    undeliverable_at: datetime | None = moment(nullable=True)


class PersonMerge(Table, table=True):
    """Two records found to be one person; ``moved`` holds what a reversal needs."""

    __tablename__ = "person_merge"

    id: UUID = id_field()
    kept_id: UUID = Field(foreign_key="person.id", index=True)
    merged_id: UUID = Field(foreign_key="person.id", index=True)
    reason: str = text()
    moved: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    merged_at: datetime = moment()
    reversed_at: datetime | None = moment(nullable=True)


class Consent(Table, table=True):
    """What a person allowed: for which purpose and channel, on which wording, when, until when."""

    __tablename__ = "consent"

    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    purpose: str = text()  # survey
    channel: str = text()  # sms | wechat | email | call | contactless | any
    granted: bool
    wording_version: str = text()
    source: str = text()
    given_at: datetime = moment()
    withdrawn_at: datetime | None = moment(nullable=True)


class Suppression(Table, table=True):
    """An address nobody writes to: it belongs to the address, not to the person."""

    __tablename__ = "suppression"
    __table_args__ = (
        one_of("kind", *CONTACT_KINDS),
        one_of("reason", "opt_out", "not_me", "blocklist", "staff"),
    )

    kind: str = text(primary_key=True)
    value_hash: bytes = Field(primary_key=True)
    reason: str = text()
    created_at: datetime = moment()


class PersonHold(Table, table=True):
    """Why a person is not asked for now, or ever: an open complaint, a death, a blocklist.

    A source opens it under an id of its own and closes it under the same.
    """

    __tablename__ = "person_hold"
    __table_args__ = (
        one_of("reason", "complaint", "deceased", "blocklist"),
        UniqueConstraint("source", "external_id"),
    )

    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    reason: str = text()
    source: str = text()
    external_id: str = text()
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)


class ErasedMark(Table, table=True):
    """Keyed hash of an erased address or source id, so that no import revives the person."""

    __tablename__ = "erased_mark"

    value_hash: bytes = Field(primary_key=True)
    erased_at: datetime = moment()
