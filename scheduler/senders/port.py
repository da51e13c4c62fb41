"""What a sender is: takes one message, and says honestly what came of it.

A sender never repeats a call by itself. Three outcomes are certain (taken, refused, not now); the
fourth, unresolved, is everything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ProviderTemplate:
    """How one provider knows a template, with the values of this message in its order."""

    template_id: str
    signature: str | None = None
    names: tuple[str, ...] = ()  # placeholders in the provider's order …
    values: tuple[str, ...] = field(default=(), repr=False)  # … and what stands for each
    approved: bool = True
    once: bool = False  # WeChat: takes one of the customer's one-time consents


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a mail."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to one address; nothing of it may be logged but ``id`` and ``channel``.

    ``template`` is our code of it, ``parameters`` every placeholder's value, ``providers`` what
    each provider calls it; ``token`` is the secret part of ``link``.
    """

    id: UUID
    channel: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    opt_out_link: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    template: str | None = None
    language: str = "zh"
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    providers: Mapping[str, ProviderTemplate] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    attachment: Attachment | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message, under this id where it gives one."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Did this message go out? Whoever can be asked finds it by address, time and link."""

    id: UUID
    to: str = field(repr=False)
    since: datetime
    token_hashes: Sequence[bytes]


class Refused(Exception):
    """The provider certainly will not deliver this message."""

    def __init__(self, code: str, *, opted_out: bool = False, dead: bool = False) -> None:
        self.code = code
        self.opted_out = opted_out  # the address does not want messages
        self.dead = dead  # the address does not exist
        super().__init__(code)


class NotNow(Exception):
    """Certainly nothing was sent, and later it may be.

    ``hold_for``: the provider's quota is used up, so that nobody calls this account for so long.
    """

    def __init__(self, code: str, *, hold_for: timedelta | None = None) -> None:
        self.code = code
        self.hold_for = hold_for
        super().__init__(code)


class Unresolved(Exception):
    """Nobody can say whether the message was taken."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Sender(Protocol):
    """A way out of the house."""

    @property
    def name(self) -> str:
        """What the ledger calls this sender."""

    @property
    def can_look_up(self) -> bool:
        """Whether the provider can be asked about a message that is unresolved."""

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands the message over; raises Refused, NotNow or Unresolved."""

    def look_up(self, question: Question) -> Receipt | None:
        """The receipt of a message that went out; None when it certainly did not."""


class Senders(Protocol):
    """All senders of an installation: who takes a message, and who is meant in the ledger."""

    def route(self, channel: str, address: str) -> Sender:
        """The sender of ``channel`` for this address; named in the ledger with the claim."""

    def named(self, name: str) -> Sender | None:
        """The sender that the ledger calls so; None when it is not set up here any more."""
