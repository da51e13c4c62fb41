"""Bodies of the access endpoints."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Role = Literal[
    "hq_admin",
    "hq_analyst",
    "regional_manager",
    "owner_group_manager",
    "branch_manager",
    "branch_staff",
    "interviewer",
]


class Body(BaseModel):
    """What comes in: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class GrantIn(Body):
    """A role at a unit's subtree or an owner group; ``excluded`` takes the subtree out again."""

    role: Role
    unit: str | None = Field(default=None, description="Code of the unit")
    owner_group: str | None = Field(default=None, description="Code of the owner group")
    excluded: bool = False
    valid_from: date | None = Field(default=None, description="Today, if not given")
    valid_to: date | None = Field(default=None, description="The first day it no longer holds")


class AccountIn(Body):
    """A person to be invited, with a first grant."""

    name: str = Field(min_length=1, max_length=100)
    language: Literal["zh", "en"] = "zh"
    email: str | None = None
    phone: str | None = None
    staff_number: str | None = None
    grant: GrantIn


class AccountChangeIn(Body):
    """An account as it should be; by what is left out, nobody logs in any more."""

    name: str = Field(min_length=1, max_length=100)
    language: Literal["zh", "en"]
    email: str | None = None
    phone: str | None = None
    staff_number: str | None = None


class MeIn(Body):
    """What people may change about themselves."""

    language: Literal["zh", "en"]


class PasswordIn(Body):
    """The present password and the next one."""

    present: str
    new: str


class GrantOut(BaseModel):
    """A grant as it stands."""

    id: UUID
    role: Role
    unit: str | None
    unit_name: str | None
    owner_group: str | None
    excluded: bool
    valid_from: date
    valid_to: date | None


class AccountOut(BaseModel):
    """A person who may log in, as those who manage people see it."""

    id: UUID
    name: str
    language: str
    status: str
    email: str | None
    phone: str | None
    staff_number: str | None
    created_at: datetime
    grants: list[GrantOut]


class MyGrant(BaseModel):
    """One of the viewer's own grants in force today."""

    role: Role
    unit: str | None


class MeOut(BaseModel):
    """Who is asking, and what they may do."""

    id: UUID | None
    name: str
    language: str
    roles: list[str]
    grants: list[MyGrant]
    permissions: list[str]
    home: str | None
    branches: int
    token_scopes: list[str] | None


class Made(BaseModel):
    """The id of what was made."""

    id: UUID


class LinkOut(BaseModel):
    """A link to hand over in person; it works once."""

    url: str
