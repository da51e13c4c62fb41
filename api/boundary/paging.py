"""Cursor paging: a page ends with where the next one begins, whatever was added meanwhile."""

import base64
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from api.core.errors import Invalid

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """Some items and the cursor of the next page; no cursor on the last one."""

    items: list[Item]
    next: str | None = None


def to_cursor(*position: str) -> str:
    """An opaque cursor for a position in an ordered list."""
    return base64.urlsafe_b64encode("\0".join(position).encode()).decode().rstrip("=")


def from_cursor(cursor: str, parts: int) -> list[str]:
    """The position behind a cursor; raises Invalid when it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = base64.urlsafe_b64decode(padded.encode()).decode().split("\0")
    except ValueError as error:
        raise no_cursor() from error
    if len(position) != parts:
        raise no_cursor()
    return position


def cursor_at(at: datetime, row_id: UUID) -> str:
    """The cursor behind a row of a list that is in the order of time."""
    return to_cursor(at.isoformat(), str(row_id))


def position_at(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Time and id behind such a cursor; None where the list begins; raises Invalid."""
    if cursor is None:
        return None
    at, row_id = from_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(row_id)
    except ValueError as error:
        raise no_cursor() from error


def no_cursor() -> Invalid:
    """What is raised where a cursor is none of ours."""
    return Invalid(fields=[{"field": "cursor", "message": "not a cursor"}])
