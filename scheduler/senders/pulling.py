"""Gateways that are asked for receipts, beside or instead of pushing them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from api.webhooks.reports import Report


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that was sent and of which nothing was heard since."""

    id: UUID
    provider_id: str | None
    to: str = field(repr=False)
    sent_at: datetime


@runtime_checkable
class Pulling(Protocol):
    """A sender whose gateway can be asked what became of messages."""

    name: str
    pulls_each: bool  # asked message by message; else for all receipts since the last time

    def pull(self, waiting: Sequence[Waiting]) -> Iterable[Report]:
        """What the gateway says, of these or of any others; raises NotNow or Unresolved."""
