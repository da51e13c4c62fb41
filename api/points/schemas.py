"""Bodies of the points' addresses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from api.points.service import Kind

Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00]*$"),
]


class PointIn(BaseModel):
    """A printed code or kiosk as somebody wants it."""

    model_config = ConfigDict(extra="forbid")

    unit: str
    kind: Kind = "qr"
    touchpoint: str
    survey: str
    label: Label


class PointOut(BaseModel):
    """A point with how often it was used; ``url`` is what its code leads to."""

    id: UUID
    code: str
    url: str | None
    kind: str
    unit: str
    touchpoint: str
    survey: str
    label: str
    created_at: datetime
    closed_at: datetime | None
    begun: int
    finished: int


class PointsOut(BaseModel):
    """Points of the branches that the viewer manages."""

    items: list[PointOut]


class Made(BaseModel):
    """The id of what was made."""

    id: UUID
