"""Lists that are read page by page, by a place that stands in the address."""

from collections.abc import Callable
from typing import TypeVar

from api.core.errors import Invalid

Found = TypeVar("Found")


def page_at(place: str | None, read: Callable[[str | None], Found]) -> Found:
    """What ``read`` gives behind a place; one that is none in the list is its beginning."""
    try:
        return read(place)
    except Invalid:
        return read(None)
