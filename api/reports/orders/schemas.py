"""Bodies of the orders' addresses."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_DAYS = 3_700  # ten years, as pages take them
Format = Literal["pdf", "pptx", "xlsx"]
ItemStatus = Literal["waiting", "claimed", "done", "failed", "cancelled"]


class OrderIn(BaseModel):
    """Reports of a unit for some days, both included; ``pack``: one for each of its branches."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    unit: Annotated[str, Field(min_length=1, max_length=300)]
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    language: Literal["zh", "en"]
    formats: Annotated[list[Format], Field(min_length=1, max_length=3)] = ["pdf"]
    pack: bool = False

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if not 0 <= (self.last - self.first).days <= MAX_DAYS:
            raise ValueError("the period ends before it begins, or is longer than ten years")
        return self


class Made(BaseModel):
    """The id of what was made."""

    id: UUID


class OrderOut(BaseModel):
    """An order: what was wished for, and how far it is."""

    id: UUID
    unit_code: str
    unit_name: str
    pack: bool
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    language: str
    formats: list[str]
    status: Literal["waiting", "running", "done", "cancelled"]
    scheduled: bool
    items: int
    done: int
    failed: int
    cancelled: int
    open: int
    bytes: int
    created_at: datetime
    finished_at: datetime | None


class OrdersOut(BaseModel):
    """A page of orders, the newest first."""

    items: list[OrderOut]
    next: UUID | None


class ItemOut(BaseModel):
    """A file of an order."""

    id: UUID
    unit_code: str
    unit_name: str
    format: str
    status: ItemStatus
    file_name: str | None
    bytes: int
    done_at: datetime | None
    failure: str | None


class ItemsOut(BaseModel):
    """A page of files, in the order in which they are made."""

    items: list[ItemOut]
    next: UUID | None
