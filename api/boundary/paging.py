"""Cursor paging: a page ends with where the next one begins, whatever was added meanwhile."""

import base64
from typing import Generic, TypeVar

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
        raise Invalid(fields=[{"field": "cursor", "message": "not a cursor"}]) from error
    if len(position) != parts:
        raise Invalid(fields=[{"field": "cursor", "message": "not a cursor"}])
    return position
