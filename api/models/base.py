"""What all tables share: names of constraints, aware moments, ids made in Python.

Must be imported before the first table. Table modules do without postponed annotations, which
break SQLModel.
"""

from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Text
from sqlmodel import Field, SQLModel

from api.core.ids import new_id

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Base of all tables."""


class Instant(DateTime):
    """``timestamptz``: every stored moment is aware."""

    def __init__(self, timezone: bool = True) -> None:
        super().__init__(timezone=timezone)


def id_field() -> Any:
    """Primary key made in Python (UUIDv7)."""
    return Field(default_factory=new_id, primary_key=True)


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    """A moment in time; nullable ones default to None."""
    if nullable:
        return Field(default=None, sa_type=Instant, nullable=True, index=index)
    return Field(sa_type=Instant, nullable=False, index=index)


def text(*, nullable: bool = False, **options: Any) -> Any:
    """Text without a limit; nullable ones default to None."""
    if nullable:
        return Field(default=None, sa_type=Text, nullable=True, **options)
    return Field(sa_type=Text, nullable=False, **options)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A check that ``column`` holds one of ``values`` (native enums are not leakproof)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")
