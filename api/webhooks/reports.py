"""What any provider tells us, in our own words: what became of a message, what a customer wrote."""

from dataclasses import dataclass, field
from uuid import UUID

from api.invitations.receipts import Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says of one message, and what that says of its address."""

    provider: str
    provider_id: str
    outcome: Outcome
    error_code: str | None = None
    invitation_id: UUID | None = None
    opted_out: bool = False
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody wrote to us from an address."""

    sender: str = field(repr=False)
    body: str = field(repr=False)
