"""People who log in, what they were granted, their sessions and links, and machine tokens."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text

ROLES = (
    "hq_admin",
    "hq_analyst",
    "regional_manager",
    "owner_group_manager",
    "branch_manager",
    "branch_staff",
    "interviewer",
)


class Account(Table, table=True):
    """A person who may log in."""

    __tablename__ = "account"
    __table_args__ = (one_of("status", "invited", "active", "deactivated"),)

    id: UUID = id_field()
    name: str = text()
    language: str = Field(default="zh")
    password_hash: str | None = text(nullable=True)
    status: str = Field(default="invited")
    created_at: datetime = moment()
    deactivated_at: datetime | None = moment(nullable=True)


class LoginIdentifier(Table, table=True):
    """E-mail, phone or staff number by which an account logs in: encrypted, found by hash."""

    __tablename__ = "login_identifier"
    __table_args__ = (
        UniqueConstraint("kind", "value_hash"),
        one_of("kind", "email", "phone", "staff_number"),
    )

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id", index=True)
    kind: str = text()
    value_hash: bytes
    value_encrypted: bytes


class Grant(Table, table=True):
    """A role at a unit's subtree or an owner group; ``excluded`` takes the subtree out again."""

    __tablename__ = "access_grant"
    __table_args__ = (one_of("role", *ROLES),)

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id", index=True)
    role: str = text()
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    owner_group_id: int | None = Field(default=None, foreign_key="owner_group.id")
    excluded: bool = False
    valid_from: date
    valid_to: date | None = None


class LoginSession(Table, table=True):
    """A log-in; only the hash of its 256-bit id is stored."""

    __tablename__ = "login_session"

    id_hash: bytes = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)


class AccountLink(Table, table=True):
    """A link that sets a password once: an invitation or a reset."""

    __tablename__ = "account_link"
    __table_args__ = (one_of("purpose", "invitation", "reset"),)

    token_hash: bytes = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    purpose: str = text()
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class LoginThrottle(Table, table=True):
    """Failed log-ins by identifier or address, which slow down the next ones."""

    __tablename__ = "login_throttle"

    key_hash: bytes = Field(primary_key=True)
    failures: int = 0
    last_failed_at: datetime = moment()
    blocked_until: datetime | None = moment(nullable=True)


class ApiToken(Table, table=True):
    """A machine's key to the API, limited to scopes and a unit's subtree."""

    __tablename__ = "api_token"

    id: UUID = id_field()
    name: str = text(unique=True)
    token_hash: bytes = Field(unique=True)
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    created_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
    last_used_at: datetime | None = moment(nullable=True)


class IdempotencyKey(Table, table=True):
    """The answer once given to a POST with an ``Idempotency-Key``, kept for 24 hours."""

    __tablename__ = "idempotency_key"

    principal: str = text(primary_key=True)
    key: str = text(primary_key=True)
    body_hash: bytes
    status: int | None = None
    response: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    created_at: datetime = moment(index=True)


class SavedView(Table, table=True):
    """An address of the dashboard that a person saved under a name, for themselves alone."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id")
    name: str = text()
    href: str = text()
    created_at: datetime = moment()
